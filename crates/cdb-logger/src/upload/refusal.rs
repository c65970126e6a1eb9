//! The classification of refused inserts.

use cdb_types::{ErrorKind, Schema};
use serde_json::Value;

use crate::Error;
use crate::queue::{Chunk, Row};

/// Why an insert was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalKind {
    /// Another program has inserted datapoints into the stream.
    Race,
    /// The server does not accept the content of at least one datapoint.
    Content,
    /// A proxy does not forward a request of this size.
    RequestSize,
    /// Any other reason, such as a missing permission, a missing stream, or a proxy's rules.
    Other,
}

impl RefusalKind {
    /// Classifies an error by its kind. The response of a proxy has no kind, so it is never
    /// `Content`.
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

/// Returns the rows of a chunk that do not match a schema, each with the reason.
pub(super) fn mismatches(chunk: &Chunk, schema: &Schema) -> Result<Vec<(Row, String)>, Error> {
    let validator = schema.validator()?;
    let mismatch = |row: &Row| match serde_json::from_str::<Value>(&row.json) {
        Ok(value) => Some((row.clone(), validator.complaint(&value)?)),
        // Another program, such as the Python logger, may have written the row.
        Err(error) => Some((row.clone(), format!("not JSON: {error}"))),
    };
    Ok(chunk.0.iter().filter_map(mismatch).collect())
}
