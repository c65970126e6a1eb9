//! Errors of the transport and of the server.

mod predicates;
mod transport;

use cdb_types::{ErrorKind, ServerError};

pub use predicates::Facts;
use predicates::error_predicates;
use transport::Innermost;
pub use transport::TransportError;
pub(crate) use transport::{Cause, CloseReason};

/// A call failed.
///
/// [`server_error`](Self::server_error) returns the complete error response of the server.
///
/// The message of an error contains its cause, and the host and port of a server that cannot be
/// reached. This crate adds no URL path, key or password to a message.
///
/// ```
/// use cdb_http::Error;
/// use cdb_types::ServerError;
/// let error = Error::Forbidden(ServerError::new(403, "Write access to stream data denied.", "17"));
/// assert_eq!(error.to_string(), "403: Write access to stream data denied. (17)");
/// assert_eq!(error.server_error().map(|error| error.code), Some(403));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 400: the request is not valid.
    #[error("{0}")]
    BadRequest(ServerError),
    /// 401: the user, the password or the API key is wrong.
    #[error("{0}")]
    Unauthorized(ServerError),
    /// 403: the server refuses the call. The reasons include missing permissions, values that do
    /// not match the schema, timestamps that are not in order, and data of a stream that does not
    /// exist.
    #[error("{0}")]
    Forbidden(ServerError),
    /// 404: the object does not exist, or the caller may not see it. The server does not
    /// distinguish the two.
    #[error("{0}")]
    NotFound(ServerError),
    /// 413: the body is larger than the server accepts.
    #[error("{0}")]
    TooLarge(ServerError),
    /// Any other status of 400 or more.
    #[error("{0}")]
    Server(ServerError),
    /// The server could not be reached, or the connection broke.
    #[error("{0}")]
    Transport(TransportError),
    /// The server's response does not follow the protocol.
    #[error("the server's answer could not be understood: {0}")]
    Protocol(ProtocolError),
    /// The text is not the URL of a server.
    #[error("not the URL of a server: {0}")]
    Url(UrlError),
    /// TLS cannot be set up, for example because a root certificate is not valid.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The request body cannot be serialized as JSON.
    #[error("the value cannot be written as JSON: {0}")]
    Unwritable(serde_json::Error),
}

impl Error {
    /// Returns the variant for the status of an error response.
    pub(crate) fn from_server(error: ServerError) -> Self {
        match error.code {
            400 => Self::BadRequest(error),
            401 => Self::Unauthorized(error),
            403 => Self::Forbidden(error),
            404 => Self::NotFound(error),
            413 => Self::TooLarge(error),
            _ => Self::Server(error),
        }
    }

    /// The error of a TLS configuration.
    pub(crate) fn tls(error: impl std::error::Error + 'static) -> Self {
        Self::Tls(Innermost(&error).to_string())
    }

    /// What the predicates are decided by.
    #[doc(hidden)]
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::BadRequest(error)
            | Self::Unauthorized(error)
            | Self::Forbidden(error)
            | Self::NotFound(error)
            | Self::TooLarge(error)
            | Self::Server(error) => Facts::of_server(error),
            Self::Transport(error) => Facts::of_transport(error.is_timeout()),
            Self::Url(_) | Self::Tls(_) | Self::Unwritable(_) => Facts::of_kind(ErrorKind::Invalid),
            Self::Protocol(_) => Facts::default(),
        }
    }
}

error_predicates!(Error);

/// A response does not follow the protocol.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The body is not valid JSON, or not of the type that the call returns.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The body ends before its array of datapoints does.
    #[error("the answer is incomplete")]
    Incomplete,
    /// The server redirects to another URL; the field is the status. Redirections are not followed,
    /// because that could drop the body of the call.
    #[error("the server redirects to another URL (status {0}); use that URL instead")]
    Redirection(u16),
    /// The response contains a name that is not valid.
    #[error("the answer contains a name that is not valid: {0}")]
    Name(#[from] cdb_types::NameError),
    /// The response lacks a required field.
    #[error("the answer lacks the field {0:?}")]
    Missing(&'static str),
    /// The server does not accept the websocket handshake.
    #[error("the server does not open a websocket")]
    NoWebsocket,
    /// A frame of the websocket is not valid JSON, or a key has a value of the wrong type.
    #[error("a message of the websocket cannot be read")]
    InvalidFrame,
}

impl From<cdb_types::DatapointParseError> for ProtocolError {
    fn from(error: cdb_types::DatapointParseError) -> Self {
        match error {
            cdb_types::DatapointParseError::Json(error)
            | cdb_types::DatapointParseError::Value { error, .. } => Self::Unreadable(error),
            _ => Self::Incomplete,
        }
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

/// A text is not the URL of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The text is not a URL.
    #[error("it is malformed")]
    Malformed,
    /// The scheme is neither `http` nor `https`.
    #[error("its scheme is neither http nor https")]
    Scheme,
    /// The URL contains a user name or a password, which could appear in logs. Use
    /// [`crate::Credentials`] instead.
    #[error("it contains a user name or a password")]
    Credentials,
}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}
