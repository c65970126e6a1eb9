//! Finding out what the server has got already.

use std::collections::HashMap;

use cdb_core::Timestamp;
use cdb_types::is_same_value;
use futures_util::TryStreamExt;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Upload;
use crate::Error;
use crate::cache::{CachedRow, Chunk};

impl Upload<'_> {
    /// Forgets what the server has got already, and gives what remains times after all that it has
    /// got.
    pub(super) async fn recover(&mut self) -> Result<(), Error> {
        let last = self.stream.typed::<Box<RawValue>>().get(-1).await?;
        let Some(last) = last.map(|dp| dp.t.as_secs_f64()) else { return Ok(()) };
        let mut after = f64::NEG_INFINITY;
        loop {
            let mut chunk = self.cache.chunk(self.name(), after, super::MOST).await?;
            chunk.0.retain(|row| row.t <= last);
            let Some(end) = chunk.0.last().map(|row| row.t) else { break };
            let has = self.on_server(&chunk).await?;
            self.cache.forget(&has).await?;
            self.synced.recovered += has.len() as u64;
            after = end;
        }
        self.synced.restamped += self.cache.restamp(self.name(), last).await?;
        Ok(())
    }

    /// Those of a chunk that the server has got.
    async fn on_server<'c>(&self, chunk: &'c Chunk) -> Result<Vec<&'c CachedRow>, Error> {
        let mut rows: HashMap<u64, &CachedRow> =
            chunk.0.iter().map(|row| (row.t.to_bits(), row)).collect();
        let time = |t| Timestamp::new(t).unwrap_or_default();
        let first = chunk.0.first().map_or(0.0, |row| row.t);
        let query = self.stream.typed::<Value>().query();
        let query = query.t1(time(first.next_down())).t2(time(chunk.end()));
        let mut data = query.stream().await?;
        let mut has = Vec::new();
        while let Some(datapoint) = data.try_next().await? {
            let time = datapoint.t.as_secs_f64().to_bits();
            let Some(row) = rows.get(&time) else { continue };
            let value: Option<Value> = serde_json::from_str(&row.json).ok();
            if value.is_some_and(|value| is_same_value(&value, &datapoint.d)) {
                has.push(*row);
                rows.remove(&time);
            }
        }
        Ok(has)
    }
}
