//! Blocks as columns: the times of all datapoints, their values, and their origins, each compressed
//! on its own. Most datapoints take a twentieth of their text.
//!
//! The text of a block of columns is to the byte what it was made of, or no columns are made.

mod numbers;
mod texts;
mod values;

use std::ops::Range;

use super::bytes::{Bytes, Malformed};
use super::split::{DatapointParts, split_datapoint};
use numbers::MAX_NUMBER_BYTES;
pub(super) use numbers::{read_floats, write_floats};
use values::{Cursors, Values, write_values};

/// The length of the text of a block of columns, in bytes. Blocks with a longer one have large values.
pub(in crate::storage) const MAX_TEXT_BYTES: usize = 512 * 1024;

/// The text of the shortest datapoint: `{"t":1}`.
const MIN_DATAPOINT_BYTES: usize = 7;

/// The columns of a block.
#[derive(Debug)]
pub(in crate::storage) struct Columns {
    count: usize,
    text_bytes: usize,
    times: Values,
    values: Values,
    origins: Values,
}

/// Datapoints of a block of columns, without their origins.
#[derive(Debug)]
pub(crate) struct Cells {
    columns: Columns,
    /// What is left of them.
    rows: Range<usize>,
    cursors: Cursors,
    text: Vec<u8>,
}

/// The value of a datapoint.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    Integer(i64),
    Float(f64),
    /// A JSON text of which there are few different ones, and its number among them.
    Text(usize, &'a [u8]),
    /// Any other JSON text.
    Json(&'a [u8]),
}

/// Consecutive datapoints of a block of columns whose values are numbers.
#[derive(Debug)]
pub(crate) struct NumberCells {
    columns: Columns,
    first: usize,
    pub(crate) t: Vec<f64>,
    /// Each the float that is nearest to the number.
    pub(crate) d: Vec<f64>,
}

impl NumberCells {
    /// Calls a function with the value of a datapoint, with all its digits.
    pub(crate) fn with_cell<T>(&self, place: usize, read: impl FnOnce(Cell<'_>) -> T) -> T {
        let values = &self.columns.values;
        let (row, mut text) = (self.first + place, Vec::new());
        read(values.cell(row, &mut values.cursors(0, self.columns.text_bytes), &mut text))
    }
}

impl Cells {
    /// Returns whether all have been returned.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the rest of the datapoints if their values are numbers, and otherwise all as they were.
    pub(crate) fn into_numbers(self: Box<Self>) -> Result<NumberCells, Box<Self>> {
        let Self { columns, rows, .. } = &*self;
        let (Some(times), Some(values)) = (columns.times.numbers(), columns.values.numbers())
        else {
            return Err(self);
        };
        let (t, d) = (times.floats(rows.clone()), values.floats(rows.clone()));
        Ok(NumberCells { first: rows.start, columns: self.columns, t, d })
    }

    /// Returns the time and the value of the next datapoint, or `None` after the last one.
    pub(crate) fn next(&mut self) -> Option<(f64, Cell<'_>)> {
        let row = self.rows.next()?;
        self.text.clear();
        let value = self.columns.values.cell(row, &mut self.cursors, &mut self.text);
        Some((self.columns.time(row), value))
    }
}

/// Makes columns of the text of a block with `count` datapoints, a JSON array. Returns `None` if they
/// would not give back the same text.
pub(in crate::storage) fn encode(text: &[u8], count: usize) -> Option<Vec<u8>> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let mut rest = text.strip_prefix(b"[")?;
    let (mut times, mut values, mut origins) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let (DatapointParts { time, value, origin }, length) = split_datapoint(rest)?;
        times.push(Some(time));
        values.push(value);
        origins.push(origin);
        match rest[length..].split_first()? {
            (b',', after) => rest = after,
            (b']', []) => break,
            _ => return None,
        }
    }
    let mut data = Vec::new();
    for column in [&times, &values, &origins] {
        write_values(&mut data, column, false)?;
    }
    let columns = Columns::decode(&data, count, text.len(), &(0..count)).ok()?;
    let mut decoded = Vec::with_capacity(text.len());
    columns.write(b'[', 0..count, &mut decoded);
    decoded.push(b']');
    (decoded == text).then_some(data)
}

