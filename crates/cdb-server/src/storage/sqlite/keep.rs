//! Deletes datapoints that are not to be kept any longer: whole blocks, with the commits that add others.

use cdb_types::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::array_table;
use super::block_table::delete_blocks;
use super::commit::CommitError;
use crate::storage::{Array, Extent};

/// How many blocks of an array are deleted at once: inserts wait for it.
const MAX_BLOCKS: i64 = 64;

/// An array whose first blocks are to be deleted.
pub(super) struct Expired {
    pub(super) array: Array,
    /// The place of the first datapoint that is kept.
    pub(super) first: u64,
}

/// Returns which of some arrays have blocks to delete. The last block of an array stays: its time is the one
/// that later datapoints must not be before.
pub(super) async fn expired(
    connection: &mut SqliteConnection,
    arrays: &[Array],
) -> Result<Vec<Expired>, CommitError> {
    let ids: Vec<_> = arrays.iter().map(|array| (array.stream, u8::from(array.downlink))).collect();
    let rows = sqlx::query(
        "SELECT stream_id, substream, (
             SELECT max(end_index) FROM (
                 SELECT end_index FROM block INDEXED BY block_by_time
                 WHERE stream_id = kept.stream_id AND substream = kept.substream
                     AND last_t < ?2 - keep
                     AND end_index < (SELECT max(end_index) FROM block INDEXED BY block_header
                                      WHERE stream_id = kept.stream_id AND substream = kept.substream)
                 ORDER BY last_t, end_index LIMIT ?3
             )
         ) AS first
         FROM (
             SELECT stream.id AS stream_id, wanted.value ->> 1 AS substream, keep
             FROM stream JOIN json_each(?1) AS wanted ON wanted.value ->> 0 = stream.id WHERE keep > 0
             GROUP BY 1, 2
         ) AS kept",
    )
    .bind(serde_json::to_string(&ids).unwrap_or_default())
    .bind(Timestamp::now().as_secs_f64())
    .bind(MAX_BLOCKS)
    .fetch_all(connection)
    .await?;
    let mut expired = Vec::new();
    for row in rows {
        let array =
            Array { stream: row.try_get("stream_id")?, downlink: row.try_get("substream")? };
        if let Some(first) = row.try_get::<Option<i64>, _>("first")? {
            expired.push(Expired { array, first: first.cast_unsigned() });
        }
    }
    Ok(expired)
}

/// Deletes the blocks of an array before its first place, within a transaction.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    array: Array,
    extent: &Extent,
) -> Result<(), CommitError> {
    delete_blocks(connection, array, &(0..extent.first)).await?;
    Ok(array_table::write(connection, array, extent).await?)
}
