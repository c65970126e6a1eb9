//! The rows of the table `block`, each of which is checked when it is read.

use std::ops::Range;

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::summaries;
use crate::storage::format::block::{Block, BlockError, Encoding, StoredData};
use crate::storage::format::checksum::Header;
use crate::storage::format::points::Points;
use crate::storage::format::summary::BlockSummary;
use crate::storage::{Array, DamagedBlock, Page};

/// The number of blocks that one statement writes, well below SQLite's limit of bound values.
const ROWS_PER_STATEMENT: usize = 1000;

/// The columns that [`StoredBlock::from_row`] needs.
macro_rules! header_columns {
    () => {
        "first_index, end_index, last_t, encoding, text_bytes, checksum, \
         coalesce(text_bytes, length(data)) AS size"
    };
}
pub(super) use header_columns;

/// A block that is to be written, with its place.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) array: Array,
    pub(super) first_index: u64,
    pub(super) block: Block,
    /// Whether the data is what is left of datapoints that cannot be read any more. The row keeps
    /// their place, and reading it is an error.
    pub(super) is_damaged: bool,
}

impl Row {
    pub(super) fn new(array: Array, first_index: u64, block: Block) -> Self {
        Self { array, first_index, block, is_damaged: false }
    }

    fn header(&self) -> Header {
        Header {
            stream: self.array.stream,
            downlink: self.array.downlink,
            range: self.first_index..self.first_index + self.block.count as u64,
            last_t: self.block.last_t,
            encoding: self.block.encoding as i64,
            text_bytes: self.block.text_bytes as u64,
        }
    }
}

/// Why a block was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlockReadError {
    #[error(transparent)]
    Damaged(#[from] DamagedBlock),
    #[error(transparent)]
    Sqlite(#[from] sqlx::Error),
}

impl BlockReadError {
    /// Returns whether the file is damaged, rather than that it cannot be read at the moment.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            // The lower byte of SQLite's result code is its kind: SQLITE_CORRUPT.
            Self::Sqlite(sqlx::Error::Database(error)) => error
                .code()
                .and_then(|code| code.parse::<i32>().ok())
                .is_some_and(|code| code & 0xff == 11),
            Self::Sqlite(_) => false,
        }
    }
}

/// A block as it is in the file.
#[derive(Debug)]
pub(super) struct StoredBlock {
    array: Array,
    /// The places of its datapoints.
    pub(super) range: Range<u64>,
    pub(super) last_t: f64,
    /// The length of the text, in bytes. Of blocks of format 1 it is that of the data.
    pub(super) text_bytes: usize,
    encoding: i64,
    /// What was written, of which the checksum is checked. `None` in blocks of format 1.
    checked: Option<(Header, i64)>,
}

impl StoredBlock {
    /// Reads a row and checks it, apart from its data.
    pub(super) fn from_row(array: Array, row: &SqliteRow) -> Result<Self, BlockReadError> {
        let index = |column| row.try_get(column).map(i64::cast_unsigned);
        let range = index("first_index")?..index("end_index")?;
        let (last_t, encoding) = (row.try_get("last_t")?, row.try_get("encoding")?);
        let damaged = |problem| DamagedBlock::new(array, range.clone(), problem);
        let checksum: Option<i64> = row.try_get("checksum")?;
        let checked = match checksum {
            None if range.is_empty() => return Err(damaged(BlockError::Header).into()),
            None => None,
            Some(checksum) => {
                let header = Header {
                    stream: array.stream,
                    downlink: array.downlink,
                    range: range.clone(),
                    last_t,
                    encoding,
                    text_bytes: row
                        .try_get::<Option<i64>, _>("text_bytes")?
                        .unwrap_or_default()
                        .cast_unsigned(),
                };
                header.check(checksum).map_err(damaged)?;
                Some((header, checksum))
            }
        };
        let text_bytes = usize::try_from(row.try_get::<i64, _>("size")?).unwrap_or(usize::MAX);
        Ok(Self { array, range, last_t, text_bytes, encoding, checked })
    }

