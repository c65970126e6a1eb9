//! A server for each test, and requests to it.

use std::time::Duration;

use cdb_server::{Limits, Server};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;

use crate::http;

/// A running server with an administrator `test` on a file of its own.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) directory: TempDir,
    client: Client,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        Self { status, text: response.text().await.expect("a whole body") }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The message of an error answer.
    pub(crate) fn msg(&self) -> String {
        self.json()["msg"].as_str().unwrap_or_default().to_owned()
    }
}

/// Starts a server on a file in a directory.
pub(crate) async fn start_in(directory: &TempDir) -> Server {
    start_with(directory, Limits::default()).await
}

async fn start_with(directory: &TempDir, limits: Limits) -> Server {
    Server::builder()
        .data(directory.path().join("data.db"))
        .listen("127.0.0.1:0")
        .admin("test", "test")
        .limits(limits)
        .start()
        .await
        .expect("the server starts")
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    /// A server with other limits.
    pub(crate) async fn with(limits: Limits) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let server = start_with(&directory, limits).await;
        Self::of(server, directory)
    }

    /// A server that runs already.
    pub(crate) fn of(server: Server, directory: TempDir) -> Self {
        Self { server, directory, client: http::client() }
    }

    /// A connection to the data file while the server runs.
    pub(crate) async fn data_file(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.directory.path().join("data.db"));
        let options = options.busy_timeout(Duration::from_secs(20));
        options.connect().await.expect("a data file")
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1/{path}", self.server.url()))
    }

    /// Sends a request with a device's key, or with none.
    pub(crate) async fn send(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a verb");
        let mut request = self.request(method, path).body(body.to_owned());
        if !key.is_empty() {
            request = request.basic_auth("", Some(key));
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// The API key of a user's device `user`, by its password, which is its name.
    pub(crate) async fn key_of(&self, user: &str) -> String {
        let request = self.request(Method::GET, &format!("crud/{user}/user"));
        let answer =
            Answer::of(request.basic_auth(user, Some(user)).send().await.expect("one")).await;
        answer.json()["apikey"].as_str().expect("a key").to_owned()
    }

    /// Makes a user whose password is its name; gives its key.
    pub(crate) async fn create_user(&self, admin: &str, user: &str) -> String {
        let body = format!(r#"{{"email":"{user}@example.com","password":"{user}"}}"#);
        let made = self.send(admin, "POST", &format!("crud/{user}"), &body).await;
        assert_eq!(made.status, 200, "{made:?}");
        self.key_of(user).await
    }

    /// Makes a device or a stream.
    pub(crate) async fn create(&self, key: &str, path: &str, body: &str) -> Value {
        let made = self.send(key, "POST", &format!("crud/{path}"), body).await;
        assert_eq!(made.status, 200, "{path}: {made:?}");
        made.json()
    }

    /// Makes a device; gives its key.
    pub(crate) async fn create_device(&self, key: &str, path: &str, body: &str) -> String {
        self.create(key, path, body).await["apikey"].as_str().expect("a key").to_owned()
    }

    /// Inserts datapoints, which must be taken.
    pub(crate) async fn insert(&self, key: &str, stream: &str, body: &str) {
        let stored = self.send(key, "POST", &format!("crud/{stream}/data"), body).await;
        assert_eq!((stored.status, stored.text.as_str()), (200, "ok"), "{stream}");
    }

    /// The text that reading answers.
    pub(crate) async fn read(&self, key: &str, stream: &str, query: &str) -> String {
        let read = self.send(key, "GET", &format!("crud/{stream}/data?{query}"), "").await;
        assert_eq!(read.status, 200, "{stream}?{query}: {read:?}");
        read.text
    }
}
