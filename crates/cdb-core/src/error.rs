//! What can go wrong.

use std::sync::Arc;

use cdb_archive::ArchiveError;
#[cfg(feature = "schema")]
use cdb_types::InvalidSchema;
use cdb_types::{ErrorKind, ObjectPath, PathError, ServerError, StreamPath};

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
    #[cfg(feature = "schema")]
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
    /// A subscription could not begin, or has ended: all that share its connection get the same.
    #[error(transparent)]
    Subscription(Arc<cdb_http::Error>),
    /// What was inserted while a subscription was not connected, or its reader too slow, cannot be
    /// delivered, or not all of it. The subscription goes on with what came later.
    #[error("datapoints may be missing: {0}")]
    Lagged(Lagged),
    /// An archive cannot be read or written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// What is to be imported is there already. Nothing of it was changed.
    #[error("{0} exists already")]
    Exists(ObjectPath),
    /// An import ended before all was in.
    #[error("{failed} could not be imported, after {} others: {source}", imported.len())]
    Import {
        /// What has been imported, whole.
        imported: Vec<ObjectPath>,
        /// What could not be; some of it may be there.
        failed: ObjectPath,
        /// Why.
        source: Box<Error>,
    },
    /// Only the device that owns a stream can answer what others ask of it. Nothing was sent.
    #[error("{0} is not a stream of the device that is logged in")]
    NotOwner(StreamPath),
}

/// Why what a subscription has missed cannot be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lagged {
    /// The stream does not keep its datapoints.
    #[error("the stream is ephemeral")]
    Ephemeral,
    /// What the transform makes of a datapoint depends on others that were inserted with it.
    #[error("what the transform gives depends on how datapoints were inserted")]
    Transform,
    /// The stream is another than before, or in an earlier state: it was made anew, its downlink
    /// was turned off and on, or the server's data were restored. What the stream of before got at
    /// last is not known; if this one is new, all of it comes.
    #[error("the stream has been replaced")]
    Replaced,
}

impl Error {
    /// What the server said, if it was the server that refused.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        self.http()?.server_error()
    }

    /// Of which kind the server says that the error is. `None` if it was not the server that
    /// refused, or nothing is known of it.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        self.server_error()?.kind()
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
            Self::Subscription(error) => Some(error),
            Self::Import { source, .. } => source.http(),
            _ => None,
        }
    }
}
