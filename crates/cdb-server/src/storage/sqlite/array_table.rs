//! The rows of the table `array`: where arrays begin of which datapoints were deleted or replaced.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::block_table::BlockReadError;
use crate::storage::format::block::BlockError;
use crate::storage::{Array, DamagedBlock, Extent};

/// The condition for the row of the array of the first two parameters.
macro_rules! of_array {
    () => {
        "FROM array WHERE stream_id = ?1 AND substream = ?2"
    };
}
pub(super) use of_array;

/// Returns where an array begins. Its end is not known here: the extent has none.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    array: Array,
) -> Result<Extent, BlockReadError> {
    let row = sqlx::query(concat!("SELECT first, corrections, shift, seal ", of_array!()))
        .bind(array.stream)
        .bind(array.downlink)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map_or_else(|| Ok(Extent::default()), |row| from_row(array, row))
}

/// Returns where an array begins that ends at a place, as far as its row can be read.
pub(super) async fn read_undamaged(
    connection: &mut SqliteConnection,
    array: Array,
    end: u64,
) -> Result<Extent, sqlx::Error> {
    match read(connection, array).await {
        Ok(extent) => Ok(Extent { first: extent.first.min(end), end, ..extent }),
        Err(BlockReadError::Damaged(error)) => {
            tracing::error!(%error, "it is not known where a stream begins");
            Ok(Extent { first: end, end, ..Extent::default() })
        }
        Err(BlockReadError::Sqlite(error)) => Err(error),
    }
}

/// Returns where an array begins, by a row with these columns, which may be NULL.
pub(super) fn from_row(array: Array, row: &SqliteRow) -> Result<Extent, BlockReadError> {
    let Some(sealed) = row.try_get::<Option<i64>, _>("seal")? else { return Ok(Extent::default()) };
    let number = |column| row.try_get::<Option<i64>, _>(column).map(Option::unwrap_or_default);
    let first = number("first")?.cast_unsigned();
    let (corrections, shift) = (number("corrections")?.cast_unsigned(), number("shift")?);
    let extent = Extent { first, end: first, corrections, shift };
    if seal(array, &extent) == sealed {
        return Ok(extent);
    }
    Err(DamagedBlock::new(array, first..first, BlockError::Header).into())
}

/// The checksum of a row.
fn seal(array: Array, extent: &Extent) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&array.stream.to_le_bytes());
    hasher.update(&[u8::from(array.downlink)]);
    hasher.update(&extent.first.to_le_bytes());
    hasher.update(&extent.corrections.to_le_bytes());
    hasher.update(&extent.shift.to_le_bytes());
    i64::from(hasher.finalize())
}

/// Writes where an array begins, within a transaction.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    array: Array,
    extent: &Extent,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO array (stream_id, substream, first, corrections, shift, seal)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(array.stream)
    .bind(array.downlink)
    .bind(extent.first.cast_signed())
    .bind(extent.corrections.cast_signed())
    .bind(extent.shift)
    .bind(seal(array, extent))
    .execute(connection)
    .await
    .map(drop)
}

/// Deletes the row of an array that begins anew, within a transaction.
pub(super) async fn clear(
    connection: &mut SqliteConnection,
    array: Array,
) -> Result<(), sqlx::Error> {
    sqlx::query(concat!("DELETE ", of_array!()))
        .bind(array.stream)
        .bind(array.downlink)
        .execute(connection)
        .await
        .map(drop)
}
