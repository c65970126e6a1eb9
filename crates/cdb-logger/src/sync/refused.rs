//! What the server does not take.

use cdb_types::Schema;
use cdb_types::endpoint::OTHER_INDEX;
use serde_json::Value;

use super::{MOST, Upload};
use crate::Error;
use crate::cache::{CachedRow, Chunk};

/// How the server says that it has got something later.
const ORDER: &str = "Greater timestamp";

/// How it says that this device may not write.
const DENIED: &str = "denied";

/// Whether the server has got something meanwhile.
pub(super) fn is_race(error: &cdb_core::Error) -> bool {
    let is_race = |msg: &str| msg.contains(ORDER) || msg.contains(OTHER_INDEX);
    error.server_error().is_some_and(|said| is_race(&said.msg))
}

/// Whether it may be what is sent, rather than who sends it and where, that is refused.
fn is_about_data(error: &cdb_core::Error) -> bool {
    let about_data = |code| matches!(code, 400 | 403 | 413);
    let said = error.server_error();
    said.is_some_and(|said| about_data(said.code) && !said.msg.contains(DENIED))
}

impl Upload<'_> {
    /// Puts aside what the server will never take, or sees to it that less is sent at once, until
    /// it is known which it is.
    ///
    /// # Errors
    /// That of the refusal, when it is about something else than the data.
    pub(super) async fn sort_out(
        &mut self,
        chunk: &Chunk,
        refusal: cdb_core::Error,
    ) -> Result<(), Error> {
        if !is_about_data(&refusal) {
            return Err(refusal.into());
        }
        let schema = self.stream.refresh().await?.schema;
        let mut refused = unfit(chunk, &schema)?;
        self.schema = Some(schema);
        if let ([], [row]) = (&*refused, &*chunk.0) {
            refused.push((row, refusal.to_string()));
        }
        self.most = if refused.is_empty() { (chunk.0.len() / 2).max(1) } else { MOST };
        self.synced.set_aside += refused.len() as u64;
        self.cache.put_aside(self.name(), &refused).await
    }
}

/// What does not fit a schema, and why.
fn unfit<'c>(chunk: &'c Chunk, schema: &Schema) -> Result<Vec<(&'c CachedRow, String)>, Error> {
    let validator = schema.validator()?;
    let complaint = |row: &'c CachedRow| match serde_json::from_str::<Value>(&row.json) {
        Ok(value) => Some((row, validator.complaint(&value)?)),
        // As another program may have stored it.
        Err(error) => Some((row, format!("not JSON: {error}"))),
    };
    Ok(chunk.0.iter().filter_map(complaint).collect())
}
