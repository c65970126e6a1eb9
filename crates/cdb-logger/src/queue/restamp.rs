//! New times for what comes after datapoints of others.

use std::sync::Arc;

use cdb_types::Timestamp;
use sqlx::Row as _;

use super::Queue;
use crate::{Error, Restamped};

/// How far apart new times are at least, in seconds.
const MIN_STEP: f64 = 1e-7;

impl Queue {
    /// Gives the datapoints of a stream that do not come after a time new times, which do, in the
    /// same order; and those that come so soon after that they would be in the way. Returns how many.
    pub(crate) async fn restamp(&mut self, stream: &str, after: f64) -> Result<u64, Error> {
        // Twice the distance of neighbours: where that grows, sums still are apart.
        let step = (2.0 * (after.next_up() - after)).max(MIN_STEP);
        self.transaction(async |connection, last| {
            let (mut moved, mut end) = (0, after);
            loop {
                let count: i64 = sqlx::query_scalar(
                    "SELECT count(*) FROM cache WHERE stream = ? AND timestamp <= ?",
                )
                .bind(stream)
                .bind(end)
                .fetch_one(&mut *connection)
                .await?;
                if count == moved {
                    break;
                }
                moved = count;
                end = after + moved as f64 * step;
            }
            if moved == 0 {
                return Ok(0);
            }
            // In a table of its own, since it may be too much for the memory.
            let statements = [
                "CREATE TEMP TABLE moved (id INTEGER PRIMARY KEY, logged REAL, moved_to REAL)",
                "INSERT INTO moved
                 SELECT rowid, timestamp, ?2 + row_number() OVER (ORDER BY timestamp) * ?3
                 FROM cache WHERE stream = ?1 AND timestamp <= ?4",
                "INSERT INTO cdb_restamped SELECT ?1, logged, moved_to FROM moved ORDER BY moved_to",
                "UPDATE cache SET timestamp = moved_to FROM moved WHERE cache.rowid = moved.id",
                "DROP TABLE moved",
            ];
            for statement in statements {
                let query = sqlx::query(statement).persistent(false);
                let query = query.bind(stream).bind(after).bind(step).bind(end);
                query.execute(&mut *connection).await?;
            }
            // What is logged from now on comes later still.
            let latest = last.entry(Arc::from(stream)).or_insert(end);
            *latest = latest.max(end);
            Ok(moved.cast_unsigned())
        })
        .await
    }

    /// What had to get another time, oldest first.
    pub(crate) async fn list_restamped(&mut self) -> Result<Vec<Restamped>, Error> {
        self.with(async |connection, _| {
            let t = |t| Timestamp::new(t).unwrap_or_default();
            sqlx::query("SELECT stream, logged, timestamp FROM cdb_restamped ORDER BY rowid")
                .try_map(|row: sqlx::sqlite::SqliteRow| {
                    Ok(Restamped {
                        stream: row.try_get(0)?,
                        logged: t(row.try_get(1)?),
                        t: t(row.try_get(2)?),
                    })
                })
                .fetch_all(connection)
                .await
        })
        .await
    }
}
