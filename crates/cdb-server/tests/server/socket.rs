//! A websocket, as bare as the Python client's.

use std::net::SocketAddr;
use std::time::Duration;

use cdb_server::Server;
use futures_util::{SinkExt, StreamExt};
use reqwest::header::AUTHORIZATION;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::http;

/// Longer than anything takes that is going to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open websocket.
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens one with a device's key or with none, with answers or without.
    pub(crate) async fn open(server: &Server, key: &str, answers: bool) -> Self {
        Self::try_open(server, key, answers).await.expect("a websocket")
    }

    pub(crate) async fn try_open(server: &Server, key: &str, answers: bool) -> Result<Self, Error> {
        Self::open_at(server.address(), key, answers).await
    }

    pub(crate) async fn open_at(
        server: SocketAddr,
        key: &str,
        answers: bool,
    ) -> Result<Self, Error> {
        let query = if answers { "?answers=true" } else { "" };
        let url = format!("ws://{server}/api/v1/websocket{query}");
        let mut request = url.into_client_request()?;
        if !key.is_empty() {
            let login = http::client().get("http://a.example").basic_auth("", Some(key));
            let login = login.build().expect("a request").headers()[AUTHORIZATION].clone();
            let login = HeaderValue::from_bytes(login.as_bytes()).expect("a header");
            request.headers_mut().insert("authorization", login);
        }
        let (socket, response) = connect_async(request).await?;
        let answering = response.headers().get("connectordb-answers").is_some();
        assert_eq!(answering, answers);
        Ok(Self(socket))
    }

    pub(crate) async fn send(&mut self, command: &str) {
        self.0.send(Message::text(command)).await.expect("sent");
    }

    /// Sends a command and waits until the server has dealt with it.
    pub(crate) async fn done(&mut self, command: &str) {
        self.send(command).await;
        self.pong().await;
    }

    /// Waits until the server has dealt with all earlier commands.
    pub(crate) async fn pong(&mut self) {
        self.0.send(Message::Ping("done".into())).await.expect("sent");
        loop {
            match self.frame().await {
                Some(Message::Pong(_)) => return,
                Some(Message::Ping(_)) => {}
                other => panic!("{other:?} instead of a pong"),
            }
        }
    }

    /// The next text, as JSON.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).expect("JSON"),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("{other:?} instead of a text"),
            }
        }
    }

    /// The code with which the server closes the socket; 1005 if it gives none.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Some(Message::Close(frame)) => return frame.map_or(1005, |it| it.code.into()),
                Some(_) => {}
                None => panic!("it broke"),
            }
        }
    }

    pub(crate) async fn frame(&mut self) -> Option<Message> {
        timeout(PATIENCE, self.0.next()).await.expect("something").and_then(Result::ok)
    }
}
