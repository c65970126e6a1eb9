//! Inserts that were answered and are not in the file yet, if the server answers inserts before they are
//! durable ([`Durability::Batched`]).
//!
//! They have their places: readers, subscribers and later inserts find them in
//! [`ArrayHeads`](super::array_heads::ArrayHeads), like those of the journal. They become rows of the
//! journal together, in one commit: when the time is over, when there are many of them, before anything
//! else is written that depends on them, and when the file is closed. If that fails, they stay here,
//! and the next commit contains them.

use std::collections::HashMap;
use std::time::Duration;

use cdb_types::session::Durability;
use sqlx::sqlite::SqliteConnection;
use tokio::time::Instant;

use super::array_heads::{ArrayHeads, Blocks, PendingAppend};
use super::array_table;
use super::commit::{Commit, CommitError};
use super::compact::read_blocks;
use super::journal::JournalRow;
use crate::storage::Array;
use crate::storage::format::points::Points;

/// When so much text waits, it is written without waiting for the time to be over, in bytes. If that is
/// not possible, inserts are refused.
const MAX_BYTES: usize = 256 * 1024;

/// The least time from a failed write to the next one.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The inserts of a data file that wait to be written.
#[derive(Debug)]
pub(super) struct Waiting {
    /// How long an insert may wait; `None` if none may.
    time: Option<Duration>,
    parts: HashMap<Array, Part>,
    /// The length of their text.
    bytes: usize,
    /// When they must be written; `None` if nothing waits.
    due: Option<Instant>,
}

/// What waits of an array.
#[derive(Debug)]
struct Part {
    first_index: u64,
    points: Points,
}

impl Waiting {
    pub(super) fn new(durability: Durability) -> Self {
        let time = match durability {
            Durability::Batched(time) => Some(time),
            _ => None,
        };
        Self { time, parts: HashMap::new(), bytes: 0, due: None }
    }

    /// Takes a commit, unless it must be written at once: what is long enough for blocks is not kept.
    /// Returns whether it was taken.
    pub(super) fn takes(&mut self, commit: &Commit) -> bool {
        let Some(time) = self.time else { return false };
        if commit.has_blocks() {
            return false;
        }
        for (array, pending) in &commit.appends {
            if pending.appended.is_empty() {
                continue;
            }
            let part = self.parts.entry(*array).or_insert_with(|| Part {
                first_index: pending.first_appended(),
                points: Points::default(),
            });
            part.points.append(&pending.appended);
            self.bytes += pending.appended.text().len();
        }
        if !self.is_empty() {
            self.due.get_or_insert_with(|| Instant::now() + time);
        }
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns how many datapoints wait.
    pub(super) fn datapoints(&self) -> u64 {
        self.parts.values().map(|part| part.points.len() as u64).sum()
    }

    /// Returns whether nothing more is to be taken before a write.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= MAX_BYTES
    }

    /// Returns when what waits must be written; `None` if nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Records that a write has failed.
    pub(super) fn postpone(&mut self) {
        let time = self.time.unwrap_or_default().max(RETRY_DELAY);
        self.due = (!self.is_empty()).then(|| Instant::now() + time);
    }

    /// Returns what is to be written to the journal.
    pub(super) fn entries(&self) -> Vec<JournalRow<'_>> {
        let parts = self.parts.iter();
        parts
            .map(|(array, Part { first_index, points })| JournalRow {
                array: *array,
                first_index: *first_index,
                points,
            })
            .collect()
    }

    /// Records that all of it is in the file.
    pub(super) fn clear(&mut self) {
        self.parts.clear();
        self.bytes = 0;
        self.due = None;
    }

    /// Adds what waits to heads that were just read from the file, within the same transaction. A write
    /// that has failed may nevertheless be in the file: that waits no longer.
    ///
    /// # Cancel safety
    /// If the future is dropped, nothing waits less than before.
    pub(super) async fn rejoin(
        &mut self,
        connection: &mut SqliteConnection,
        heads: &ArrayHeads,
    ) -> Result<(), CommitError> {
        let mut missing = HashMap::new();
        for (array, part) in &self.parts {
            let mut pending = match heads.pending(*array) {
                Some(pending) => pending,
                None => PendingAppend::after(match read_blocks(connection, *array).await {
                    Ok(blocks) => blocks,
                    // Nothing is known of the blocks, but where they ended when this was inserted.
                    Err(error) if error.is_damage() => {
                        let end = part.first_index;
                        Blocks::within(array_table::read_undamaged(connection, *array, end).await?)
                    }
                    Err(error) => return Err(error.into()),
                }),
            };
            let (stored, end) = (pending.end(), part.first_index + part.points.len() as u64);
            if stored == part.first_index {
                pending.appended.append(&part.points);
                missing.insert(*array, pending);
            } else if stored < end {
                tracing::error!(?array, stored, end, "inserts were answered and cannot be stored");
            }
        }
        self.parts.retain(|array, _| missing.contains_key(array));
        self.bytes = self.parts.values().map(|part| part.points.text().len()).sum();
        if self.is_empty() {
            self.due = None;
        }
        heads.applied(missing);
        Ok(())
    }
}
