//! A stream's data.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use cdb_types::endpoint::{INDEX_PARAMETER, MERGE};
use cdb_types::{DataQuery, PlotQuery};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::mpsc;

use super::body;
use super::request::{Call, Names};
use super::response::{OK, json, set_json};
use crate::api_error::ApiError;
use crate::query::{Answer, AnswerError};
use crate::service::{Correct, InsertOptions, Service};
use crate::storage::Correction;

/// The type of a body of plain bytes.
const BYTES: &str = "application/octet-stream";

/// How often a read begins again while ranges of its stream are replaced.
const MAX_TRIES: u32 = 4;

type Stream = Call<(String, String, String)>;

pub(super) async fn read(call: Stream, headers: HeaderMap) -> Result<Response, ApiError> {
    let Call { service, principal, path, parameters } = call;
    match parameters.query() {
        Some(query @ ("length" | "end")) => {
            let path = path.to_change()?;
            let extent = service.extent(&principal, &path, parameters.downlink()).await?;
            let number = if query == "end" { extent.end_position() } else { extent.length() };
            Ok(number.to_string().into_response())
        }
        Some("time2index") => {
            let t =
                parameters.get("t").and_then(|t| t.parse().ok()).filter(|t: &f64| t.is_finite());
            let t = t.ok_or_else(|| {
                ApiError::invalid(
                    "time2index requires an argument of \"t\" which is a decimal timestamp",
                )
            })?;
            let path = path.to_read()?;
            json(&service.index_of_time(&principal, &path, parameters.downlink(), t).await?)
        }
        Some("plot") => {
            let query = PlotQuery::from_parameters(parameters.iter())?;
            let path = path.to_change()?;
            let plot = consistent(&service, || service.plot(&principal, &path, &query)).await?;
            let mut response =
                if wants_bytes(&headers) { floats(&plot.to_numbers()) } else { json(&plot)? };
            response.headers_mut().insert(header::VARY, header::ACCEPT.into());
            Ok(response)
        }
        Some("statistics") => {
            let query = DataQuery::from_parameters(parameters.iter())?;
            let path = path.to_change()?;
            let read = || service.statistics(&principal, &path, &query);
            json(&consistent(&service, read).await?)
        }
        _ => {
            let (query, path) = (DataQuery::from_parameters(parameters.iter())?, path.to_change()?);
            let positions = parameters.positions()?;
            let open = || service.read_data(&principal, &path, &query, positions);
            send(&service, open).await
        }
    }
}

/// Runs a read, and again while ranges of its streams are replaced meanwhile.
async fn consistent<T, Read: Future<Output = Result<T, ApiError>>>(
    service: &Service,
    read: impl Fn() -> Read,
) -> Result<T, ApiError> {
    let mut tries = MAX_TRIES;
    loop {
        tries -= 1;
        match read().await {
            // Until the correction is over: the file knows of it before memory does.
            Err(error) if error.is_replaced && tries > 0 => service.settled().await,
            result => return result,
        }
    }
}

/// Whether an answer is asked for that is not JSON.
fn wants_bytes(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    // The first type that is named is wanted most, by programs that name it.
    let first = accepted.and_then(|accepted| accepted.split([',', ';']).next());
    first.is_some_and(|first| first.trim() == BYTES)
}

/// A response of floats, the lowest byte first.
fn floats(numbers: &[f64]) -> Response {
    let body: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    ([(header::CONTENT_TYPE, BYTES)], body).into_response()
}

pub(super) async fn insert(call: Stream, request: Request) -> Result<Response, ApiError> {
    match call.parameters.query() {
        Some(MERGE) => {
            let done = correct(call, Correct::Merge, Some(request)).await?;
            json(&json!({"inserted": done.inserted, "length": done.length}))
        }
        _ => Ok(append(call, request, false).await?.into_response()),
    }
}

pub(super) async fn replace(call: Stream, request: Request) -> Result<Response, ApiError> {
    let range = call.parameters.bounds()?;
    let done = correct(call, Correct::Replace(range), Some(request)).await?;
    let Correction { removed, inserted, length } = done;
    json(&json!({"removed": removed, "inserted": inserted, "length": length}))
}

pub(super) async fn delete(call: Stream) -> Result<Response, ApiError> {
    let range = call.parameters.bounds()?;
    let done = correct(call, Correct::Replace(range), None).await?;
    json(&json!({"removed": done.removed, "length": done.length}))
}

async fn correct(
    call: Stream,
    correct: Correct,
    request: Option<Request>,
) -> Result<Correction, ApiError> {
    let Call { service, principal, path, parameters } = call;
    let path = path.to_change()?;
    service.check_correct(&principal, &path).await?;
    let body = match request {
        // Without a body, as with an empty array, nothing is inserted.
        Some(request) => Some(body::read(request).await?).filter(|body| !body.is_empty()),
        None => None,
    };
    service.correct(&principal, &path, parameters.downlink(), correct, body).await
}

pub(super) async fn insert_restamped(
    call: Stream,
    request: Request,
) -> Result<&'static str, ApiError> {
    append(call, request, true).await
}

async fn append(call: Stream, request: Request, restamp: bool) -> Result<&'static str, ApiError> {
    let Call { service, principal, path, parameters } = call;
    let index = parameters.get(INDEX_PARAMETER).map(|index| {
        index.parse().map_err(|_| ApiError::bad_request("The index of an insert must be a number."))
    });
    let options =
        InsertOptions { to_downlink: parameters.downlink(), restamp, index: index.transpose()? };
    let path = path.to_change()?;
    service.check_insert(&principal, &path, options.to_downlink).await?;
    let body = body::read(request).await?;
    service.insert(&principal, &path, options, body).await?;
    Ok(OK)
}

/// Opens what is read and sends it, piece by piece. What fails after the first piece cuts the
/// connection, so that nobody takes half an answer for a whole one.
pub(super) async fn send<Open: Future<Output = Result<Answer, ApiError>>>(
    service: &Service,
    open: impl Fn() -> Open,
) -> Result<Response, ApiError> {
    let begin = || {
        let open = open();
        async {
            let mut answer = open.await?;
            Ok((answer.next().await?, answer))
        }
    };
    let (first, answer) = consistent(service, begin).await?;
    let first = Bytes::from(first.unwrap_or_default());
    let body = if answer.is_done() { Body::from(first) } else { stream_body(first, answer) };
    let mut response = Response::new(body);
    set_json(&mut response);
    Ok(response)
}

/// A body whose next piece is read while one is sent.
fn stream_body(first: Bytes, mut answer: Answer) -> Body {
    let (pieces, sending) = mpsc::channel::<Result<Bytes, AnswerError>>(1);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                next = answer.next() => next,
                // The client has gone away, and what is computed for it ends.
                () = pieces.closed() => return,
            };
            let piece = match next {
                Ok(None) => return,
                Ok(Some(piece)) => Ok(Bytes::from(piece)),
                Err(error) => {
                    tracing::warn!(%error, "a response was cut short");
                    Err(error)
                }
            };
            let failed = piece.is_err();
            if pieces.send(piece).await.is_err() || failed {
                return;
            }
        }
    });
    let rest = stream::unfold(sending, async |mut sending| Some((sending.recv().await?, sending)));
    Body::from_stream(stream::iter([Ok(first)]).chain(rest))
}
