//! How a request is refused.

use std::borrow::Cow;
use std::fmt;

use cdb_types::{ErrorKind, InvalidSchema, QueryError, UpdateError};

use crate::storage::sqlite::{BatchError, CommitError, ReadError};

/// What the principal may not know of, be it there or not.
const HIDDEN: &str = "Can't access this resource.";

/// A request that is not fulfilled: the status, the kind and the words that the caller gets, and, for
/// the log alone, what lies behind a failure of the server itself.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) kind: ErrorKind,
    pub(crate) msg: Cow<'static, str>,
    pub(crate) cause: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: u16, kind: ErrorKind, msg: impl Into<Cow<'static, str>>) -> Self {
        Self { status, kind, msg: msg.into(), cause: None }
    }

    /// The request cannot be read.
    pub(crate) fn bad_request(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, ErrorKind::Invalid, msg)
    }

    /// The body is not JSON, or not what the call takes.
    pub(crate) fn malformed(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, ErrorKind::Malformed, msg)
    }

    /// The caller sees the object, but may not do this with it.
    pub(crate) fn no_access() -> Self {
        Self::denied(HIDDEN)
    }

    /// The caller may not do this.
    pub(crate) fn denied(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, ErrorKind::Denied, msg)
    }

    /// The request can be read, but something in it is not valid.
    pub(crate) fn invalid(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, ErrorKind::Invalid, msg)
    }

    /// What is to be made is there already.
    pub(crate) fn exists(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, ErrorKind::Exists, msg)
    }

    /// The login failed.
    pub(crate) fn unauthorized(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(401, ErrorKind::Unauthorized, msg)
    }

    /// Reading what is not there or may not be seen: the principal cannot tell which.
    pub(crate) fn not_found() -> Self {
        Self::new(404, ErrorKind::NotFound, HIDDEN)
    }

    /// Changing, or reading the data of, what may not be seen.
    pub(crate) fn forbidden() -> Self {
        Self::new(403, ErrorKind::NotFound, HIDDEN)
    }

    /// The server failed.
    pub(crate) fn internal(cause: impl fmt::Display) -> Self {
        let failed = Self::new(500, ErrorKind::Internal, "The server could not do this.");
        Self { cause: Some(cause.to_string()), ..failed }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::new(503, ErrorKind::Unavailable, "ConnectorDB is currently inactive")
            }
            error => Self::internal(error),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Gone => Self::forbidden(),
            ReadError::Store(error) => error.into(),
            ReadError::Block(error) => Self::internal(error),
        }
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Order => Self::new(403, ErrorKind::Order, error.to_string()),
            CommitError::Index => Self::new(403, ErrorKind::Index, error.to_string()),
            CommitError::Store(error) => error.into(),
            CommitError::Group(error)
                if matches!(*error, CommitError::Store(sqlx::Error::PoolClosed)) =>
            {
                sqlx::Error::PoolClosed.into()
            }
            _ => Self::internal(error),
        }
    }
}

impl From<BatchError> for ApiError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Malformed(msg) => Self::malformed(msg),
            BatchError::Schema => Self::new(403, ErrorKind::Schema, error.to_string()),
            BatchError::Order => Self::new(403, ErrorKind::Order, error.to_string()),
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Range | QueryError::Index(_) => Self::bad_request(error.to_string()),
            QueryError::OutOfBounds => Self::new(403, ErrorKind::Range, error.to_string()),
            _ => Self::invalid(error.to_string()),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<InvalidSchema> for ApiError {
    fn from(error: InvalidSchema) -> Self {
        Self::invalid(error.to_string())
    }
}
