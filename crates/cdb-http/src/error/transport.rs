//! Failed connections.

use std::fmt;

use tokio_tungstenite::tungstenite::{self, protocol::CloseFrame};

use super::Error;

/// The connection failed: it could not be made, it broke, or the server did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(Cause);

/// The cause of a [`TransportError`].
#[derive(Debug)]
pub(crate) enum Cause {
    /// The error, without its URL, and the host and port of the server.
    Http {
        error: reqwest::Error,
        address: Option<String>,
    },
    Websocket(tungstenite::Error),
    Closed(CloseReason),
    /// The server did not respond within a timeout of the websocket.
    TimedOut,
    /// The runtime of the task that manages the websocket has ended.
    RuntimeEnded,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { error, address } => {
                match (error.is_connect(), error.is_timeout()) {
                    (true, true) => f.write_str("the server cannot be reached in time")?,
                    (true, false) => {
                        write!(f, "the server cannot be reached: {}", Innermost(error))?;
                    }
                    (false, true) => f.write_str("the server did not answer in time")?,
                    (false, false) => write!(f, "the connection broke: {}", Innermost(error))?,
                }
                match address {
                    Some(address) => write!(f, " ({address})"),
                    None => Ok(()),
                }
            }
            Self::Websocket(error) => write!(f, "the websocket broke: {error}"),
            Self::Closed(reason) => write!(f, "the server has closed the websocket{reason}"),
            Self::TimedOut => f.write_str("the server did not respond in time"),
            Self::RuntimeEnded => f.write_str("the tokio runtime of the websocket has ended"),
        }
    }
}

/// The innermost cause of an error, which says what happened; those around it say only
/// during what.
pub(super) struct Innermost<'a>(pub(super) &'a (dyn std::error::Error + 'static));

impl fmt::Display for Innermost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cause: &dyn std::error::Error = self.0;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let text = cause.to_string();
        // What the standard library adds to the text of the operating system.
        let text = text.split(" (os error").next().unwrap_or(&text);
        let is_name = |word: &str| word.chars().skip(1).any(char::is_uppercase);
        match text.split_once(' ') {
            // In the middle of a sentence.
            Some((first, rest)) if !is_name(first) => {
                write!(f, "{} {rest}", first.to_lowercase())?;
            }
            _ => f.write_str(text)?,
        }
        if text.contains("InvalidContentType") {
            f.write_str("; if the server does not use TLS, write http:// before its name")?;
        }
        Ok(())
    }
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
        matches!(&self.0, Cause::Http { error, .. } if error.is_connect())
    }

    /// Returns whether the server did not respond in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0 {
            Cause::Http { error, .. } => error.is_timeout(),
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
        // The rest of the URL may name streams, or hold scripts.
        let address = error.url().and_then(|url| {
            let (host, port) = (url.host_str()?, url.port_or_known_default()?);
            Some(format!("{host}:{port}"))
        });
        Cause::Http { error: error.without_url(), address }.into()
    }
}

impl From<tungstenite::Error> for Error {
    fn from(error: tungstenite::Error) -> Self {
        Cause::Websocket(error).into()
    }
}
