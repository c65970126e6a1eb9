//! What the fuzz targets of this repository call. It is not part of the public interface.

use cdb_types::{Timestamp, Validator};

use crate::storage::Batch;

/// Reads the body of an insert as the server does at the time `now`. Returns the JSON array that is
/// stored.
///
/// # Errors
/// Returns the message with which the insert is refused.
pub fn read_batch(
    body: &[u8],
    schema: &Validator,
    origin: Option<&str>,
    now: Timestamp,
) -> Result<Vec<u8>, String> {
    let batch = Batch::read(body, schema, origin, now).map_err(|error| error.to_string())?;
    Ok([b"[", batch.into_points().text(), b"]"].concat())
}
