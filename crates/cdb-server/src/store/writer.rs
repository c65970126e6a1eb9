//! The one connection that writes.

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::Array;
use super::change::Change;
use super::commit::{Commit, CommitError};
use super::compact::{merge_small, read_blocks};
use super::feed::Feed;
use super::generation::Generation;
use super::journal::{self, FLUSH_BYTES};
use super::tails::{Growth, Tails};

/// What the journal may hold, in bytes, before nothing more is taken: it cannot be emptied then.
const MOST_JOURNAL: usize = 8 * FLUSH_BYTES;

/// Has the right to write.
#[derive(Debug)]
pub(crate) struct Writer {
    connection: Option<SqliteConnection>,
    tails: Tails,
    /// Whether a write has failed, so that nobody knows what is in the file.
    uncertain: bool,
    generation: Generation,
    feed: Feed,
}

impl Writer {
    /// Takes up what was left in the journal.
    pub(super) async fn new(
        mut connection: SqliteConnection,
        generation: Generation,
        feed: Feed,
    ) -> Result<Self, CommitError> {
        let tails = journal::load(&mut connection).await?;
        Ok(Self { connection: Some(connection), tails, uncertain: false, generation, feed })
    }

    /// The ends of arrays; readers share them.
    pub(super) fn tails(&self) -> &Tails {
        &self.tails
    }

    /// The connection, unless the store is closed.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection, CommitError> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        if self.uncertain {
            self.tails.replace(&journal::load(connection).await?);
            self.uncertain = false;
        }
        Ok(connection)
    }

    /// Grows with each change of users, devices or streams.
    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// A commit of nothing yet.
    pub(super) fn prepare(&self) -> Commit {
        Commit::new(self.feed.clone())
    }

    /// The beginning of an array's growth.
    pub(super) async fn growth(&mut self, array: Array) -> Result<Growth, CommitError> {
        let tails = self.tails.clone();
        let connection = self.connection().await?;
        match tails.growth(array) {
            Some(growth) => Ok(growth),
            None => Ok(Growth::after(read_blocks(connection, array).await?)),
        }
    }

    /// Writes, durably, and tells of it.
    pub(super) async fn commit(&mut self, commit: Commit) -> Result<(), CommitError> {
        let connection = self.connection().await?;
        let written = if commit.is_one_statement() {
            commit.write(connection).await
        } else {
            let mut transaction = connection.begin().await?;
            match commit.write(&mut transaction).await {
                Ok(()) => transaction.commit().await,
                Err(error) => Err(error),
            }
        };
        self.uncertain = written.is_err();
        written?;
        self.tails.grown(commit.growths);
        self.feed.tell(commit.appended).await;
        Ok(())
    }

    /// Makes blocks of what the journal holds if that is much, and large ones of the small blocks
    /// at the ends of these arrays.
    pub(super) async fn tidy(&mut self, arrays: &[Array]) -> Result<(), CommitError> {
        if self.tails.journal_bytes() >= FLUSH_BYTES {
            self.flush().await?;
        }
        let blocks = arrays.iter().filter_map(|array| {
            let blocks = self.tails.growth(*array)?.blocks;
            blocks.mergeable().is_some().then_some((*array, blocks))
        });
        let mut merged: Vec<_> = blocks.collect();
        if merged.is_empty() {
            return Ok(());
        }
        let mut transaction = self.connection().await?.begin().await?;
        for (array, blocks) in &mut merged {
            merge_small(&mut transaction, *array, blocks).await?;
        }
        let committed = transaction.commit().await;
        self.uncertain = committed.is_err();
        committed?;
        self.tails.merged(merged);
        Ok(())
    }

    /// Sees to it that the journal does not grow for ever when it cannot be emptied.
    pub(super) async fn make_room(&mut self) -> Result<(), CommitError> {
        if self.tails.journal_bytes() < MOST_JOURNAL { Ok(()) } else { self.flush().await }
    }

    /// Makes blocks of all that the journal holds.
    async fn flush(&mut self) -> Result<(), CommitError> {
        let change = self.begin().await?;
        change.commit_quietly().await?;
        Ok(())
    }

    /// Begins a change of users, devices or streams. Dropped before its commit, it changes nothing.
    pub(crate) async fn begin(&mut self) -> Result<Change<'_>, CommitError> {
        self.connection().await?;
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let (tails, generation) = (&self.tails, &self.generation);
        Change::begin(connection, tails, generation, &self.feed, &mut self.uncertain).await
    }

    /// Empties the journal and closes the file.
    pub(super) async fn close(&mut self) {
        let emptied = self.flush().await;
        if let Some(connection) = self.connection.take() {
            let closed = emptied.and(connection.close().await.map_err(CommitError::from));
            if let Err(error) = closed {
                tracing::warn!(%error, "the data file did not close cleanly");
            }
        }
    }
}
