//! Corrections of datapoints that are stored: a range of an array is replaced by other datapoints, of
//! which there may be none, and late datapoints are sorted in.
//!
//! The blocks in which a range begins and ends are written anew. If there are more or fewer datapoints
//! than before, those before or after the range are moved to other places, whichever are fewer; their
//! indexes follow from where the array begins, and positions after the range stay the same (see
//! [`Extent`]). All of it is one transaction, in which the journal has nothing of the array.

use std::ops::Range;

use cdb_types::websocket::ReplacedRange;
use futures_util::TryStreamExt;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::array_heads::Blocks;
use super::array_table;
use super::block_table::{Row, StoredBlock, delete_blocks, header_columns, insert_blocks};
use super::compact::read_blocks;
use super::moves::{Move, Moved};
use super::moving::move_blocks;
use super::read::find_after;
use crate::events::Replaced;
use crate::storage::format::block::BlockError;
use crate::storage::format::points::Points;
use crate::storage::{Array, CorrectError, DamagedBlock, Extent};

/// The datapoints among which late ones are sorted have at most so many bytes of text: they are written
/// anew while other inserts wait.
const MAX_MERGED_BYTES: usize = 8 * 1024 * 1024;

/// Where the array ends after a correction, and what is to be published.
#[derive(Debug)]
pub(super) struct Corrected {
    pub(super) blocks: Blocks,
    pub(super) correction: Move,
    pub(super) replaced: Replaced,
}

/// A block that was read.
struct ReadBlock {
    /// Its places.
    range: Range<u64>,
    points: Points,
}

impl ReadBlock {
    fn row(&self, place: u64) -> usize {
        usize::try_from(place - self.range.start).unwrap_or(usize::MAX)
    }

    fn time(&self, place: u64) -> f64 {
        self.points.time(self.row(place)).unwrap_or(f64::NAN)
    }
}

/// Replaces the datapoints at some places, within a transaction.
pub(super) async fn replace(
    connection: &mut SqliteConnection,
    array: Array,
    extent: Extent,
    places: Range<u64>,
    points: &Points,
) -> Result<Corrected, CorrectError> {
    let Range { start, end } = places.clone();
    let before = match start.checked_sub(1).filter(|place| *place >= extent.first) {
        Some(place) => Some(read_block(connection, array, place).await?),
        None => None,
    };
    let after = match end < extent.end {
        true => Some(read_block(connection, array, end).await?),
        false => None,
    };
    let time_before = before.as_ref().map_or(f64::NEG_INFINITY, |block| block.time(start - 1));
    let time_after = after.as_ref().map_or(f64::INFINITY, |block| block.time(end));
    if !points.is_empty() && (points.first_t() < time_before || points.last_t() > time_after) {
        return Err(CorrectError::Order { after: time_before, before: time_after });
    }
    let known = [&before, &after];
    let times = times(connection, array, &places, points, known, (time_before, time_after)).await?;
    // What the blocks hold in which the range begins and ends.
    let (mut kept, mut written) = (Points::default(), places.clone());
    if let Some(block) = before.filter(|block| block.range.end > start) {
        kept.append_part(&block.points, 0..block.row(start));
        written.start = block.range.start;
    }
    kept.append(points);
    if let Some(block) = after.filter(|block| block.range.start < end) {
        kept.append_part(&block.points, block.row(end)..block.points.len());
        written.end = block.range.end;
    }
    let inserted = points.len() as u64;
    let grown = inserted.cast_signed() - (end - start).cast_signed();
    delete_blocks(connection, array, &written).await?;
    let (blocks_before, blocks_after) = (extent.first..written.start, written.end..extent.end);
    let is_shorter_before =
        blocks_before.end - blocks_before.start < blocks_after.end - blocks_after.start;
    let moved = match extent.first.checked_add_signed(-grown).filter(|_| is_shorter_before) {
        Some(_) => {
            move_blocks(connection, array, blocks_before, -grown).await?;
            written.start = written.start.saturating_add_signed(-grown);
            Moved::Before
        }
        None => {
            move_blocks(connection, array, blocks_after, grown).await?;
            Moved::After
        }
    };
    let correction = Move { array, before: extent, replaced: places, grown, moved };
    let now = correction.after();
    let mut place = written.start;
    let rows = kept.blocks().into_iter().map(|block| {
        let row = Row::new(array, place, block);
        place += row.block.count as u64;
        row
    });
    insert_blocks(connection, rows.collect()).await?;
    array_table::write(connection, array, &now).await?;
    let blocks = read_blocks(connection, array).await?;
    let range = ReplacedRange {
        first: times.0,
        last: times.1,
        after: extent.position_of_place(end),
        removed: end - start,
        inserted,
        several: false,
        end: now.end_position(),
        corrections: now.corrections,
    };
    Ok(Corrected { blocks, correction, replaced: Replaced { array, range } })
}

