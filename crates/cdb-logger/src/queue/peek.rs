//! Reading pending datapoints.

use futures_util::TryStreamExt;
use sqlx::Row as _;

use super::Queue;
use crate::Error;

/// The largest total length of the values in a chunk, in bytes, unless it has a single datapoint.
/// The server accepts 10 MiB.
pub(super) const MAX_CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// A pending datapoint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) t: f64,
    pub(crate) json: String,
}

/// Consecutive pending datapoints of one stream, each later than the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Chunk(pub(crate) Vec<Row>);

impl Chunk {
    /// Returns the time of the last datapoint, or negative infinity if there is none.
    pub(crate) fn end(&self) -> f64 {
        self.0.last().map_or(f64::NEG_INFINITY, |row| row.t)
    }
}

impl Queue {
    /// Returns the names of the streams that have pending datapoints.
    pub(crate) async fn streams(&mut self) -> Result<Vec<String>, Error> {
        self.with(async |connection, _| {
            // The recursion makes one step in the index for each stream, however many datapoints
            // are pending.
            sqlx::query_scalar(
                "WITH RECURSIVE streams (name) AS (
                     SELECT min(stream) FROM cache
                     UNION ALL
                     SELECT (SELECT min(stream) FROM cache WHERE stream > name)
                     FROM streams WHERE name IS NOT NULL)
                 SELECT name FROM streams WHERE name IS NOT NULL",
            )
            .fetch_all(connection)
            .await
        })
        .await
    }

    /// Returns the first pending datapoints of a stream that are later than `after` and not later
    /// than `until`, at most `max`, and at most [`MAX_CHUNK_BYTES`] of values.
    pub(crate) async fn peek(
        &mut self,
        stream: &str,
        after: f64,
        until: f64,
        max: usize,
    ) -> Result<Chunk, Error> {
        self.with(async |connection, _| {
            let mut rows = sqlx::query(
                "SELECT rowid, timestamp, jsondata FROM cache
                 WHERE stream = ? AND timestamp > ? AND timestamp <= ? ORDER BY timestamp LIMIT ?",
            )
            .bind(stream)
            .bind(after)
            .bind(until)
            .bind(i64::try_from(max).unwrap_or(i64::MAX))
            .fetch(connection);
            let (mut chunk, mut bytes) = (Vec::new(), 0);
            while bytes < MAX_CHUNK_BYTES
                && let Some(row) = rows.try_next().await?
            {
                let json: String = row.try_get(2)?;
                bytes += json.len();
                if bytes > MAX_CHUNK_BYTES && !chunk.is_empty() {
                    break;
                }
                chunk.push(Row { id: row.try_get(0)?, t: row.try_get(1)?, json });
            }
            Ok(Chunk(chunk))
        })
        .await
    }
}
