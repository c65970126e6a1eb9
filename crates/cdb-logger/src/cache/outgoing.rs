//! What is on its way to the server, and what of it can be forgotten.

use std::sync::atomic::Ordering;

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc;

use super::Cache;
use super::rows::MOST_BYTES;
use crate::Error;

/// What separates values in one text: it is in no JSON.
const SEPARATOR: char = '\x1e';

/// From 2004 on times are whole multiples of this part of a second, or of twice as much.
const PARTS: f64 = 4_194_304.0;
const WHOLE_FROM: f64 = 1_073_741_824.0;

/// How many chunks wait to be sent.
const READ_AHEAD: usize = 2;

/// Of how many chunks that were sent at most a crash lets the logger forget that they were: then it
/// asks the server.
const UNMARKED: usize = 20;

/// How many chunks are deleted at once.
const DELETED_AT_ONCE: usize = 10;

/// Datapoints of one stream, as they are sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) body: Vec<u8>,
    pub(crate) count: usize,
    /// The time before the first one: as far as was read before.
    pub(crate) after: f64,
    /// The time of the last one.
    pub(crate) end: f64,
}

/// What the server has got of a stream, and the file not forgotten: the ends of chunks.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    ends: Vec<f64>,
    marked: usize,
}

impl Cache {
    /// All datapoints of a stream, in chunks of so many at most. They are read ahead, by a task that
    /// ends when this is dropped.
    pub(crate) fn outgoing_from(
        &self,
        stream: &str,
        most: usize,
    ) -> mpsc::Receiver<Result<Outgoing, Error>> {
        let (ready, chunks) = mpsc::channel(READ_AHEAD);
        let (cache, stream) = (self.clone(), stream.to_owned());
        tokio::spawn(async move {
            let mut after = f64::NEG_INFINITY;
            while let Some(chunk) = cache.outgoing(&stream, after, most).await.transpose() {
                after = chunk.as_ref().map_or(f64::INFINITY, |chunk| chunk.end);
                if ready.send(chunk).await.is_err() {
                    break;
                }
            }
        });
        chunks
    }

    /// The first datapoints of a stream after a time, so many at most, as they are sent; `None` if
    /// there are none.
    async fn outgoing(
        &self,
        stream: &str,
        after: f64,
        most: usize,
    ) -> Result<Option<Outgoing>, Error> {
        if self.counts.longest.load(Ordering::Relaxed) * most as u64 <= MOST_BYTES as u64
            && let Some(outgoing) = self.packed(stream, after, most).await?
        {
            return Ok(Some(outgoing));
        }
        let chunk = self.chunk(stream, after, most).await?;
        let mut body = Vec::new();
        for row in &chunk.0 {
            begin(&mut body, row.t);
            body.extend_from_slice(row.json.as_bytes());
        }
        let count = chunk.0.len();
        Ok((count > 0).then(|| Outgoing { body: ended(body), count, after, end: chunk.end() }))
    }

    /// The same, brought from the file as two texts: one row for each datapoint would take several
    /// times as long. `None` where that cannot be done, or there are none.
    async fn packed(
        &self,
        stream: &str,
        after: f64,
        most: usize,
    ) -> Result<Option<Outgoing>, Error> {
        let row = self.read(async |connection| {
            sqlx::query(
                "SELECT count(*), group_concat(CAST(timestamp * ?4 AS INTEGER)),
                     group_concat(jsondata, ?5), min(timestamp)
                 FROM (SELECT timestamp, jsondata FROM cache
                     WHERE stream = ?1 AND timestamp > ?2 ORDER BY timestamp LIMIT ?3)",
            )
            .bind(stream)
            .bind(after)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .bind(PARTS)
            .bind(String::from(SEPARATOR))
            .fetch_one(connection)
            .await
        });
        let row = row.await?;
        let count = usize::try_from(row.get::<i64, _>(0)).unwrap_or_default();
        if count == 0 || row.get::<f64, _>(3) < WHOLE_FROM {
            return Ok(None);
        }
        let (times, values): (&str, &str) = (row.get(1), row.get(2));
        let mut body = Vec::with_capacity(values.len() + 40 * count);
        let (mut packed, mut end) = (0, after);
        for (time, value) in times.split(',').zip(values.split(SEPARATOR)) {
            let Ok(parts) = time.parse::<i64>() else { return Ok(None) };
            let t = parts as f64 / PARTS;
            if t <= end {
                return Ok(None);
            }
            begin(&mut body, t);
            body.extend_from_slice(value.as_bytes());
            (packed, end) = (packed + 1, t);
        }
        let is_whole = packed == count && values.matches(SEPARATOR).count() == count - 1;
        Ok(is_whole.then(|| Outgoing { body: ended(body), count, after, end }))
    }

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
    sqlx::raw_sql(
        "DELETE FROM cache WHERE EXISTS (SELECT 1 FROM cdb_sent WHERE cdb_sent.stream = cache.stream
             AND cache.timestamp <= cdb_sent.timestamp AND cache.rowid <= cdb_sent.last_row);
         DELETE FROM cdb_sent;",
    )
    .execute(connection)
    .await
    .map(drop)
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

/// Writes a datapoint up to its value.
fn begin(body: &mut Vec<u8>, t: f64) {
    body.extend_from_slice(if body.is_empty() { b"[{\"t\":" } else { b"},{\"t\":" });
    let mut buffer = ryu::Buffer::new();
    body.extend_from_slice(buffer.format(t).as_bytes());
    body.extend_from_slice(b",\"d\":");
}

fn ended(mut body: Vec<u8>) -> Vec<u8> {
    body.extend_from_slice(b"}]");
    body
}
