//! Consecutive datapoints as text: how they arrive, wait in memory and are sent.

use std::ops::Range;

use cdb_types::{RawDatapoint, Timestamp};
use serde::Deserialize;

use super::block::{BLOCK_BYTES, Block, BlockError};

/// More than a time, an origin and brackets take.
const SPARE_BYTES: usize = 1024;

/// The text of every stored datapoint begins with this.
const TIME: &[u8] = br#"{"t":"#;

/// Datapoints in the order of their times, as JSON, separated by commas.
#[derive(Debug, Default, Clone)]
pub(crate) struct Points {
    text: Vec<u8>,
    /// Where each datapoint begins in the text.
    starts: Vec<usize>,
    /// The time of each datapoint, in seconds.
    times: Vec<f64>,
}

impl Points {
    /// Creates an empty value with room for some datapoints and bytes of text, and a few more, so that
    /// one large value fits with its time.
    pub(in crate::storage) fn with_capacity(points: usize, bytes: usize) -> Self {
        Self {
            text: Vec::with_capacity(bytes + SPARE_BYTES),
            starts: Vec::with_capacity(points),
            times: Vec::with_capacity(points),
        }
    }

    /// Reads datapoints back from their text, in which they are separated by commas.
    pub(crate) fn parse(text: Vec<u8>) -> Result<Self, BlockError> {
        let mut points = Self::default();
        let mut at = 0;
        loop {
            let (time, length) = first(&text[at..])?;
            points.starts.push(at);
            points.times.push(time);
            at += length;
            match text.get(at) {
                None => break,
                Some(b',') => at += 1,
                Some(_) => return Err(BlockError::Content),
            }
        }
        if !points.times.is_sorted() {
            return Err(BlockError::Content);
        }
        Ok(Self { text, ..points })
    }