impl Columns {
    /// Reads the columns of `count` datapoints, whose text has `text_bytes`; at least some of the rows.
    ///
    /// The memory that this needs is at most some dozen times [`MAX_TEXT_BYTES`], whatever the data is.
    pub(in crate::storage) fn decode(
        data: &[u8],
        count: usize,
        text_bytes: usize,
        rows: &Range<usize>,
    ) -> Result<Self, Malformed> {
        // A datapoint has more bytes than that.
        if count == 0 || count > text_bytes / MIN_DATAPOINT_BYTES || text_bytes > MAX_TEXT_BYTES {
            return Err(Malformed);
        }
        // Each datapoint has a time, a value and an origin, and each value in an object takes some text.
        let mut data = Bytes::new(data, 3 * count + text_bytes, text_bytes);
        let mut values = || Values::read(&mut data, count, rows, false);
        let (times, values, origins) = (values()?, values()?, values()?);
        if times.numbers().is_none() || !data.is_empty() {
            return Err(Malformed);
        }
        Ok(Self { count, text_bytes, times, values, origins })
    }

    /// Returns the datapoints of some rows, which must exist, one after the other.
    pub(in crate::storage) fn cells(self, rows: Range<usize>) -> Cells {
        let cursors = self.values.cursors(rows.start, self.text_bytes);
        Cells { columns: self, rows, cursors, text: Vec::new() }
    }

    /// Returns the time of a datapoint, in seconds.
    fn time(&self, index: usize) -> f64 {
        self.times.numbers().map_or(f64::NAN, |times| times.float(index))
    }

    /// Returns how many datapoints are not later than `t`.
    pub(in crate::storage) fn count_until(&self, t: f64) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle) <= t { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Adds a separator and the text of some datapoints. If the columns are damaged, it may be another
    /// text, which is at most a little longer than that of the block.
    pub(in crate::storage) fn write(&self, separator: u8, rows: Range<usize>, text: &mut Vec<u8>) {
        if rows == (0..self.count) && self.write_numbers(separator, text).is_some() {
            return;
        }
        let end = text.len() + self.text_bytes;
        let cursors = |values: &Values| values.cursors(rows.start, end);
        let mut times = cursors(&self.times);
        let (mut values, mut origins) = (cursors(&self.values), cursors(&self.origins));
        for (index, row) in rows.enumerate() {
            if text.len() >= end {
                return;
            }
            text.push(if index == 0 { separator } else { b',' });
            text.extend_from_slice(br#"{"t":"#);
            self.times.write(row, &mut times, text);
            if self.values.has(row) {
                text.extend_from_slice(br#","d":"#);
                self.values.write(row, &mut values, text);
            }
            if self.origins.has(row) {
                text.extend_from_slice(br#","o":"#);
                self.origins.write(row, &mut origins, text);
            }
            text.push(b'}');
        }
    }

    /// The same as [`write`](Self::write) for all datapoints, if their values are numbers and they have no
    /// origins, which is what most streams have. It takes half of the time.
    fn write_numbers(&self, separator: u8, text: &mut Vec<u8>) -> Option<()> {
        const BEFORE_TIME: &[u8; 6] = br#",{"t":"#;
        const BEFORE_VALUE: &[u8; 5] = br#","d":"#;
        const MAX_ROW: usize = BEFORE_TIME.len() + BEFORE_VALUE.len() + 2 * MAX_NUMBER_BYTES + 1;
        let (times, values) = (self.times.numbers()?, self.values.numbers()?);
        if !self.origins.are_absent() {
            return None;
        }
        let start = text.len();
        text.resize(start + self.text_bytes + MAX_ROW, 0);
        let mut at = start;
        for row in 0..self.count {
            let Some(buffer) = text.get_mut(at..at + MAX_ROW) else {
                // The columns are damaged, and have a longer text.
                text.truncate(start);
                return None;
            };
            let mut end = BEFORE_TIME.len();
            buffer[..end].copy_from_slice(BEFORE_TIME);
            end += times.put(row, &mut buffer[end..]);
            buffer[end..][..BEFORE_VALUE.len()].copy_from_slice(BEFORE_VALUE);
            end += BEFORE_VALUE.len();
            end += values.put(row, &mut buffer[end..]);
            buffer[end] = b'}';
            at += end + 1;
        }
        text.truncate(at);
        text[start] = separator;
        Some(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
