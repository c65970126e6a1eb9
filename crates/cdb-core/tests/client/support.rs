//! A server for each test, and connections to it.

use cdb_core::{ConnectorDb, Datapoint, Stream, StreamCreate, UserCreate};
use cdb_server::Server;
use tempfile::TempDir;

/// A running server with an administrator `test` and a user `me`.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) admin: ConnectorDb,
    pub(crate) me: ConnectorDb,
    _directory: TempDir,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::builder()
            .data(directory.path().join("data.db"))
            .listen("127.0.0.1:0")
            .admin("test", "test")
            .start()
            .await
            .expect("the server starts");
        let admin = log_in(&server, "test", "test").await;
        let me = admin.user_at("me").expect("a name");
        me.create(UserCreate::new("me@example.com", "secret")).await.expect("a user");
        let me = log_in(&server, "me", "secret").await;
        Self { server, admin, me, _directory: directory }
    }

    /// Connects with an API key.
    pub(crate) async fn with_key(&self, key: cdb_core::ApiKey) -> cdb_core::Result<ConnectorDb> {
        ConnectorDb::builder().url(self.server.url()).apikey(key).connect().await
    }

    /// Logs in as `me` after an import with `passwords_are_names`.
    pub(crate) async fn imported_me(&self) -> ConnectorDb {
        log_in(&self.server, "me", "me").await
    }

    /// Creates a stream of `me` with these values. The time of each is the value plus 0.5 seconds.
    pub(crate) async fn stream_of(&self, values: std::ops::Range<i32>) -> Stream {
        let stream = self.me.stream("numbers").expect("a name");
        stream.create(StreamCreate::new()).await.expect("a stream");
        let data: Vec<_> =
            values.map(|d| Datapoint::new(f64::from(d) + 0.5, d).expect("a time")).collect();
        assert_eq!(stream.insert_array(&data).await.expect("stored"), data.len());
        stream
    }
}

pub(crate) async fn log_in(server: &Server, user: &str, password: &str) -> ConnectorDb {
    let builder = ConnectorDb::builder().url(server.url()).password(user, password);
    builder.connect().await.expect("a connection")
}
