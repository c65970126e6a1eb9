//! Changes of users, devices and streams.

use std::ops::{Deref, DerefMut};

use sqlx::sqlite::SqliteConnection;
use tokio::sync::OwnedMappedMutexGuard;

use super::Array;
use super::array_heads::{Blocks, PendingAppend};
use super::commit::{Commit, CommitError};
use super::compact::read_blocks;
use super::journal;
use super::writer::Writer;
use crate::storage::format::batch::Batch;

/// The right to write, as long as nobody else has it.
pub(super) type WriterGuard = OwnedMappedMutexGuard<Option<Writer>, Writer>;

/// A change of users, devices or streams, all of it or nothing; dereferences to the connection.
/// Dropped before its commit, it changes nothing.
///
/// It empties the journal: what is deleted lies in blocks, and goes with its stream.
#[derive(Debug)]
pub(crate) struct Transaction {
    writer: WriterGuard,
    flushed: Vec<(Array, Blocks)>,
    commit: Commit,
}

impl Transaction {
    pub(super) async fn begin(mut writer: WriterGuard) -> Result<Self, CommitError> {
        writer.begin().await?;
        let heads = writer.heads.clone();
        match journal::flush(&mut writer.connection, &heads).await {
            Ok(flushed) => {
                let commit = writer.prepare();
                Ok(Self { writer, flushed, commit })
            }
            Err(error) => {
                writer.set_failed();
                Err(error)
            }
        }
    }

    /// Appends a batch to an array, restamped.
    pub(crate) async fn append(&mut self, array: Array, batch: &Batch) -> Result<(), CommitError> {
        if !self.commit.appends.contains_key(&array) {
            let flushed = self.flushed.iter().find(|(flushed, _)| *flushed == array);
            let pending = match flushed {
                Some((_, blocks)) => PendingAppend::after(blocks.clone()),
                None => match self.writer.heads.pending(array) {
                    Some(pending) => pending,
                    None => {
                        PendingAppend::after(read_blocks(&mut self.writer.connection, array).await?)
                    }
                },
            };
            self.commit.appends.insert(array, pending);
        }
        self.commit.append(array, batch.clone(), true)
    }

    /// Deletes all that an array holds.
    pub(crate) async fn clear(&mut self, array: Array) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM block WHERE stream_id = ? AND substream = ?")
            .bind(array.stream)
            .bind(array.downlink)
            .execute(&mut self.writer.connection)
            .await?;
        self.commit.appends.insert(array, PendingAppend::after(Blocks::default()));
        Ok(())
    }

    /// Makes the change, durably, and tells of it.
    ///
    /// Cancel safety: once polled it runs to its end, in a task of its own. Whoever waits may go
    /// away; memory and subscribers hear of the change all the same.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        let committed = tokio::spawn(self.commit_and_tell());
        // Only a runtime that ends keeps it from ending.
        committed.await.map_err(|_| sqlx::Error::PoolClosed)?
    }

    async fn commit_and_tell(mut self) -> Result<(), sqlx::Error> {
        let committed = self.write().await;
        // Also after a failure: nobody knows then what is in the file.
        self.writer.generation.advance();
        committed?;
        self.writer.heads.flushed(self.flushed);
        self.writer.heads.applied(self.commit.appends);
        // Not before: who may not read any more is not to hear of it.
        self.writer.feed.publish(self.commit.appended).await;
        Ok(())
    }

    async fn write(&mut self) -> Result<(), sqlx::Error> {
        if let Err(error) = self.commit.write(&mut self.writer.connection).await {
            self.writer.set_failed();
            return Err(error);
        }
        self.writer.end().await
    }
}

impl Deref for Transaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.writer.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.writer.connection
    }
}