    /// Returns the number of datapoints.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// Returns whether there are no datapoints.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Returns the text of all datapoints, separated by commas.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns the time of the first datapoint, or negative infinity.
    pub(in crate::storage) fn first_t(&self) -> f64 {
        self.times.first().copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// Returns the time of the last datapoint, or negative infinity.
    pub(in crate::storage) fn last_t(&self) -> f64 {
        self.times.last().copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// Returns the time of a datapoint, if there is one with this index.
    pub(in crate::storage) fn time(&self, index: usize) -> Option<f64> {
        self.times.get(index).copied()
    }

    /// Returns how many datapoints are before `t`.
    pub(in crate::storage) fn count_before(&self, t: f64) -> usize {
        self.times.partition_point(|time| *time < t)
    }

    /// Returns the text of the last datapoint.
    pub(in crate::storage) fn last(&self) -> Option<&[u8]> {
        self.text.get(*self.starts.last()?..)
    }

    /// Returns how many datapoints are not later than `t`.
    pub(in crate::storage) fn count_until(&self, t: f64) -> usize {
        self.times.partition_point(|time| *time <= t)
    }

    /// Returns the text of the datapoints with these indexes.
    pub(in crate::storage) fn part(&self, range: Range<usize>) -> &[u8] {
        let place = |index: usize| self.starts.get(index).copied();
        let start = place(range.start).unwrap_or(self.text.len());
        let end = place(range.end).map_or(self.text.len(), |next| next - 1);
        &self.text[start..end.max(start)]
    }

    /// Returns how many datapoints, starting with the one at `first`, have a text of at most `bytes`
    /// in total; at least 1.
    pub(in crate::storage) fn fitting(&self, first: usize, bytes: usize) -> usize {
        let end = self.starts.get(first).map_or(0, |start| start + bytes);
        self.starts.partition_point(|start| *start <= end).saturating_sub(first + 1).max(1)
    }

    /// Appends other datapoints.
    pub(in crate::storage) fn append(&mut self, others: &Self) {
        if others.is_empty() {
            return;
        }
        self.separate();
        let before = self.text.len();
        self.text.extend_from_slice(&others.text);
        self.starts.extend(others.starts.iter().map(|start| start + before));
        self.times.extend_from_slice(&others.times);
    }

    /// Appends some datapoints of others.
    pub(in crate::storage) fn append_part(&mut self, others: &Self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.separate();
        let (before, start) = (self.text.len(), others.starts[range.start]);
        self.text.extend_from_slice(others.part(range.clone()));
        self.starts.extend(others.starts[range.clone()].iter().map(|at| at - start + before));
        self.times.extend_from_slice(&others.times[range]);
    }

    /// Returns these datapoints and others in the order of their times. Of equal times, the others come
    /// later.
    pub(in crate::storage) fn merged(&self, others: &Self) -> Self {
        let bytes = self.text.len() + others.text.len();
        let mut merged = Self::with_capacity(self.len() + others.len(), bytes);
        let (mut here, mut there) = (0, 0);
        while there < others.len() {
            let next = self.count_until(others.times[there]);
            merged.append_part(self, here..next);
            here = next;
            // All that come before the next one here.
            let until = self.times.get(here).map_or(others.len(), |t| others.count_before(*t));
            merged.append_part(others, there..until);
            there = until;
        }
        merged.append_part(self, here..self.len());
        merged
    }

    /// Appends a datapoint, whose time must not be before that of the last one.
    ///
    /// `time_text` is the text of the time, if it is known to be its shortest form.
    pub(in crate::storage) fn push(
        &mut self,
        t: Timestamp,
        time_text: Option<&[u8]>,
        value: Option<&[u8]>,
        origin: Option<&str>,
    ) -> Result<(), serde_json::Error> {
        self.separate();
        self.starts.push(self.text.len());
        self.times.push(t.as_secs_f64());
        self.text.extend_from_slice(TIME);
        match time_text {
            Some(text) => self.text.extend_from_slice(text),
            None => serde_json::to_writer(&mut self.text, &t)?,
        }
        if let Some(value) = value {
            self.text.extend_from_slice(br#","d":"#);
            self.text.extend_from_slice(value);
        }
        if let Some(origin) = origin {
            self.text.extend_from_slice(br#","o":"#);
            serde_json::to_writer(&mut self.text, origin)?;
        }
        self.text.push(b'}');
        Ok(())
    }

    fn separate(&mut self) {
        if !self.is_empty() {
            self.text.push(b',');
        }
    }

    /// Returns the same datapoints, with those before `earliest` moved to that time.
    pub(in crate::storage) fn restamped(&self, earliest: f64) -> Result<Self, BlockError> {
        let moved = self.times.partition_point(|time| *time < earliest);
        let time = serde_json::to_vec(&Timestamp::new(earliest))?;
        let mut points = Self::with_capacity(self.len(), self.text.len() + moved * time.len());
        for index in 0..moved {
            // The rest is what follows the time: the value and the origin, or the end.
            let text = &self.part(index..index + 1)[TIME.len()..];
            let rest = text.iter().position(|byte| matches!(byte, b',' | b'}'));
            let rest = &text[rest.ok_or(BlockError::Content)?..];
            points.separate();
            points.starts.push(points.text.len());
            points.times.push(earliest);
            for part in [TIME, &time, rest] {
                points.text.extend_from_slice(part);
            }
        }
        if moved < self.len() {
            let before = self.starts[moved];
            points.separate();
            let place = points.text.len();
            points.text.extend_from_slice(&self.text[before..]);
            points.starts.extend(self.starts[moved..].iter().map(|start| start - before + place));
            points.times.extend_from_slice(&self.times[moved..]);
        }
        Ok(points)
    }

    /// Returns blocks of about the same size that hold the datapoints.
    ///
    /// A block is cut before the first datapoint that begins after its share of the text, so that it
    /// holds at most one large value, its last one.
    pub(in crate::storage) fn blocks(&mut self) -> Vec<Block> {
        let pieces = (self.text.len() / BLOCK_BYTES).max(1);
        let share = self.text.len() / pieces;
        // A value may be large, so that its text is not copied: what is around the datapoints of a block
        // becomes brackets while the block is made.
        self.text.reserve_exact(2);
        self.text.insert(0, b',');
        self.text.push(b',');
        let mut blocks = Vec::with_capacity(pieces);
        let mut first = 0;
        for piece in 1..=pieces {
            let until = share * piece;
            let next = match piece == pieces {
                true => self.len(),
                false => self.starts.partition_point(|start| *start < until),
            };
            if first < next {
                let start = self.starts[first];
                let end = self.starts.get(next).copied().unwrap_or(self.text.len() - 1);
                let text = &mut self.text[start..=end];
                (text[0], text[end - start]) = (b'[', b']');
                blocks.push(Block::of(text, next - first, self.times[next - 1]));
                (text[0], text[end - start]) = (b',', b',');
                first = next;
            }
        }
        self.text.pop();
        self.text.remove(0);
        blocks
    }
}

/// Returns the time of the datapoint at the start of a text, and its length in bytes.
fn first(text: &[u8]) -> Result<(f64, usize), BlockError> {
    #[derive(Deserialize)]
    struct Time {
        #[serde(default)]
        t: f64,
    }
    if let Some((raw, length)) = RawDatapoint::scan(text) {
        return Ok((raw.t.map_or(0.0, |t| t.value), length));
    }
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Time>();
    let time = values.next().ok_or(BlockError::Content)??;
    Ok((time.t, values.byte_offset()))
}
