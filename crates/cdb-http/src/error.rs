//! What can go wrong between here and the server.

use std::fmt;

use cdb_types::{ErrorKind, ServerError};
use tokio_tungstenite::tungstenite::{self, protocol::CloseFrame};

/// Why a call has no answer.
///
/// The server's own words are kept whole ([`server_error`](Self::server_error)). No text here
/// holds a URL, a key or a password.
///
/// ```
/// use cdb_http::Error;
/// use cdb_types::ServerError;
/// let error = Error::Forbidden(ServerError::new(403, "Write access to stream data denied.", "17"));
/// assert_eq!(error.to_string(), "403: Write access to stream data denied. (17)");
/// assert_eq!(error.server_error().map(|said| said.code), Some(403));
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
    /// 403: not allowed, or not acceptable: permissions, values, the order of timestamps; also
    /// writing to or reading data of what is not there.
    #[error("{0}")]
    Forbidden(ServerError),
    /// 404: there is no such thing, or it may not be seen: the server does not tell which.
    #[error("{0}")]
    NotFound(ServerError),
    /// 413: the body is larger than the server takes.
    #[error("{0}")]
    TooLarge(ServerError),
    /// Any other status of 400 or more.
    #[error("{0}")]
    Server(ServerError),
    /// The server could not be reached, or the connection broke.
    #[error("the server could not be reached, or the connection broke")]
    Transport(#[source] TransportError),
    /// The server answered, but not as the protocol has it.
    #[error("the server's answer is not what the protocol has")]
    Protocol(#[source] ProtocolError),
    /// The text is not the URL of a server.
    #[error("not the URL of a server")]
    Url(#[source] UrlError),
    /// The body cannot be written as JSON.
    #[error("the value cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl Error {
    /// The error of an answer with this status.
    pub(crate) fn from_server(said: ServerError) -> Self {
        match said.code {
            400 => Self::BadRequest(said),
            401 => Self::Unauthorized(said),
            403 => Self::Forbidden(said),
            404 => Self::NotFound(said),
            413 => Self::TooLarge(said),
            _ => Self::Server(said),
        }
    }

    /// What the server said, if it was the server that refused.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        match self {
            Self::BadRequest(said)
            | Self::Unauthorized(said)
            | Self::Forbidden(said)
            | Self::NotFound(said)
            | Self::TooLarge(said)
            | Self::Server(said) => Some(said),
            _ => None,
        }
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
        matches!(self, Self::NotFound(_))
    }

    /// Whether the server understood and refused.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden(_))
    }

    /// Whether the login failed.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Unauthorized(_))
    }

    /// Whether the same call may succeed later: the network or the server was not there.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Server(said) => matches!(said.code, 502..=504),
            _ => false,
        }
    }
}

/// What happened to the connection.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct TransportError(Break);

/// The connection that broke, and how.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Break {
    #[error(transparent)]
    Http(reqwest::Error),
    #[error(transparent)]
    Websocket(tungstenite::Error),
    #[error("the server has closed the websocket{0}")]
    Closed(CloseReason),
    #[error("nothing was heard from the server for too long")]
    Silent,
    #[error("what kept the websocket has ended")]
    Abandoned,
}

/// What a server says when it closes a websocket.
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
    /// Whether there was no connection at all, so that the server has seen nothing of the call.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(&self.0, Break::Http(error) if error.is_connect())
    }

    /// Whether the answer took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0 {
            Break::Http(error) => error.is_timeout(),
            broken => matches!(broken, Break::Silent),
        }
    }
}

impl From<Break> for Error {
    fn from(broken: Break) -> Self {
        Self::Transport(TransportError(broken))
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Break::Http(error.without_url()).into()
    }
}

impl From<tungstenite::Error> for Error {
    fn from(error: tungstenite::Error) -> Self {
        Break::Websocket(error).into()
    }
}

/// How an answer is not what the protocol has.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The body is not the JSON, or not the number, that the call answers.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The body ends in the middle.
    #[error("the answer ends too early")]
    Incomplete,
    /// The server sends the call elsewhere. Calls are not redirected: a body would be lost.
    #[error("the server answers with a redirection ({0})")]
    Redirection(u16),
    /// The answer names something by a name that cannot be one.
    #[error("the answer holds a bad name: {0}")]
    Name(#[from] cdb_types::NameError),
    /// The answer lacks something that it must have.
    #[error("the answer has no {0}")]
    Missing(&'static str),
    /// The server does not open a websocket where the protocol has one.
    #[error("the server does not open a websocket")]
    NoWebsocket,
    /// What came over the websocket is not JSON.
    #[error("the websocket brought what cannot be read")]
    Garbled,
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

/// Why a text is not the URL of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is not a URL.
    #[error("it is malformed")]
    Malformed,
    /// It is of another kind than `http` or `https`.
    #[error("its scheme is neither http nor https")]
    Scheme,
    /// It has a user or a password in it, where logs would show them: use [`crate::Credentials`].
    #[error("it has a user or a password in it")]
    Credentials,
}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}
