//! Filling a new array with datapoints that were stored elsewhere, however many they are.

use cdb_types::Timestamp;

use super::format::batch::check_value;
use super::format::block::BLOCK_BYTES;
use super::format::points::Points;
use super::format::surrogates::replace_lone;
use super::{Array, StorageError, Transaction};

/// How much text is written at once: some blocks.
const PIECE_BYTES: usize = 8 * BLOCK_BYTES;

/// Writes the datapoints of an array that is empty, as part of a transaction.
#[derive(Debug)]
pub(crate) struct Load {
    array: Array,
    /// The datapoints that have not been written yet.
    points: Points,
    /// The number of those that have been.
    length: u64,
}

impl Load {
    pub(crate) fn new(array: Array) -> Self {
        Self { array, points: Points::default(), length: 0 }
    }

    /// Appends a datapoint whose time is not before that of the last.
    ///
    /// Its value need not conform to the stream's schema, since it may have been stored under an
    /// earlier one. Its time may be any.
    pub(crate) async fn push(
        &mut self,
        tx: &mut dyn Transaction,
        t: Timestamp,
        value: &str,
        origin: Option<&str>,
    ) -> Result<(), LoadError> {
        let value = replace_lone(value.as_bytes());
        check_value(&value)?;
        let value = Some(&*value).filter(|value| *value != b"null");
        self.points.push(t, None, value, origin)?;
        if self.points.text().len() >= PIECE_BYTES {
            self.write(tx).await?;
        }
        Ok(())
    }

    /// Writes the rest.
    pub(crate) async fn finish(mut self, tx: &mut dyn Transaction) -> Result<(), LoadError> {
        if self.points.is_empty() { Ok(()) } else { self.write(tx).await }
    }

    async fn write(&mut self, tx: &mut dyn Transaction) -> Result<(), LoadError> {
        let mut points = std::mem::take(&mut self.points);
        tx.write_blocks(self.array, self.length, points.blocks()).await?;
        self.length += points.len() as u64;
        Ok(())
    }
}

/// Why a datapoint cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Value(#[from] serde_json::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}
