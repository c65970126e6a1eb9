//! Datapoints whose content the server refused.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use cdb_types::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::open::make_times_unique;
use super::{Queue, Row};
use crate::{Error, SetAside};

impl Queue {
    /// Sets datapoints aside, each with the reason.
    pub(crate) async fn set_aside(
        &mut self,
        stream: &str,
        refused: &[(Row, String)],
    ) -> Result<(), Error> {
        let moved = self.transaction(async |connection, _| {
            let mut moved = 0;
            for (row, reason) in refused {
                let insert = "INSERT INTO cdb_set_aside SELECT stream, timestamp, jsondata, ?3
                    FROM cache WHERE stream = ?1 AND rowid = ?2";
                let insert = sqlx::query(insert).bind(stream).bind(row.id).bind(reason);
                moved += insert.execute(&mut *connection).await?.rows_affected();
                let delete = sqlx::query("DELETE FROM cache WHERE stream = ? AND rowid = ?");
                delete.bind(stream).bind(row.id).execute(&mut *connection).await?;
            }
            Ok(moved)
        });
        let moved = moved.await?;
        self.counts.pending.fetch_sub(moved, Ordering::Relaxed);
        self.counts.set_aside.fetch_add(moved, Ordering::Relaxed);
        Ok(())
    }

    /// Returns the datapoints that are set aside, in the order in which that happened.
    pub(crate) async fn list_set_aside(&mut self) -> Result<Vec<SetAside>, Error> {
        self.with(async |connection, _| {
            let list = "SELECT rowid, stream, timestamp, jsondata, reason FROM cdb_set_aside
                ORDER BY rowid";
            sqlx::query(list)
                .try_map(|row: sqlx::sqlite::SqliteRow| {
                    Ok(SetAside {
                        id: row.try_get(0)?,
                        stream: row.try_get(1)?,
                        t: Timestamp::new(row.try_get(2)?).unwrap_or_default(),
                        json: row.try_get(3)?,
                        reason: row.try_get(4)?,
                    })
                })
                .fetch_all(connection)
                .await
        })
        .await
    }

    /// Makes datapoints that are set aside pending again. Returns how many of them were still set
    /// aside.
    pub(crate) async fn retry_set_aside(&mut self, points: &[SetAside]) -> Result<u64, Error> {
        let moved = self.transaction(async |connection, last| {
            let mut moved = 0;
            for point in points {
                let deleted = delete(connection, point).await?;
                if deleted > 0 {
                    let insert = sqlx::query("INSERT INTO cache VALUES (?, ?, ?)");
                    let insert = insert.bind(&point.stream).bind(point.t.as_secs_f64());
                    insert.bind(&point.json).execute(&mut *connection).await?;
                }
                moved += deleted;
            }
            // A datapoint that was logged meanwhile may have the same time as one of them.
            make_times_unique(connection).await?;
            let streams: HashSet<&str> = points.iter().map(|point| &*point.stream).collect();
            for stream in streams {
                let latest = "SELECT max(timestamp) FROM cache WHERE stream = ?";
                let latest = sqlx::query_scalar(latest).bind(stream).fetch_one(&mut *connection);
                let latest: Option<f64> = latest.await?;
                let last_time = last.entry(stream.into()).or_insert(f64::NEG_INFINITY);
                *last_time = last_time.max(latest.unwrap_or(f64::NEG_INFINITY));
            }
            Ok(moved)
        });
        let moved = moved.await?;
        self.counts.set_aside.fetch_sub(moved, Ordering::Relaxed);
        self.counts.pending.fetch_add(moved, Ordering::Relaxed);
        Ok(moved)
    }

    /// Deletes datapoints that are set aside. Returns how many of them were still set aside.
    pub(crate) async fn discard_set_aside(&mut self, points: &[SetAside]) -> Result<u64, Error> {
        let deleted = self.transaction(async |connection, _| {
            let mut deleted = 0;
            for point in points {
                deleted += delete(connection, point).await?;
            }
            Ok(deleted)
        });
        let deleted = deleted.await?;
        self.counts.set_aside.fetch_sub(deleted, Ordering::Relaxed);
        Ok(deleted)
    }
}

/// Deletes a datapoint if it is still set aside. Returns the number of deleted rows. SQLite can
/// reuse the id of a deleted row, so the other columns are compared too.
async fn delete(connection: &mut SqliteConnection, point: &SetAside) -> sqlx::Result<u64> {
    let delete = "DELETE FROM cdb_set_aside
        WHERE rowid = ? AND stream = ? AND timestamp = ? AND jsondata = ?";
    let delete = sqlx::query(delete).bind(point.id).bind(&point.stream);
    let delete = delete.bind(point.t.as_secs_f64()).bind(&point.json);
    Ok(delete.execute(connection).await?.rows_affected())
}
