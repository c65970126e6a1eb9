//! `GET websocket`: a connection over which a client receives inserts, and may insert.

mod incoming;
mod ping_pace;
mod sender;
mod socket;
mod subscriptions;
mod upgrade;

use axum::Extension;
use axum::http::HeaderValue;
use axum::response::Response;
use cdb_types::websocket::{ANSWERS_HEADER, ANSWERS_PARAMETER};
use cdb_types::{ErrorKind, is_true};

use super::body::BodyBudget;
use super::request::Call;
use crate::api_error::ApiError;
use socket::Socket;
use upgrade::Upgrade;

pub(super) async fn open(
    call: Call<()>,
    Extension(budget): Extension<BodyBudget>,
    upgrade: Result<Upgrade, ApiError>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade?;
    let device = call.principal.identity().map(|identity| identity.device.id);
    let open_socket = call.service.sockets.open(device).ok_or_else(|| {
        ApiError::new(403, ErrorKind::Limit, "This device has too many open websockets.")
    })?;
    let (mut response, opened) = upgrade.accept(budget);
    let answers = call.parameters.get(ANSWERS_PARAMETER).is_some_and(is_true);
    let socket = Socket::new(call.service, call.principal, answers);
    // In a box, so that the memory for opening a socket is not kept while it is open.
    let opened = Box::pin(opened);
    tokio::spawn(async move {
        if let Some(opened) = opened.await {
            socket.run(opened).await;
        }
        drop(open_socket);
    });
    if answers {
        response.headers_mut().insert(ANSWERS_HEADER, HeaderValue::from_static("true"));
    }
    Ok(response)
}
