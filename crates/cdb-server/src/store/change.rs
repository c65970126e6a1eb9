//! Changes of users, devices and streams.

use std::ops::{Deref, DerefMut};

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite, Transaction};

use super::Array;
use super::batch::Batch;
use super::commit::{Commit, CommitError};
use super::compact::read_blocks;
use super::feed::{Appended, Feed};
use super::generation::Generation;
use super::journal;
use super::tails::{Blocks, Growth, Tails};

/// A change of users, devices or streams, all of it or nothing; dereferences to the connection.
///
/// It empties the journal: what is deleted lies in blocks, and goes with its stream.
#[derive(Debug)]
pub(crate) struct Change<'w> {
    transaction: Transaction<'w, Sqlite>,
    tails: &'w Tails,
    generation: &'w Generation,
    feed: &'w Feed,
    uncertain: &'w mut bool,
    flushed: Vec<(Array, Blocks)>,
    commit: Commit,
}

impl<'w> Change<'w> {
    pub(super) async fn begin(
        connection: &'w mut SqliteConnection,
        tails: &'w Tails,
        generation: &'w Generation,
        feed: &'w Feed,
        uncertain: &'w mut bool,
    ) -> Result<Self, CommitError> {
        let mut transaction = connection.begin().await?;
        let flushed = journal::flush(&mut transaction, tails).await?;
        let commit = Commit::new(feed.clone());
        Ok(Self { transaction, tails, generation, feed, uncertain, flushed, commit })
    }

    /// Appends a batch to an array, restamped.
    pub(crate) async fn append(&mut self, array: Array, batch: &Batch) -> Result<(), CommitError> {
        if !self.commit.growths.contains_key(&array) {
            let flushed = self.flushed.iter().find(|(flushed, _)| *flushed == array);
            let growth = match flushed {
                Some((_, blocks)) => Growth::after(blocks.clone()),
                None => match self.tails.growth(array) {
                    Some(growth) => growth,
                    None => Growth::after(read_blocks(&mut self.transaction, array).await?),
                },
            };
            self.commit.growths.insert(array, growth);
        }
        self.commit.append(array, batch.clone(), true)
    }

    /// Deletes all that an array holds.
    pub(crate) async fn clear(&mut self, array: Array) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM block WHERE stream_id = ? AND substream = ?")
            .bind(array.stream)
            .bind(array.downlink)
            .execute(&mut *self.transaction)
            .await?;
        self.commit.growths.insert(array, Growth::after(Blocks::default()));
        Ok(())
    }

    /// Makes the change, durably, and tells of it.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        let (generation, feed) = (self.generation, self.feed);
        let committed = self.commit_quietly().await;
        // Also after a failure: nobody knows then what is in the file.
        generation.advance();
        // Not before: who may not read any more is not to hear of it.
        feed.tell(committed?).await;
        Ok(())
    }

    /// Makes a change that is none of users, devices or streams; gives what is to be told.
    pub(super) async fn commit_quietly(mut self) -> Result<Vec<Appended>, sqlx::Error> {
        self.commit.write(&mut self.transaction).await?;
        // Whoever waits may go away in the middle of the commit.
        *self.uncertain = true;
        self.transaction.commit().await?;
        *self.uncertain = false;
        self.tails.flushed(self.flushed);
        self.tails.grown(self.commit.growths);
        Ok(self.commit.appended)
    }
}

impl Deref for Change<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}
