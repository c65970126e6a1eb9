//! What comes in.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use cdb_types::ErrorKind;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api_error::ApiError;

/// How large a body may be.
pub(super) const MAX_BYTES: usize = 10 * 1024 * 1024;

/// How much of a body that is too large is still taken, so that its sender comes to read the
/// answer.
const MAX_DRAINED_BYTES: usize = 256 * 1024 * 1024;

/// How long a sender may be silent in the middle of a body.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Reads a whole body.
pub(super) async fn read(mut body: Body) -> Result<Bytes, ApiError> {
    let (mut bytes, mut length) = (BytesMut::new(), 0_usize);
    loop {
        let frame = tokio::time::timeout(IDLE_TIMEOUT, body.frame()).await;
        let frame =
            frame.map_err(|_| ApiError::new(408, ErrorKind::Timeout, "The body did not come"))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| ApiError::bad_request(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= MAX_BYTES {
            bytes.extend_from_slice(&data);
        } else if length > MAX_DRAINED_BYTES {
            break;
        }
    }
    if length > MAX_BYTES {
        return Err(ApiError::new(
            413,
            ErrorKind::TooLarge,
            format!("A body may have {MAX_BYTES} bytes at most"),
        ));
    }
    Ok(bytes.freeze())
}

/// A body in JSON.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::malformed(error.to_string()))
}

/// The body of a creation or a question: an object, or null for one that says nothing.
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

/// The body of an update; an empty one changes nothing.
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
