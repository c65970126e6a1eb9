//! The table `summary`: what the datapoints of a block come to, beside the block.

use std::ops::Range;

use futures_util::TryStreamExt;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::SqliteStorage;
use super::array_table::of_array;
use super::block_table::{StoredBlock, header_columns};
use super::read::check_corrections;
use crate::storage::format::summary::BlockSummary;
use crate::storage::{Array, Extent, ReadError, Summarised};

/// The number of blocks whose summaries are read at once, and how many bytes they may have, apart from the
/// last one: in memory they have some times as many.
const MAX_SUMMARIES: usize = 256;
const MAX_BYTES: usize = 128 * 1024;

/// A summary with more bytes is not written if it is longer than a quarter of its block: that is read
/// instead. It has many different strings.
const MAX_SUMMARY_BYTES: usize = 2048;

/// Writes the summary of a block of a length in bytes, within a transaction. `checksum` is that of the block.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    array: Array,
    range: &Range<u64>,
    checksum: i64,
    block_bytes: usize,
    summary: &BlockSummary,
) -> Result<(), sqlx::Error> {
    let data = summary.encode(range.start);
    if data.len() > MAX_SUMMARY_BYTES.max(block_bytes / 4) {
        return Ok(());
    }
    sqlx::query(
        "INSERT OR REPLACE INTO summary (stream_id, substream, end_index, summary, seal)
         VALUES (?, ?, ?, ?, ?)",
    )
    .bind(array.stream)
    .bind(array.downlink)
    .bind(range.end.cast_signed())
    .bind(&data)
    .bind(seal(checksum, &data))
    .execute(connection)
    .await
    .map(drop)
}

/// Deletes the summaries of an array, within a transaction.
pub(super) async fn clear(
    connection: &mut SqliteConnection,
    array: Array,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM summary WHERE stream_id = ? AND substream = ?")
        .bind(array.stream)
        .bind(array.downlink)
        .execute(connection)
        .await
        .map(drop)
}

/// Deletes the summaries of the blocks at some places, within a transaction.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    array: Array,
    places: &Range<u64>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM summary
         WHERE stream_id = ? AND substream = ? AND end_index > ? AND end_index <= ?",
    )
    .bind(array.stream)
    .bind(array.downlink)
    .bind(places.start.cast_signed())
    .bind(places.end.cast_signed())
    .execute(connection)
    .await
    .map(drop)
}

/// The checksum of a summary: it fits one block and no other.
pub(super) fn seal(block: i64, data: &[u8]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&block.to_le_bytes());
    hasher.update(data);
    i64::from(hasher.finalize())
}

impl SqliteStorage {
    /// Returns the summaries of the next blocks that lie within a range of indexes.
    pub(super) async fn read_summaries(
        &self,
        array: Array,
        extent: &Extent,
        indexes: Range<u64>,
    ) -> Result<Vec<Summarised>, ReadError> {
        let range = extent.places(&indexes);
        let mut rows = sqlx::query(concat!(
            "SELECT ",
            header_columns!(),
            ", summary, seal, (SELECT corrections ",
            of_array!(),
            ") AS corrections FROM summary CROSS JOIN block USING (stream_id, substream, end_index)
             WHERE stream_id = ?1 AND substream = ?2 AND end_index > ?3 AND end_index <= ?4
             ORDER BY end_index LIMIT ?5",
        ))
        .bind(array.stream)
        .bind(array.downlink)
        .bind(range.start.cast_signed())
        .bind(range.end.cast_signed())
        .bind(MAX_SUMMARIES as i64)
        .fetch(&self.readers);
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            check_corrections(&row, extent)?;
            let block = StoredBlock::from_row(array, &row)?;
            let data: &[u8] = row.try_get("summary")?;
            let (checksum, sealed): (Option<i64>, i64) =
                (row.try_get("checksum")?, row.try_get("seal")?);
            // The block is read instead of a summary that is not its own.
            let summary = checksum
                .filter(|checksum| seal(*checksum, data) == sealed)
                .filter(|_| block.range.start >= range.start)
                .and_then(|_| BlockSummary::decode(data, extent.indexes(&block.range).start).ok())
                .filter(|it| it.summary.count == block.range.end - block.range.start);
            if let Some(BlockSummary { summary, first_t, slices }) = summary {
                let (range, last_t) = (extent.indexes(&block.range), block.last_t);
                bytes += data.len();
                found.push(Summarised { range, first_t, last_t, summary, slices });
            }
            if bytes >= MAX_BYTES {
                break;
            }
        }
        Ok(found)
    }
}