/// Sorts datapoints in that are before the last one of an array, within a transaction.
pub(super) async fn merge(
    connection: &mut SqliteConnection,
    array: Array,
    extent: Extent,
    late: &Points,
) -> Result<Corrected, CorrectError> {
    let mut place_after = async |t| {
        let place = find_after(connection, array, t).await?;
        Ok::<_, CorrectError>(place.unwrap_or(extent.end))
    };
    let places = place_after(late.first_t()).await?..place_after(late.last_t()).await?;
    let between = read_points(connection, array, &places).await?;
    replace(connection, array, extent, places, &between.merged(late)).await
}

/// Returns the first and the last time of the datapoints that are removed or inserted. The blocks that are
/// known are not read again.
async fn times(
    connection: &mut SqliteConnection,
    array: Array,
    places: &Range<u64>,
    points: &Points,
    known: [&Option<ReadBlock>; 2],
    around: (f64, f64),
) -> Result<(f64, f64), CorrectError> {
    let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
    if !points.is_empty() {
        (first, last) = (points.first_t(), points.last_t());
    }
    if !places.is_empty() {
        let mut time_of = async |place, otherwise| {
            let known = known.into_iter().flatten().find(|block| block.range.contains(&place));
            if let Some(block) = known {
                return Ok(block.time(place));
            }
            match read_block(connection, array, place).await {
                Ok(block) => Ok(block.time(place)),
                // What cannot be read can be removed.
                Err(CorrectError::Damaged(_)) => Ok(otherwise),
                Err(error) => Err(error),
            }
        };
        first = first.min(time_of(places.start, around.0).await?);
        last = last.max(time_of(places.end - 1, around.1).await?);
    }
    // Nothing is known of the times of damaged datapoints at the ends of the array.
    Ok((first.max(f64::MIN), last.min(f64::MAX)))
}

/// Reads the block with the datapoint at a place.
async fn read_block(
    connection: &mut SqliteConnection,
    array: Array,
    place: u64,
) -> Result<ReadBlock, CorrectError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        header_columns!(),
        ", data FROM block WHERE stream_id = ? AND substream = ? AND end_index > ?
         ORDER BY end_index LIMIT 1",
    ))
    .bind(array.stream)
    .bind(array.downlink)
    .bind(place.cast_signed())
    .fetch_optional(connection)
    .await?;
    let missing = || DamagedBlock::new(array, place..place + 1, BlockError::Missing);
    let row = row.ok_or_else(missing)?;
    let block = StoredBlock::from_row(array, &row)?;
    if block.range.start > place {
        return Err(missing().into());
    }
    let points = block.points(row.try_get("data")?)?;
    Ok(ReadBlock { range: block.range, points })
}

/// Reads the datapoints at some places, unless they are too long.
async fn read_points(
    connection: &mut SqliteConnection,
    array: Array,
    places: &Range<u64>,
) -> Result<Points, CorrectError> {
    let mut rows = sqlx::query(concat!(
        "SELECT ",
        header_columns!(),
        ", data FROM block WHERE stream_id = ? AND substream = ? AND end_index > ?
         AND first_index < ? ORDER BY end_index",
    ))
    .bind(array.stream)
    .bind(array.downlink)
    .bind(places.start.cast_signed())
    .bind(places.end.cast_signed())
    .fetch(connection);
    let (mut points, mut next) = (Points::default(), places.start);
    while next < places.end
        && let Some(row) = rows.try_next().await?
    {
        let block = StoredBlock::from_row(array, &row)?;
        if block.range.start > next {
            break;
        }
        let rows = block.rows_of(&(next..places.end));
        if points.text().len() + block.text_bytes > MAX_MERGED_BYTES {
            return Err(CorrectError::Apart);
        }
        points.append_part(&block.points(row.try_get("data")?)?, rows);
        next = block.range.end.min(places.end);
    }
    match points.len() as u64 == places.end - places.start {
        true => Ok(points),
        false => Err(DamagedBlock::new(array, places.clone(), BlockError::Missing).into()),
    }
}
