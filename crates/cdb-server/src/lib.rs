//! A ConnectorDB server that runs within a tokio program and keeps all data in one file.
//!
//! It needs no other service, and the clients that use it may run in the same program.
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
//!     .admin("test", "test")      // created if the file is new
//!     .start()
//!     .await?;
//! println!("listening on {}", server.url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`DataFile`] exports, imports and checks the data file of a server that is not running.
//!
//! # Durability and memory
//! An insert is answered when it is on disk: the data file is an SQLite database in WAL mode with
//! `synchronous = FULL` (see [the description of the storage](internals::storage)). Inserts that
//! arrive at about the same time, from any connection, share one commit. To spare a memory card,
//! [`ServerBuilder::durability`] has inserts answered at once, and written together later. Responses
//! are sent while they are read from the file, so the memory for a read does not grow with the number
//! of datapoints.
//!
//! # Security
//! Passwords are stored as argon2id hashes, and the tokens of sessions as SHA-256. API keys are stored
//! in plain text. On Unix, a new data file can be read and written by its owner only.
//!
//! After several wrong passwords for an account, or from an address (of IPv6, a network of 64 bits),
//! each further try waits; [`Limits`] says how many and how long. Logins of an account from an address
//! where it has logged in before do not wait, and a password that was right in the last 10 minutes is
//! not hashed again.
//!
//! # Logging
//! Events are emitted with [`tracing`]:
//!
//! - Each request is one event of level `INFO` with the method, path, caller, status and duration,
//!   and with the `ref` of an error response. It contains no passwords and no keys.
//! - Each internal failure is an event of level `ERROR`.
//!
//! # Cancel safety
//! The methods say what happens if their futures are dropped. Futures that are dropped never leave
//! the data file damaged.

mod api_error;

mod auth;
mod bus;
mod compute;
mod data_file;
mod error;
mod events;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod identity;
mod limits;
mod metrics;
mod permissions;
mod query;
mod runtime;
mod server;
mod service;
mod sockets;
mod storage;
mod topics;
mod usage;

pub use cdb_archive::{ArchiveError, ArchiveProblem, Progress};
pub use cdb_types::session::Durability;
pub use data_file::{DataFile, DataFileError, Export, Import};
pub use error::{RunError, StartError, TlsError};
pub use limits::{InvalidLimit, Limits};
pub use server::{Server, ServerBuilder};
pub use storage::check::{Check, Problem, ProblemKind};

/// How the server works inside. For its users, nothing here is a promise.
pub mod internals {
    #[doc = include_str!("../docs/storage.md")]
    pub mod storage {}
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
