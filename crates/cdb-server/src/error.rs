//! Errors of starting a server.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::Error as PemError;

/// A server could not be started, or its data file could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data file cannot be created or opened, or is not a data file.
    #[error("the data file {} cannot be opened", file.display())]
    Data {
        /// The path of the data file.
        file: PathBuf,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Another server or program has the data file open.
    #[error("the data file {} is in use by another server", .0.display())]
    InUse(PathBuf),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// The cause.
        source: io::Error,
    },
    /// The certificates or the key of the server cannot be used.
    #[error("TLS cannot be used")]
    Tls(#[from] TlsError),
    /// The threads for computations cannot be started.
    #[error("cannot start threads")]
    Threads(#[source] io::Error),
    /// The interval of pings on websockets is shorter than 10 milliseconds, or longer than 1 day; see
    /// [`ServerBuilder::websocket_ping`](crate::ServerBuilder::websocket_ping).
    #[error(
        "websockets cannot be pinged every {0:?}: it must be between 10 milliseconds and 1 day"
    )]
    WebsocketPing(Duration),
    /// Inserts may not wait for so long, or only for so short a time; see
    /// [`ServerBuilder::durability`](crate::ServerBuilder::durability).
    #[error(
        "inserts cannot be batched for {0:?}: it must be between 100 milliseconds and 60 seconds"
    )]
    Durability(Duration),
    /// The data file has no users, and no administrator was given;
    /// see [`ServerBuilder::admin`](crate::ServerBuilder::admin).
    #[error("a new data file needs a first user: give the administrator's name and password")]
    NoAdministrator,
    /// The administrator cannot be created, for example because the name is not valid. The field is
    /// the message.
    #[error("the first user cannot be made: {0}")]
    Administrator(String),
}

impl StartError {
    /// Returns the error for a data file that cannot be used.
    pub(crate) fn data(file: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Data { file: file.to_owned(), source: source.into() }
    }
}

/// The reason why a running server has stopped by itself; see [`Server::wait`](crate::Server::wait).
///
/// Whatever was answered before is on disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A task that the server cannot do without has panicked.
    #[error("the task \"{task}\" of the server has panicked: {message}")]
    TaskPanicked {
        /// What the task does.
        task: &'static str,
        /// The message of the panic.
        message: String,
    },
    /// A task that the server cannot do without has ended.
    #[error("the task \"{task}\" of the server has ended")]
    TaskEnded {
        /// What the task does.
        task: &'static str,
    },
}

/// The certificates or the key of a server cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificates are not valid PEM.
    #[error("the certificates cannot be read: {0}")]
    Certificates(#[source] PemError),
    /// The key is not valid PEM, or the text contains no private key.
    #[error("the key cannot be read: {0}")]
    Key(#[source] PemError),
    /// The key does not belong to the certificate, or their type is not supported.
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] tokio_rustls::rustls::Error),
}
