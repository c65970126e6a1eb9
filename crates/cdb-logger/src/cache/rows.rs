//! What waits for the server, and what becomes of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cdb_types::Timestamp;
use futures_util::TryStreamExt;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Cache;
use crate::{Error, Restamped};

/// How much text a chunk has at most, if it has more than one datapoint: the server takes 10 MiB.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// How far apart new times are at least, in seconds.
const SHORTEST_STEP: f64 = 1e-7;

/// A datapoint as it waits.
#[derive(Debug)]
pub(crate) struct CachedRow {
    pub(crate) id: i64,
    pub(crate) t: f64,
    pub(crate) json: String,
}

/// Datapoints of one stream that come one after the other, each later than the one before.
#[derive(Debug, Default)]
pub(crate) struct Chunk(pub(crate) Vec<CachedRow>);

impl Chunk {
    /// The time of the last one; before all times if there is none.
    pub(crate) fn end(&self) -> f64 {
        self.0.last().map_or(f64::NEG_INFINITY, |row| row.t)
    }
}

impl Cache {
    /// The streams of which datapoints wait.
    pub(crate) async fn streams(&self) -> Result<Vec<String>, Error> {
        let streams = self.read(async |connection| {
            // One step in the index for each stream, however much waits.
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
        });
        streams.await
    }

    /// The first datapoints of a stream after a time, so many at most.
    pub(crate) async fn chunk(
        &self,
        stream: &str,
        after: f64,
        most: usize,
    ) -> Result<Chunk, Error> {
        self.read(async |connection| {
            let mut rows = sqlx::query(
                "SELECT rowid, timestamp, jsondata FROM cache
                 WHERE stream = ? AND timestamp > ? ORDER BY timestamp LIMIT ?",
            )
            .bind(stream)
            .bind(after)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch(connection);
            let (mut chunk, mut bytes) = (Vec::new(), 0);
            while bytes < MOST_BYTES
                && let Some(row) = rows.try_next().await?
            {
                let json: String = row.get(2);
                bytes += json.len();
                if bytes > MOST_BYTES && !chunk.is_empty() {
                    break;
                }
                chunk.push(CachedRow { id: row.get(0), t: row.get(1), json });
            }
            Ok(Chunk(chunk))
        })
        .await
    }

    /// Forgets these datapoints: the server has got them.
    pub(crate) async fn forget(&self, rows: &[&CachedRow]) -> Result<(), Error> {
        self.with(async |connection, _| {
            for row in rows {
                forget(connection, row.id).await?;
            }
            Ok(())
        })
        .await?;
        self.counts.cached.fetch_sub(rows.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Gives the datapoints of a stream that do not come after a time new times, which do, in the
    /// same order; and those that come so soon after that they would be in the way. Says how many.
    pub(crate) async fn restamp(&self, stream: &str, after: f64) -> Result<u64, Error> {
        // Twice the distance of neighbours: where that grows, sums still are apart.
        let step = (2.0 * (after.next_up() - after)).max(SHORTEST_STEP);
        self.with(async |connection, last| {
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

    /// Puts datapoints that the server will never take aside, with the reason of each.
    pub(crate) async fn put_aside(
        &self,
        stream: &str,
        refused: &[(&CachedRow, String)],
    ) -> Result<(), Error> {
        self.with(async |connection, _| {
            for (row, reason) in refused {
                sqlx::query("INSERT INTO cdb_set_aside VALUES (?, ?, ?, ?)")
                    .bind(stream)
                    .bind(row.t)
                    .bind(&row.json)
                    .bind(reason)
                    .execute(&mut *connection)
                    .await?;
                forget(connection, row.id).await?;
            }
            Ok(())
        })
        .await?;
        let count = refused.len() as u64;
        self.counts.cached.fetch_sub(count, Ordering::Relaxed);
        self.counts.set_aside.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    /// What had to get another time.
    pub(crate) async fn list_restamped(&self) -> Result<Vec<Restamped>, Error> {
        let rows = self.read(async |connection| {
            let t = |t| Timestamp::new(t).unwrap_or_default();
            sqlx::query("SELECT stream, logged, timestamp FROM cdb_restamped ORDER BY rowid")
                .map(|row: SqliteRow| Restamped {
                    stream: row.get(0),
                    logged: t(row.get(1)),
                    t: t(row.get(2)),
                })
                .fetch_all(connection)
                .await
        });
        rows.await
    }
}

async fn forget(connection: &mut SqliteConnection, id: i64) -> sqlx::Result<()> {
    let delete = sqlx::query("DELETE FROM cache WHERE rowid = ?");
    delete.bind(id).execute(connection).await.map(drop)
}
