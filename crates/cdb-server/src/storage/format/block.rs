//! Blocks: many datapoints in one row, as the JSON array that readers get, or as columns.

use std::ops::Range;

use super::columns::{self, Cells, Columns, MAX_TEXT_BYTES};
use super::points::Points;
use super::split::split_datapoint;

/// The text of a block has about this length, in bytes: large enough to read fast, small enough to
/// cut cheaply. A block whose last value is large is longer.
pub(in crate::storage) const BLOCK_BYTES: usize = 128 * 1024;

/// Shorter texts are not compressed, since that would save little.
const COMPRESS_BYTES: usize = 2 * 1024;

/// The start of a datapoint after another one.
const DATAPOINT: &[u8] = br#",{"t":"#;

/// LZ4 cannot compress further than this. A block that claims more is damaged.
const MAX_LZ4_RATIO: usize = 255;

/// Datapoints that are ready to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(in crate::storage) count: usize,
    pub(in crate::storage) last_t: f64,
    /// The length of the text, in bytes.
    pub(in crate::storage) text_bytes: usize,
    pub(in crate::storage) encoding: Encoding,
    pub(in crate::storage) data: Vec<u8>,
}

/// How the data of a block holds its datapoints. The numbers are those in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Encoding {
    Text = 0,
    Lz4 = 1,
    Columns = 2,
    /// LZ4 of datapoints of which no columns are made.
    Lz4Only = 3,
}

impl Encoding {
    fn from_number(number: i64) -> Result<Self, BlockError> {
        match number {
            0 => Ok(Self::Text),
            1 => Ok(Self::Lz4),
            2 => Ok(Self::Columns),
            3 => Ok(Self::Lz4Only),
            other => Err(BlockError::Encoding(other)),
        }
    }
}

/// Why the bytes of a block or a journal row are not what was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlockError {
    #[error("the checksum of its data is wrong")]
    Checksum,
    #[error("the checksum of its header is wrong")]
    Header,
    #[error("it has the unknown encoding {0}")]
    Encoding(i64),
    #[error("its data cannot be decompressed")]
    Lz4,
    #[error("its columns cannot be read")]
    Columns,
    #[error("its data is not what its header says")]
    Content,
    #[error("it is missing")]
    Missing,
    #[error("an index has it in the wrong place")]
    Place,
    #[error("its data is not JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Block {
    /// Creates a block of datapoints, whose text is a JSON array.
    pub(in crate::storage) fn of(text: &[u8], count: usize, last_t: f64) -> Self {
        let text_bytes = text.len();
        let (encoding, data) = match text_bytes < COMPRESS_BYTES {
            true => (Encoding::Text, text.to_vec()),
            false => (Encoding::Lz4, lz4_flex::block::compress_prepend_size(text)),
        };
        Self { count, last_t, text_bytes, encoding, data }
    }

    /// Creates a block of columns, if they give back the same text.
    pub(in crate::storage) fn of_columns(text: &[u8], count: usize, last_t: f64) -> Option<Self> {
        let (data, text_bytes) = (columns::encode(text, count)?, text.len());
        Some(Self { count, last_t, text_bytes, encoding: Encoding::Columns, data })
    }

    /// Returns the block as it will be in the file.
    pub(in crate::storage) fn stored(&self) -> StoredData<'_> {
        let Self { count, text_bytes, encoding, data, .. } = self;
        StoredData { count: *count, text_bytes: *text_bytes, encoding: *encoding as i64, data }
    }
}

/// Some consecutive datapoints, for a script.
#[derive(Debug)]
pub(crate) enum Page {
    /// Their JSON text, each after a bracket or a comma.
    Text(Vec<u8>),
    Columns(Box<Cells>),
}

impl Page {
    /// Returns whether nothing is left of it. Text has been read up to `at`.
    pub(crate) fn is_empty_after(&self, at: usize) -> bool {
        match self {
            Self::Text(text) => at + 1 >= text.len(),
            Self::Columns(cells) => cells.is_empty(),
        }
    }
}

/// A block as it is in the file.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct StoredData<'a> {
    pub(in crate::storage) count: usize,
    /// The length of the text, in bytes. It is only used for columns.
    pub(in crate::storage) text_bytes: usize,
    pub(in crate::storage) encoding: i64,
    pub(in crate::storage) data: &'a [u8],
}

