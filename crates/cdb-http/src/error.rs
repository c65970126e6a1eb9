//! Errors of the transport and of the server.

use std::fmt;

use cdb_types::{ErrorKind, ServerError};
use tokio_tungstenite::tungstenite::{self, protocol::CloseFrame};

/// A call failed.
///
/// [`server_error`](Self::server_error) returns the complete error response of the server. No text
/// contains a URL, a key or a password.
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
    /// 400: the server cannot read the request.
    #[error("{0}")]
    BadRequest(ServerError),
    /// 401: wrong user, password or API key.
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
    #[error("the server could not be reached, or the connection broke")]
    Transport(#[source] TransportError),
    /// The server's response does not follow the protocol.
    #[error("the server's answer could not be understood")]
    Protocol(#[source] ProtocolError),
    /// The text is not the URL of a server.
    #[error("not the URL of a server")]
    Url(#[source] UrlError),
    /// The request body cannot be serialized as JSON.
    #[error("the value cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
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

    /// Returns the error response of the server, or `None` if the error is another one.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        match self {
            Self::BadRequest(error)
            | Self::Unauthorized(error)
            | Self::Forbidden(error)
            | Self::NotFound(error)
            | Self::TooLarge(error)
            | Self::Server(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the kind of the server's error response. `None` if the error is another one, or if
    /// its kind is not known (see [`ServerError::kind`]).
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        self.server_error()?.kind()
    }

    /// Returns whether the status is 404: the object does not exist, or the caller may not see it.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }

    /// Returns whether the status is 403: the server refuses the call.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden(_))
    }

    /// Returns whether the status is 401: the login failed.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Unauthorized(_))
    }

    /// Returns whether the same call may succeed later: the connection failed, or the status is
    /// 502, 503 or 504.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Server(error) => matches!(error.code, 502..=504),
            _ => false,
        }
    }
}

/// The connection failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct TransportError(Cause);

/// The cause of a [`TransportError`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error(transparent)]
    Http(reqwest::Error),
    #[error(transparent)]
    Websocket(tungstenite::Error),
    #[error("the server has closed the websocket{0}")]
    Closed(CloseReason),
    /// The server did not respond within a timeout of the websocket.
    #[error("the server did not respond in time")]
    TimedOut,
    /// The runtime of the task that manages the websocket has ended.
    #[error("the tokio runtime of the websocket has ended")]
    RuntimeEnded,
}

/// The reason that a server gives when it closes a websocket, if any.
#[derive(Debug)]
pub(crate) struct CloseReason(pub(crate) Option<CloseFrame>);

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(CloseFrame { code, reason }) => write!(f, " ({}: {reason})", u16::from(*code)),
            None => Ok(()),
        }
    }
}

impl TransportError {
    /// Returns whether the connection could not be established, so that the server did not receive
    /// the call.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(&self.0, Cause::Http(error) if error.is_connect())
    }

    /// Returns whether the server did not respond in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0 {
            Cause::Http(error) => error.is_timeout(),
            cause => matches!(cause, Cause::TimedOut),
        }
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self::Transport(TransportError(cause))
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Cause::Http(error.without_url()).into()
    }
}

impl From<tungstenite::Error> for Error {
    fn from(error: tungstenite::Error) -> Self {
        Cause::Websocket(error).into()
    }
}

/// A response does not follow the protocol.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The body is not JSON, or not of the type that the call returns.
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
            cdb_types::DatapointParseError::Json(error) => Self::Unreadable(error),
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
