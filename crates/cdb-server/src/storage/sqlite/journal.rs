//! The journal: where small inserts are durable until there are enough of them for blocks.
//!
//! A commit of small inserts into many streams writes one place of the file instead of one for each
//! stream. What the journal holds is also in memory ([`ArrayHeads`]), where readers find it. When it
//! has grown, all of it becomes blocks in one transaction ([`flush`]).

use std::collections::HashMap;
use std::ops::Range;

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::array_heads::{ArrayHeads, Blocks, PendingAppend};
use super::array_table;
use super::block_table::{Row, insert_blocks};
use super::commit::CommitError;
use super::compact::{merge_small, read_blocks};
use crate::storage::Array;
use crate::storage::format::block::{Block, Encoding};
use crate::storage::format::checksum::Header;
use crate::storage::format::points::Points;

/// The length of text in the journal at which it becomes blocks, in bytes.
pub(super) const FLUSH_BYTES: usize = 1024 * 1024;

/// The number of rows that one statement writes.
pub(super) const ENTRIES_PER_STATEMENT: usize = 256;

/// A row that is to be written.
#[derive(Debug)]
pub(super) struct JournalRow<'a> {
    pub(super) array: Array,
    /// The place of the first datapoint.
    pub(super) first_index: u64,
    pub(super) points: &'a Points,
}

/// Returns the header of a row. Its columns are those of a block, apart from what is the same in all
/// rows.
fn header(array: Array, range: Range<u64>, data: &[u8]) -> Header {
    Header {
        stream: array.stream,
        downlink: array.downlink,
        range,
        last_t: 0.0,
        encoding: Encoding::Text as i64,
        text_bytes: data.len() as u64,
    }
}

