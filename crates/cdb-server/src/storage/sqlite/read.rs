//! Reading ranges of an array, block by block.

mod pages;

use std::collections::VecDeque;
use std::ops::Range;

use futures_util::TryStreamExt;
use prometheus_client::metrics::counter::Counter;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Row as _, Sqlite};

use super::SqliteStorage;
use super::array_heads::{ArrayHeads, Found};
use super::array_table::{self, of_array};
use super::block_table::{BlockReadError, StoredBlock, header_columns};
use super::compact::read_end;
use super::moves::Moves;
use crate::storage::format::block::{BLOCK_BYTES, BlockError};
use crate::storage::{Array, DamagedBlock, Extent, ReadError};
use pages::Ahead;

/// The length of text that is read ahead of what is being sent, in bytes. At least one block is
/// read.
const PAGE_BYTES: usize = 512 * 1024;

/// The number of blocks that are read first, while their size is not known.
const FIRST_BLOCKS: usize = 2;

/// The number of blocks that are read at once.
const MAX_BLOCKS: usize = 64;

/// A block with a longer text is read alone, in bytes, unless it has columns, which are not longer than
/// [`MAX_TEXT_BYTES`](crate::storage::format::columns::MAX_TEXT_BYTES).
const LARGE_BYTES: usize = 2 * BLOCK_BYTES;

impl From<BlockReadError> for ReadError {
    fn from(error: BlockReadError) -> Self {
        match error {
            BlockReadError::Damaged(error) => error.into(),
            BlockReadError::Sqlite(error) => error.into(),
        }
    }
}

impl SqliteStorage {
    /// Returns where an array begins and ends.
    pub(crate) async fn array_extent(&self, array: Array) -> Result<Extent, ReadError> {
        extent(&self.readers, &self.heads, array).await
    }

    /// Returns the index of the first datapoint later than `t`, or the length if there is none.
    pub(crate) async fn array_index_after(
        &self,
        array: Array,
        extent: &Extent,
        t: f64,
    ) -> Result<u64, ReadError> {
        let place = self.place_after(array, extent, t).await?;
        Ok(place.saturating_sub(extent.first))
    }

    async fn place_after(&self, array: Array, extent: &Extent, t: f64) -> Result<u64, ReadError> {
        let recent = self.heads.place_after(array, extent.corrections, t);
        if let Found::Here(place) = recent {
            return Ok(place);
        }
        // One snapshot, so that a commit between two queries does not look like damage.
        let mut snapshot = self.readers.begin().await?;
        let corrections = array_table::read(&mut snapshot, array).await?.corrections;
        let found = find_after(&mut snapshot, array, t).await;
        snapshot.commit().await?;
        if corrections != extent.corrections {
            return Err(ReadError::Replaced);
        }
        let none = match recent {
            Found::Else(place) => place,
            // Appended since the extent was read, perhaps.
            _ => extent.end,
        };
        Ok(found?.unwrap_or(none))
    }

    /// Reads the datapoints of an array with these indexes, all of which must exist.
    pub(crate) fn read(&self, array: Array, extent: Extent, indexes: &Range<u64>) -> Reader {
        self.read_ranges(array, extent, vec![indexes.clone()])
    }

    /// Reads the datapoints of an array with the indexes of several ranges, in ascending order. Only
    /// [`next_page`](Reader::next_page) goes on from one range to the next.
    pub(super) fn read_ranges(
        &self,
        array: Array,
        extent: Extent,
        ranges: Vec<Range<u64>>,
    ) -> Reader {
        let (readers, heads, moves) =
            (self.readers.clone(), self.heads.clone(), self.moves.clone());
        let mut ranges: VecDeque<_> = ranges.iter().map(|range| extent.places(range)).collect();
        let range = ranges.pop_front().unwrap_or_default();
        Reader {
            readers,
            heads,
            moves,
            follows: false,
            array,
            extent,
            range,
            further: ranges,
            state: State::Start,
            page_bytes: PAGE_BYTES,
            page_blocks: FIRST_BLOCKS,
            ahead: VecDeque::new(),
            read: self.metrics.datapoints_read.clone(),
        }
    }
}

/// A range of an array that is being read. What is inserted meanwhile does not change it.
#[derive(Debug)]
pub(crate) struct Reader {
    readers: SqlitePool,
    heads: ArrayHeads,
    moves: Moves,
    /// Whether reading goes on after a correction.
    follows: bool,
    array: Array,
    /// As it was when the indexes were counted, or since then as corrections left it.
    extent: Extent,
    /// The places of what is still to be read of the first range.
    range: Range<u64>,
    /// The places of the other ranges.
    further: VecDeque<Range<u64>>,
    state: State,
    page_bytes: usize,
    /// The number of blocks that make a page, estimated from the last one.
    page_blocks: usize,
    /// What was read for a script, and not used yet.
    ahead: VecDeque<Ahead>,
    /// Counts what is read.
    read: Counter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Middle,
    End,
}

