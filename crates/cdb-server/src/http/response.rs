//! What goes back.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cdb_types::ServerError;
use serde::Serialize;

use crate::api_error::ApiError;

/// What names an error, in its answer and in the log.
#[derive(Debug, Clone)]
pub(super) struct Reference(pub(super) String);

/// Done, with nothing to tell.
pub(super) const OK: &str = "ok";

/// When a caller may try again what was refused for the moment.
const RETRY_AFTER_SECONDS: &str = "1";

/// A response in JSON.
pub(super) fn json(value: &impl Serialize) -> Result<Response, ApiError> {
    let body = serde_json::to_vec(value).map_err(ApiError::internal)?;
    let mut response = body.into_response();
    set_json(&mut response);
    Ok(response)
}

/// Says that the body is JSON.
pub(super) fn set_json(response: &mut Response) {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
}

impl ApiError {
    /// What is said of it; the log has the rest, under the same reference.
    pub(super) fn into_server_error(self) -> ServerError {
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
