//! Deleting datapoints that the server has stored.

use std::sync::atomic::Ordering;

use sqlx::sqlite::SqliteConnection;

use super::Queue;
use crate::Error;
use crate::upload::Sent;

/// The conflict clause for `cdb_last`, which keeps the later of two times.
///
/// `cdb_last` has the time of the last datapoint of each stream that was acknowledged or cleared.
/// The server may have stored that datapoint, so datapoints that are logged afterwards must get
/// later times: with the same time, one with an equal value would be taken for the stored one.
const KEEP_LATEST: &str =
    "ON CONFLICT (stream) DO UPDATE SET timestamp = max(timestamp, excluded.timestamp)";

/// The number of pending datapoints is not the number that was sent, although no other program has
/// the file open. Nothing was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mismatch;

impl Queue {
    /// Deletes the datapoints of a stream that are not later than `until`, which the server has
    /// stored. Nothing is deleted unless there are exactly `count`; one statement counts and
    /// deletes.
    pub(crate) async fn acknowledge(
        &mut self,
        stream: &str,
        Sent { until, count }: Sent,
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
            record_last_time(connection, stream, until).await?;
            Ok(Ok(()))
        });
        let deleted = deleted.await?;
        if deleted.is_ok() {
            self.counts.pending.fetch_sub(count, Ordering::Relaxed);
        }
        Ok(deleted)
    }

    /// Does the same if the file has no other pending datapoints, and returns whether it did.
    /// Otherwise nothing is deleted. A `DELETE` without a condition frees the pages of the table
    /// without visiting its rows.
    pub(crate) async fn acknowledge_whole_file(
        &mut self,
        stream: &str,
        Sent { until, count }: Sent,
    ) -> Result<bool, Error> {
        // Usually there are others, and counting takes time. Only SQL decides that there are none.
        if self.counts.pending.load(Ordering::Relaxed) != count {
            return Ok(false);
        }
        let deleted = self.transaction(async |connection, _| {
            let (all, sent): (i64, i64) = sqlx::query_as(
                "SELECT (SELECT count(*) FROM (SELECT 1 FROM cache LIMIT ?3 + 1)),
                     (SELECT count(*) FROM cache WHERE stream = ?1 AND timestamp <= ?2)",
            )
            .bind(stream)
            .bind(until)
            .bind(count.cast_signed())
            .fetch_one(&mut *connection)
            .await?;
            if (all, sent) != (count.cast_signed(), count.cast_signed()) {
                return Ok(false);
            }
            sqlx::query("DELETE FROM cache").execute(&mut *connection).await?;
            record_last_time(connection, stream, until).await?;
            Ok(true)
        });
        let deleted = deleted.await?;
        if deleted {
            self.counts.pending.fetch_sub(count, Ordering::Relaxed);
        }
        Ok(deleted)
    }

    /// Deletes the datapoints of a stream with these row ids, which the server has stored. Returns
    /// how many were deleted.
    pub(crate) async fn acknowledge_rows(
        &mut self,
        stream: &str,
        ids: &[i64],
    ) -> Result<u64, Error> {
        let Ok(json) = serde_json::to_string(ids) else { return Ok(0) };
        let deleted = self.transaction(async |connection, _| {
            let record = format!(
                "INSERT INTO cdb_last SELECT ?1, max(timestamp) FROM cache
                 WHERE stream = ?1 AND rowid IN (SELECT value FROM json_each(?2))
                 HAVING count(*) > 0 {KEEP_LATEST}"
            );
            let record = sqlx::query(sqlx::AssertSqlSafe(record)).bind(stream).bind(&json);
            record.execute(&mut *connection).await?;
            let delete = "DELETE FROM cache WHERE stream = ? AND rowid IN
                (SELECT value FROM json_each(?))";
            let delete = sqlx::query(delete).bind(stream).bind(&json);
            Ok(delete.execute(connection).await?.rows_affected())
        });
        let deleted = deleted.await?;
        self.counts.pending.fetch_sub(deleted, Ordering::Relaxed);
        Ok(deleted)
    }

    /// Deletes all pending datapoints, all that are set aside, and the list of restamped ones.
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
        self.counts.pending.store(0, Ordering::Relaxed);
        self.counts.set_aside.store(0, Ordering::Relaxed);
        Ok(())
    }
}

/// Records the time of the last datapoint that was acknowledged.
async fn record_last_time(
    connection: &mut SqliteConnection,
    stream: &str,
    until: f64,
) -> sqlx::Result<()> {
    let record = format!("INSERT INTO cdb_last VALUES (?, ?) {KEEP_LATEST}");
    let record = sqlx::query(sqlx::AssertSqlSafe(record)).bind(stream).bind(until);
    record.execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::NewRow;
    use super::*;
    use crate::Durability;

    async fn queue(directory: &tempfile::TempDir, rows: &[(&str, f64)]) -> Queue {
        let file = directory.path().join("cache.db");
        let (mut queue, _) = Queue::open(file, Durability::Full).await.expect("a file");
        let row = |&(stream, t): &(&str, f64)| NewRow {
            stream: stream.into(),
            t,
            is_now: false,
            json: "1".to_owned(),
        };
        let results = queue.append(vec![rows.iter().map(row).collect()]).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        queue
    }

    async fn pending(queue: &mut Queue, stream: &str) -> usize {
        let rows = queue.peek(stream, f64::NEG_INFINITY, f64::INFINITY, 100).await;
        rows.expect("rows").0.len()
    }

    #[tokio::test]
    async fn all_rows_are_deleted_only_if_the_server_has_all_of_them() {
        let all = Sent { until: 2.0, count: 2 };
        for (others, is_deleted) in
            [(&[][..], true), (&[("b", 1.0)], false), (&[("a", 3.0)], false)]
        {
            let directory = tempfile::tempdir().expect("a directory");
            let rows = [&[("a", 1.0), ("a", 2.0)][..], others].concat();
            let mut queue = queue(&directory, &rows).await;
            let fewer = Sent { count: 1, ..all };
            assert!(!queue.acknowledge_whole_file("a", fewer).await.expect("an answer"));
            let deleted = queue.acknowledge_whole_file("a", all).await.expect("an answer");
            assert_eq!(deleted, is_deleted, "{others:?}");
            let left = pending(&mut queue, "a").await + pending(&mut queue, "b").await;
            assert_eq!(left, if is_deleted { 0 } else { rows.len() }, "{others:?}");
            let counted = queue.counts().pending.load(Ordering::Relaxed);
            assert_eq!(counted, left as u64, "{others:?}");
            // An earlier time is still refused.
            let older = NewRow { stream: "a".into(), t: 1.5, is_now: false, json: "1".to_owned() };
            let results = queue.append(vec![vec![older]]).await;
            assert!(matches!(&*results, [Err(_)]), "{results:?}");
        }
    }
}
