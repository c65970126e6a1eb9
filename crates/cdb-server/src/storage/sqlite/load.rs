//! Filling a new array with what was stored elsewhere, however much that is.

use cdb_types::Timestamp;

use super::Array;
use super::commit::{CommitError, Row, insert_blocks};
use super::transaction::Transaction;
use crate::storage::format::batch::check_value;
use crate::storage::format::block::{BLOCK_BYTES, Block};
use crate::storage::format::points::Points;

/// How much text is written at once: some blocks.
const PIECE_BYTES: usize = 8 * BLOCK_BYTES;

/// Writes the datapoints of an array that is empty, as part of a change.
#[derive(Debug)]
pub(crate) struct Load {
    array: Array,
    /// What is yet to be written.
    points: Points,
    /// How many have been.
    length: u64,
}

impl Load {
    pub(crate) fn new(array: Array) -> Self {
        Self { array, points: Points::default(), length: 0 }
    }

    /// Appends a datapoint whose time is not before that of the last.
    ///
    /// Its value need not fit the stream's schema: it was stored under an earlier one.
    pub(crate) async fn push(
        &mut self,
        tx: &mut Transaction,
        t: Timestamp,
        value: &str,
        origin: Option<&str>,
    ) -> Result<(), LoadError> {
        let value = value.as_bytes();
        check_value(value)?;
        let value = Some(value).filter(|value| *value != b"null");
        self.points.push(t, None, value, origin)?;
        if self.points.text().len() >= PIECE_BYTES {
            self.write(tx).await?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub(crate) async fn finish(mut self, tx: &mut Transaction) -> Result<(), LoadError> {
        if self.points.is_empty() { Ok(()) } else { self.write(tx).await }
    }

    async fn write(&mut self, tx: &mut Transaction) -> Result<(), LoadError> {
        let points = std::mem::take(&mut self.points);
        let row = |block: Block| {
            let first_index = self.length;
            self.length += block.count as u64;
            Row { array: self.array, first_index, block }
        };
        let rows: Vec<_> = points.blocks().into_iter().map(row).collect();
        insert_blocks(tx, &rows).await.map_err(CommitError::from)?;
        Ok(())
    }
}

/// Why a datapoint cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Value(#[from] serde_json::Error),
    #[error(transparent)]
    Commit(#[from] CommitError),
}
