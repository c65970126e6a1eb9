//! What can go wrong.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdb_http::Facts;
use cdb_types::{ErrorKind, InvalidSchema, NameError};

/// Why something was not logged, or not brought to the server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be used, or not any more. What is in it stays as it is.
    #[error("{}: {problem}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        problem: FileError,
    },
    /// The logger was closed.
    #[error("the logger is closed")]
    Closed,
    /// The logger does not know this stream: it must be added first.
    #[error("the logger has no stream {0:?}")]
    UnknownStream(String),
    /// The server has no such stream, and there is no schema with which it could be made.
    #[error("the server has no stream {0:?}, and no schema to make it with was given")]
    MissingStream(String),
    /// A stream cannot have this name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A schema is not a JSON Schema.
    #[error(transparent)]
    Schema(#[from] InvalidSchema),
    /// A value does not fit its stream's schema. Nothing was stored.
    #[error("the value does not fit the schema of {stream:?}: {complaint}")]
    Unfit {
        /// Which stream.
        stream: String,
        /// What is wrong with the value.
        complaint: String,
    },
    /// A value cannot be written as JSON. Nothing was stored.
    #[error("the value cannot be written as JSON: {0}")]
    Unwritable(serde_json::Error),
    /// A datapoint is older than one that the stream has got already. Nothing was stored.
    #[error("{0:?} has got a later datapoint already")]
    Order(String),
    /// The server refused, or could not be reached.
    #[error(transparent)]
    Server(#[from] cdb_core::Error),
    /// The data of some streams did not reach the server; those of the others did.
    #[error("{}", list(.0))]
    Streams(Vec<(String, Error)>),
    /// A sync has failed. All that wait for it get the same error.
    #[error("{0}")]
    Sync(Arc<Error>),
    /// What the program does for a new file failed; the file has been removed again.
    #[error("the new file could not be prepared: {0}")]
    OnCreate(Box<dyn std::error::Error + Send + Sync>),
}

fn list(failed: &[(String, Error)]) -> String {
    let failed: Vec<_> = failed.iter().map(|(stream, why)| format!("{stream}: {why}")).collect();
    failed.join("; ")
}

impl Error {
    /// What the predicates are decided by.
    #[doc(hidden)]
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::Server(error) => error.facts(),
            Self::Sync(error) => error.facts(),
            // If all have failed in the same way, that is how it has failed.
            Self::Streams(failed) => {
                let mut facts = failed.iter().map(|(_, error)| error.facts());
                let first = facts.next().unwrap_or_default();
                facts.fold(first, Facts::shared_with)
            }
            Self::UnknownStream(_) | Self::MissingStream(_) => Facts::of_kind(ErrorKind::NotFound),
            Self::Name(_) | Self::Schema(_) | Self::Unwritable(_) => {
                Facts::of_kind(ErrorKind::Invalid)
            }
            Self::Unfit { .. } => Facts::of_kind(ErrorKind::Schema),
            Self::Order(_) => Facts::of_kind(ErrorKind::Order),
            Self::File { .. } | Self::Closed | Self::OnCreate(_) => Facts::default(),
        }
    }

    pub(crate) fn file(file: &Path, problem: impl Into<FileError>) -> Self {
        Self::File { file: file.to_owned(), problem: problem.into() }
    }
}

cdb_http::error_predicates!(Error);

/// So that `?` works in functions that return the client's error.
impl From<Error> for cdb_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Server(error) => error,
            error => Self::with_facts(error, Error::facts),
        }
    }
}

/// What is wrong with a logger's file.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another process has it open.
    #[error("another program has the file open")]
    InUse,
    /// It is not a logger's file.
    #[error("this is not the file of a logger: {0}")]
    Foreign(String),
    /// It is damaged.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// There is no room on the disk.
    #[error("the disk is full")]
    Full,
    /// It cannot be opened, read or written.
    #[error("{0}")]
    Io(Arc<std::io::Error>),
    /// Anything else that SQLite says.
    #[error("{0}")]
    Other(Arc<sqlx::Error>),
}

impl From<std::io::Error> for FileError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<sqlx::Error> for FileError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        // SQLite's extended result codes have the plain one in their lowest byte.
        let code = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
        let text = || error.as_database_error().map(ToString::to_string).unwrap_or_default();
        match code {
            Some(5 | 6) => Self::InUse,
            Some(11) => Self::Damaged(text()),
            Some(13) => Self::Full,
            Some(26) => Self::Foreign(text()),
            _ => Self::Other(Arc::new(error)),
        }
    }
}
