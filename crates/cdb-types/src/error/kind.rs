//! Kinds of errors, for programs to tell them apart.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with a request: the `kind` of a [`ServerError`](super::ServerError).
///
/// Texts of messages may change; these do not. There may be more of them one day: what is not known
/// here is [`Other`](Self::Other), with its text.
///
/// ```
/// use cdb_types::ErrorKind;
/// assert_eq!(ErrorKind::from("too_large"), ErrorKind::TooLarge);
/// assert_eq!(ErrorKind::TooLarge.as_str(), "too_large");
/// assert_eq!(ErrorKind::from("of tomorrow").as_str(), "of tomorrow");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ErrorKind {
    /// `order`: a datapoint is older than the last one of the stream, or of its batch.
    Order,
    /// `index`: the stream does not end at the index that was asked for.
    Index,
    /// `schema`: a value does not match the schema of its stream.
    Schema,
    /// `denied`: the caller may not do this.
    Denied,
    /// `not_found`: it does not exist, or the caller may not know that it does.
    NotFound,
    /// `exists`: there is one of this name already.
    Exists,
    /// `malformed`: the body is not JSON, or not what the call takes.
    Malformed,
    /// `invalid`: something in the request is not valid: a name, a script, a query, a parameter.
    Invalid,
    /// `range`: the indexes are outside of the stream.
    Range,
    /// `too_large`: the body is larger than the server takes.
    TooLarge,
    /// `limit`: the caller has reached a limit.
    Limit,
    /// `unauthorized`: the login failed.
    Unauthorized,
    /// `timeout`: the request did not come in time.
    Timeout,
    /// `internal`: the server failed.
    Internal,
    /// `unavailable`: the server cannot answer now; later it may.
    Unavailable,
    /// A kind that this version does not know.
    Other(Box<str>),
}

/// All that are known, with their texts.
const KNOWN: [(ErrorKind, &str); 15] = [
    (ErrorKind::Order, "order"),
    (ErrorKind::Index, "index"),
    (ErrorKind::Schema, "schema"),
    (ErrorKind::Denied, "denied"),
    (ErrorKind::NotFound, "not_found"),
    (ErrorKind::Exists, "exists"),
    (ErrorKind::Malformed, "malformed"),
    (ErrorKind::Invalid, "invalid"),
    (ErrorKind::Range, "range"),
    (ErrorKind::TooLarge, "too_large"),
    (ErrorKind::Limit, "limit"),
    (ErrorKind::Unauthorized, "unauthorized"),
    (ErrorKind::Timeout, "timeout"),
    (ErrorKind::Internal, "internal"),
    (ErrorKind::Unavailable, "unavailable"),
];

impl ErrorKind {
    /// The text that stands for it in JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            known => KNOWN.iter().find(|(kind, _)| kind == known).map_or("", |(_, text)| text),
        }
    }
}

impl From<&str> for ErrorKind {
    fn from(text: &str) -> Self {
        let known = KNOWN.iter().find(|(_, known)| *known == text);
        known.map_or_else(|| Self::Other(text.into()), |(kind, _)| kind.clone())
    }
}

impl From<String> for ErrorKind {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<ErrorKind> for String {
    fn from(kind: ErrorKind) -> Self {
        kind.as_str().to_owned()
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
