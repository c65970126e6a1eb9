//! The one connection that writes, and what is known of the file.
//!
//! SQLite rolls a transaction back by itself after some errors (a full disk, a failed sync), and a
//! statement outside of a transaction looks like one inside of it. Therefore nothing here counts open
//! transactions: SQLite says whether one is open. It refuses `BEGIN` inside of a transaction, and
//! `COMMIT` and `ROLLBACK` outside of one. After one of the latter two has succeeded, none is open,
//! and only then the connection is `Idle`. A single statement on an idle connection is a transaction
//! of its own. A write is done when that statement, or the `COMMIT`, has succeeded, which with
//! `synchronous = FULL` includes the sync. After an error the connection is replaced, and memory is
//! read from the file again. A change that is given up, because it was refused or its caller went
//! away, is rolled back.
//!
//! Inserts that may wait are in memory first (`waiting`). What else is written comes after them.

use std::sync::Arc;

use cdb_types::session::Durability;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::array_heads::{ArrayHeads, PendingAppend};
use super::commit::{Commit, CommitError};
use super::compact::{merge_small, read_blocks};
use super::journal::{self, FLUSH_BYTES, insert_entries};
use super::keep::{self, Expired};
use super::moves::Moves;
use super::owner;
use super::waiting::Waiting;
use crate::bus::Bus;
use crate::events::ChangeLog;
use crate::metrics::Metrics;
use crate::storage::Array;

/// The length of text in the journal at which inserts are refused, in bytes. It is reached if the
/// journal cannot be emptied.
const MAX_JOURNAL_BYTES: usize = 8 * FLUSH_BYTES;

/// The right to write.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(super) connection: SqliteConnection,
    state: ConnectionState,
    /// How the connection is opened again.
    options: SqliteConnectOptions,
    pub(super) heads: ArrayHeads,
    pub(super) moves: Moves,
    pub(super) changes: ChangeLog,
    pub(super) bus: Arc<dyn Bus>,
    metrics: Arc<Metrics>,
    /// The epoch of the file while this is its owner; see [`owner`].
    epoch: i64,
    /// Whether another server has become the owner of the file.
    is_superseded: bool,
    /// Gets a message when blocks were written. It has room for one.
    blocks_written: mpsc::Sender<()>,
    /// The inserts that are in `heads` and not in the file.
    waiting: Waiting,
}

/// What is known of the connection.
///
/// Before each `await` it is set to the worse state, which then remains if the future is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
    /// SQLite has confirmed that no transaction is open, and `heads` agrees with the file, apart from
    /// what waits.
    Idle,
    /// A transaction was begun, and neither committed nor refused.
    Open,
    /// A write has failed. It is not known what the connection holds, nor what is in the file.
    Failed,
}

impl Writer {
    /// Opens the connection, becomes the owner of the file, and reads what was left in the journal.
    pub(super) async fn open(
        options: SqliteConnectOptions,
        durability: Durability,
        changes: ChangeLog,
        bus: Arc<dyn Bus>,
        metrics: Arc<Metrics>,
        blocks_written: mpsc::Sender<()>,
    ) -> Result<Self, CommitError> {
        let mut connection = options.connect().await?;
        let epoch = owner::claim(&mut connection, options.get_filename()).await?;
        // A file that is gone later is not replaced by an empty one.
        let options = options.create_if_missing(false);
        let state = ConnectionState::Failed;
        let (heads, is_superseded) = (ArrayHeads::default(), false);
        let mut writer = Self {
            connection,
            state,
            options,
            heads,
            moves: Moves::default(),
            changes,
            bus,
            metrics,
            epoch,
            is_superseded,
            blocks_written,
            waiting: Waiting::new(durability),
        };
        writer.load_heads().await?;
        Ok(writer)
    }

    /// Returns the epoch of the file while this is its owner.
    pub(super) fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Returns a commit of nothing yet.
    pub(super) fn prepare(&self) -> Commit {
        Commit::new(Arc::clone(&self.bus), self.heads.clone(), self.epoch)
    }

    /// Returns what can be appended to.
    pub(super) async fn pending(&mut self, array: Array) -> Result<PendingAppend, CommitError> {
        self.make_idle().await?;
        if let Some(pending) = self.heads.pending(array) {
            return Ok(pending);
        }
        self.state = ConnectionState::Failed;
        let blocks = read_blocks(&mut self.connection, array).await?;
        self.state = ConnectionState::Idle;
        Ok(PendingAppend::after(blocks))
    }

    /// Writes, durably unless inserts may wait, and notifies subscribers.
    pub(super) async fn commit(&mut self, mut commit: Commit) -> Result<(), CommitError> {
        if !self.waiting.takes(&commit) {
            self.write(&mut commit).await?;
        }
        self.heads.applied(commit.appends);
        self.bus.publish(commit.events);
        Ok(())
    }

