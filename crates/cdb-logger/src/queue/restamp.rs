//! New times for pending datapoints that are not later than those of another program.

use std::sync::Arc;

use cdb_types::Timestamp;
use sqlx::Row as _;

use super::Queue;
use crate::{Error, Restamped};

/// The shortest distance between new times, in seconds.
const MIN_STEP: f64 = 1e-7;

impl Queue {
    /// Gives the pending datapoints of a stream that are not later than `after` new times that are,
    /// in the same order. Datapoints so shortly after `after` that they would not come after the
    /// moved ones are moved too. Returns how many were moved.
    pub(crate) async fn restamp(&mut self, stream: &str, after: f64) -> Result<u64, Error> {
        // Twice the distance to the next `f64`: even if that distance doubles on the way, the sums
        // differ.
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
            // The new times are in a temporary table, because there may be too many for memory.
            let statements = [
                "CREATE TEMP TABLE moved (id INTEGER PRIMARY KEY, logged REAL, moved_to REAL)",
                "INSERT INTO moved
                 SELECT rowid, timestamp, ?2 + row_number() OVER (ORDER BY timestamp) * ?3
                 FROM cache WHERE stream = ?1 AND timestamp <= ?4",
                "INSERT INTO cdb_restamped
                 SELECT ?1, logged, moved_to FROM moved ORDER BY moved_to",
                "UPDATE cache SET timestamp = moved_to FROM moved WHERE cache.rowid = moved.id",
                "DROP TABLE moved",
            ];
            for statement in statements {
                let query = sqlx::query(statement).persistent(false);
                let query = query.bind(stream).bind(after).bind(step).bind(end);
                query.execute(&mut *connection).await?;
            }
            // Datapoints that are logged from now on get later times.
            let latest = last.entry(Arc::from(stream)).or_insert(end);
            *latest = latest.max(end);
            Ok(moved.cast_unsigned())
        })
        .await
    }

    /// Returns the old and new times of the datapoints that were moved, in the order in which that
    /// happened.
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
