//! What a refused insert means for what was sent.

use cdb_types::{ErrorKind, Schema};
use serde_json::Value;

use crate::Error;
use crate::queue::{Chunk, Row};

/// What a server's answer says of the datapoints that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The stream has got something meanwhile.
    Race,
    /// The server will not take at least one of them, for what it is.
    Content,
    /// Somebody on the way does not pass on so much at once.
    Length,
    /// It is about something else: who sends, where to, or a proxy's own affairs.
    Other,
}

/// Decided by the error's kind: what a proxy says has none, and sets nothing aside.
pub(super) fn of(error: &cdb_core::Error) -> Refusal {
    match error.kind() {
        Some(ErrorKind::Order | ErrorKind::Index) => Refusal::Race,
        Some(ErrorKind::Schema | ErrorKind::Malformed | ErrorKind::TooLarge) => Refusal::Content,
        Some(_) => Refusal::Other,
        None => match error.server_error() {
            Some(error) if error.code == 413 => Refusal::Length,
            _ => Refusal::Other,
        },
    }
}

/// What does not match a schema, and why.
pub(super) fn unfit(chunk: &Chunk, schema: &Schema) -> Result<Vec<(Row, String)>, Error> {
    let validator = schema.validator()?;
    let complaint = |row: &Row| match serde_json::from_str::<Value>(&row.json) {
        Ok(value) => Some((row.clone(), validator.complaint(&value)?)),
        // As another program may have stored it.
        Err(error) => Some((row.clone(), format!("not JSON: {error}"))),
    };
    Ok(chunk.0.iter().filter_map(complaint).collect())
}
