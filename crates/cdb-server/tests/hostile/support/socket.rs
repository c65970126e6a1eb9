//! Websockets of attackers, and of honest subscribers.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::Caller;
use super::caller::{ATTACKER, connect_from};

/// Longer than anything takes that is going to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a websocket is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) from: IpAddr,
    /// The number of bytes that the client's kernel takes before they are read.
    pub(crate) buffer: Option<u32>,
    /// Whether the server answers commands.
    pub(crate) answers: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self { from: ATTACKER, buffer: None, answers: false }
    }
}

/// An open websocket.
pub(crate) struct Socket(pub(crate) WebSocketStream<TcpStream>);

impl Socket {
    /// Opens a websocket of an attacker.
    pub(crate) async fn open(caller: &Caller) -> Result<Self, Error> {
        Self::open_with(caller, Opening::default()).await
    }

    pub(crate) async fn open_with(caller: &Caller, how: Opening) -> Result<Self, Error> {
        let query = if how.answers { "?answers=true" } else { "" };
        let url = format!("ws://{}/api/v1/websocket{query}", caller.server);
        let mut request = url.into_client_request()?;
        if let Some(login) = caller.authorization() {
            request.headers_mut().insert("authorization", HeaderValue::from_str(&login)?);
        }
        let connection = connect_from(how.from, caller.server, how.buffer).await?;
        Ok(Self(client_async(request, connection).await?.0))
    }

    pub(crate) async fn send(&mut self, command: impl Into<String>) -> Result<(), Error> {
        self.0.send(Message::text(command.into())).await
    }

    /// Subscribes, and waits until the server has dealt with it.
    pub(crate) async fn subscribe(&mut self, stream: &str, transform: &str) -> Result<(), Error> {
        let command = json!({"cmd": "subscribe", "arg": stream, "transform": transform});
        self.send(command.to_string()).await?;
        self.0.send(Message::Ping("done".into())).await?;
        loop {
            match self.frame().await? {
                Message::Pong(_) => return Ok(()),
                Message::Close(_) => return Err(Error::ConnectionClosed),
                _ => {}
            }
        }
    }

    /// The next text, as JSON.
    pub(crate) async fn message(&mut self) -> Result<Value, Error> {
        loop {
            match self.frame().await? {
                Message::Text(text) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Message::Close(_) => return Err(Error::ConnectionClosed),
                _ => {}
            }
        }
    }

    pub(crate) async fn frame(&mut self) -> Result<Message, Error> {
        let frame = timeout(PATIENCE, self.0.next()).await.expect("something is sent");
        frame.unwrap_or(Err(Error::ConnectionClosed))
    }
}
