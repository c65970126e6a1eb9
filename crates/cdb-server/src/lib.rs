//! An embedded server that speaks the ConnectorDB protocol: one data file, no other daemons.
//!
//! It runs within any tokio program, next to the clients that talk to it or alone:
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), cdb_server::StartError> {
//! # let directory = tempfile::tempdir().unwrap();
//! # let file = directory.path().join("connectordb.db");
//! use cdb_server::Server;
//!
//! let server = Server::builder()
//!     .data(file)
//!     .listen("127.0.0.1:0")      // any free port
//!     .admin("test", "test")      // made when the file is new
//!     .start()
//!     .await?;
//! println!("listening on {}", server.url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! An insert is answered when it is on disk: SQLite in WAL mode with `synchronous = FULL`, with what
//! arrives from all connections at about the same time in one commit. Reads go out as they come
//! from the file, in memory that does not grow with their length.
//!
//! Passwords are kept as argon2id. The data file is made readable by its owner alone; it holds the
//! devices' API keys as they are.
//!
//! Events go to [`tracing`]: one `INFO` line a request (path, actor, status, duration, never a
//! secret), with the `ref` of an error answer; what failed within the server at `ERROR`.

mod actor;
mod api;
mod auth;
mod bus;
mod data_file;
mod database;
mod error;
mod permissions;
mod query;
mod refusal;
mod server;
mod sockets;
mod store;
mod tls;

pub use cdb_archive::{ArchiveError, ArchiveProblem, Progress};
pub use data_file::{DataFile, DataFileError, Export, Import};
pub use error::StartError;
pub use server::{Server, ServerBuilder};
pub use tls::TlsError;

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
