//! Requests over HTTP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};

use crate::http;

/// The address of attackers, so that limits for an address do not affect the well-behaved client.
pub(crate) const ATTACKER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The address of one of many clients, each of which has an address of its own.
pub(crate) fn client(number: usize) -> IpAddr {
    let [.., high, low] = (number + 256).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low).into()
}

/// Someone who sends requests, with credentials or without.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: Client,
    pub(crate) server: SocketAddr,
    credentials: Option<(String, String)>,
}

/// The response to a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

impl Caller {
    /// A caller without credentials, on the address of the well-behaved client.
    pub(crate) fn honest(server: SocketAddr) -> Self {
        Self::from(server, Ipv4Addr::LOCALHOST.into())
    }

    /// A caller without credentials, on the address of attackers.
    pub(crate) fn attacking(server: SocketAddr) -> Self {
        Self::from(server, ATTACKER)
    }

    /// A caller without credentials, on any address of this machine.
    pub(crate) fn from(server: SocketAddr, from: IpAddr) -> Self {
        let client = http::client_builder().no_proxy().local_address(from).build();
        Self { client: client.expect("a client"), server, credentials: None }
    }

    pub(crate) fn with_password(&self, name: &str, password: &str) -> Self {
        Self { credentials: Some((name.to_owned(), password.to_owned())), ..self.clone() }
    }

    pub(crate) fn with_key(&self, key: &str) -> Self {
        self.with_password("", key)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("http://{}/api/v1/{path}", self.server));
        match &self.credentials {
            Some((name, password)) => request.basic_auth(name, Some(password)),
            None => request,
        }
    }

    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self) -> Option<String> {
        let request = self.request(Method::GET, "").build().expect("a request");
        let header = request.headers().get("authorization")?;
        Some(header.to_str().expect("text").to_owned())
    }

    /// Sends a request of an attacker, which the server may well not answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> Result<Answer, reqwest::Error> {
        answer(self.request(method, path).body(body).send().await?).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await.expect("an answer")
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(Method::POST, path, body).await.expect("an answer")
    }

    /// Creates a user, a device or a stream.
    pub(crate) async fn create(&self, path: &str, properties: Value) -> Value {
        let answer = self.post(&format!("crud/{path}"), properties.to_string()).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Creates a device without a role, with streams, and returns its key.
    pub(crate) async fn create_device(&self, path: &str, streams: Value) -> String {
        let device = self.create(path, json!({"streams": streams})).await;
        device["apikey"].as_str().expect("a key").to_owned()
    }

    /// Inserts datapoints, which must be stored.
    pub(crate) async fn insert(&self, stream: &str, datapoints: impl Into<reqwest::Body>) {
        let answer = self.post(&format!("crud/{stream}/data"), datapoints).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "ok"), "{stream}");
    }
}

async fn answer(response: Response) -> Result<Answer, reqwest::Error> {
    Ok(Answer { status: response.status().as_u16(), text: response.text().await? })
}

/// Opens a connection of an attacker. `buffer` is the number of bytes that its kernel takes before
/// they are read; `None` is the system's default, which is megabytes.
pub(crate) async fn connect(server: SocketAddr, buffer: Option<u32>) -> std::io::Result<TcpStream> {
    connect_from(ATTACKER, server, buffer).await
}

/// Opens a connection from an address.
pub(crate) async fn connect_from(
    from: IpAddr,
    server: SocketAddr,
    buffer: Option<u32>,
) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.set_nodelay(true)?;
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(server).await
}
