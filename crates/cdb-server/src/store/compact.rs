//! Merging small blocks: streams are written datapoint by datapoint and read thousands at a time.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row as _};

use super::Array;
use super::block::{Block, decode};
use super::commit::{CommitError, Row, insert_rows};
use super::writer::{Tail, Writer};

/// Merges the blocks at the ends of these arrays where there are enough of them.
pub(super) async fn merge_small_blocks(
    writer: &mut Writer,
    arrays: &[Array],
) -> Result<(), CommitError> {
    for &array in arrays {
        let mut tail = writer.tail(array).await?;
        while merge_run(writer.connection()?, array, &mut tail).await? {
            writer.remember([(array, tail.clone())].into());
        }
    }
    Ok(())
}

/// Makes one block of a run of small ones, if there is such a run.
async fn merge_run(
    connection: &mut SqliteConnection,
    array: Array,
    tail: &mut Tail,
) -> Result<bool, CommitError> {
    let Some((first, run)) = tail.mergeable().and_then(|run| Some((run.first()?, run))) else {
        return Ok(false);
    };
    let first_index = first.first_index;
    let count = run.iter().map(|block| block.count).sum();
    let mut transaction = connection.begin().await?;
    let texts = take(&mut transaction, array, first_index).await?;
    let block = Block::joined(&texts, count, tail.last_t)?;
    let bytes = block.data.len();
    insert_rows(&mut transaction, &[Row { array, first_index, block }]).await?;
    transaction.commit().await?;
    tail.merged(first_index, count, bytes);
    Ok(true)
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
    rows.into_iter()
        .map(|row| Ok(decode(row.try_get("encoding")?, row.try_get("data")?)?))
        .collect()
}
