//! Reads the bodies of requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use cdb_types::ErrorKind;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout, timeout_at};

use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::limits::Limits;
use crate::service::Service;
use crate::usage::{Caller, Exhausted, Share, Usage};

/// How much of a body that is refused is received and discarded, so that its sender comes to read
/// the response, and how long that may take.
const MAX_DRAINED_BYTES: usize = 256 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);

/// The memory that a body takes at least.
const MIN_BYTES: usize = 16 * 1024;

/// The number of bytes after which a body takes the memory for its whole length, if that was declared.
/// Until then it takes twice as much each time: the rest might never come. If it went on like this,
/// it would leave behind pieces of memory that are about as large as the body.
const SMALL_BYTES: usize = 64 * 1024;

/// The first bytes of data that gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Parsing a longer body takes some milliseconds.
const LONG_BYTES: usize = 64 * 1024;

/// What reading a body may take; an extension of each request.
#[derive(Debug, Clone)]
pub(super) struct BodyBudget {
    pub(super) usage: Arc<Usage>,
    pub(super) caller: Caller,
    pub(super) limits: Arc<Limits>,
}

/// Bytes that count for their caller as long as they are in memory.
struct Held {
    bytes: Vec<u8>,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads the whole body of a request. The bytes count for the caller until all clones of them are
/// dropped.
pub(super) async fn read(request: Request) -> Result<Bytes, ApiError> {
    let (parts, mut body) = request.into_parts();
    let budget = parts.extensions.get::<BodyBudget>();
    let BodyBudget { usage, caller, limits } =
        budget.ok_or_else(|| ApiError::internal("a request without a budget"))?;
    refuse_compressed(&parts.headers)?;
    // Of a body whose length is not known: 0.
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limits.body_bytes {
        return Err(too_large(limits));
    }
    let started = Instant::now();
    let (mut bytes, mut share) = (Vec::new(), usage.begin(*caller));
    loop {
        let rate = limits.body_bytes_per_second.max(1);
        let at_rate = Duration::from_secs_f64(bytes.len() as f64 / rate as f64);
        let deadline = started + limits.body_time + at_rate;
        let deadline = deadline.min(Instant::now() + limits.body_idle_timeout);
        let frame = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow())?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| ApiError::bad_request(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > limits.body_bytes {
            return Err(too_large(limits));
        }
        if length > bytes.capacity() {
            let capacity = match (2 * bytes.capacity()).max(MIN_BYTES) {
                more if more > SMALL_BYTES && declared >= length => declared,
                more => more.min(declared).max(length),
            };
            share.take(capacity - bytes.capacity()).map_err(exhausted)?;
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    if bytes.starts_with(&GZIP) {
        return Err(compressed("gzip"));
    }
    Ok(Bytes::from_owner(Held { bytes, _share: share }))
}

/// Reads and parses the body of a request. A long one is parsed on the threads for computations.
pub(super) async fn parsed<T: Send + 'static>(
    service: &Service,
    principal: &Principal,
    request: Request,
    parse: fn(&[u8]) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let (body, max) = (read(request).await?, service.limits.text_bytes);
    let parse = move |body: &[u8]| check_texts(body, max).and_then(|()| parse(body));
    if body.len() < LONG_BYTES {
        return parse(&body);
    }
    service.compute.run(principal, async move { parse(&body) }).await?
}

/// Returns an error if one of the strings in a JSON text is long. The properties of an object are kept
/// in memory, and sent with each list that it is in.
fn check_texts(body: &[u8], max: usize) -> Result<(), ApiError> {
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let text = &rest[start + 1..];
        let mut length = 0;
        // An escape has at least two bytes, of which the second one may be a quotation mark.
        while let Some(byte) = text.get(length).filter(|byte| **byte != b'"') {
            length += if *byte == b'\\' { 2 } else { 1 };
        }
        if length > max {
            let msg = format!("a text in the body has {length} bytes, at most {max} are allowed");
            return Err(ApiError::new(403, ErrorKind::TooLarge, msg));
        }
        rest = text.get(length + 1..).unwrap_or_default();
    }
    Ok(())
}

fn refuse_compressed(headers: &HeaderMap) -> Result<(), ApiError> {
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    for encoding in encodings.map(|it| it.to_str().unwrap_or("an encoding").trim()) {
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
            return Err(compressed(encoding));
        }
    }
    Ok(())
}

