//! The handshake that turns an HTTP connection into a websocket.
//!
//! axum has one too, but its websockets write each message as one frame, for which all of the message
//! must fit into the write buffer. See `sender`.

use axum::extract::FromRequestParts;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::{SplitSink, SplitStream};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::incoming::{Incoming, Received};
use super::sender::{MAX_BUFFERED_BYTES, MAX_FRAME_BYTES};
use crate::api_error::ApiError;
use crate::http::body::BodyBudget;

/// The number of bytes that are read at once. Thousands of sockets each have such a buffer.
const READ_BYTES: usize = 2 * 1024;

/// What comes in over an open websocket.
pub(super) type WebSocketSource = SplitStream<WebSocket>;

/// What goes out.
pub(super) type WebSocketSink = SplitSink<WebSocket, Message>;

type WebSocket = WebSocketStream<Incoming<TokioIo<Upgraded>>>;

/// An open websocket.
pub(super) struct Opened {
    pub(super) sink: WebSocketSink,
    pub(super) source: WebSocketSource,
    pub(super) received: Received,
}

/// A request to open a websocket.
pub(in crate::http) struct Upgrade {
    key: HeaderValue,
    on_upgrade: OnUpgrade,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        if !has_token(headers, CONNECTION, "upgrade") || !has_token(headers, UPGRADE, "websocket") {
            return Err(ApiError::bad_request("This request does not ask for a websocket."));
        }
        if !has_token(headers, SEC_WEBSOCKET_VERSION, "13") {
            return Err(ApiError::bad_request("Only version 13 of the protocol is supported."));
        }
        let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
        let key =
            key.ok_or_else(|| ApiError::bad_request("The header Sec-WebSocket-Key is missing."))?;
        let on_upgrade = parts.extensions.remove().ok_or_else(|| {
            ApiError::bad_request("This connection cannot be turned into a websocket.")
        })?;
        Ok(Self { key, on_upgrade })
    }
}

impl Upgrade {
    /// Returns the response, after which the connection is a websocket, and what waits for that.
    pub(super) fn accept(
        self,
        budget: BodyBudget,
    ) -> (Response, impl Future<Output = Option<Opened>> + Send) {
        let BodyBudget { usage, caller, limits } = budget;
        let max_message_bytes = limits.websocket_message_bytes;
        let accept = derive_accept_key(self.key.as_bytes());
        let headers = [
            (CONNECTION, "upgrade"),
            (UPGRADE, "websocket"),
            (SEC_WEBSOCKET_ACCEPT, accept.as_str()),
        ];
        let response = (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
        let opened = async move {
            match self.on_upgrade.await {
                Ok(upgraded) => {
                    let received = Received::new(max_message_bytes, usage, caller);
                    let incoming = Incoming::new(TokioIo::new(upgraded), received.clone());
                    let config = Some(config(max_message_bytes));
                    let websocket = WebSocket::from_raw_socket(incoming, Role::Server, config);
                    let (sink, source) = websocket.await.split();
                    Some(Opened { sink, source, received })
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection did not become a websocket");
                    None
                }
            }
        };
        (response, opened)
    }
}

fn config(max_message_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(max_message_bytes))
        .max_frame_size(Some(max_message_bytes))
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(MAX_FRAME_BYTES)
        // What does not fit are only pongs, of which the last one is kept.
        .max_write_buffer_size(MAX_BUFFERED_BYTES)
}

/// Returns whether a header has a value in its list, in any case.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case(token))
}
