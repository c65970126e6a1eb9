//! The last blocks of arrays, and merging those of them that are small: streams are written datapoint by datapoint and read thousands at a time.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::array_heads::{Blocks, MIN_BLOCK_POINTS};
use super::commit::{CommitError, Row, insert_blocks};
use crate::storage::Array;
use crate::storage::format::block::{Block, decode};

/// Merges the blocks at the end of an array as long as there are enough of them, within a
/// transaction.
pub(super) async fn merge_small(
    connection: &mut SqliteConnection,
    array: Array,
    blocks: &mut Blocks,
) -> Result<(), CommitError> {
    while let Some(run) = blocks.mergeable()
        && let Some(first_index) = run.first().map(|block| block.first_index)
    {
        let count = run.iter().map(|block| block.count).sum();
        let texts = take(connection, array, first_index).await?;
        let block = Block::joined(&texts, count, blocks.last_t)?;
        blocks.merged(first_index, &block);
        insert_blocks(connection, &[Row { array, first_index, block }]).await?;
    }
    Ok(())
}

/// Removes the blocks from an index on, and gives their texts in order.
async fn take(
    connection: &mut SqliteConnection,
    array: Array,
    first_index: u64,
) -> Result<Vec<Vec<u8>>, CommitError> {
    let rows = sqlx::query(
        "SELECT encoding, data FROM block
         WHERE stream_id = ? AND substream = ? AND end_index > ? ORDER BY end_index",
    )
    .bind(array.stream)
    .bind(array.downlink)
    .bind(first_index.cast_signed())
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM block WHERE stream_id = ? AND substream = ? AND end_index > ?")
        .bind(array.stream)
        .bind(array.downlink)
        .bind(first_index.cast_signed())
        .execute(connection)
        .await?;
    rows.iter()
        .map(|row| Ok(decode(row.try_get("encoding")?, row.try_get("data")?)?.into_owned()))
        .collect()
}

/// Reads how far an array goes in blocks.
pub(super) async fn read_blocks(
    connection: &mut SqliteConnection,
    array: Array,
) -> Result<Blocks, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT first_index, end_index, last_t, length(data) AS bytes FROM block
         WHERE stream_id = ? AND substream = ? ORDER BY end_index DESC LIMIT ?",
    )
    .bind(array.stream)
    .bind(array.downlink)
    .bind(2 * MIN_BLOCK_POINTS as i64)
    .fetch_all(connection)
    .await?;
    let mut blocks = Blocks::default();
    for row in rows.iter().rev() {
        let (first, end): (i64, i64) = (row.try_get("first_index")?, row.try_get("end_index")?);
        let bytes: i64 = row.try_get("bytes")?;
        blocks.length = first.unsigned_abs();
        let count = usize::try_from(end - first).unwrap_or_default();
        blocks.note(count, usize::try_from(bytes).unwrap_or_default(), row.try_get("last_t")?);
    }
    Ok(blocks)
}
