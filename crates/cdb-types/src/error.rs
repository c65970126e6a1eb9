//! What the server says when it says no.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The body of every error answer: `{"code": 403, "msg": "…", "ref": "…"}`.
///
/// ```
/// let text = r#"{"code":404,"msg":"Can't access this resource.","ref":"17"}"#;
/// let error: cdb_types::ServerError = serde_json::from_str(text)?;
/// assert_eq!(error.to_string(), "404: Can't access this resource. (17)");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerError {
    /// The HTTP status.
    pub code: u16,
    /// What is wrong, in words.
    pub msg: String,
    /// What to look for in the server's log; empty if the server gave none.
    #[serde(rename = "ref", default)]
    pub reference: String,
}

impl ServerError {
    /// An error answer.
    #[must_use]
    pub fn new(code: u16, msg: impl Into<String>, reference: impl Into<String>) -> Self {
        Self { code, msg: msg.into(), reference: reference.into() }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.msg)?;
        if self.reference.is_empty() { Ok(()) } else { write!(f, " ({})", self.reference) }
    }
}

impl std::error::Error for ServerError {}