impl Reader {
    /// Returns the next piece of the datapoints' JSON array, or `None` after the last one.
    ///
    /// No transaction is open between two pieces, so that a slow reader does not delay others.
    pub(super) async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let separator = match self.state {
            State::Start => b'[',
            State::Middle => b',',
            State::End => return Ok(None),
        };
        let mut text = loop {
            // Corrections may leave nothing.
            if self.range.is_empty() {
                break vec![separator];
            }
            let start = self.range.start;
            match self.read_page(separator).await {
                Err(ReadError::Replaced) if self.range.start == start && self.follow().await? => {}
                text => break text?,
            }
        };
        self.state = State::Middle;
        if self.range.is_empty() {
            text.push(b']');
            self.state = State::End;
        }
        Ok(Some(text))
    }

    /// Makes the pieces small, for one of many ranges that are read at the same time.
    pub(crate) fn in_small_pieces(self) -> Self {
        Self { page_bytes: BLOCK_BYTES, page_blocks: 1, ..self }
    }

    pub(super) fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Returns the index of the next datapoint.
    pub(super) fn next_index(&self) -> u64 {
        self.range.start - self.extent.first
    }

    /// Returns whether the last piece has been read.
    pub(super) fn has_ended(&self) -> bool {
        self.state == State::End
    }

    /// Goes on to a place, after what was before it has been read.
    fn skip_to(&mut self, place: u64) {
        self.read.inc_by(place.saturating_sub(self.range.start));
        self.range.start = place;
    }

    /// Goes on from now on when a range is replaced, unless reading is in the midst of it, or is to end
    /// there. A range that was replaced is seen either as it was or as it is.
    pub(super) fn follow_corrections(&mut self) {
        self.follows = true;
    }

    /// Finds out where the datapoints have gone that are still to be read. Returns whether that is known.
    async fn follow(&mut self) -> Result<bool, ReadError> {
        if !self.follows || !self.further.is_empty() {
            return Ok(false);
        }
        let corrections = extent_of_blocks(&self.readers, self.array).await?.corrections;
        // What was not to be kept any longer is gone without a correction.
        if corrections == self.extent.corrections {
            return Ok(false);
        }
        let range = self.range.clone();
        let followed = self.moves.follow(self.array, self.extent, range, corrections);
        let Some((extent, range)) = followed else { return Ok(false) };
        (self.extent, self.range) = (extent, range);
        Ok(true)
    }

    /// Reads some datapoints. Their text follows the separator.
    async fn read_page(&mut self, separator: u8) -> Result<Vec<u8>, ReadError> {
        let mut text = Vec::new();
        // First in memory, then in the blocks: datapoints are in blocks before they leave memory.
        let (corrections, bytes) = (self.extent.corrections, self.page_bytes);
        match self.heads.read(self.array, corrections, &self.range, bytes, separator, &mut text) {
            Some(next) => {
                self.skip_to(next);
                Ok(text)
            }
            None => self.read_blocks(separator).await,
        }
    }

    /// Reads some blocks, at most one of which is large.
    async fn read_blocks(&mut self, mut separator: u8) -> Result<Vec<u8>, ReadError> {
        let mut rows =
            select_blocks(self.array, self.range.start, self.page_blocks).fetch(&self.readers);
        let mut text = Vec::new();
        let mut blocks = 0;
        while text.len() < self.page_bytes && !self.range.is_empty() {
            let Some(row) = rows.try_next().await? else { break };
            check_corrections(&row, &self.extent)?;
            let block = StoredBlock::from_row(self.array, &row)?;
            if let Some(gap) = gap_before(&block, self.range.start)? {
                drop(rows);
                return Err(self.missing(gap).await);
            }
            let Some(data) = row.try_get::<Option<&[u8]>, _>("data")? else { break };
            if text.is_empty() {
                // With room for the block that ends the page, so that nothing is copied for it.
                let pages = self.page_bytes + 2 * BLOCK_BYTES;
                text.reserve(pages.min(block.text_bytes.saturating_mul(self.page_blocks + 1)));
            }
            append(&mut text, separator, &block, data, &self.range)?;
            self.skip_to(block.range.end.min(self.range.end));
            separator = b',';
            blocks += 1;
        }
        drop(rows);
        if text.is_empty() {
            return Err(self.missing(self.range.clone()).await);
        }
        self.page_blocks = (self.page_bytes * blocks).div_ceil(text.len()).clamp(1, MAX_BLOCKS);
        Ok(text)
    }

    /// Returns why datapoints that were there are in no block.
    async fn missing(&mut self, range: Range<u64>) -> ReadError {
        // When they are deleted, the file knows it before memory does.
        let known = self.heads.end_of_blocks(self.array).unwrap_or_default();
        match extent_of_blocks(&self.readers, self.array).await {
            Ok(extent) if extent.corrections != self.extent.corrections => {
                return ReadError::Replaced;
            }
            // They were not to be kept any longer.
            Ok(extent) if extent.first > range.start => return ReadError::Replaced,
            Ok(extent) if extent.end < known => return ReadError::Gone,
            Ok(_) => {}
            Err(error) => return error,
        }
        match extent(&self.readers, &self.heads, self.array).await {
            Ok(extent) if extent.end >= self.range.end => {
                DamagedBlock::new(self.array, range, BlockError::Missing).into()
            }
            Ok(_) => ReadError::Gone,
            Err(error) => error,
        }
    }
}

