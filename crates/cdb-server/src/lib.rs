//! A ConnectorDB server that runs within a program, keeps all data in one file and needs no other
//! service.
//!
//! It runs in any tokio program, alone or next to its clients:
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
//!     .admin("test", "test")      // created in a new data file
//!     .start()
//!     .await?;
//! println!("listening on {}", server.url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! An insert is answered when it is on disk: the data file is an SQLite database in WAL mode with
//! `synchronous = FULL`. Inserts that arrive from all connections at about the same time share one
//! commit. Reads are streamed from the file, and memory use does not grow with their length.
//!
//! Passwords are stored as argon2id hashes, and API keys of devices as plain text. On Unix, only the
//! owner of the data file can read it.
//!
//! The server logs with [`tracing`]: at `INFO` one line for each request with its path, device,
//! status, duration and, if it failed, the `ref` of the error; at `ERROR` what failed within the
//! server. Keys and passwords are not logged.

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
