//! The datapoints of the input after they have been checked, before the first is sent.

use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use tempfile::SpooledTempFile;

use crate::Result;

/// The number of bytes kept in memory; a larger spool is in a temporary file.
pub(super) const MEMORY_BYTES: usize = 8 * 1024 * 1024;

/// Datapoints in the order in which they will be stored. Values may be in a file; the time and the
/// position of a value, 16 bytes, are in memory.
pub(super) struct Spool {
    values: SpooledTempFile,
    times: Vec<f64>,
    /// The offset at which each value ends, in the order of the input.
    ends: Vec<u64>,
    is_reversed: bool,
}

/// A spool that is being filled.
pub(super) struct SpoolWriter {
    values: BufWriter<SpooledTempFile>,
    times: Vec<f64>,
    ends: Vec<u64>,
}

impl SpoolWriter {
    pub(super) fn new() -> Self {
        let values = BufWriter::new(SpooledTempFile::new(MEMORY_BYTES));
        Self { values, times: Vec::new(), ends: Vec::new() }
    }

    pub(super) fn push(&mut self, t: f64, json: &str) -> Result {
        self.values.write_all(json.as_bytes())?;
        let end = self.ends.last().copied().unwrap_or(0);
        self.ends.push(end + json.len() as u64);
        self.times.push(t);
        Ok(())
    }

    /// The datapoints that have been pushed, in reverse order if `is_reversed` is set.
    pub(super) fn finish(self, is_reversed: bool) -> Result<Spool> {
        let Self { values, mut times, ends } = self;
        let values = values.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        if is_reversed {
            times.reverse();
        }
        Ok(Spool { values, times, ends, is_reversed })
    }
}

impl Spool {
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    pub(super) fn first_t(&self) -> Option<f64> {
        self.times.first().copied()
    }

    pub(super) fn last_t(&self) -> Option<f64> {
        self.times.last().copied()
    }

    pub(super) fn t(&self, index: usize) -> Option<f64> {
        self.times.get(index).copied()
    }

    /// Changes times before `earliest` to `earliest`.
    pub(super) fn restamp(&mut self, earliest: f64) {
        self.times.iter_mut().for_each(|t| *t = t.max(earliest));
    }

    /// The body of a request that inserts the datapoints from an index on, and their number. It has
    /// at most `max` datapoints, and ends with the one that brings their values to `bytes` bytes.
    pub(super) fn body(&mut self, from: usize, max: usize, bytes: u64) -> Result<(Vec<u8>, usize)> {
        let mut count = 0;
        let mut size = 0;
        while count < max && from + count < self.len() && size < bytes {
            let place = self.place(from + count);
            size += place.end - place.start;
            count += 1;
        }
        let places: Vec<_> = (from..from + count).map(|index| self.place(index)).collect();
        let start = places.iter().map(|place| place.start).min().unwrap_or(0);
        let end = places.iter().map(|place| place.end).max().unwrap_or(0);
        let mut text = vec![0; usize::try_from(end - start)?];
        self.values.seek(SeekFrom::Start(start))?;
        self.values.read_exact(&mut text)?;
        let mut body = Vec::with_capacity(text.len() + 40 * count);
        for (place, t) in places.iter().zip(&self.times[from..]) {
            body.extend_from_slice(if body.is_empty() { b"[{\"t\":" } else { b",{\"t\":" });
            serde_json::to_writer(&mut body, t)?;
            body.extend_from_slice(b",\"d\":");
            let within = |place: u64| usize::try_from(place - start).unwrap_or(usize::MAX);
            body.extend_from_slice(&text[within(place.start)..within(place.end)]);
            body.push(b'}');
        }
        body.push(b']');
        Ok((body, count))
    }

    /// The offsets at which the value of a datapoint begins and ends.
    fn place(&self, index: usize) -> Range<u64> {
        let index = if self.is_reversed { self.len() - 1 - index } else { index };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        start..self.ends[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(is_reversed: bool) -> Spool {
        let mut writer = SpoolWriter::new();
        for (t, json) in [(1.0, "10"), (2.5, "\"b\""), (3.0, "[3]")] {
            writer.push(t, json).expect("written");
        }
        writer.finish(is_reversed).expect("a spool")
    }

    #[test]
    fn bodies_hold_a_part_in_either_order() {
        let body = |spool: &mut Spool, from, max| {
            let (body, count) = spool.body(from, max, 1000).expect("a body");
            (String::from_utf8(body).expect("text"), count)
        };
        let mut rising = spool(false);
        assert_eq!(body(&mut rising, 1, 5), (r#"[{"t":2.5,"d":"b"},{"t":3.0,"d":[3]}]"#.into(), 2));
        let mut falling = spool(true);
        assert_eq!(
            body(&mut falling, 0, 2),
            (r#"[{"t":3.0,"d":[3]},{"t":2.5,"d":"b"}]"#.into(), 2)
        );
        assert_eq!(rising.body(0, 9, 1).expect("a body").1, 1);
    }
}
