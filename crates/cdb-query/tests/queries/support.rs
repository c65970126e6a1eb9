//! The server of the tests.

use cdb_core::{ConnectorDb, Datapoint, Stream, StreamCreate, Timestamp};
use cdb_server::Server;
use serde_json::{Value, json};

/// A server with the streams of the original's documentation, `mood` and `temperature`.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) cdb: ConnectorDb,
    _directory: tempfile::TempDir,
}

impl TestServer {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let builder = Server::builder().data(directory.path().join("data.db"));
        let builder = builder.listen("127.0.0.1:0").admin("test", "test");
        let server = builder.start().await.expect("a server");
        let cdb = ConnectorDb::builder().url(server.url()).password("test", "test");
        let cdb = cdb.connect().await.expect("a connection");
        let server = Self { server, cdb, _directory: directory };
        server
            .stream("mood", json!({}), &[(1.0, json!(7)), (4.0, json!(3)), (11.0, json!(5))])
            .await;
        let temperature = [(2.0, json!(73)), (5.0, json!(84)), (8.0, json!(81)), (11.0, json!(79))];
        server.stream("temperature", json!({}), &temperature).await;
        server
    }

    pub(crate) async fn stream(&self, name: &str, schema: Value, data: &[(f64, Value)]) -> Stream {
        let stream = self.cdb.stream(name).expect("a stream");
        stream.create(StreamCreate::new().schema(schema)).await.expect("created");
        let data: Vec<_> =
            data.iter().map(|(t, d)| Datapoint::new(*t, d).expect("a time")).collect();
        stream.insert_array(&data).await.expect("inserted");
        stream
    }
}

pub(crate) fn at(seconds: f64) -> Timestamp {
    Timestamp::new(seconds).expect("a time")
}
