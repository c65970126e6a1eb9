//! Error responses of the server.

mod kind;
mod original;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use kind::ErrorKind;

/// The body of every error response: `{"code": 403, "kind": "denied", "msg": "…", "ref": "…"}`.
///
/// `kind` is an extension: the original server does not send it, and its client ignores it.
///
/// ```
/// use cdb_types::{ErrorKind, ServerError};
/// let text = r#"{"code":404,"kind":"not_found","msg":"Can't access this resource.","ref":"17"}"#;
/// let error: ServerError = serde_json::from_str(text)?;
/// assert_eq!(error.to_string(), "404: Can't access this resource. (17)");
/// assert_eq!(error.kind(), Some(ErrorKind::NotFound));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerError {
    /// The HTTP status.
    pub code: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<ErrorKind>,
    /// The error message.
    pub msg: String,
    /// The identifier of the error in the server's log; empty if the server did not send one.
    #[serde(rename = "ref", default)]
    pub reference: String,
}

impl ServerError {
    /// Creates an error response without a kind.
    #[must_use]
    pub fn new(code: u16, msg: impl Into<String>, reference: impl Into<String>) -> Self {
        Self { code, kind: None, msg: msg.into(), reference: reference.into() }
    }

    /// Sets the kind.
    #[must_use]
    pub fn with_kind(self, kind: ErrorKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Returns whether the server sent the kind, as this project's server does since version 0.2.
    #[must_use]
    pub fn has_kind(&self) -> bool {
        self.kind.is_some()
    }

    /// Returns the kind of the error.
    ///
    /// If the server did not send a kind, as the original server does not, the kind is derived from
    /// the message, or else from the status. `None` if neither is known, as for an error of a
    /// proxy.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        let by_message = || original::kind(self.code, &self.msg);
        // A reference shows that ConnectorDB and not a proxy sent the error. This server did not
        // send a kind before version 0.2.
        let by_status = || match self.code {
            400 if !self.reference.is_empty() => Some(ErrorKind::Malformed),
            413 if !self.reference.is_empty() => Some(ErrorKind::TooLarge),
            _ => None,
        };
        self.kind.clone().or_else(by_message).or_else(by_status)
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.msg)?;
        if self.reference.is_empty() { Ok(()) } else { write!(f, " ({})", self.reference) }
    }
}

impl std::error::Error for ServerError {}
