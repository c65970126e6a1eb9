//! The one connection that writes, and what it knows of the file.
//!
//! SQLite rolls a transaction back by itself after some errors (a full disk, a failed sync), and a
//! statement outside of a transaction looks just like one inside of it. So nothing here counts open
//! transactions: SQLite says whether one is open. It refuses `BEGIN` inside of a transaction, and
//! `COMMIT` and `ROLLBACK` outside of one, so after any of the latter two has succeeded none is open;
//! only then is the connection `Idle`. A statement alone on an idle connection is a transaction of its
//! own. A write counts as done when that statement, or the `COMMIT`, has succeeded, which with
//! `synchronous = FULL` includes the sync. After an error the connection is replaced, and memory is
//! read from the file again. A change that is given up, since it was refused or nobody waits for it,
//! is rolled back.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::array_heads::{ArrayHeads, PendingAppend};
use super::commit::{Commit, CommitError};
use super::compact::{merge_small, read_blocks};
use super::feed::Feed;
use super::journal::{self, FLUSH_BYTES};
use crate::events::ChangeLog;
use crate::storage::Array;

/// What the journal may hold, in bytes, before nothing more is taken: it cannot be emptied then.
const MAX_JOURNAL_BYTES: usize = 8 * FLUSH_BYTES;

/// Has the right to write.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(super) connection: SqliteConnection,
    state: ConnectionState,
    /// How the connection is opened again.
    options: SqliteConnectOptions,
    pub(super) heads: ArrayHeads,
    pub(super) changes: ChangeLog,
    pub(super) feed: Feed,
}

/// What is known of the connection.
///
/// It is set to the worse state before each `await`, so that a future that is dropped leaves it
/// behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
    /// SQLite has confirmed that no transaction is open, and `tails` says what the file says.
    Idle,
    /// A transaction was begun, and neither committed nor refused.
    Open,
    /// A write has failed: nobody knows what the connection holds, nor what is in the file.
    Failed,
}

impl Writer {
    /// Opens the connection and reads what was left in the journal.
    pub(super) async fn open(
        options: SqliteConnectOptions,
        changes: ChangeLog,
        feed: Feed,
    ) -> Result<Self, CommitError> {
        let connection = options.connect().await?;
        // A file that is gone later is not replaced by an empty one.
        let options = options.create_if_missing(false);
        let state = ConnectionState::Failed;
        let mut writer =
            Self { connection, state, options, heads: ArrayHeads::default(), changes, feed };
        writer.load_heads().await?;
        Ok(writer)
    }

    /// A commit of nothing yet.
    pub(super) fn prepare(&self) -> Commit {
        Commit::new(self.feed.clone())
    }

    /// The beginning of an array's growth.
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

    /// Writes, durably, and tells of it.
    pub(super) async fn commit(&mut self, commit: Commit) -> Result<(), CommitError> {
        if commit.is_one_statement() {
            self.make_idle().await?;
            self.state = ConnectionState::Failed;
            commit.write(&mut self.connection).await?;
            self.state = ConnectionState::Idle;
        } else {
            let write = async |connection: &mut SqliteConnection| {
                commit.write(connection).await.map_err(CommitError::from)
            };
            self.transaction(write).await?;
        }
        self.heads.applied(commit.appends);
        self.feed.publish(commit.events);
        Ok(())
    }

    /// Makes blocks of what the journal holds if that is much, and large ones of the small blocks
    /// at the ends of these arrays.
    pub(super) async fn tidy(&mut self, arrays: &[Array]) -> Result<(), CommitError> {
        if self.heads.journal_bytes() >= FLUSH_BYTES {
            self.flush().await?;
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

    /// Sees to it that the journal does not grow for ever when it cannot be emptied.
    pub(super) async fn make_room(&mut self) -> Result<(), CommitError> {
        if self.heads.journal_bytes() < MAX_JOURNAL_BYTES { Ok(()) } else { self.flush().await }
    }

    /// Makes blocks of all that the journal holds.
    async fn flush(&mut self) -> Result<(), CommitError> {
        self.make_idle().await?;
        let heads = self.heads.clone();
        let flush =
            async |connection: &mut SqliteConnection| journal::flush(connection, &heads).await;
        let flushed = self.transaction(flush).await?;
        self.heads.flushed(flushed);
        Ok(())
    }

    /// Does something in a transaction of its own. After an error nothing of it is in the file, or
    /// all of it if the error was that of the commit; memory is read from the file again before the
    /// next write.
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

    /// Begins a transaction. Where the caller goes away before [`end`](Self::end), it is rolled
    /// back by the next one that writes.
    pub(super) async fn begin(&mut self) -> Result<(), CommitError> {
        self.make_idle().await?;
        self.state = ConnectionState::Failed;
        execute(&mut self.connection, "BEGIN IMMEDIATE").await?;
        self.state = ConnectionState::Open;
        Ok(())
    }

    /// Commits the transaction that was begun.
    pub(super) async fn end(&mut self) -> Result<(), sqlx::Error> {
        self.state = ConnectionState::Failed;
        execute(&mut self.connection, "COMMIT").await?;
        self.state = ConnectionState::Idle;
        Ok(())
    }

    /// Takes note that a write has failed.
    pub(super) fn set_failed(&mut self) {
        self.state = ConnectionState::Failed;
    }

    /// Sees to it that no transaction is open and that `tails` says what the file says.
    async fn make_idle(&mut self) -> Result<(), CommitError> {
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
            // What it still holds would keep the new one waiting.
            if let Err(error) = failed.close().await {
                tracing::debug!(%error, "a connection that has failed did not close");
            }
            self.load_heads().await?;
        }
        Ok(())
    }

    /// Reads from the file what memory is to say. Nobody else writes meanwhile, also no statement of
    /// an earlier connection.
    async fn load_heads(&mut self) -> Result<(), CommitError> {
        self.state = ConnectionState::Failed;
        execute(&mut self.connection, "BEGIN IMMEDIATE").await?;
        let heads = journal::load(&mut self.connection).await?;
        execute(&mut self.connection, "ROLLBACK").await?;
        self.heads.replace(&heads);
        self.state = ConnectionState::Idle;
        Ok(())
    }

    /// Empties the journal and closes the file.
    pub(super) async fn close(mut self) {
        let emptied = self.flush().await;
        let closed = emptied.and(self.connection.close().await.map_err(CommitError::from));
        if let Err(error) = closed {
            tracing::warn!(%error, "the data file did not close cleanly");
        }
    }
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}