/// Writes rows, if the file still has this epoch. Returns whether it has.
pub(super) async fn insert_entries(
    connection: &mut SqliteConnection,
    entries: &[JournalRow<'_>],
    epoch: i64,
) -> Result<bool, sqlx::Error> {
    for entries in entries.chunks(ENTRIES_PER_STATEMENT) {
        let mut statement = QueryBuilder::<Sqlite>::new(
            "INSERT INTO journal (stream_id, substream, data, first_index, end_index, checksum) \
             SELECT * FROM (",
        );
        statement.push_values(entries, |mut values, JournalRow { array, first_index, points }| {
            let range = *first_index..*first_index + points.len() as u64;
            let checksum = header(*array, range.clone(), points.text()).checksum(points.text());
            values
                .push_bind(array.stream)
                .push_bind(array.downlink)
                .push_bind(points.text())
                .push_bind(range.start.cast_signed())
                .push_bind(range.end.cast_signed())
                .push_bind(checksum);
        });
        statement.push(") WHERE (SELECT epoch FROM owner) = ").push_bind(epoch);
        // Statements of many rows come in too many lengths to be worth keeping.
        let worth_keeping = entries.len() <= 32;
        let written = statement.build().persistent(worth_keeping).execute(&mut *connection).await?;
        if written.rows_affected() != entries.len() as u64 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a row holds.
pub(super) enum Content {
    Points(Points),
    /// What is left of datapoints that cannot be read any more.
    Damaged(Vec<u8>),
}

/// A row that was read.
pub(super) struct Piece {
    /// The place of the first datapoint; `None` in rows of format 1.
    pub(super) first_index: Option<u64>,
    pub(super) count: u64,
    pub(super) content: Content,
}

impl Piece {
    /// Reads and checks a row. Returns `None` if it is so damaged that it is not known where its
    /// datapoints belong.
    pub(super) fn from_row(row: &SqliteRow) -> Result<Option<(Array, Self)>, sqlx::Error> {
        let stream = row.try_get("stream_id")?;
        let array = Array { stream, downlink: row.try_get("substream")? };
        let data: Vec<u8> = row.try_get("data")?;
        let index = |column| row.try_get::<Option<i64>, _>(column);
        let columns = (index("first_index")?, index("end_index")?, index("checksum")?);
        let (Some(first), Some(end), Some(checksum)) = columns else {
            let (count, content) = match Points::parse(data.clone()) {
                Ok(points) => (points.len() as u64, Content::Points(points)),
                // Nearly all rows hold one datapoint.
                Err(_) => (1, Content::Damaged(data)),
            };
            return Ok(Some((array, Self { first_index: None, count, content })));
        };
        let (first_index, end) = (first.cast_unsigned(), end.cast_unsigned());
        let header = header(array, first_index..end, &data);
        if header.check(checksum).is_err() {
            return Ok(None);
        }
        let count = end - first_index;
        let content = match header.check_all(checksum, &data) {
            Ok(()) => match Points::parse(data.clone()) {
                Ok(points) if points.len() as u64 == count => Content::Points(points),
                _ => Content::Damaged(data),
            },
            Err(_) => Content::Damaged(data),
        };
        Ok(Some((array, Self { first_index: Some(first_index), count, content })))
    }
}

/// What the journal held.
pub(super) struct Loaded {
    pub(super) heads: ArrayHeads,
    /// Whether something was damaged and has been written anew, so that the transaction must be
    /// committed.
    pub(super) is_repaired: bool,
}

/// Reads what the journal holds, and where the blocks of its arrays end, within a transaction.
///
/// Damaged rows become damaged blocks: reading them is an error, and all other datapoints can be
/// read.
pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Loaded, CommitError> {
    let rows = sqlx::query("SELECT * FROM journal ORDER BY id").fetch_all(&mut *connection).await?;
    let mut arrays = HashMap::<Array, Vec<Piece>>::new();
    for row in &rows {
        match Piece::from_row(row) {
            Ok(Some((array, piece))) => arrays.entry(array).or_default().push(piece),
            // The types of the columns are damaged.
            Ok(None) | Err(sqlx::Error::ColumnDecode { .. }) => {
                let id: i64 = row.try_get("id")?;
                tracing::error!(row = id, "a row of the journal is damaged and is ignored");
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut appends = HashMap::new();
    let mut is_repaired = false;
    for (array, pieces) in arrays {
        let blocks = match read_blocks(connection, array).await {
            Ok(blocks) => blocks,
            // The journal says where the blocks end.
            Err(error) => match pieces.first().and_then(|piece| piece.first_index) {
                Some(end) if error.is_damage() => {
                    tracing::error!(%error, "the end of a stream is damaged");
                    Blocks::within(array_table::read_undamaged(connection, array, end).await?)
                }
                _ => return Err(error.into()),
            },
        };
        let pending = match points(&blocks, &pieces) {
            Some(points) => {
                let mut pending = PendingAppend::after(blocks);
                pending.appended = points;
                pending
            }
            None => {
                is_repaired = true;
                PendingAppend::after(repair(connection, array, blocks, pieces).await?)
            }
        };
        appends.insert(array, pending);
    }
    let heads = ArrayHeads::default();
    heads.applied(appends);
    Ok(Loaded { heads, is_repaired })
}

/// Returns the datapoints of an array, or `None` if some are damaged or missing.
fn points(blocks: &Blocks, pieces: &[Piece]) -> Option<Points> {
    let (mut points, mut next) = (Points::default(), blocks.extent.end);
    for piece in pieces {
        match &piece.content {
            Content::Points(more) if piece.first_index.unwrap_or(next) == next => {
                points.append(more);
            }
            _ => return None,
        }
        next += piece.count;
    }
    Some(points)
}

/// Makes blocks of the rows of an array of which some are damaged or missing.
async fn repair(
    connection: &mut SqliteConnection,
    array: Array,
    mut blocks: Blocks,
    pieces: Vec<Piece>,
) -> Result<Blocks, CommitError> {
    let mut rows = Vec::new();
    for piece in pieces {
        let first_index = piece.first_index.unwrap_or(blocks.extent.end);
        if first_index < blocks.extent.end {
            tracing::error!(?array, first_index, "a row of the journal is there twice");
            continue;
        }
        if first_index > blocks.extent.end {
            let missing = first_index - blocks.extent.end;
            rows.push(damaged(array, &mut blocks, missing, Vec::new()));
        }
        match piece.content {
            Content::Damaged(data) => {
                rows.push(damaged(array, &mut blocks, piece.count, data));
            }
            Content::Points(mut points) => {
                for block in points.blocks() {
                    let first_index = blocks.extent.end;
                    blocks.push(&block);
                    rows.push(Row::new(array, first_index, block));
                }
            }
        }
    }
    insert_blocks(connection, rows).await?;
    delete_entries(connection, array).await?;
    // Damaged blocks are not merged with others.
    blocks.forget_small();
    Ok(blocks)
}

/// Creates a block of datapoints that cannot be read any more.
fn damaged(array: Array, blocks: &mut Blocks, count: u64, data: Vec<u8>) -> Row {
    let first_index = blocks.extent.end;
    tracing::error!(?array, first_index, count, "datapoints of the journal are damaged");
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let (last_t, text_bytes) = (blocks.last_t, data.len());
    let block = Block { count, last_t, text_bytes, encoding: Encoding::Text, data };
    blocks.push(&block);
    Row { array, first_index, block, is_damaged: true }
}

/// Deletes the rows of an array, within a transaction.
pub(super) async fn delete_entries(
    connection: &mut SqliteConnection,
    array: Array,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM journal WHERE stream_id = ? AND substream = ?")
        .bind(array.stream)
        .bind(array.downlink)
        .execute(connection)
        .await
        .map(drop)
}

/// Makes blocks of all that the journal holds, within a transaction. Returns where the blocks of its
/// arrays end when that is committed.
pub(super) async fn flush(
    connection: &mut SqliteConnection,
    heads: &ArrayHeads,
) -> Result<Vec<(Array, Blocks)>, CommitError> {
    let mut flushed = Vec::new();
    let mut rows = Vec::new();
    for (array, mut blocks, mut points) in heads.journal() {
        for block in points.blocks() {
            let first_index = blocks.extent.end;
            blocks.push(&block);
            rows.push(Row::new(array, first_index, block));
        }
        flushed.push((array, blocks));
    }
    if flushed.is_empty() {
        return Ok(flushed);
    }
    insert_blocks(connection, rows).await?;
    for (array, blocks) in &mut flushed {
        merge_small(connection, *array, blocks).await?;
    }
    sqlx::query("DELETE FROM journal").execute(connection).await?;
    Ok(flushed)
}
