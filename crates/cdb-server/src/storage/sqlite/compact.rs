//! The last blocks of arrays, and merging those that are small: streams are written datapoint by
//! datapoint, and read thousands at a time.

use std::ops::Range;

use futures_util::TryStreamExt;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::array_heads::{Blocks, MIN_BLOCK_POINTS};
use super::array_table;
use super::block_table::{BlockReadError, Row, StoredBlock, header_columns, insert_blocks};
use super::commit::CommitError;
use crate::storage::format::block::{BLOCK_BYTES, Block, BlockError};
use crate::storage::{Array, DamagedBlock, Extent};

/// The text of blocks that become one is not longer than this, in bytes. It is more than
/// [`Blocks::mergeable`] returns; the size of a compressed block of format 1 is not known before it
/// is read.
const MAX_MERGED_BYTES: usize = 4 * BLOCK_BYTES;

/// The end of the last block, as the index by time has it.
macro_rules! end_by_time {
    () => {
        "(SELECT end_index FROM block INDEXED BY block_by_time
          WHERE stream_id = ?1 AND substream = ?2 ORDER BY last_t DESC, end_index DESC LIMIT 1)"
    };
}

/// Merges the blocks at the end of an array as long as there are enough of them, within a
/// transaction. Blocks that are damaged are left as they are.
pub(super) async fn merge_small(
    connection: &mut SqliteConnection,
    array: Array,
    blocks: &mut Blocks,
) -> Result<(), CommitError> {
    while let Some(run) = blocks.mergeable()
        && let Some(first) = run.first().map(|block| block.first)
    {
        let count = run.iter().map(|block| block.count).sum();
        let text = match read_text(connection, array, first..blocks.extent.end).await {
            Ok(Some(text)) => text,
            Ok(None) => {
                blocks.forget_small();
                break;
            }
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "small blocks are not merged");
                blocks.forget_small();
                break;
            }
            Err(error) => return Err(error.into()),
        };
        sqlx::query("DELETE FROM block WHERE stream_id = ? AND substream = ? AND end_index > ?")
            .bind(array.stream)
            .bind(array.downlink)
            .bind(first.cast_signed())
            .execute(&mut *connection)
            .await?;
        let block = Block::of(&text, count, blocks.last_t);
        blocks.merged(first, &block);
        insert_blocks(connection, vec![Row::new(array, first, block)]).await?;
    }
    Ok(())
}

/// Reads the datapoints of whole blocks at the end of an array, as the text of a JSON array, or `None`
/// if it is too long for one block.
async fn read_text(
    connection: &mut SqliteConnection,
    array: Array,
    range: Range<u64>,
) -> Result<Option<Vec<u8>>, BlockReadError> {
    let mut rows = sqlx::query(concat!(
        "SELECT ",
        header_columns!(),
        ", data FROM block
         WHERE stream_id = ? AND substream = ? AND end_index > ? ORDER BY end_index",
    ))
    .bind(array.stream)
    .bind(array.downlink)
    .bind(range.start.cast_signed())
    .fetch(connection);
    let mut text = Vec::new();
    let mut next = range.start;
    while let Some(row) = rows.try_next().await? {
        let block = StoredBlock::from_row(array, &row)?;
        if block.range.start != next {
            return Err(
                DamagedBlock::new(array, next..block.range.start, BlockError::Missing).into()
            );
        }
        next = block.range.end;
        let data: &[u8] = row.try_get("data")?;
        if text.len() + block.text_bytes > MAX_MERGED_BYTES {
            return Ok(None);
        }
        block.decode_onto(&mut text, b',', data)?;
    }
    if next != range.end || text.len() > MAX_MERGED_BYTES {
        return Ok(None);
    }
    if let Some(first) = text.first_mut() {
        *first = b'[';
    }
    text.push(b']');
    Ok(Some(text))
}

/// Reads how far an array goes in blocks, and its last blocks without their data.
pub(super) async fn read_blocks(
    connection: &mut SqliteConnection,
    array: Array,
) -> Result<Blocks, BlockReadError> {
    read_last(connection, array, 2 * MIN_BLOCK_POINTS as i64).await
}

/// Reads how far an array goes in blocks.
pub(super) async fn read_end(
    connection: &mut SqliteConnection,
    array: Array,
) -> Result<Blocks, BlockReadError> {
    read_last(connection, array, 1).await
}

/// Reads the last blocks of an array without their data.
///
/// Both indexes must agree on where the last block ends, so that a damaged one does not make the
/// array shorter.
async fn read_last(
    connection: &mut SqliteConnection,
    array: Array,
    count: i64,
) -> Result<Blocks, BlockReadError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        header_columns!(),
        ", ",
        end_by_time!(),
        " AS end_by_time FROM block INDEXED BY block_header
         WHERE stream_id = ?1 AND substream = ?2 ORDER BY end_index DESC LIMIT ?3",
    ))
    .bind(array.stream)
    .bind(array.downlink)
    .bind(count)
    .fetch_all(&mut *connection)
    .await?;
    let missing = |range| DamagedBlock::new(array, range, BlockError::Missing);
    let mut blocks = Blocks::within(array_table::read(connection, array).await?);
    let mut next = None;
    for row in rows.iter().rev() {
        let block = StoredBlock::from_row(array, row)?;
        if let Some(next) = next.filter(|next| *next != block.range.start) {
            return Err(missing(next..block.range.start).into());
        }
        next = Some(block.range.end);
        blocks.extent.end = block.range.start;
        blocks.note(block.count(), block.text_bytes, block.last_t);
    }
    let by_time: Option<i64> = match rows.first() {
        Some(row) => row.try_get("end_by_time")?,
        None => {
            let query = sqlx::query_scalar(concat!("SELECT ", end_by_time!()));
            query.bind(array.stream).bind(array.downlink).fetch_one(connection).await?
        }
    };
    let Extent { first, end, .. } = blocks.extent;
    let by_time = by_time.map_or(first, i64::cast_unsigned);
    if by_time != end || first > end {
        let range = end.min(by_time)..end.max(by_time);
        return Err(missing(range).into());
    }
    Ok(blocks)
}
