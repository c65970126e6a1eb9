//! The last datapoints of many arrays.

use futures_util::TryStreamExt;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::SqliteStorage;
use super::array_heads::KnownNewest;
use super::array_table;
use super::block_table::{BlockReadError, StoredBlock, header_columns};
use crate::storage::{Array, Extent, Last, Latest, ReadError};

/// A longer datapoint is not read here, since thousands may be asked for, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// The last datapoint of a block with a longer text is not read here, in bytes.
const MAX_BLOCK_BYTES: i64 = 512 * 1024;

impl SqliteStorage {
    /// Returns the lengths and the last datapoints of arrays, one for each.
    pub(super) async fn read_latest(&self, arrays: &[Array]) -> Result<Vec<Latest>, ReadError> {
        let mut all = Vec::with_capacity(arrays.len());
        // The places of those that must be looked for in the file, as JSON.
        let mut wanted = Vec::new();
        for (place, known) in self.heads.newest(arrays, MAX_BYTES).into_iter().enumerate() {
            let (extent, last) = match known {
                KnownNewest::Here { extent, text } => (extent, Last::Text(text)),
                KnownNewest::Long { extent } => (extent, Last::Long),
                KnownNewest::InBlocks => {
                    let Array { stream, downlink } = arrays[place];
                    wanted.push((place, stream, u8::from(downlink)));
                    (Extent::default(), Last::None)
                }
            };
            all.push(Latest { extent, last });
        }
        if wanted.is_empty() {
            return Ok(all);
        }
        let wanted = serde_json::to_string(&wanted).unwrap_or_default();
        let mut rows = sqlx::query(concat!(
            "SELECT wanted.value ->> 0 AS place, ",
            header_columns!(),
            ", array.first, corrections, shift, array.seal,
                CASE WHEN coalesce(text_bytes, length(data)) <= ?2 THEN data END AS data
             FROM json_each(?1) AS wanted CROSS JOIN block ON block.rowid = (
                 SELECT rowid FROM block AS last INDEXED BY block_header
                 WHERE last.stream_id = wanted.value ->> 1 AND last.substream = wanted.value ->> 2
                 ORDER BY last.end_index DESC LIMIT 1
             ) LEFT JOIN array USING (stream_id, substream)",
        ))
        .bind(wanted)
        .bind(MAX_BLOCK_BYTES)
        .fetch(&self.readers);
        while let Some(row) = rows.try_next().await? {
            let place = usize::try_from(row.try_get::<i64, _>("place")?).unwrap_or(usize::MAX);
            let Some((array, latest)) = arrays.get(place).zip(all.get_mut(place)) else { continue };
            match last_of(*array, &row) {
                Ok(read) => *latest = read,
                // The other arrays can be read.
                Err(BlockReadError::Damaged(damage)) => latest.last = Last::Damaged(damage),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(all)
    }
}

/// Reads the last datapoint of the last block of an array.
fn last_of(array: Array, row: &SqliteRow) -> Result<Latest, BlockReadError> {
    let block = StoredBlock::from_row(array, row)?;
    let extent = Extent { end: block.range.end, ..array_table::from_row(array, row)? };
    let Some(data) = row.try_get::<Option<&[u8]>, _>("data")? else {
        return Ok(Latest { extent, last: Last::Long });
    };
    let last = match block.last(data) {
        Ok(text) if text.len() > MAX_BYTES => Last::Long,
        Ok(text) => Last::Text(text),
        Err(damage) => Last::Damaged(damage.with_indexes(extent.first)),
    };
    Ok(Latest { extent, last })
}
