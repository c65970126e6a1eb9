//! `GET websocket`: a connection over which a client is told of inserts, and may insert.

mod socket;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderValue;
use axum::response::Response;
use cdb_types::is_true;
use cdb_types::websocket::{ANSWERS_HEADER, ANSWERS_PARAMETER};

use super::request::Call;
use crate::api_error::ApiError;
use socket::Socket;

/// How large a frame of a client may be.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// How much is read at once. Thousands of sockets each have such a buffer.
const READ_BYTES: usize = 4 * 1024;

/// How much is gathered before it is written.
const WRITE_BYTES: usize = 64 * 1024;

pub(super) async fn open(
    call: Call<()>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let answers = call.parameters.get(ANSWERS_PARAMETER).is_some_and(is_true);
    let mut response = upgrade
        .max_message_size(MAX_BYTES)
        .max_frame_size(MAX_BYTES)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .on_upgrade(move |socket| async move {
            Socket::new(call.service, call.principal, answers).run(socket).await;
        });
    if answers {
        response.headers_mut().insert(ANSWERS_HEADER, HeaderValue::from_static("true"));
    }
    Ok(response)
}
