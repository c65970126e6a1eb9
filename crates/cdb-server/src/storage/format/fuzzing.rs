//! Blocks and their summaries as the data file has them, for the fuzz targets.

use std::ops::Range;

use serde_json::Value;

use super::block::{BlockError, Encoding, Page, StoredData};
use super::columns::{self, Cell};
use super::summary::BlockSummary;
use super::visit::Visited;

/// What a row of the data file says about a block, and its data.
#[derive(Debug, Clone)]
pub struct BlockBytes {
    /// The number of the encoding.
    pub encoding: i64,
    /// The number of datapoints.
    pub count: usize,
    /// The length of the text, in bytes.
    pub text_bytes: usize,
    /// The data, which may be anything.
    pub data: Vec<u8>,
}

/// The value of a datapoint, as scripts read it.
#[derive(Debug)]
pub enum BlockCell<'a> {
    /// There is no value.
    Missing,
    /// A number that is written without a point.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Any value, as JSON.
    Json(&'a [u8]),
}

impl BlockBytes {
    /// Returns a block that keeps the text of datapoints, a JSON array, as it is.
    #[must_use]
    pub fn of_text(text: &[u8], count: usize) -> Self {
        let encoding = Encoding::Text as i64;
        Self { encoding, count, text_bytes: text.len(), data: text.to_vec() }
    }

    /// Makes columns of the text of datapoints, a JSON array, if that is possible.
    #[must_use]
    pub fn columns_of(text: &[u8], count: usize) -> Option<Self> {
        let data = columns::encode(text, count)?;
        Some(Self { encoding: Encoding::Columns as i64, count, text_bytes: text.len(), data })
    }

    fn stored(&self) -> StoredData<'_> {
        let Self { encoding, count, text_bytes, data } = self;
        StoredData { count: *count, text_bytes: *text_bytes, encoding: *encoding, data }
    }

    /// Returns the text of all datapoints, a JSON array.
    ///
    /// # Errors
    /// Returns the message about data that cannot be read. So do the other methods.
    pub fn text(&self) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        self.stored().decode_onto(&mut text, b'[').map_err(message)?;
        text.push(b']');
        Ok(text)
    }

    /// Returns the text of some datapoints, a JSON array.
    ///
    /// # Errors
    /// See [`text`](Self::text).
    pub fn rows(&self, rows: Range<usize>) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        self.stored().decode_rows_onto(&mut text, b'[', rows).map_err(message)?;
        text.push(b']');
        Ok(text)
    }

    /// Returns how many datapoints are not later than `t`.
    ///
    /// # Errors
    /// See [`text`](Self::text).
    pub fn count_until(&self, t: f64) -> Result<usize, String> {
        self.stored().count_until(t).map_err(message)
    }

    /// Calls a function with the times and the values of some datapoints, as scripts read them, if the
    /// block has columns.
    ///
    /// # Errors
    /// See [`text`](Self::text).
    ///
    /// # Panics
    /// Panics if two texts have the same number.
    pub fn cells(
        &self,
        rows: Range<usize>,
        mut cell: impl FnMut(f64, BlockCell<'_>),
    ) -> Result<(), String> {
        let Page::Columns(mut cells) = self.stored().page(rows).map_err(message)? else {
            return Ok(());
        };
        let mut known: Vec<Option<Vec<u8>>> = Vec::new();
        while let Some((t, value)) = cells.next() {
            cell(
                t,
                match value {
                    Cell::Missing => BlockCell::Missing,
                    Cell::Integer(integer) => BlockCell::Integer(integer),
                    Cell::Float(float) => BlockCell::Float(float),
                    Cell::Json(text) => BlockCell::Json(text),
                    Cell::Text(number, text) => {
                        known.resize(known.len().max(number + 1), None);
                        let known = known[number].get_or_insert_with(|| text.to_vec());
                        assert_eq!(known, text, "two texts have the number {number}");
                        BlockCell::Json(text)
                    }
                },
            );
        }
        Ok(())
    }

    /// Calls a function with the times and the values of some datapoints, as summaries read them.
    ///
    /// # Errors
    /// See [`text`](Self::text).
    pub fn visit(
        &self,
        rows: Range<usize>,
        mut value: impl FnMut(f64, Value),
    ) -> Result<(), String> {
        let page = self.stored().page(rows).map_err(message)?;
        page.visit(|visited| match visited {
            Visited::Numbers(t, d) => t.iter().zip(d).for_each(|(t, d)| value(*t, (*d).into())),
            Visited::Json(t, json) => value(t, json.clone()),
        })
        .map_err(message)
    }

    /// Returns the summary. `first` is the index of the first datapoint.
    ///
    /// # Errors
    /// See [`text`](Self::text).
    pub fn summary(&self, first: u64) -> Result<ReadSummary, String> {
        let summary = BlockSummary::of(self.stored(), first).map_err(message)?;
        Ok(ReadSummary { summary, first })
    }
}

/// The summary of a block. One with a time or a number that is NaN is not equal to itself.
#[derive(Debug, PartialEq)]
pub struct ReadSummary {
    summary: BlockSummary,
    first: u64,
}

impl ReadSummary {
    /// Reads the bytes of a summary. `first` is the index of the first datapoint of the block.
    #[must_use]
    pub fn read(data: &[u8], first: u64) -> Option<Self> {
        BlockSummary::decode(data, first).ok().map(|summary| Self { summary, first })
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.summary.encode(self.first)
    }
}

fn message(error: BlockError) -> String {
    error.to_string()
}
