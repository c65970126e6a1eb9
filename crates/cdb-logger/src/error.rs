//! The errors of this crate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdb_http::Facts;
use cdb_types::{ErrorKind, InvalidSchema, NameError};

/// A call to the logger failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened, read or written. An open logger tries to open it again at the
    /// next call.
    #[error("{}: {problem}", file.display())]
    File {
        /// The path of the file.
        file: PathBuf,
        /// What is wrong with the file.
        problem: FileError,
    },
    /// The logger was closed.
    #[error("the logger is closed")]
    Closed,
    /// The stream was not added to the logger.
    #[error("the logger has no stream {0:?}; add it with add_stream or add_stream_later")]
    UnknownStream(String),
    /// The stream does not exist on the server, and no schema was given to create it with.
    #[error("the server has no stream {0:?}; give a schema to create it")]
    MissingStream(String),
    /// A name is not a valid name of a stream.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A schema is not a valid JSON Schema.
    #[error(transparent)]
    Schema(#[from] InvalidSchema),
    /// A value does not match the schema of its stream. Nothing was logged.
    #[error("the value does not match the schema of {stream:?}: {complaint}")]
    Unfit {
        /// The name of the stream.
        stream: String,
        /// What is wrong with the value.
        complaint: String,
    },
    /// A value cannot be converted to JSON, in which case nothing was written; or
    /// [`Logger::data`](crate::Logger::data) cannot be converted from JSON to the requested type.
    #[error("the value cannot be converted to or from JSON: {0}")]
    Unwritable(serde_json::Error),
    /// A datapoint is earlier than the one before it, or than the last datapoint of its stream.
    /// Nothing was logged.
    #[error("a datapoint is earlier than the last one of {0:?}; times must be in ascending order")]
    Order(String),
    /// The server refused a request, or could not be reached.
    #[error(transparent)]
    Server(#[from] cdb_core::Error),
    /// Some streams could not be synced. The others were. Contains the name and the error of each
    /// stream that failed.
    #[error("{}", list(.0))]
    Streams(Vec<(String, Error)>),
    /// A sync failed. All callers that wait for the same sync get the same error.
    #[error("{0}")]
    Sync(Arc<Error>),
    /// The callback [`on_create`](crate::LoggerBuilder::on_create) failed. The new file was
    /// removed.
    #[error("the new file was removed, because its on_create callback failed: {0}")]
    OnCreate(Box<dyn std::error::Error + Send + Sync>),
}

fn list(failed: &[(String, Error)]) -> String {
    let failed: Vec<_> =
        failed.iter().map(|(stream, error)| format!("{stream}: {error}")).collect();
    failed.join("; ")
}

impl Error {
    /// Returns what the predicates are decided by.
    #[doc(hidden)]
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::Server(error) => error.facts(),
            Self::Sync(error) => error.facts(),
            // The error has the properties that the errors of all streams share.
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

/// Lets `?` convert the error in functions that return the client's error.
impl From<Error> for cdb_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Server(error) => error,
            error => Self::with_facts(error, Error::facts),
        }
    }
}

/// The reason for which a logger's file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another logger or program has the file open.
    #[error("another logger or program has the file open")]
    InUse,
    /// The file is not a logger's file.
    #[error("this is not a logger's file: {0}")]
    Foreign(String),
    /// The file is damaged.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The operating system could not create, inspect or remove the file.
    #[error("{0}")]
    Io(Arc<std::io::Error>),
    /// Another error of SQLite, such as a failed read or write.
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
        // The lowest byte of SQLite's extended result codes is the primary result code.
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
