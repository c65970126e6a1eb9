//! What a refused insert means for what was sent.

use cdb_types::{ErrorKind, Schema};
use serde_json::Value;

use crate::Error;
use crate::queue::{Chunk, Row};

/// What a server's answer says of the datapoints that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalKind {
    /// The stream has got something meanwhile.
    Race,
    /// The server will not take at least one of them, for what it is.
    Content,
    /// Somebody on the way does not pass on so much at once.
    RequestSize,
    /// It is about something else: who sends, where to, or a proxy's own affairs.
    Other,
}

impl RefusalKind {
    /// Decided by the error's kind: what a proxy says has none, and sets nothing aside.
    pub(super) fn of(error: &cdb_core::Error) -> Self {
        match error.kind() {
            Some(ErrorKind::Order | ErrorKind::Index) => Self::Race,
            Some(ErrorKind::Schema | ErrorKind::Malformed | ErrorKind::TooLarge) => Self::Content,
            Some(_) => Self::Other,
            None => match error.server_error() {
                Some(error) if error.code == 413 => Self::RequestSize,
                _ => Self::Other,
            },
        }
    }
}

/// What does not match a schema, and why.
pub(super) fn mismatches(chunk: &Chunk, schema: &Schema) -> Result<Vec<(Row, String)>, Error> {
    let validator = schema.validator()?;
    let mismatch = |row: &Row| match serde_json::from_str::<Value>(&row.json) {
        Ok(value) => Some((row.clone(), validator.complaint(&value)?)),
        // As another program may have stored it.
        Err(error) => Some((row.clone(), format!("not JSON: {error}"))),
    };
    Ok(chunk.0.iter().filter_map(mismatch).collect())
}
