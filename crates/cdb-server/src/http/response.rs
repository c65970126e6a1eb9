//! Responses, and errors as responses.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cdb_types::ServerError;
use serde::Serialize;

use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::service::Service;

/// The name of an error, in its response and in the log.
#[derive(Debug, Clone)]
pub(super) struct Reference(pub(super) String);

/// The body of a response to what has no result.
pub(super) const OK: &str = "ok";

/// The length of the message of an error.
const MAX_MESSAGE_BYTES: usize = 1000;

/// When a caller may try again what was refused for the moment.
const RETRY_AFTER_SECONDS: &str = "1";

/// How many items of a list are written before others may go on.
const ITEMS_AT_A_TIME: usize = 64;

/// A response in JSON.
pub(super) fn json(value: &impl Serialize) -> Result<Response, ApiError> {
    let body = serde_json::to_vec(value).map_err(ApiError::internal)?;
    let mut response = body.into_response();
    set_json(&mut response);
    Ok(response)
}

/// A response with a list in JSON. It may have many thousands of items, so that all of the work is done
/// on the threads for long computations, and ends when the client has gone away.
pub(super) async fn json_list<T, L>(
    service: Arc<Service>,
    principal: Principal,
    list: impl FnOnce(Arc<Service>, Principal) -> L,
) -> Result<Response, ApiError>
where
    T: Serialize + Send + Sync,
    L: Future<Output = Result<Vec<T>, ApiError>> + Send + 'static,
{
    let list = list(Arc::clone(&service), principal.clone());
    let text = service.compute.run(&principal, async move {
        let mut text = b"[".to_vec();
        for (i, item) in list.await?.iter().enumerate() {
            if i > 0 {
                text.push(b',');
            }
            serde_json::to_writer(&mut text, item).map_err(ApiError::internal)?;
            if i % ITEMS_AT_A_TIME == 0 {
                tokio::task::yield_now().await;
            }
        }
        text.push(b']');
        Ok::<_, ApiError>(text)
    });
    let mut response = text.await??.into_response();
    set_json(&mut response);
    Ok(response)
}

/// Sets the type of the body to JSON.
pub(super) fn set_json(response: &mut Response) {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
}

impl ApiError {
    /// What the caller gets. The log has the cause, under the same reference.
    pub(super) fn into_server_error(mut self) -> ServerError {
        // A message may quote a value of any size.
        if self.msg.len() > MAX_MESSAGE_BYTES {
            let end = self.msg.floor_char_boundary(MAX_MESSAGE_BYTES);
            self.msg = format!("{}...", &self.msg[..end]).into();
        }
        let reference = uuid::Uuid::new_v4().to_string();
        match &self.cause {
            Some(cause) => tracing::error!(reference, msg = %self.msg, cause, "failed"),
            None => tracing::debug!(reference, msg = %self.msg, "refused"),
        }
        ServerError::new(self.status, self.msg, reference).with_kind(self.kind)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = self.into_server_error();
        let body = serde_json::to_vec(&error).unwrap_or_default();
        let status = StatusCode::from_u16(error.code).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, body).into_response();
        set_json(&mut response);
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let after = HeaderValue::from_static(RETRY_AFTER_SECONDS);
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response.extensions_mut().insert(Reference(error.reference));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut() {
        let error = ApiError::bad_request("ü".repeat(100_000)).into_server_error();
        assert_eq!(error.msg, format!("{}...", "ü".repeat(MAX_MESSAGE_BYTES / 2)));
        assert_eq!(ApiError::bad_request("short").into_server_error().msg, "short");
    }
}
