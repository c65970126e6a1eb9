//! How a request is refused.

use std::borrow::Cow;
use std::fmt;

use cdb_types::{InvalidSchema, QueryError, UpdateError};

use crate::store::{BatchError, CommitError, ReadError};

/// What the asker may not know of, be it there or not.
const HIDDEN: &str = "Can't access this resource.";

/// A request that is not fulfilled: the status and the words that the asker gets, and, for the log
/// alone, what lies behind a failure of the server itself.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) msg: Cow<'static, str>,
    pub(crate) cause: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, msg: impl Into<Cow<'static, str>>) -> Self {
        Self { status, msg: msg.into(), cause: None }
    }

    /// The request cannot be read.
    pub(crate) fn unreadable(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, msg)
    }

    /// The request can be read, but is not granted.
    pub(crate) fn forbidden(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, msg)
    }

    /// Reading what is not there or may not be seen: the asker cannot tell which.
    pub(crate) fn unseen() -> Self {
        Self::new(404, HIDDEN)
    }

    /// Changing, or reading the data of, what may not be seen.
    pub(crate) fn hidden() -> Self {
        Self::forbidden(HIDDEN)
    }

    /// The server failed.
    pub(crate) fn failure(cause: impl fmt::Display) -> Self {
        let msg = "The server could not do this.".into();
        Self { status: 500, msg, cause: Some(cause.to_string()) }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::new(503, "ConnectorDB is currently inactive")
            }
            error => Self::failure(error),
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Gone => Self::hidden(),
            ReadError::Store(error) => error.into(),
            ReadError::Block(error) => Self::failure(error),
        }
    }
}

impl From<CommitError> for Refusal {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Order | CommitError::Index => Self::forbidden(error.to_string()),
            CommitError::Store(error) => error.into(),
            CommitError::Group(error)
                if matches!(*error, CommitError::Store(sqlx::Error::PoolClosed)) =>
            {
                sqlx::Error::PoolClosed.into()
            }
            _ => Self::failure(error),
        }
    }
}

impl From<BatchError> for Refusal {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Malformed(msg) => Self::unreadable(msg),
            BatchError::Schema | BatchError::Order => Self::forbidden(error.to_string()),
        }
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Range | QueryError::Index(_) => Self::unreadable(error.to_string()),
            _ => Self::forbidden(error.to_string()),
        }
    }
}

impl From<UpdateError> for Refusal {
    fn from(error: UpdateError) -> Self {
        Self::forbidden(error.to_string())
    }
}

impl From<InvalidSchema> for Refusal {
    fn from(error: InvalidSchema) -> Self {
        Self::forbidden(error.to_string())
    }
}
