//! Reading ranges of an array, block by block.

use std::ops::Range;

use futures_util::TryStreamExt;
use sqlx::Row as _;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::Store;
use super::array_heads::{ArrayHeads, Found};
use crate::storage::format::block::{BLOCK_BYTES, BlockError, decode, decode_onto, inner};
use crate::storage::format::points::Points;
use crate::storage::{Array, ReadError};

/// How much text is read ahead of what is being sent, in bytes; at least one block.
const PAGE_BYTES: usize = 512 * 1024;

/// How many blocks are read at first, while it is not known how large they are.
const FIRST_BLOCKS: usize = 2;

/// How many blocks are read at once at most.
const MAX_BLOCKS: usize = 64;

/// A block as it lies in the file.
struct Stored<'r> {
    first_index: u64,
    end_index: u64,
    encoding: i64,
    data: &'r [u8],
}

impl<'r> Stored<'r> {
    fn from_row(row: &'r SqliteRow) -> Result<Self, ReadError> {
        let index = |column| row.try_get(column).map(i64::cast_unsigned);
        Ok(Self {
            first_index: index("first_index")?,
            end_index: index("end_index")?,
            encoding: row.try_get("encoding")?,
            data: row.try_get("data")?,
        })
    }

    /// Its datapoints, one by one.
    fn points(&self) -> Result<Points, BlockError> {
        Points::parse(inner(&decode(self.encoding, self.data)?)?.to_vec())
    }
}

impl Store {
    /// How many datapoints an array holds.
    pub(crate) async fn array_length(&self, array: Array) -> Result<u64, ReadError> {
        if let Some(length) = self.heads.length(array) {
            return Ok(length);
        }
        let length: i64 = sqlx::query_scalar(
            "SELECT coalesce(max(end_index), 0) FROM block WHERE stream_id = ? AND substream = ?",
        )
        .bind(array.stream)
        .bind(array.downlink)
        .fetch_one(&self.readers)
        .await?;
        Ok(length.cast_unsigned())
    }

    /// The index of the first datapoint later than a time; the length if there is none.
    pub(crate) async fn array_index_after(&self, array: Array, t: f64) -> Result<u64, ReadError> {
        let recent = self.heads.index_after(array, t);
        if let Found::Here(index) = recent {
            return Ok(index);
        }
        let row = sqlx::query(
            "SELECT first_index, end_index, encoding, data FROM block
             WHERE stream_id = ? AND substream = ? AND last_t > ?
             ORDER BY last_t, end_index LIMIT 1",
        )
        .bind(array.stream)
        .bind(array.downlink)
        .bind(t)
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else {
            return match recent {
                Found::Else(index) => Ok(index),
                _ => self.array_length(array).await,
            };
        };
        let block = Stored::from_row(&row)?;
        Ok(block.first_index + block.points()?.count_until(t) as u64)
    }

    /// Reads the datapoints of these indices, all of which must be there.
    pub(crate) fn read(&self, array: Array, range: Range<u64>) -> Reader {
        let (readers, heads) = (self.readers.clone(), self.heads.clone());
        Reader {
            readers,
            heads,
            array,
            range,
            state: State::Start,
            page_bytes: PAGE_BYTES,
            page_blocks: FIRST_BLOCKS,
        }
    }
}

/// A range of an array that is being read. What is inserted meanwhile does not change it.
#[derive(Debug)]
pub(crate) struct Reader {
    readers: SqlitePool,
    heads: ArrayHeads,
    array: Array,
    /// What is yet to be read.
    range: Range<u64>,
    state: State,
    page_bytes: usize,
    /// How many blocks make a page, as far as is known.
    page_blocks: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Middle,
    End,
}

impl Reader {
    /// The next piece of the datapoints' JSON array; `None` after the last.
    ///
    /// No transaction is held from one piece to the next, so that a slow reader holds up nobody.
    pub(super) async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let separator = match self.state {
            State::Start => b'[',
            State::Middle => b',',
            State::End => return Ok(None),
        };
        let mut text =
            if self.range.is_empty() { vec![separator] } else { self.read_page(separator).await? };
        self.state = State::Middle;
        if self.range.is_empty() {
            text.push(b']');
            self.state = State::End;
        }
        Ok(Some(text))
    }

    /// Reads small pieces: for one of many that are read at the same time.
    pub(crate) fn in_small_pieces(self) -> Self {
        Self { page_bytes: BLOCK_BYTES, page_blocks: 1, ..self }
    }

    /// The index of the next datapoint.
    pub(super) fn next_index(&self) -> u64 {
        self.range.start
    }

    /// Whether the last piece has been read.
    pub(super) fn has_ended(&self) -> bool {
        self.state == State::End
    }

    /// Reads some datapoints; their text comes after the separator.
    async fn read_page(&mut self, separator: u8) -> Result<Vec<u8>, ReadError> {
        let mut text = Vec::new();
        // First here, then in the blocks: they come into blocks before they leave this place.
        match self.heads.read(self.array, &self.range, self.page_bytes, separator, &mut text) {
            Some(next) => {
                self.range.start = next;
                Ok(text)
            }
            None => self.read_blocks(separator).await,
        }
    }

    /// Reads some blocks.
    async fn read_blocks(&mut self, mut separator: u8) -> Result<Vec<u8>, ReadError> {
        let mut rows = sqlx::query(
            "SELECT first_index, end_index, encoding, data FROM block
             WHERE stream_id = ? AND substream = ? AND end_index > ?
             ORDER BY end_index LIMIT ?",
        )
        .bind(self.array.stream)
        .bind(self.array.downlink)
        .bind(self.range.start.cast_signed())
        .bind(i64::try_from(self.page_blocks).unwrap_or(i64::MAX))
        .fetch(&self.readers);
        let mut text = Vec::with_capacity(self.page_bytes + 2 * BLOCK_BYTES);
        let mut blocks = 0;
        while text.len() < self.page_bytes && !self.range.is_empty() {
            let Some(row) = rows.try_next().await? else { break };
            let block = Stored::from_row(&row)?;
            if block.first_index > self.range.start {
                return Err(ReadError::Gone);
            }
            append(&mut text, separator, &block, &self.range)?;
            self.range.start = block.end_index.min(self.range.end);
            separator = b',';
            blocks += 1;
        }
        // Nothing came, though there was something to come.
        if text.is_empty() {
            return Err(ReadError::Gone);
        }
        self.page_blocks = (self.page_bytes * blocks).div_ceil(text.len()).clamp(1, MAX_BLOCKS);
        Ok(text)
    }
}

/// Adds what a range holds of a block, after a separator.
fn append(
    text: &mut Vec<u8>,
    separator: u8,
    block: &Stored<'_>,
    range: &Range<u64>,
) -> Result<(), ReadError> {
    if range.start == block.first_index && range.end >= block.end_index {
        // The brackets become the separator and nothing.
        let start = text.len();
        decode_onto(text, block.encoding, block.data)?;
        if text.get(start) != Some(&b'[') || text.pop() != Some(b']') {
            return Err(BlockError::Corrupt.into());
        }
        text[start] = separator;
        return Ok(());
    }
    let points = block.points()?;
    let place = |index: u64| usize::try_from(index - block.first_index).unwrap_or(usize::MAX);
    let part = place(range.start)..place(range.end.min(block.end_index));
    if part.end > points.len() {
        return Err(BlockError::Corrupt.into());
    }
    text.push(separator);
    text.extend_from_slice(points.part(part));
    Ok(())
}
