//! Moves blocks of an array, with their summaries, to other places.

use std::ops::Range;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::block_table::{BlockReadError, StoredBlock, header_columns};
use super::summaries;
use crate::storage::Array;

/// How many blocks are moved by one statement.
const AT_A_TIME: usize = 500;

/// A summary that is to be written at another place.
struct Summary {
    end: u64,
    data: Vec<u8>,
    seal: i64,
}

/// Moves whole blocks, within a transaction. `by` is how many places they are moved up; those where they
/// come to be must be free.
///
/// Only the headers of blocks are read, since their checksums say of themselves what the data's are. Of long
/// data SQLite writes only what differs, which is nothing.
pub(super) async fn move_blocks(
    connection: &mut SqliteConnection,
    array: Array,
    places: Range<u64>,
    by: i64,
) -> Result<(), BlockReadError> {
    if by == 0 || places.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query(concat!(
        "SELECT block.rowid, ",
        header_columns!(),
        ", summary, seal FROM block INDEXED BY block_header
         LEFT JOIN summary USING (stream_id, substream, end_index)
         WHERE stream_id = ? AND substream = ? AND end_index > ? AND end_index <= ?
         ORDER BY end_index",
    ))
    .bind(array.stream)
    .bind(array.downlink)
    .bind(places.start.cast_signed())
    .bind(places.end.cast_signed())
    .fetch_all(&mut *connection)
    .await?;
    let (mut moved, mut sealed) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let block = StoredBlock::from_row(array, &row)?;
        let first = block.range.start.saturating_add_signed(by);
        let checksum = block.checksum_at(first);
        moved.push((row.try_get::<i64, _>("rowid")?, checksum));
        let (summary, seal): (Option<Vec<u8>>, Option<i64>) =
            (row.try_get("summary")?, row.try_get("seal")?);
        let before: Option<i64> = row.try_get("checksum")?;
        // What was not that of its block is left behind.
        if let (Some(data), Some(seal), Some(before), Some(after)) =
            (summary, seal, before, checksum)
            && summaries::seal(before, &data) == seal
        {
            let (end, seal) =
                (block.range.end.saturating_add_signed(by), summaries::seal(after, &data));
            sealed.push(Summary { end, data, seal });
        }
    }
    for blocks in moved.chunks(AT_A_TIME) {
        let blocks = serde_json::to_string(blocks).unwrap_or_default();
        sqlx::query(
            "UPDATE block SET first_index = first_index + ?2, end_index = end_index + ?2,
                              checksum = moved.value ->> 1
             FROM json_each(?1) AS moved WHERE block.rowid = moved.value ->> 0",
        )
        .bind(blocks)
        .bind(by)
        .execute(&mut *connection)
        .await?;
    }
    // All at first, since each is where another one comes to be.
    summaries::delete(connection, array, &places).await?;
    for summaries in sealed.chunks(AT_A_TIME) {
        let mut statement = QueryBuilder::<Sqlite>::new(
            "INSERT INTO summary (stream_id, substream, end_index, summary, seal) ",
        );
        statement.push_values(summaries, |mut values, Summary { end, data, seal }| {
            values
                .push_bind(array.stream)
                .push_bind(array.downlink)
                .push_bind(end.cast_signed())
                .push_bind(data)
                .push_bind(*seal);
        });
        statement.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}
