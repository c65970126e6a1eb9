//! The datapoints of the input after they have been checked, before the first is sent.

use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use tempfile::SpooledTempFile;

use super::order::{Times, longest_ascending};
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
    /// The indexes of the datapoints that were not left out, or `None` if none was.
    kept: Option<Vec<usize>>,
}

/// A spool that is being filled.
pub(super) struct SpoolWriter {
    values: BufWriter<SpooledTempFile>,
    times: Vec<f64>,
    ends: Vec<u64>,
    /// The datapoints whose time is another one if the input descends.
    descending: Vec<(usize, f64)>,
}

impl SpoolWriter {
    pub(super) fn new() -> Self {
        let values = BufWriter::new(SpooledTempFile::new(MEMORY_BYTES));
        Self { values, times: Vec::new(), ends: Vec::new(), descending: Vec::new() }
    }

    pub(super) fn push(&mut self, times: Times, json: &str) -> Result {
        self.values.write_all(json.as_bytes())?;
        let end = self.ends.last().copied().unwrap_or(0);
        self.ends.push(end + json.len() as u64);
        if times.ascending != times.descending {
            self.descending.push((self.times.len(), times.descending));
        }
        self.times.push(times.ascending);
        Ok(())
    }

    /// The datapoints that have been pushed, in reverse order if the input descends.
    pub(super) fn finish(self, is_descending: bool) -> Result<Spool> {
        let Self { values, mut times, ends, descending } = self;
        let values = values.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        if is_descending {
            descending.into_iter().for_each(|(index, t)| times[index] = t);
            times.reverse();
        }
        Ok(Spool { values, times, ends, is_reversed: is_descending, kept: None })
    }

    /// The longest sequence of datapoints that ascends or descends, and the indexes and times of the
    /// datapoints that are not part of it.
    pub(super) fn finish_ordered(mut self) -> Result<(Spool, Vec<(usize, f64)>)> {
        let ascending = longest_ascending(&self.times);
        self.times.reverse();
        let descending = longest_ascending(&self.times);
        self.times.reverse();
        let is_descending = descending.len() > ascending.len();
        let kept = if is_descending { descending } else { ascending };
        let mut spool = self.finish(is_descending)?;
        let mut is_kept = vec![false; spool.times.len()];
        kept.iter().for_each(|index| is_kept[*index] = true);
        let left_out = (0..is_kept.len()).filter(|index| !is_kept[*index]);
        let mut left_out: Vec<_> =
            left_out.map(|index| (spool.row(index), spool.times[index])).collect();
        left_out.sort_unstable_by_key(|(row, _)| *row);
        spool.times = kept.iter().map(|index| spool.times[*index]).collect();
        spool.kept = Some(kept);
        Ok((spool, left_out))
    }
}

impl Spool {
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether the datapoints are in the reverse order of the input.
    pub(super) fn is_reversed(&self) -> bool {
        self.is_reversed
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
    /// at least one and at most `max` datapoints. Their values are at most `bytes` bytes, unless the
    /// first value alone is larger; values between them that were left out count too, because they
    /// are read with them.
    pub(super) fn body(&mut self, from: usize, max: usize, bytes: u64) -> Result<(Vec<u8>, usize)> {
        let mut places = Vec::new();
        let (mut start, mut end) = (u64::MAX, 0);
        for index in (from..self.len()).take(max) {
            let place = self.place(index);
            let (wider_start, wider_end) = (start.min(place.start), end.max(place.end));
            if !places.is_empty() && wider_end - wider_start > bytes {
                break;
            }
            (start, end) = (wider_start, wider_end);
            places.push(place);
        }
        let count = places.len();
        let mut text = vec![0; usize::try_from(end.saturating_sub(start))?];
        self.values.seek(SeekFrom::Start(start.min(end)))?;
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
        let row = self.row(self.kept.as_ref().map_or(index, |kept| kept[index]));
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start..self.ends[row]
    }

    /// The index in the input of the datapoint with an index in the spool, before any is left out.
    fn row(&self, index: usize) -> usize {
        if self.is_reversed { self.ends.len() - 1 - index } else { index }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool(is_reversed: bool) -> Spool {
        let mut writer = SpoolWriter::new();
        for (t, json) in [(1.0, "10"), (2.5, "\"b\""), (3.0, "[3]")] {
            writer.push(Times { ascending: t, descending: t }, json).expect("written");
        }
        writer.finish(is_reversed).expect("a spool")
    }

    #[test]
    fn bodies_hold_a_part_in_either_order() {
        let body = |spool: &mut Spool, from, max| {
            let (body, count) = spool.body(from, max, 1000).expect("a body");
            (String::from_utf8(body).expect("text"), count)
        };
        let mut ascending = spool(false);
        assert_eq!(
            body(&mut ascending, 1, 5),
            (r#"[{"t":2.5,"d":"b"},{"t":3.0,"d":[3]}]"#.into(), 2)
        );
        let mut descending = spool(true);
        assert_eq!(
            body(&mut descending, 0, 2),
            (r#"[{"t":3.0,"d":[3]},{"t":2.5,"d":"b"}]"#.into(), 2)
        );
        assert_eq!(ascending.body(0, 9, 1).expect("a body").1, 1);
    }

    #[test]
    fn what_is_out_of_order_is_left_out() {
        for (times, text, left_out) in [
            (
                [1.0, 9.0, 2.0, 3.0],
                r#"[{"t":1.0,"d":0},{"t":2.0,"d":2},{"t":3.0,"d":3}]"#,
                (1, 9.0),
            ),
            (
                [4.0, 3.0, 1.0, 2.0],
                r#"[{"t":1.0,"d":2},{"t":3.0,"d":1},{"t":4.0,"d":0}]"#,
                (3, 2.0),
            ),
        ] {
            let mut writer = SpoolWriter::new();
            for (number, t) in times.into_iter().enumerate() {
                let times = Times { ascending: t, descending: t };
                writer.push(times, &number.to_string()).expect("written");
            }
            let (mut spool, out_of_order) = writer.finish_ordered().expect("a spool");
            let (body, count) = spool.body(0, 9, 1000).expect("a body");
            assert_eq!((std::str::from_utf8(&body), count), (Ok(text), 3));
            assert_eq!(out_of_order, [left_out]);
            // The datapoint that is left out between others is read with them.
            let fitting = spool.body(0, 9, 2).expect("a body").1;
            assert_eq!(fitting, if left_out.0 == 1 { 1 } else { 2 });
        }
    }
}
