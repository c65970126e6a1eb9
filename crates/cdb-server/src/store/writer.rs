//! The one connection that writes, and what it knows of the ends of streams.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row, Sqlite, Transaction};

use super::Array;
use super::block::{BLOCK_BYTES, Batch};
use super::commit::{CommitError, append, insert_rows};

/// Ends of streams that are remembered at most; they can always be read again.
const MOST_TAILS: usize = 10_000;

/// Blocks of fewer datapoints are crumbs, and so many crumbs are merged.
pub(super) const CRUMB: usize = 64;

/// Has the right to write.
#[derive(Debug)]
pub(crate) struct Writer {
    connection: Option<SqliteConnection>,
    tails: HashMap<Array, Tail>,
    generation: Arc<AtomicU64>,
}

/// Where an array ends, and which of its last blocks are worth merging.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub(super) length: u64,
    pub(super) last_t: f64,
    /// The blocks after the last full one, oldest first.
    pub(super) small: Vec<Small>,
}

/// A block that is not full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Small {
    pub(super) first_index: u64,
    pub(super) count: usize,
    pub(super) bytes: usize,
}

impl Default for Tail {
    fn default() -> Self {
        Self { length: 0, last_t: f64::NEG_INFINITY, small: Vec::new() }
    }
}

impl Tail {
    /// Takes note of a block that is appended.
    pub(super) fn push(&mut self, count: usize, bytes: usize, last_t: f64) {
        self.note(Small { first_index: self.length, count, bytes });
        self.length += count as u64;
        self.last_t = last_t;
    }

    /// Takes note that the blocks from `first_index` on have become one.
    pub(super) fn merged(&mut self, first_index: u64, count: usize, bytes: usize) {
        self.small.retain(|block| block.first_index < first_index);
        self.note(Small { first_index, count, bytes });
    }

    fn note(&mut self, block: Small) {
        if block.bytes >= BLOCK_BYTES / 8 && block.count >= CRUMB {
            self.small.clear();
        } else {
            self.small.push(block);
        }
    }

    /// The blocks at the end that should become one, if any: 64 crumbs, or slices (what crumbs
    /// were merged into) that make a full block together.
    pub(super) fn mergeable(&self) -> Option<&[Small]> {
        let crumbs = self.small.iter().rev().take_while(|block| block.count < CRUMB).count();
        let run = &self.small[self.small.len() - crumbs..];
        let bytes: usize = run.iter().map(|block| block.bytes).sum();
        if crumbs >= CRUMB || (crumbs > 1 && bytes >= BLOCK_BYTES) {
            return Some(run);
        }
        let slices = &self.small[..self.small.len() - crumbs];
        let bytes: usize = slices.iter().map(|block| block.bytes).sum();
        (crumbs == 0 && slices.len() > 1 && bytes >= BLOCK_BYTES / 4).then_some(slices)
    }
}

impl Writer {
    pub(super) fn new(connection: SqliteConnection, generation: Arc<AtomicU64>) -> Self {
        Self { connection: Some(connection), tails: HashMap::new(), generation }
    }

    /// The connection, unless the store is closed.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Grows with each change of users, devices or streams.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Begins a change of users, devices or streams. Dropped before its commit, it changes nothing.
    pub(crate) async fn begin(&mut self) -> Result<Change<'_>, sqlx::Error> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        Ok(Change {
            transaction: connection.begin().await?,
            known: &mut self.tails,
            changed: HashMap::new(),
            generation: &self.generation,
        })
    }

    /// Remembers where arrays end.
    pub(super) fn remember(&mut self, tails: HashMap<Array, Tail>) {
        remember(&mut self.tails, tails);
    }

    /// Forgets where arrays end: it is read again.
    pub(super) fn forget_tails(&mut self) {
        self.tails.clear();
    }

    /// Where an array ends.
    pub(super) async fn tail(&mut self, array: Array) -> Result<Tail, sqlx::Error> {
        match self.tails.get(&array) {
            Some(tail) => Ok(tail.clone()),
            None => read_tail(self.connection()?, array).await,
        }
    }

    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the data file did not close cleanly");
        }
    }
}

fn remember(known: &mut HashMap<Array, Tail>, tails: HashMap<Array, Tail>) {
    if known.len() + tails.len() > MOST_TAILS {
        known.clear();
    }
    known.extend(tails);
}

/// Reads from the file where an array ends.
async fn read_tail(connection: &mut SqliteConnection, array: Array) -> Result<Tail, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT first_index, end_index, last_t, length(data) AS bytes FROM block
         WHERE stream_id = ? AND substream = ? ORDER BY end_index DESC LIMIT ?",
    )
    .bind(array.stream)
    .bind(array.downlink)
    .bind(2 * CRUMB as i64)
    .fetch_all(connection)
    .await?;
    let mut tail = Tail::default();
    for row in rows.iter().rev() {
        let (first, end): (i64, i64) = (row.try_get("first_index")?, row.try_get("end_index")?);
        let bytes: i64 = row.try_get("bytes")?;
        tail.length = first.unsigned_abs();
        let count = usize::try_from(end - first).unwrap_or_default();
        tail.push(count, usize::try_from(bytes).unwrap_or_default(), row.try_get("last_t")?);
    }
    Ok(tail)
}

/// A change of users, devices or streams, all of it or nothing; dereferences to the connection.
#[derive(Debug)]
pub(crate) struct Change<'w> {
    transaction: Transaction<'w, Sqlite>,
    known: &'w mut HashMap<Array, Tail>,
    changed: HashMap<Array, Tail>,
    generation: &'w AtomicU64,
}

impl Change<'_> {
    /// Appends a batch to an array, restamped.
    pub(crate) async fn append(&mut self, array: Array, batch: &Batch) -> Result<(), CommitError> {
        let mut tail = match self.changed.get(&array).or_else(|| self.known.get(&array)) {
            Some(tail) => tail.clone(),
            None => read_tail(&mut self.transaction, array).await?,
        };
        let mut rows = Vec::new();
        append(&mut tail, array, batch, true, &mut rows)?;
        insert_rows(&mut self.transaction, &rows).await?;
        self.changed.insert(array, tail);
        Ok(())
    }

    /// Deletes all that an array holds.
    pub(crate) async fn clear(&mut self, array: Array) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM block WHERE stream_id = ? AND substream = ?")
            .bind(array.stream)
            .bind(array.downlink)
            .execute(&mut *self.transaction)
            .await?;
        self.changed.insert(array, Tail::default());
        Ok(())
    }

    /// Makes the change, durably.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        let committed = self.transaction.commit().await;
        // Also after a failure: nobody knows then what is in the file.
        self.generation.fetch_add(1, Ordering::AcqRel);
        if committed.is_ok() {
            remember(self.known, self.changed);
        } else {
            self.known.clear();
        }
        committed
    }
}

impl std::ops::Deref for Change<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl std::ops::DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}