impl StoredData<'_> {
    /// Adds a separator to a text, and after it the datapoints, without the brackets around them.
    ///
    /// The memory that this needs is bounded by the length of the data and by `text_bytes`, whatever
    /// the data is.
    pub(in crate::storage) fn decode_onto(
        &self,
        text: &mut Vec<u8>,
        separator: u8,
    ) -> Result<(), BlockError> {
        let start = text.len();
        let length = match Encoding::from_number(self.encoding)? {
            Encoding::Text => {
                text.extend_from_slice(self.data);
                self.data.len()
            }
            Encoding::Lz4 | Encoding::Lz4Only => {
                let (length, compressed) = lz4_size(self.data)?;
                // New memory for a large value is zero already.
                if start == 0 && text.capacity() < length {
                    *text = vec![0; length];
                } else {
                    text.resize(start + length, 0);
                }
                let written = lz4_flex::block::decompress_into(compressed, &mut text[start..]);
                if written.ok() != Some(length) {
                    return Err(BlockError::Lz4);
                }
                length
            }
            Encoding::Columns => {
                self.columns(&(0..self.count))?.write(separator, 0..self.count, text);
                // Without the bracket at the end.
                return match text.len() - start + 1 == self.text_bytes {
                    true => Ok(()),
                    false => Err(BlockError::Columns),
                };
            }
        };
        // The brackets become the separator and nothing.
        if length < 2 || text[start] != b'[' || text.pop() != Some(b']') {
            return Err(BlockError::Content);
        }
        text[start] = separator;
        Ok(())
    }

    /// Adds a separator and some of the datapoints to a text.
    pub(in crate::storage) fn decode_rows_onto(
        &self,
        text: &mut Vec<u8>,
        separator: u8,
        rows: Range<usize>,
    ) -> Result<(), BlockError> {
        if let Some(columns) = self.columns_with(&rows)? {
            let start = text.len();
            columns.write(separator, rows, text);
            return match text.len() - start < self.text_bytes {
                true => Ok(()),
                false => Err(BlockError::Columns),
            };
        }
        let points = self.points()?;
        text.push(separator);
        text.extend_from_slice(points.part(rows));
        Ok(())
    }

    /// Returns the text of the last datapoint.
    pub(in crate::storage) fn last(&self) -> Result<Vec<u8>, BlockError> {
        let mut text = Vec::new();
        if self.encoding == Encoding::Columns as i64 {
            self.decode_rows_onto(&mut text, b',', self.count - 1..self.count)?;
            return Ok(text.split_off(1));
        }
        self.decode_onto(&mut text, b',')?;
        let first = last_datapoint(&text).ok_or(BlockError::Content)?;
        Ok(text.split_off(first))
    }

    /// Returns some of the datapoints for a script.
    pub(in crate::storage) fn page(&self, rows: Range<usize>) -> Result<Page, BlockError> {
        if let Some(columns) = self.columns_with(&rows)? {
            return Ok(Page::Columns(Box::new(columns.cells(rows))));
        }
        let mut text = Vec::new();
        self.decode_rows_onto(&mut text, b'[', rows)?;
        Ok(Page::Text(text))
    }

    /// Returns how many datapoints are not later than `t`.
    pub(in crate::storage) fn count_until(&self, t: f64) -> Result<usize, BlockError> {
        Ok(match self.columns_with(&(0..self.count))? {
            Some(columns) => columns.count_until(t),
            None => self.points()?.count_until(t),
        })
    }

    /// Reads all datapoints.
    pub(in crate::storage) fn points(&self) -> Result<Points, BlockError> {
        let mut text = Vec::new();
        self.decode_onto(&mut text, b',')?;
        text.remove(0);
        let points = Points::parse(text)?;
        if points.len() == self.count { Ok(points) } else { Err(BlockError::Content) }
    }

    /// Makes columns of the datapoints of a full block. If that is not possible, or saves little, they
    /// stay as they are, and are marked as such. Returns `None` if the block is not one of which columns
    /// are made.
    pub(in crate::storage) fn finished(&self, last_t: f64) -> Result<Option<Block>, BlockError> {
        if self.encoding != Encoding::Lz4 as i64 {
            return Ok(None);
        }
        let (text_bytes, _) = lz4_size(self.data)?;
        if text_bytes > MAX_TEXT_BYTES {
            return Ok(None);
        }
        let mut text = Vec::new();
        self.decode_onto(&mut text, b'[')?;
        text.push(b']');
        let (encoding, data) = match columns::encode(&text, self.count) {
            Some(data) if data.len() < self.max_columns() => (Encoding::Columns, data),
            _ => (Encoding::Lz4Only, self.data.to_vec()),
        };
        // Of blocks of format 1, `self.text_bytes` is the length of the data.
        let block = Block { count: self.count, last_t, text_bytes, encoding, data };
        Ok(Some(block))
    }

    /// Returns the length of columns that save enough.
    pub(in crate::storage) fn max_columns(&self) -> usize {
        match self.encoding == Encoding::Columns as i64 {
            true => self.data.len(),
            false => self.data.len() / 4 * 3,
        }
    }

    /// Returns the columns, which have these rows, or `None` if the datapoints are stored as text.
    fn columns_with(&self, rows: &Range<usize>) -> Result<Option<Columns>, BlockError> {
        if self.encoding != Encoding::Columns as i64 {
            return Ok(None);
        }
        if rows.end > self.count {
            return Err(BlockError::Content);
        }
        self.columns(rows).map(Some)
    }

    /// Reads some rows of the columns.
    fn columns(&self, rows: &Range<usize>) -> Result<Columns, BlockError> {
        let columns = Columns::decode(self.data, self.count, self.text_bytes, rows);
        columns.map_err(|_| BlockError::Columns)
    }
}