    /// Writes durably, after what waits.
    async fn write(&mut self, commit: &mut Commit) -> Result<(), CommitError> {
        self.write_waiting().await?;
        let started = Instant::now();
        if commit.is_one_statement() {
            self.make_idle().await?;
            self.state = ConnectionState::Failed;
            commit.write(&mut self.connection).await?;
            self.state = ConnectionState::Idle;
        } else {
            let write = async |connection: &mut SqliteConnection| commit.write(connection).await;
            self.transaction(write).await?;
        }
        self.metrics.commit(commit.datapoints, started.elapsed());
        Ok(())
    }

    /// Writes the inserts that wait, durably.
    ///
    /// # Cancel safety
    /// If the future is dropped, they are written, or wait as before.
    pub(super) async fn write_waiting(&mut self) -> Result<(), CommitError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        self.begin().await?;
        self.state = ConnectionState::Failed;
        let entries = self.waiting.entries();
        if !insert_entries(&mut self.connection, &entries, self.epoch).await? {
            return Err(CommitError::Superseded);
        }
        self.end().await?;
        self.metrics.commit(self.waiting.datapoints(), started.elapsed());
        self.waiting.clear();
        Ok(())
    }

    /// Writes the inserts that wait if it is time to, or if there are many. Returns when the others must
    /// be written, if any wait.
    pub(super) async fn write_if_due(&mut self) -> Option<Instant> {
        let due = self.waiting.due()?;
        if (due <= Instant::now() || self.waiting.is_full())
            && let Err(error) = self.write_waiting().await
        {
            tracing::error!(%error, "inserts that were answered are not on disk yet");
            self.waiting.postpone();
        }
        self.waiting.due()
    }

    /// Makes blocks of what the journal holds if there is enough of it, and merges small blocks at
    /// the ends of these arrays.
    pub(super) async fn tidy(&mut self, arrays: &[Array]) -> Result<(), CommitError> {
        let mut with_blocks = arrays.to_vec();
        if self.heads.journal_bytes() >= FLUSH_BYTES {
            with_blocks.extend(self.flush().await?);
        }
        if !arrays.is_empty() {
            self.note_blocks();
        }
        if let Err(error) = self.delete_expired(&with_blocks).await {
            tracing::warn!(%error, "what is not to be kept any longer could not be deleted");
        }
        let blocks = arrays.iter().filter_map(|array| {
            let blocks = self.heads.pending(*array)?.blocks;
            blocks.mergeable().is_some().then_some((*array, blocks))
        });
        let mut merged: Vec<_> = blocks.collect();
        if merged.is_empty() {
            return Ok(());
        }
        let merge = async |connection: &mut SqliteConnection| {
            for (array, blocks) in &mut merged {
                merge_small(connection, *array, blocks).await?;
            }
            Ok(())
        };
        self.transaction(merge).await?;
        self.heads.merged(merged);
        Ok(())
    }

    /// Writes what waits if there is much of it, and empties the journal if it has become too large, or
    /// returns an error.
    pub(super) async fn make_room(&mut self) -> Result<(), CommitError> {
        if self.waiting.is_full() {
            self.write_waiting().await?;
        }
        if self.heads.journal_bytes() >= MAX_JOURNAL_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Deletes blocks of arrays whose datapoints are not to be kept any longer.
    async fn delete_expired(&mut self, arrays: &[Array]) -> Result<(), CommitError> {
        if arrays.is_empty() {
            return Ok(());
        }
        self.make_idle().await?;
        self.state = ConnectionState::Failed;
        let expired = keep::expired(&mut self.connection, arrays).await?;
        self.state = ConnectionState::Idle;
        if expired.is_empty() {
            return Ok(());
        }
        let heads = self.heads.clone();
        let delete = async |connection: &mut SqliteConnection| {
            let mut deleted = Vec::with_capacity(expired.len());
            for Expired { array, first } in expired {
                let Some(pending) = heads.pending(array) else { continue };
                let mut blocks = pending.blocks;
                blocks.begin_at(first);
                keep::delete(connection, array, &blocks.extent).await?;
                deleted.push((array, blocks));
            }
            Ok(deleted)
        };
        let deleted = self.transaction(delete).await?;
        self.heads.merged(deleted);
        Ok(())
    }

    /// Makes blocks of all that the journal holds, and of what waits. Returns the arrays that it held.
    pub(super) async fn flush(&mut self) -> Result<Vec<Array>, CommitError> {
        let started = Instant::now();
        self.make_idle().await?;
        let heads = self.heads.clone();
        let flush =
            async |connection: &mut SqliteConnection| journal::flush(connection, &heads).await;
        let flushed = self.transaction(flush).await?;
        let arrays = flushed.iter().map(|(array, _)| *array).collect();
        self.heads.flushed(flushed);
        self.metrics.commit(self.waiting.datapoints(), started.elapsed());
        self.waiting.clear();
        self.note_blocks();
        Ok(arrays)
    }

    /// Says that blocks were written, unless the last message has not been received yet.
    fn note_blocks(&self) {
        let _ = self.blocks_written.try_send(());
    }

    /// Writes in a transaction of its own. After an error nothing of it is in the file, or all of it
    /// if the error was that of the commit. Memory is then read from the file before the next write.
    pub(super) async fn transaction<T>(
        &mut self,
        write: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, CommitError>,
    ) -> Result<T, CommitError> {
        self.begin().await?;
        self.state = ConnectionState::Failed;
        let written = write(&mut self.connection).await?;
        self.end().await?;
        Ok(written)
    }

    /// Begins a transaction. If the caller goes away before [`end`](Self::end), the next writer
    /// rolls it back.
    pub(super) async fn begin(&mut self) -> Result<(), CommitError> {
        self.make_idle().await?;
        self.state = ConnectionState::Failed;
        self.begin_as_owner().await?;
        self.state = ConnectionState::Open;
        Ok(())
    }

    /// Begins a transaction in which the file has the epoch of this owner.
    async fn begin_as_owner(&mut self) -> Result<(), CommitError> {
        let begin = sqlx::query_scalar("BEGIN IMMEDIATE; SELECT epoch FROM owner");
        let epoch: i64 = begin.fetch_one(&mut self.connection).await?;
        if epoch != self.epoch {
            self.is_superseded = true;
            tracing::error!("another server has opened the data file, nothing is written any more");
            execute(&mut self.connection, "ROLLBACK").await?;
            return Err(CommitError::Superseded);
        }
        Ok(())
    }

    /// Commits the transaction that was begun.
    pub(super) async fn end(&mut self) -> Result<(), sqlx::Error> {
        self.state = ConnectionState::Failed;
        execute(&mut self.connection, "COMMIT").await?;
        self.state = ConnectionState::Idle;
        Ok(())
    }

    /// Records that a write has failed.
    pub(super) fn set_failed(&mut self) {
        self.state = ConnectionState::Failed;
    }

    /// Writes what waits, as a commit that succeeds and reports an error.
    #[cfg(test)]
    pub(super) async fn write_but_fail(&mut self) {
        let entries = self.waiting.entries();
        let written = insert_entries(&mut self.connection, &entries, self.epoch).await;
        assert!(written.expect("written"));
        self.set_failed();
    }

    /// Ensures that no transaction is open and that `heads` agrees with the file.
    async fn make_idle(&mut self) -> Result<(), CommitError> {
        if self.is_superseded {
            return Err(CommitError::Superseded);
        }
        if self.state == ConnectionState::Open {
            self.state = ConnectionState::Failed;
            match execute(&mut self.connection, "ROLLBACK").await {
                Ok(()) => self.state = ConnectionState::Idle,
                // SQLite has done so by itself after an error.
                Err(error) => tracing::debug!(%error, "a change was not rolled back"),
            }
        }
        if self.state == ConnectionState::Failed {
            let connection = self.options.connect().await?;
            let failed = std::mem::replace(&mut self.connection, connection);
            // Its locks would keep the new connection waiting.
            if let Err(error) = failed.close().await {
                tracing::debug!(%error, "a connection that has failed did not close");
            }
            self.load_heads().await?;
        }
        Ok(())
    }

    /// Reads the heads of arrays from the file. No one else writes meanwhile, which includes
    /// statements of an earlier connection.
    async fn load_heads(&mut self) -> Result<(), CommitError> {
        self.state = ConnectionState::Failed;
        self.begin_as_owner().await?;
        let loaded = journal::load(&mut self.connection).await?;
        self.waiting.rejoin(&mut self.connection, &loaded.heads).await?;
        let end = if loaded.is_repaired { "COMMIT" } else { "ROLLBACK" };
        execute(&mut self.connection, end).await?;
        self.heads.replace(&loaded.heads);
        self.state = ConnectionState::Idle;
        Ok(())
    }

    /// Writes what waits, empties the journal and closes the file.
    pub(super) async fn close(mut self) {
        // First as rows of the journal, which take less room than blocks if the disk is full.
        let mut emptied = self.write_waiting().await;
        if emptied.is_ok() {
            emptied = self.flush().await.map(drop);
        }
        if emptied.is_ok() {
            emptied = owner::release(&mut self.connection, self.epoch).await.map_err(Into::into);
        }
        let closed = emptied.and(self.connection.close().await.map_err(CommitError::from));
        if let Err(error) = closed {
            tracing::warn!(%error, "the data file did not close cleanly");
        }
    }
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}
