//! What the server has got, and the file can forget.

use std::sync::atomic::Ordering;

use sqlx::sqlite::SqliteConnection;

use super::Cache;
use crate::Error;

/// Of how many chunks that were sent at most a crash lets the logger forget that they were: then it
/// asks the server.
const UNMARKED: usize = 50;

/// How many chunks are deleted at once.
const DELETED_AT_ONCE: usize = 10;

/// What the server has got of a stream, and the file not forgotten: the ends of chunks.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    ends: Vec<f64>,
    marked: usize,
}

impl Cache {
    /// Takes note that the server has got a chunk. The file forgets it later, with others.
    pub(crate) async fn sent(
        &self,
        stream: &str,
        count: usize,
        end: f64,
        sent: &mut Sent,
    ) -> Result<(), Error> {
        self.counts.cached.fetch_sub(count as u64, Ordering::Relaxed);
        sent.ends.push(end);
        if sent.ends.len() < sent.marked + UNMARKED {
            return Ok(());
        }
        sent.marked = sent.ends.len();
        self.with(async |connection, _| mark(connection, stream, end).await).await
    }

    /// Forgets all that was sent of a stream.
    pub(crate) async fn forget_sent(&self, stream: &str, sent: &mut Sent) -> Result<(), Error> {
        let Some(last) = sent.ends.last().copied() else { return Ok(()) };
        let all = self.with(async |connection, _| {
            remember(connection, stream, last).await?;
            // Nothing else is there: SQLite has a short way for that.
            let is_all = self.counts.cached.load(Ordering::Relaxed) == 0;
            if is_all {
                sqlx::query("DELETE FROM cache").execute(&mut *connection).await?;
                self.counts.longest.store(0, Ordering::Relaxed);
                unmark(connection, stream).await?;
            }
            Ok(is_all)
        });
        if !all.await? {
            for ends in sent.ends.chunks(DELETED_AT_ONCE) {
                let end = ends.last().copied().unwrap_or(last);
                self.with(async |connection, _| {
                    let delete = "DELETE FROM cache WHERE stream = ? AND timestamp <= ?";
                    sqlx::query(delete).bind(stream).bind(end).execute(connection).await
                })
                .await?;
            }
            self.with(async |connection, _| unmark(connection, stream).await).await?;
        }
        *sent = Sent::default();
        Ok(())
    }
}

/// Deletes what a crash has left of what was sent.
pub(super) async fn delete_marked(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let marks = sqlx::query_as("SELECT stream, timestamp, last_row FROM cdb_sent");
    let marks: Vec<(String, f64, i64)> = marks.fetch_all(&mut *connection).await?;
    for (stream, t, last_row) in marks {
        sqlx::query("DELETE FROM cache WHERE stream = ? AND timestamp <= ? AND rowid <= ?")
            .bind(&stream)
            .bind(t)
            .bind(last_row)
            .execute(&mut *connection)
            .await?;
        unmark(connection, &stream).await?;
    }
    Ok(())
}

/// Takes note in the file that the server has got what it holds of a stream up to a time. What is
/// stored from now on is something else, also if it is older.
async fn mark(connection: &mut SqliteConnection, stream: &str, t: f64) -> sqlx::Result<()> {
    sqlx::query("INSERT OR REPLACE INTO cdb_sent SELECT ?, ?, max(rowid) FROM cache")
        .bind(stream)
        .bind(t)
        .execute(connection)
        .await
        .map(drop)
}

async fn unmark(connection: &mut SqliteConnection, stream: &str) -> sqlx::Result<()> {
    let unmark = sqlx::query("DELETE FROM cdb_sent WHERE stream = ?");
    unmark.bind(stream).execute(connection).await.map(drop)
}

/// Takes note of the time of the last datapoint that the server has got.
async fn remember(connection: &mut SqliteConnection, stream: &str, t: f64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO cdb_last VALUES (?, ?)
         ON CONFLICT (stream) DO UPDATE SET timestamp = max(timestamp, excluded.timestamp)",
    )
    .bind(stream)
    .bind(t)
    .execute(connection)
    .await
    .map(drop)
}