/// Returns where the last datapoint begins in a text of some, each after a comma, without reading the others.
fn last_datapoint(text: &[u8]) -> Option<usize> {
    let mut end = text.len();
    loop {
        let comma = text[..end].windows(DATAPOINT.len()).rposition(|it| it == DATAPOINT)?;
        // What is within another value is followed by the rest of it.
        let is_whole = split_datapoint(&text[comma + 1..])
            .is_some_and(|(_, length)| comma + 1 + length == text.len());
        if is_whole {
            return Some(comma + 1);
        }
        end = comma + DATAPOINT.len() - 1;
    }
}

/// Returns the length of what LZ4 has compressed, and the compressed data.
fn lz4_size(data: &[u8]) -> Result<(usize, &[u8]), BlockError> {
    let size = lz4_flex::block::uncompressed_size(data);
    let (length, compressed) = size.map_err(|_| BlockError::Lz4)?;
    if length / MAX_LZ4_RATIO > compressed.len() {
        return Err(BlockError::Lz4);
    }
    Ok((length, compressed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decompression_bomb_is_refused_before_memory_is_taken_for_it() {
        let mut bomb = lz4_flex::block::compress_prepend_size(b"[{\"t\":1}]");
        bomb[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        let encoding = Encoding::Lz4 as i64;
        let bomb = StoredData { count: 1, text_bytes: 9, encoding, data: &bomb };
        let mut text = Vec::new();
        let decoded = bomb.decode_onto(&mut text, b',');
        assert!(matches!(decoded, Err(BlockError::Lz4)), "{decoded:?}");
        assert_eq!(text.capacity(), 0);
    }

    #[test]
    fn what_compresses_best_can_be_read() {
        let value = format!("[{{\"t\":1,\"d\":\"{}\"}}]", "x".repeat(8 << 20));
        let block = Block::of(value.as_bytes(), 1, 1.0);
        assert_eq!(block.encoding, Encoding::Lz4);
        let points = block.stored().points().expect("a datapoint");
        assert_eq!(points.text(), &value.as_bytes()[1..value.len() - 1]);
    }

    #[test]
    fn the_last_datapoint_is_found_from_the_end() {
        let nested = r#"{"t":2,"d":[1,{"t":3,"d":4},{"t":5,"d":",{\"t\":"}],"o":"a/b"}"#;
        let plain = r#"{"t":6}"#;
        for datapoints in [vec![plain], vec![nested], vec![plain, nested], vec![nested, plain]] {
            let text = format!("[{}]", datapoints.join(","));
            let block = Block::of(text.as_bytes(), datapoints.len(), 6.0);
            let last = block.stored().last().expect("a datapoint");
            assert_eq!(String::from_utf8(last).expect("text"), datapoints[datapoints.len() - 1]);
        }
    }

    #[test]
    fn a_finished_block_is_read_like_the_one_it_was_made_of() {
        let numbers = |i: usize| format!(r#"{{"t":{i},"d":{}}}"#, (i * 7) % 100);
        let texts =
            |i: usize| format!(r#"{{"t":{i},"d":"{:x}"}}"#, ((i * i * 7919) << 20) ^ (i * 31337));
        let datapoints = |datapoint: &dyn Fn(usize) -> String| {
            let datapoints: Vec<_> = (0..2000).map(datapoint).collect();
            format!("[{}]", datapoints.join(","))
        };
        for (text, encoding) in
            [(datapoints(&numbers), Encoding::Columns), (datapoints(&texts), Encoding::Lz4Only)]
        {
            let mut block = Block::of(text.as_bytes(), 2000, 1999.0);
            let points = block.stored().points().expect("datapoints");
            block = block.stored().finished(1999.0).expect("a block").expect("columns");
            assert_eq!(block.encoding, encoding);
            let finished = block.stored();
            assert_eq!(finished.points().expect("datapoints").text(), points.text());
            for (rows, t) in [(0..2000, 5.5), (0..1, -1.0), (1999..2000, 1999.0), (77..99, 77.0)] {
                let mut text = Vec::new();
                finished.decode_rows_onto(&mut text, b'[', rows.clone()).expect("datapoints");
                assert_eq!(text[1..], *points.part(rows));
                assert_eq!(finished.count_until(t).expect("a count"), points.count_until(t));
            }
        }
    }
}
