//! Consecutive datapoints as text: how they come in, wait in memory and go out.

use std::ops::Range;

use cdb_types::{RawDatapoint, Timestamp};
use serde::Deserialize;

use super::block::{BLOCK_BYTES, Block, BlockError};

/// Every datapoint begins with this.
const TIME: &[u8] = br#"{"t":"#;

/// Datapoints in the order of their times, as JSON: what stands between the brackets of an array.
#[derive(Debug, Default, Clone)]
pub(crate) struct Points {
    text: Vec<u8>,
    /// Where each begins in the text; what ends before is a comma.
    starts: Vec<usize>,
    /// When each is, in seconds.
    times: Vec<f64>,
}

impl Points {
    /// No datapoints, with room for so many of them in so many bytes.
    pub(in crate::storage) fn with_capacity(points: usize, bytes: usize) -> Self {
        Self {
            text: Vec::with_capacity(bytes),
            starts: Vec::with_capacity(points),
            times: Vec::with_capacity(points),
        }
    }

    /// Reads them back from their text.
    pub(crate) fn parse(text: Vec<u8>) -> Result<Self, BlockError> {
        let mut points = Self::default();
        let mut at = 0;
        while at < text.len() {
            if at > 0 {
                at += 1;
            }
            let (time, length) = first(&text[at..])?;
            points.starts.push(at);
            points.times.push(time);
            at += length;
        }
        Ok(Self { text, ..points })
    }

    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Their whole text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The time of the first; of none, before all times.
    pub(in crate::storage) fn first_t(&self) -> f64 {
        self.times.first().copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// The time of the last; of none, before all times.
    pub(in crate::storage) fn last_t(&self) -> f64 {
        self.times.last().copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// How many are not later than a time.
    pub(in crate::storage) fn count_until(&self, t: f64) -> usize {
        self.times.partition_point(|time| *time <= t)
    }

    /// The text of some of them.
    pub(in crate::storage) fn part(&self, range: Range<usize>) -> &[u8] {
        let place = |index: usize| self.starts.get(index).copied();
        let start = place(range.start).unwrap_or(self.text.len());
        let end = place(range.end).map_or(self.text.len(), |next| next - 1);
        &self.text[start..end.max(start)]
    }

    /// The largest number of them from an index on whose text fits into so many bytes; one at
    /// least.
    pub(in crate::storage) fn fitting(&self, first: usize, bytes: usize) -> usize {
        let end = self.starts.get(first).map_or(0, |start| start + bytes);
        self.starts.partition_point(|start| *start <= end).saturating_sub(first + 1).max(1)
    }

    /// Puts others after these.
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

    /// Puts one more after these. Its time is not before that of the last.
    ///
    /// `said` is the text of the time, if there is one that is as it should be.
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

    /// The same datapoints, those before a time moved to it.
    pub(in crate::storage) fn restamped(&self, earliest: f64) -> Result<Self, BlockError> {
        let moved = self.times.partition_point(|time| *time < earliest);
        let time = serde_json::to_vec(&Timestamp::new(earliest))?;
        let mut points = Self::with_capacity(self.len(), self.text.len() + moved * time.len());
        for index in 0..moved {
            // What follows the time: the value, or the end.
            let text = &self.part(index..index + 1)[TIME.len()..];
            let rest = text.iter().position(|byte| matches!(byte, b',' | b'}'));
            let rest = &text[rest.ok_or(BlockError::Corrupt)?..];
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

    /// The blocks that hold them: all of about the same size.
    pub(in crate::storage) fn blocks(&self) -> Vec<Block> {
        let pieces = (self.text.len() / BLOCK_BYTES).max(1);
        let mut blocks = Vec::with_capacity(pieces);
        let mut first = 0;
        for piece in 1..=pieces {
            let until = self.text.len() / pieces * piece;
            let next = match piece == pieces {
                true => self.len(),
                false => self.starts.partition_point(|start| *start < until),
            };
            if first < next {
                let count = next - first;
                blocks.push(Block::of(self.part(first..next), count, self.times[next - 1]));
                first = next;
            }
        }
        blocks
    }
}

/// The time of the datapoint with which a text begins, and how long it is.
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
    let time = values.next().ok_or(BlockError::Corrupt)??;
    Ok((time.t, values.byte_offset()))
}
