//! Example programs. Run one with `cargo run --example NAME`.
//!
//! - `tutorial`: users, devices, streams, queries, subscriptions and downlinks, step by step.
//! - `thermostat`: a device that receives requests in a downlink, and a user who sends them.
//! - `temperature_logger`: a sensor that logs values while its server is stopped and started again.
//! - `mood_and_temperature`: two streams as tables, as CSV and Parquet files, and as a picture.
//! - `without_async`: a script without async.
//!
//! Each starts its own server on a temporary data file.

use std::error::Error;

use connectordb::server::Server;
use tempfile::TempDir;

/// An embedded server for an example, on a temporary data file and a free port.
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
    /// Returns an error if no temporary file can be created or no port is free.
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

    /// The URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }
}
