//! What can go wrong.

use cdb_types::{InvalidSchema, PathError, ServerError};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused, or could not be reached.
    #[error(transparent)]
    Http(#[from] cdb_http::Error),
    /// A text is not a path, or not one of this kind of object. Nothing was sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A schema is not a JSON Schema. Nothing was sent.
    #[error(transparent)]
    Schema(#[from] InvalidSchema),
    /// A transform is not a script. Nothing was sent.
    #[cfg(feature = "pipescript")]
    #[error(transparent)]
    Script(#[from] cdb_pipescript::ParseError),
    /// Some chunks of an insert were stored before one failed.
    #[error("only the first {stored} datapoints were stored")]
    PartialInsert {
        /// How many of the datapoints, from the first on, are known to be stored. If the
        /// connection broke, the chunk after them may be as well.
        stored: usize,
        /// Why the next chunk was not.
        source: cdb_http::Error,
    },
}

impl Error {
    /// What the server said, if it was the server that refused.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        self.http()?.server_error()
    }

    /// Whether there is no such thing, or it may not be seen.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.http().is_some_and(cdb_http::Error::is_not_found)
    }

    /// Whether the server understood and refused.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.http().is_some_and(cdb_http::Error::is_forbidden)
    }

    /// Whether the login failed.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.http().is_some_and(cdb_http::Error::is_unauthorized)
    }

    /// Whether the same call may succeed later: the network or the server was not there.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.http().is_some_and(cdb_http::Error::is_temporary)
    }

    fn http(&self) -> Option<&cdb_http::Error> {
        match self {
            Self::Http(error) | Self::PartialInsert { source: error, .. } => Some(error),
            _ => None,
        }
    }
}
