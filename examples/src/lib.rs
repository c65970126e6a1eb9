//! Programs to learn from and to start from: `cargo run --example NAME`.
//!
//! - `tutorial`: a server, users, devices, streams, their data and questions about it, step by step.
//! - `thermostat`: a device that does what is asked of it, and its user.
//! - `temperature_logger`: a sensor whose server goes away and comes back.
//! - `mood_and_temperature`: two streams as tables, as CSV and Parquet files, and as a picture.

use std::error::Error;

use connectordb::server::Server;
use tempfile::TempDir;

/// A server of an example's own, on a temporary data file and a free port.
#[derive(Debug)]
pub struct ExampleServer {
    /// The server. Its administrator is `test`, with the password `test`.
    pub server: Server,
    _directory: TempDir,
}

impl ExampleServer {
    /// Starts the server.
    ///
    /// # Errors
    /// When there is no place for temporary files, or no port is free.
    pub async fn start() -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let server = Server::builder()
            .data(directory.path().join("connectordb.db"))
            .listen("127.0.0.1:0")
            .admin("test", "test")
            .start()
            .await?;
        Ok(Self { server, _directory: directory })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }
}
