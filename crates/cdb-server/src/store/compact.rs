//! Merging small blocks: streams are written datapoint by datapoint and read thousands at a time.

use std::collections::HashMap;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row as _};

use super::Array;
use super::block::{Block, decode};
use super::commit::{CommitError, Row, insert_rows};
use super::writer::{Tail, Writer};

/// Merges the blocks at the ends of these arrays where there are enough of them, in one commit.
pub(super) async fn merge_small_blocks(
    writer: &mut Writer,
    arrays: &[Array],
) -> Result<(), CommitError> {
    let mut tails = HashMap::new();
    for &array in arrays {
        let tail = writer.tail(array).await?;
        if tail.mergeable().is_some() {
            tails.insert(array, tail);
        }
    }
    if tails.is_empty() {
        return Ok(());
    }
    let mut transaction = writer.connection()?.begin().await?;
    for (array, tail) in &mut tails {
        while merge_run(&mut transaction, *array, tail).await? {}
    }
    transaction.commit().await?;
    writer.remember(tails);
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
    let texts = take(connection, array, first_index).await?;
    let block = Block::joined(&texts, count, tail.last_t)?;
    let bytes = block.data.len();
    insert_rows(connection, &[Row { array, first_index, block }]).await?;
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
    rows.iter()
        .map(|row| Ok(decode(row.try_get("encoding")?, row.try_get("data")?)?.into_owned()))
        .collect()
}