/// Checks that no range of the array was replaced before a row was read: the datapoints may be at other
/// places since.
pub(super) fn check_corrections(row: &SqliteRow, extent: &Extent) -> Result<(), ReadError> {
    let corrections =
        row.try_get::<Option<i64>, _>("corrections")?.unwrap_or_default().cast_unsigned();
    if corrections == extent.corrections { Ok(()) } else { Err(ReadError::Replaced) }
}

/// Selects blocks from the one on that has a place. Rows are prepared ahead, so that those of large
/// blocks come without their data, except the first one.
fn select_blocks(
    array: Array,
    place: u64,
    limit: usize,
) -> Query<'static, Sqlite, SqliteArguments> {
    sqlx::query(concat!(
        "SELECT ",
        header_columns!(),
        ", CASE WHEN first_index <= ?3 OR encoding = 2 OR coalesce(text_bytes, length(data)) <= ?4 \
         THEN data END AS data, (SELECT corrections ",
        of_array!(),
        ") AS corrections FROM block
         WHERE stream_id = ?1 AND substream = ?2 AND end_index > ?3
         ORDER BY end_index LIMIT ?5",
    ))
    .bind(array.stream)
    .bind(array.downlink)
    .bind(place.cast_signed())
    .bind(LARGE_BYTES as i64)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Returns the places of the datapoints that are missing between a place and a block, if any.
fn gap_before(block: &StoredBlock, place: u64) -> Result<Option<Range<u64>>, DamagedBlock> {
    if block.range.end <= place {
        // The index is damaged: it has a block twice, or not in its place.
        return Err(block.damaged(BlockError::Place));
    }
    Ok((block.range.start > place).then_some(place..block.range.start))
}

/// Returns the place of the first datapoint in blocks that is later than `t`, if there is one.
///
/// Whether a block is missing in the index by time is seen in the other index: the block before the
/// one that was found must not be later than `t`. The connection must be within a transaction, since
/// blocks may be written or merged between the two queries.
pub(super) async fn find_after(
    connection: &mut SqliteConnection,
    array: Array,
    t: f64,
) -> Result<Option<u64>, ReadError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        header_columns!(),
        ", data FROM block INDEXED BY block_by_time
         WHERE stream_id = ? AND substream = ? AND last_t > ?
         ORDER BY last_t, end_index LIMIT 1",
    ))
    .bind(array.stream)
    .bind(array.downlink)
    .bind(t)
    .fetch_optional(&mut *connection)
    .await?;
    let (found, end_before, last_t) = match &row {
        Some(row) => {
            let block = StoredBlock::from_row(array, row)?;
            let before = block.count_until(t, row.try_get("data")?)? as u64;
            let place = block.range.start + before;
            if before > 0 || place == array_table::read(connection, array).await?.first {
                return Ok(Some(place));
            }
            let last_t: Option<f64> = sqlx::query_scalar(
                "SELECT last_t FROM block INDEXED BY block_header
                 WHERE stream_id = ? AND substream = ? AND end_index = ?",
            )
            .bind(array.stream)
            .bind(array.downlink)
            .bind(place.cast_signed())
            .fetch_optional(&mut *connection)
            .await?;
            (Some(place), place, last_t.unwrap_or(f64::INFINITY))
        }
        None => {
            let blocks = read_end(connection, array).await?;
            (None, blocks.extent.end, blocks.last_t)
        }
    };
    if last_t <= t {
        return Ok(found);
    }
    let range = end_before.saturating_sub(1)..end_before;
    Err(DamagedBlock::new(array, range, BlockError::Missing).into())
}

/// Returns where an array begins and ends.
async fn extent(
    readers: &SqlitePool,
    heads: &ArrayHeads,
    array: Array,
) -> Result<Extent, ReadError> {
    if let Some(extent) = heads.extent(array) {
        return Ok(extent);
    }
    extent_of_blocks(readers, array).await
}

/// Returns where the blocks of an array begin and end.
async fn extent_of_blocks(readers: &SqlitePool, array: Array) -> Result<Extent, ReadError> {
    // One snapshot, so that a commit between two queries does not look like damage.
    let mut snapshot = readers.begin().await?;
    let extent = read_end(&mut snapshot, array).await?.extent;
    snapshot.commit().await?;
    Ok(extent)
}

/// Adds a separator and the datapoints that a range has in a block to a text.
fn append(
    text: &mut Vec<u8>,
    separator: u8,
    block: &StoredBlock,
    data: &[u8],
    range: &Range<u64>,
) -> Result<(), DamagedBlock> {
    if range.start == block.range.start && range.end >= block.range.end {
        return block.decode_onto(text, separator, data);
    }
    block.decode_rows_onto(text, separator, block.rows_of(range), data)
}