    /// Returns the checksum of the same block elsewhere, whose first datapoint is at a place. `None` if it has
    /// none, in format 1.
    pub(super) fn checksum_at(&self, first: u64) -> Option<i64> {
        let (header, checksum) = self.checked.as_ref()?;
        let range = first..first + (self.range.end - self.range.start);
        let moved = Header { range, ..header.clone() };
        Some(moved.checksum_of_same_data(*checksum))
    }

    /// Returns which of the datapoints are at these places, counted from the first one.
    pub(super) fn rows_of(&self, places: &Range<u64>) -> Range<usize> {
        let row = |place: u64| usize::try_from(place - self.range.start).unwrap_or(usize::MAX);
        row(places.start)..row(places.end.min(self.range.end))
    }

    /// Returns the number of datapoints.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX)
    }

    /// Checks the data, and adds the text of the datapoints to `text`, after a separator.
    pub(super) fn decode_onto(
        &self,
        text: &mut Vec<u8>,
        separator: u8,
        data: &[u8],
    ) -> Result<(), DamagedBlock> {
        self.with(data, |stored| stored.decode_onto(text, separator))
    }

    /// The same for some of the datapoints.
    pub(super) fn decode_rows_onto(
        &self,
        text: &mut Vec<u8>,
        separator: u8,
        rows: Range<usize>,
        data: &[u8],
    ) -> Result<(), DamagedBlock> {
        self.with(data, |stored| stored.decode_rows_onto(text, separator, rows))
    }

    /// Checks the data, and returns the text of the last datapoint.
    pub(super) fn last(&self, data: &[u8]) -> Result<Vec<u8>, DamagedBlock> {
        self.with(data, |stored| stored.last())
    }

    /// Checks the data, and returns how many datapoints are not later than `t`.
    pub(super) fn count_until(&self, t: f64, data: &[u8]) -> Result<usize, DamagedBlock> {
        self.with(data, |stored| stored.count_until(t))
    }

    /// Checks the data, and returns some of the datapoints for a script.
    pub(super) fn page(&self, rows: Range<usize>, data: &[u8]) -> Result<Page, DamagedBlock> {
        self.with(data, |stored| stored.page(rows))
    }

    /// Checks the data, and returns all datapoints.
    pub(super) fn points(&self, data: &[u8]) -> Result<Points, DamagedBlock> {
        self.with(data, |stored| stored.points())
    }

    /// Checks the data, and returns what all datapoints come to.
    pub(super) fn summary(&self, data: &[u8]) -> Result<BlockSummary, DamagedBlock> {
        self.with(data, |stored| BlockSummary::of(stored, self.range.start))
    }

    /// Returns whether columns were made of the block, or cannot be made.
    pub(super) fn is_finished(&self) -> bool {
        self.encoding > Encoding::Lz4 as i64
    }

    /// Checks the data, and makes columns of it; see [`StoredData::finished`]. Returns the block as it
    /// is to be written, and its summary.
    pub(super) fn finished(
        &self,
        data: &[u8],
    ) -> Result<Option<(Row, BlockSummary)>, DamagedBlock> {
        self.with(data, |stored| {
            let Some(block) = stored.finished(self.last_t)? else { return Ok(None) };
            let summary = BlockSummary::of(block.stored(), self.range.start)?;
            Ok(Some((Row::new(self.array, self.range.start, block), summary)))
        })
    }

    /// Returns the length of columns that save enough.
    pub(super) fn max_columns(&self, data: &[u8]) -> Result<usize, DamagedBlock> {
        self.with(data, |stored| Ok(stored.max_columns()))
    }

    /// Checks the data before it is used.
    fn with<T>(
        &self,
        data: &[u8],
        read: impl FnOnce(StoredData<'_>) -> Result<T, BlockError>,
    ) -> Result<T, DamagedBlock> {
        let (count, text_bytes) = (self.count(), self.text_bytes);
        let stored = StoredData { count, text_bytes, encoding: self.encoding, data };
        self.check(stored).and_then(|()| read(stored)).map_err(|problem| self.damaged(problem))
    }

    /// Checks the data. In a block without a checksum, every datapoint is read for that.
    fn check(&self, stored: StoredData<'_>) -> Result<(), BlockError> {
        match &self.checked {
            Some((header, checksum)) => header.check_all(*checksum, stored.data),
            None => {
                // Format 1 has only these.
                if stored.encoding > Encoding::Lz4 as i64 {
                    return Err(BlockError::Encoding(stored.encoding));
                }
                let points = stored.points()?;
                let is_right = points.last_t().to_bits() == self.last_t.to_bits();
                if is_right { Ok(()) } else { Err(BlockError::Content) }
            }
        }
    }

    pub(super) fn damaged(&self, problem: BlockError) -> DamagedBlock {
        DamagedBlock::new(self.array, self.range.clone(), problem)
    }
}

