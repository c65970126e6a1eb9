//! Kinds of errors, by which a program can tell them apart.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a [`ServerError`](super::ServerError).
///
/// Kinds are stable, while the texts of messages may change. A kind that this version does not know
/// is read as [`Other`](Self::Other), with its text.
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
    /// `order`: a datapoint is older than the last one of the stream, or than one before it in the
    /// same insert.
    Order,
    /// `index`: the stream does not end at the index that the insert names.
    Index,
    /// `schema`: a value does not match the schema of its stream.
    Schema,
    /// `denied`: the caller may not do this.
    Denied,
    /// `not_found`: the object does not exist, or the caller may not see it.
    NotFound,
    /// `exists`: an object of this name exists already.
    Exists,
    /// `malformed`: the body is not JSON, or not of the form that the call expects.
    Malformed,
    /// `invalid`: something in the request is not valid: a name, a script, a query, a parameter.
    Invalid,
    /// `range`: the indices are outside of the stream.
    Range,
    /// `too_large`: the body is larger than the server accepts.
    TooLarge,
    /// `limit`: the caller has reached a limit.
    Limit,
    /// `unauthorized`: the login failed.
    Unauthorized,
    /// `timeout`: the request did not arrive in time.
    Timeout,
    /// `internal`: the server failed.
    Internal,
    /// `unavailable`: the server cannot answer at the moment; the request may succeed later.
    Unavailable,
    /// A kind that this version does not know.
    Other(Box<str>),
}

/// All kinds except [`ErrorKind::Other`], with their texts in JSON.
const TEXTS: [(ErrorKind, &str); 15] = [
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
    /// Returns the text of the kind in JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            listed => TEXTS.iter().find(|(kind, _)| kind == listed).map_or("", |(_, text)| text),
        }
    }
}

impl From<&str> for ErrorKind {
    fn from(text: &str) -> Self {
        let listed = TEXTS.iter().find(|(_, listed)| *listed == text);
        listed.map_or_else(|| Self::Other(text.into()), |(kind, _)| kind.clone())
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
