//! The errors of this crate.

use std::sync::Arc;

use cdb_archive::ArchiveError;
#[cfg(feature = "schema")]
use cdb_types::InvalidSchema;
use cdb_types::{ErrorKind, ObjectPath, PathError, ServerError, StreamPath};

/// The error of a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused the call, could not be reached, or gave an answer that could not be
    /// understood.
    #[error(transparent)]
    Http(#[from] cdb_http::Error),
    /// A text is not a valid path, or is the path of another kind of object. Nothing was sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A schema is not a valid JSON Schema. Nothing was sent.
    #[cfg(feature = "schema")]
    #[error(transparent)]
    Schema(#[from] InvalidSchema),
    /// A transform is not a valid PipeScript. Nothing was sent.
    #[cfg(feature = "pipescript")]
    #[error(transparent)]
    Script(#[from] cdb_pipescript::ParseError),
    /// Some chunks of an insert were stored before a later one failed.
    #[error("only the first {stored} datapoints were stored")]
    PartialInsert {
        /// The number of datapoints, counted from the first, that are known to be stored. If the
        /// connection broke, the chunk after them may be stored as well.
        stored: usize,
        /// The error of the chunk that failed.
        source: cdb_http::Error,
    },
    /// A subscription could not be started, or has ended. The error is shared, because one error
    /// can end all subscriptions of a connection.
    #[error(transparent)]
    Subscription(Arc<cdb_http::Error>),
    /// Some datapoints that were inserted while a subscription was disconnected, or while its
    /// reader was too slow, may not be delivered. The subscription goes on with later datapoints.
    #[error("datapoints may be missing: {0}")]
    Lagged(Lagged),
    /// An archive cannot be read or written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// An object to be imported exists on the server already. It was not changed.
    #[error("{0} exists already")]
    Exists(ObjectPath),
    /// An import failed before everything was imported.
    #[error("{failed} could not be imported, after {} other objects: {source}", imported.len())]
    Import {
        /// The objects that were imported completely.
        imported: Vec<ObjectPath>,
        /// The object that failed. It may exist on the server in part.
        failed: ObjectPath,
        /// The error of that object.
        source: Box<Error>,
    },
    /// The stream belongs to another device. Only its owner can answer the requests in its
    /// downlink. Nothing was sent.
    #[error("{0} is not a stream of the device that is logged in")]
    NotOwner(StreamPath),
}

/// Why datapoints that a subscription missed cannot be delivered later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lagged {
    /// The stream is ephemeral: the server does not keep its datapoints, so they cannot be read
    /// later.
    #[error("the stream is ephemeral")]
    Ephemeral,
    /// The transform's output for one datapoint depends on the others in the same insert, and the
    /// server does not keep which datapoints were inserted together.
    #[error("the transform's output depends on which datapoints were inserted together")]
    Transform,
    /// The stream was deleted and created again, its downlink was turned off and on, or the
    /// server's data were restored from an earlier state. The last datapoints before that may be
    /// missing. All datapoints of a stream that was created again are delivered, unless the
    /// transform's output depends on which datapoints were inserted together.
    #[error("the stream has been replaced")]
    Replaced,
}

impl Error {
    /// Returns the error that the server answered, or `None` if the error does not come from the
    /// server.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        self.http()?.server_error()
    }

    /// Returns the kind of the server's error, or `None` if the error does not come from the server
    /// or its kind is unknown.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        self.server_error()?.kind()
    }

    /// Returns `true` if the server answered 404: the object does not exist, or this device may not
    /// see it. The server does not tell which.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.http().is_some_and(cdb_http::Error::is_not_found)
    }

    /// Returns `true` if the server answered 403: it understood the call and refused it.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.http().is_some_and(cdb_http::Error::is_forbidden)
    }

    /// Returns `true` if the login failed: the user, password or API key is wrong.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.http().is_some_and(cdb_http::Error::is_unauthorized)
    }

    /// Returns `true` if the same call may succeed later: the server could not be reached, the
    /// connection broke, or the answer was 502, 503 or 504.
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
