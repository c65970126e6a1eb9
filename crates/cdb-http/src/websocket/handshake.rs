//! The handshake that opens a websocket.

use std::time::Duration;

use cdb_types::websocket::{ANSWERS_HEADER, ANSWERS_PARAMETER, ROUTE};
use reqwest::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{StatusCode, Upgraded};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::error::Cause;
use crate::{Error, ProtocolError, Session};

/// The maximum size of a message. One insert has at most 10 MiB, but a transform can enlarge it.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// The size of the read buffer.
const READ_BYTES: usize = 16 * 1024;

/// A websocket that has just been opened.
pub(super) struct Opened {
    pub(super) socket: WebSocketStream<Upgraded>,
    /// Whether the server sends answers to commands.
    pub(super) answers: bool,
}

/// Opens a websocket with the HTTP client of the session, so that it uses the same TLS
/// configuration.
pub(super) async fn open(session: &Session) -> Result<Opened, Error> {
    let limit: Duration = session.timeout();
    timeout(limit, shake_hands(session)).await.map_err(|_| Cause::TimedOut)?
}

async fn shake_hands(session: &Session) -> Result<Opened, Error> {
    let key = generate_key();
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let sent = HeaderValue::try_from(&key).map_err(|_| ProtocolError::NoWebsocket)?;
    headers.insert(SEC_WEBSOCKET_KEY, sent);
    let response = session.upgrade(ROUTE, &[(ANSWERS_PARAMETER, "true")], headers).await?;
    let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT);
    let is_websocket = response.status() == StatusCode::SWITCHING_PROTOCOLS
        && accepted.is_some_and(|accepted| *accepted == derive_accept_key(key.as_bytes()));
    if !is_websocket {
        return Err(ProtocolError::NoWebsocket.into());
    }
    let answers = response.headers().contains_key(ANSWERS_HEADER);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(MAX_BYTES))
        .max_frame_size(Some(MAX_BYTES));
    let upgraded = response.upgrade().await?;
    let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
    Ok(Opened { socket, answers })
}
