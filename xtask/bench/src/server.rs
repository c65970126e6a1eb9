//! The server that is measured, in its own process.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connectordb::{ConnectorDb, Stream, StreamCreate};

use crate::Result;
use crate::process::Process;

pub(crate) struct Server {
    pub(crate) process: Process,
    directory: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        // Not in the directory for temporary files, which may be in memory: syncs would be free.
        let directory = tempfile::tempdir_in("target")?;
        let process = Process::start(
            Command::new(std::env::var("CDB")?)
                .args(["serve", "--listen", "127.0.0.1:0", "--max-connections", "20000", "--data"])
                .arg(directory.path().join("data.db"))
                .envs([("CDB_ADMIN", "test"), ("CDB_ADMIN_PASSWORD", "test")])
                .env("RUST_LOG", "warn"),
        )?;
        Ok(Self { process, directory })
    }

    /// The data file.
    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.directory.path().join("data.db")
    }

    /// Stops the server, and returns the directory of its data file.
    pub(crate) fn stop(&mut self) -> Result<std::path::PathBuf> {
        self.process.stop()?;
        Ok(self.directory.path().to_owned())
    }

    pub(crate) async fn connect(&self) -> Result<ConnectorDb> {
        Ok(ConnectorDb::builder().url(&self.process.url).password("test", "test").connect().await?)
    }

    /// Creates a stream.
    pub(crate) async fn stream(&self, name: &str) -> Result<Stream> {
        let stream = self.connect().await?.stream(name)?;
        stream.create(StreamCreate::new()).await?;
        Ok(stream)
    }

    /// The key of the administrator's device.
    pub(crate) async fn key(&self) -> Result<String> {
        let key = self.connect().await?.apikey().await?.ok_or("no key")?;
        Ok(key.expose().to_owned())
    }

    /// The value of the header `Authorization` for this device.
    pub(crate) async fn authorization(&self) -> Result<String> {
        Ok(format!("Basic {}", STANDARD.encode(format!(":{}", self.key().await?))))
    }
}
