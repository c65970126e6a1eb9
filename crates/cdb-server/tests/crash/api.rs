//! Requests to a server.

use std::net::SocketAddr;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::http;

/// The path of the device that has the streams.
pub(crate) const DEVICE: &str = "test/user";

/// A client with the key of the administrator's device `user`.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: Client,
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
}

impl Api {
    /// Logs in with the password of the administrator.
    pub(crate) async fn log_in(address: SocketAddr) -> Self {
        let client = http::client();
        let url = format!("http://{address}/api/v1/crud/{DEVICE}");
        let login = client.get(url).basic_auth("test", Some("test")).send().await;
        let device = login.expect("an answer").bytes().await.expect("a whole answer");
        let device: Value = serde_json::from_slice(&device).expect("JSON");
        let key = device["apikey"].as_str().expect("a key").to_owned();
        Self { client, address, key }
    }

    /// The same client of another server that has its key.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Sends a request. Returns the status and the text of the answer; the error is that of a
    /// connection that breaks.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> reqwest::Result<(u16, String)> {
        let url = format!("http://{}/api/v1/crud/{path}", self.address);
        let request = self.client.request(method, url).basic_auth("", Some(&self.key)).body(body);
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// Reads something that must be there.
    pub(crate) async fn get(&self, path: &str) -> String {
        let answer = self.send(Method::GET, path, String::new()).await.expect("an answer");
        assert_eq!(answer.0, 200, "{path}: {answer:?}");
        answer.1
    }
}
