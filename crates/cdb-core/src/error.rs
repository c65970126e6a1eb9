//! The errors of this crate.

use std::sync::Arc;

use cdb_archive::ArchiveError;
use cdb_http::Facts;
#[cfg(feature = "schema")]
use cdb_types::InvalidSchema;
use cdb_types::{
    DevicePath, ErrorKind, ObjectPath, PathError, Schema, ServerError, StreamPath, Timestamp,
    TimestampError,
};

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
    /// A time is NaN or an infinity. Nothing was sent.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// A datapoint's value cannot be read as the type of the [`TypedStream`](crate::TypedStream).
    /// [`Query::skip_invalid`](crate::Query::skip_invalid) leaves such datapoints out.
    #[error("the value at {t} in {stream} cannot be read as {expected}: {error}")]
    Value {
        /// The stream.
        stream: StreamPath,
        /// The time of the datapoint.
        t: Timestamp,
        /// The name of the type.
        expected: String,
        /// What is wrong with the value.
        error: String,
    },
    /// The stream that is to be ensured exists with another schema. It was not changed.
    #[error("{stream} exists with the schema {existing}, not with {wanted}")]
    OtherSchema {
        /// The stream.
        stream: StreamPath,
        /// Its schema.
        existing: Schema,
        /// The schema that was given.
        wanted: Schema,
    },
    /// [`connect_lazy`](crate::ConnectorDbBuilder::connect_lazy) needs to know which device logs in.
    #[error("which device logs in is not known before connecting; add .device(\"user/device\")")]
    UnknownDevice,
    /// The login is that of another device than [`device`](crate::ConnectorDbBuilder::device) says.
    #[error("this login is that of {actual}, not of {expected}")]
    OtherDevice {
        /// The device that was given.
        expected: DevicePath,
        /// The device of the login, or `nobody`.
        actual: String,
    },
    /// Some chunks of an insert were stored before a later one failed.
    #[error("only the first {stored} datapoints were stored: {error}")]
    PartialInsert {
        /// The number of datapoints, counted from the first, that are known to be stored. If the
        /// connection broke, the chunk after them may be stored as well.
        stored: usize,
        /// The error of the chunk that failed.
        error: cdb_http::Error,
    },
    /// A subscription could not be started, or has ended. The error is shared, because one error
    /// can end all subscriptions of a connection.
    #[error(transparent)]
    Subscription(Arc<cdb_http::Error>),
    /// Some datapoints that were inserted while a subscription was disconnected, or while its
    /// reader was too slow, may not be delivered. The subscription goes on with later datapoints.
    #[error("datapoints may be missing: {0}")]
    Lagged(Lagged),
    /// Datapoints of a stream that is subscribed to were removed, replaced, or inserted among others:
    /// what a program has computed of them may have to be computed again. The subscription goes on
    /// with later datapoints.
    #[error("datapoints were corrected{}", corrected_times(.times))]
    Corrected {
        /// The earliest and the latest time of the datapoints that were removed or inserted. `None`
        /// if this is not known, since the connection was lost meanwhile.
        times: Option<(Timestamp, Timestamp)>,
    },
    /// A range that is to be replaced is empty, and it is not said where in the stream it lies. Nothing was
    /// sent.
    #[error("the range is empty; Stream::insert_late inserts datapoints by their times")]
    EmptyRange,
    /// The server cannot do this. The original server cannot correct datapoints.
    #[error("the server (version {version}) cannot {what}")]
    Unsupported {
        /// What it cannot do, as a verb with its object.
        what: &'static str,
        /// What it says its version is.
        version: String,
    },
    /// An archive cannot be read or written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// An object to be imported exists on the server already. It was not changed.
    #[error("{0} exists already")]
    Exists(ObjectPath),
    /// An import failed before everything was imported.
    #[error("{failed} could not be imported, after {} other objects: {error}", imported.len())]
    Import {
        /// The objects that were imported completely.
        imported: Vec<ObjectPath>,
        /// The object that failed. It may exist on the server in part.
        failed: ObjectPath,
        /// The error of that object.
        error: Box<Error>,
    },
    /// The API key of this device may not be read by the device that is logged in.
    #[error("the API key of {0} may not be read with this login")]
    HiddenKey(DevicePath),
    /// The stream belongs to another device. Only its owner can answer the requests in its
    /// downlink. Nothing was sent.
    #[error("{0} is not a stream of the device that is logged in")]
    NotOwner(StreamPath),
    /// The error of another crate of the client, such as that of a query or a logger. `?` converts
    /// it; the predicates answer as those of the original error.
    #[error(transparent)]
    Other(OtherError),
}

/// The error of another crate in an [`Error`]; made by `?` or [`Error::other`].
#[derive(Debug)]
pub struct OtherError {
    error: Box<dyn std::error::Error + Send + Sync>,
    server: Option<Box<ServerError>>,
    /// Without the server's response, which is a field of its own.
    facts: Facts<'static>,
}

impl OtherError {
    /// Returns the original error. It can be downcast.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn std::error::Error + Send + Sync> {
        self.error
    }

    /// Returns a reference to the original error. It can be downcast.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.error
    }
}

impl std::fmt::Display for OtherError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for OtherError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

fn corrected_times(times: &Option<(Timestamp, Timestamp)>) -> String {
    times.map_or_else(String::new, |(first, last)| format!(" from {first} to {last}"))
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
    /// Makes an error of any other error or text, for functions of a program that return a
    /// [`Result`](crate::Result). None of the predicates is true of it.
    ///
    /// ```
    /// let error = cdb_core::Error::other("the sensor does not answer");
    /// assert_eq!(error.to_string(), "the sensor does not answer");
    /// ```
    #[must_use]
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let (error, facts) = (error.into(), Facts::default());
        Self::Other(OtherError { error, server: None, facts })
    }

    /// Makes an error of that of another crate of the client, of which `facts` gives the facts.
    #[doc(hidden)]
    #[must_use]
    pub fn with_facts<E>(error: E, facts: fn(&E) -> Facts<'_>) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let Facts { server, kind, is_timeout, is_temporary } = facts(&error);
        let server = server.cloned().map(Box::new);
        let facts = Facts { server: None, kind, is_timeout, is_temporary };
        Self::Other(OtherError { error: Box::new(error), server, facts })
    }

    /// What the predicates are decided by.
    #[doc(hidden)]
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::Http(error) | Self::PartialInsert { error, .. } => error.facts(),
            Self::Subscription(error) => error.facts(),
            Self::Import { error, .. } => error.facts(),
            Self::Path(_) | Self::Time(_) => Facts::of_kind(ErrorKind::Invalid),
            #[cfg(feature = "schema")]
            Self::Schema(_) => Facts::of_kind(ErrorKind::Invalid),
            #[cfg(feature = "pipescript")]
            Self::Script(_) => Facts::of_kind(ErrorKind::Invalid),
            Self::Exists(_) | Self::OtherSchema { .. } => Facts::of_kind(ErrorKind::Exists),
            Self::HiddenKey(_) | Self::NotOwner(_) => Facts::of_kind(ErrorKind::Denied),
            Self::Other(other) => Facts { server: other.server.as_deref(), ..other.facts.clone() },
            Self::UnknownDevice | Self::OtherDevice { .. } => Facts::of_kind(ErrorKind::Invalid),
            Self::Unsupported { .. } | Self::EmptyRange => Facts::of_kind(ErrorKind::Invalid),
            Self::Lagged(_) | Self::Corrected { .. } | Self::Archive(_) | Self::Value { .. } => {
                Facts::default()
            }
        }
    }
}

cdb_http::error_predicates!(Error);