fn compressed(encoding: &str) -> ApiError {
    let msg = format!("The body is compressed ({encoding}). Send it without compression.");
    ApiError::new(415, ErrorKind::Invalid, msg)
}

fn too_large(limits: &Limits) -> ApiError {
    let msg = format!("A body may have {} bytes at most", limits.body_bytes);
    ApiError::new(413, ErrorKind::TooLarge, msg)
}

fn too_slow() -> ApiError {
    ApiError::new(408, ErrorKind::Timeout, "The body did not arrive in time")
}

fn exhausted(exhausted: Exhausted) -> ApiError {
    match exhausted {
        Exhausted::Caller => ApiError::new(
            429,
            ErrorKind::Limit,
            "The bodies of your other requests take too much memory. Wait until they are answered.",
        ),
        Exhausted::All => ApiError::new(
            503,
            ErrorKind::Unavailable,
            "The bodies of other requests take too much memory at the moment.",
        ),
    }
}

/// What a handler has left of the body of a request.
pub(super) struct Leftover(Arc<Mutex<Option<Body>>>);

/// A body that becomes a [`Leftover`] when it is dropped before its end.
struct Kept {
    body: Body,
    was_polled: bool,
    /// Whether the client sends the body only if the server wants it.
    is_expecting: bool,
    leftover: Arc<Mutex<Option<Body>>>,
}

impl Leftover {
    /// Replaces the body of a request by one whose rest can be drained.
    pub(super) fn of(request: Request) -> (Self, Request) {
        let is_expecting = request.headers().contains_key(header::EXPECT);
        let leftover = Arc::default();
        let kept = Self(Arc::clone(&leftover));
        let request = request.map(|body| {
            if body.is_end_stream() {
                return body;
            }
            Body::new(Kept { body, was_polled: false, is_expecting, leftover })
        });
        (kept, request)
    }

    /// Receives and discards the rest of the body. Clients that first send all of a body and then
    /// read the response would otherwise see a broken connection.
    pub(super) async fn drain(self) {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = rest else { return };
        let drained = async {
            let mut length = 0;
            while let Some(Ok(frame)) = body.frame().await {
                length += frame.data_ref().map_or(0, Bytes::len);
                if length > MAX_DRAINED_BYTES {
                    break;
                }
            }
        };
        if timeout(DRAIN_TIMEOUT, drained).await.is_err() {
            tracing::debug!("the rest of a refused body did not arrive in time");
        }
    }
}

impl HttpBody for Kept {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.was_polled = true;
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Asking for a body that the client has not begun to send would only cost time.
        let has_begun = self.was_polled || !self.is_expecting;
        if has_begun && !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.leftover.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

/// Parses a body in JSON.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::malformed(error.to_string()))
}

/// Parses the body of a creation or a query: an object, or null for one without properties.
pub(super) fn creation<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, ApiError> {
    // A struct would be read from an array as well.
    match body.trim_ascii_start().first() {
        Some(b'{') => json(body),
        _ => match json(body)? {
            Value::Null => Ok(T::default()),
            _ => Err(not_an_object()),
        },
    }
}

/// Parses the body of an update. An empty one changes nothing.
pub(super) fn update(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match json(body)? {
        Value::Object(update) => Ok(update),
        _ => Err(not_an_object()),
    }
}

fn not_an_object() -> ApiError {
    ApiError::malformed("The body must be a JSON object")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_texts_are_refused() {
        for (body, is_allowed) in [
            (r#"{"a":"12345","12345":["12345","12345"]}"#, true),
            (r#"{"a":"123456"}"#, false),
            (r#"{"123456":1}"#, false),
            (r#"["\\",1234567,"\\"]"#, true),
            (r#"["\\\\\\"]"#, false),
            (r#"["1\""]"#, true),
            (r#"["12345"#, true),
            (r#"["123456"#, false),
            (r#"["\"#, true),
            ("", true),
        ] {
            assert_eq!(check_texts(body.as_bytes(), 5).is_ok(), is_allowed, "{body}");
        }
    }
}