/// A block that another one replaces.
#[derive(Debug)]
pub(super) struct Replaced {
    pub(super) id: i64,
    pub(super) checksum: Option<i64>,
    pub(super) range: Range<u64>,
}

/// Replaces blocks by one that has their datapoints, and writes its summary, within a transaction. If one of
/// them is not the same any more, nothing is done.
pub(super) async fn replace_blocks(
    connection: &mut SqliteConnection,
    replaced: &[Replaced],
    row: Row,
    summary: &BlockSummary,
) -> Result<(), sqlx::Error> {
    let array = row.array;
    for Replaced { id, checksum, range } in replaced {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM block WHERE rowid = ? AND checksum IS ? AND stream_id = ?
                 AND substream = ? AND first_index = ? AND end_index = ?",
        )
        .bind(id)
        .bind(checksum)
        .bind(array.stream)
        .bind(array.downlink)
        .bind(range.start.cast_signed())
        .bind(range.end.cast_signed())
        .fetch_one(&mut *connection)
        .await?;
        if count == 0 {
            return Ok(());
        }
    }
    // Columns are a tenth as long as their text. Where that was, each would leave most of its page empty; as
    // new rows, several share one.
    for Replaced { id, range, .. } in replaced {
        let delete = sqlx::query("DELETE FROM block WHERE rowid = ?");
        delete.bind(id).execute(&mut *connection).await?;
        summaries::delete(connection, array, range).await?;
    }
    let header = row.header();
    let (checksum, bytes) = (header.checksum(&row.block.data), row.block.data.len());
    insert_blocks(connection, vec![row]).await?;
    summaries::write(connection, array, &header.range, checksum, bytes, summary).await
}

/// Deletes the blocks at some places, with their summaries, within a transaction.
pub(super) async fn delete_blocks(
    connection: &mut SqliteConnection,
    array: Array,
    places: &Range<u64>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM block
         WHERE stream_id = ? AND substream = ? AND end_index > ? AND end_index <= ?",
    )
    .bind(array.stream)
    .bind(array.downlink)
    .bind(places.start.cast_signed())
    .bind(places.end.cast_signed())
    .execute(&mut *connection)
    .await?;
    summaries::delete(connection, array, places).await
}

/// Writes blocks, within a transaction.
pub(super) async fn insert_blocks(
    connection: &mut SqliteConnection,
    mut rows: Vec<Row>,
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks_mut(ROWS_PER_STATEMENT) {
        let mut statement = QueryBuilder::<Sqlite>::new(
            "INSERT INTO block (stream_id, substream, first_index, end_index, last_t, encoding, \
             data, text_bytes, checksum) ",
        );
        statement.push_values(rows.iter_mut(), |mut values, row| {
            // A copy of what may be large would only cost memory.
            let (header, data) = (row.header(), std::mem::take(&mut row.block.data));
            let checksum = match row.is_damaged {
                false => header.checksum(&data),
                true => header.checksum_of_damaged(&data),
            };
            values
                .push_bind(header.stream)
                .push_bind(header.downlink)
                .push_bind(header.range.start.cast_signed())
                .push_bind(header.range.end.cast_signed())
                .push_bind(header.last_t)
                .push_bind(header.encoding)
                .push_bind(data)
                .push_bind(header.text_bytes.cast_signed())
                .push_bind(checksum);
        });
        // Statements of many rows come in too many lengths to be worth keeping.
        statement.build().persistent(rows.len() <= 4).execute(&mut *connection).await?;
    }
    Ok(())
}
