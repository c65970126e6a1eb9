//! Errors of requests.

use std::borrow::Cow;
use std::fmt;

use cdb_types::{ErrorKind, InvalidSchema, QueryError, UpdateError};

/// The message for what the caller may not know of, whether it exists or not.
const HIDDEN: &str = "Can't access this resource.";

/// A request failed: the status, kind and message that the caller gets and, only for the log, the
/// cause of a failure of the server itself.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) kind: ErrorKind,
    pub(crate) msg: Cow<'static, str>,
    pub(crate) cause: Option<String>,
    /// Whether datapoints were corrected while they were read, so that reading again may succeed.
    pub(crate) is_replaced: bool,
}

impl ApiError {
    pub(crate) fn new(status: u16, kind: ErrorKind, msg: impl Into<Cow<'static, str>>) -> Self {
        Self { status, kind, msg: msg.into(), cause: None, is_replaced: false }
    }

    /// The request cannot be understood.
    pub(crate) fn bad_request(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, ErrorKind::Invalid, msg)
    }

    /// The body is not valid JSON, or not what the call takes.
    pub(crate) fn malformed(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, ErrorKind::Malformed, msg)
    }

    /// The caller may know of the object, but not do this with it.
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

    /// What is to be created exists already.
    pub(crate) fn exists(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, ErrorKind::Exists, msg)
    }

    /// The login failed.
    pub(crate) fn unauthorized(msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(401, ErrorKind::Unauthorized, msg)
    }

    /// What the caller logged in with is not valid any more.
    pub(crate) fn login_ended() -> Self {
        Self::unauthorized("What was used to log in is not valid any more.")
    }

    /// The object to be read does not exist or must stay unknown; the caller cannot tell which.
    pub(crate) fn not_found() -> Self {
        Self::new(404, ErrorKind::NotFound, HIDDEN)
    }

    /// The object to be changed, or whose data is to be used, does not exist or must stay unknown.
    pub(crate) fn forbidden() -> Self {
        Self::new(403, ErrorKind::NotFound, HIDDEN)
    }

    /// The server failed.
    pub(crate) fn internal(cause: impl fmt::Display) -> Self {
        let failed = Self::new(500, ErrorKind::Internal, "The server could not do this.");
        Self { cause: Some(cause.to_string()), ..failed }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Range | QueryError::Index(_) | QueryError::Columns => {
                Self::bad_request(error.to_string())
            }
            QueryError::OutOfBounds => Self::new(403, ErrorKind::Range, error.to_string()),
            QueryError::Positions => Self::new(403, ErrorKind::Index, error.to_string()),
            _ => Self::invalid(error.to_string()),
        }
    }
}

impl From<UpdateError> for ApiError {
    fn from(error: UpdateError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<&InvalidSchema> for ApiError {
    fn from(error: &InvalidSchema) -> Self {
        Self::invalid(error.to_string())
    }
}
