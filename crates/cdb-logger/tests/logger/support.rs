//! A server and a logger for tests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cdb_core::{ApiKey, ConnectorDb, DeviceCreate, Stream, StreamCreate};
use cdb_logger::{Error, Logger, LoggerBuilder};
use cdb_server::Server;
use tempfile::TempDir;

/// The time after which an event that a test waits for is considered missing.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the error that an [`Error::Sync`] contains.
pub(crate) fn cause(failed: Error) -> Arc<Error> {
    let Error::Sync(cause) = failed else { panic!("not of a sync: {failed:?}") };
    cause
}

/// A server with a device `test/sensor`, and a directory for the logger's file.
pub(crate) struct TempHome {
    pub(crate) server: Server,
    /// A connection that is logged in as the device.
    pub(crate) device: ConnectorDb,
    pub(crate) key: ApiKey,
    /// The server's data file.
    pub(crate) data: PathBuf,
    directory: TempDir,
}

impl TempHome {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let data = directory.path().join("data.db");
        let server = Server::builder()
            .data(&data)
            .listen("127.0.0.1:0")
            .admin("test", "test")
            .start()
            .await
            .expect("the server starts");
        let admin = ConnectorDb::builder().url(server.url()).password("test", "test");
        let admin = admin.connect().await.expect("a connection");
        let sensor = admin.user().device("sensor").expect("a name");
        sensor.create(DeviceCreate::new()).await.expect("a device");
        let key = sensor.apikey().await.expect("an answer").expect("a key");
        let device = ConnectorDb::builder().url(server.url()).apikey(key.clone());
        let device = device.connect().await.expect("a connection");
        Self { server, device, key, data, directory }
    }

    /// Returns the path of the logger's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("cache.db")
    }

    /// Returns the builder of a logger of the device.
    pub(crate) fn logger(&self) -> LoggerBuilder {
        Logger::builder(self.file()).apikey(self.key.expose()).serverurl(self.server.url())
    }

    /// Creates a stream of the device on the server.
    pub(crate) async fn stream(&self, name: &str, create: StreamCreate) -> Stream {
        let stream = self.device.stream(name).expect("a name");
        stream.create(create).await.expect("a stream");
        stream
    }

    /// Returns the values of a stream on the server.
    pub(crate) async fn values(&self, stream: &str) -> Vec<i64> {
        let stream = self.device.stream(stream).expect("a name").typed::<i64>();
        stream.range(..).await.expect("datapoints").into_iter().map(|dp| dp.d).collect()
    }
}
