//! Deleting what the server has.

use std::sync::atomic::Ordering;

use super::Queue;
use crate::Error;

/// How `cdb_last` takes a time. It has the time of the last datapoint of each stream that has left the
/// cache: the server may have it, so what is logged later must have a later one, or it would be taken
/// for what the server has.
const KEEP_LATEST: &str =
    "ON CONFLICT (stream) DO UPDATE SET timestamp = max(timestamp, excluded.timestamp)";

/// What waits is not what was sent, though nobody else has the file. Nothing was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mismatch;

impl Queue {
    /// Deletes the datapoints of a stream up to and including a time: the server has them. One
    /// statement deletes them, and only if they are as many as were sent.
    pub(crate) async fn acknowledge(
        &mut self,
        stream: &str,
        until: f64,
        count: u64,
    ) -> Result<Result<(), Mismatch>, Error> {
        let deleted = self.transaction(async |connection, _| {
            let deleted = sqlx::query(
                "DELETE FROM cache WHERE stream = ?1 AND timestamp <= ?2
                 AND (SELECT count(*) FROM cache WHERE stream = ?1 AND timestamp <= ?2) = ?3",
            )
            .bind(stream)
            .bind(until)
            .bind(count.cast_signed())
            .execute(&mut *connection)
            .await?;
            if deleted.rows_affected() != count {
                return Ok(Err(Mismatch));
            }
            let remember = format!("INSERT INTO cdb_last VALUES (?, ?) {KEEP_LATEST}");
            let remember = sqlx::query(sqlx::AssertSqlSafe(remember)).bind(stream).bind(until);
            remember.execute(connection).await?;
            Ok(Ok(()))
        });
        let deleted = deleted.await?;
        if deleted.is_ok() {
            self.counts.waiting.fetch_sub(count, Ordering::Relaxed);
        }
        Ok(deleted)
    }

    /// Deletes these datapoints of a stream: the server has them. Returns how many there were.
    pub(crate) async fn acknowledge_rows(
        &mut self,
        stream: &str,
        ids: &[i64],
    ) -> Result<u64, Error> {
        let Ok(json) = serde_json::to_string(ids) else { return Ok(0) };
        let deleted = self.transaction(async |connection, _| {
            let remember = format!(
                "INSERT INTO cdb_last SELECT ?1, max(timestamp) FROM cache
                 WHERE stream = ?1 AND rowid IN (SELECT value FROM json_each(?2))
                 HAVING count(*) > 0 {KEEP_LATEST}"
            );
            let remember = sqlx::query(sqlx::AssertSqlSafe(remember)).bind(stream).bind(&json);
            remember.execute(&mut *connection).await?;
            let delete = "DELETE FROM cache WHERE stream = ? AND rowid IN
                (SELECT value FROM json_each(?))";
            let delete = sqlx::query(delete).bind(stream).bind(&json);
            Ok(delete.execute(connection).await?.rows_affected())
        });
        let deleted = deleted.await?;
        self.counts.waiting.fetch_sub(deleted, Ordering::Relaxed);
        Ok(deleted)
    }

    /// Throws all datapoints away that wait, also those that are set aside.
    pub(crate) async fn clear(&mut self) -> Result<(), Error> {
        let cleared = self.transaction(async |connection, _| {
            let clear = format!(
                "INSERT INTO cdb_last SELECT stream, max(timestamp) FROM cache
                     WHERE true GROUP BY stream {KEEP_LATEST};
                 DELETE FROM cache; DELETE FROM cdb_set_aside; DELETE FROM cdb_restamped;"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(clear)).execute(connection).await.map(drop)
        });
        cleared.await?;
        self.counts.waiting.store(0, Ordering::Relaxed);
        self.counts.set_aside.store(0, Ordering::Relaxed);
        Ok(())
    }
}
