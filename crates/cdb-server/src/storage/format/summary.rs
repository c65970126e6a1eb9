//! The bytes of the summary of a block.

use std::collections::BTreeMap;

use cdb_types::summary::{ExactSum, KeySummary, Sample, Spread, Strings, Summary};

use super::PAGE_ROWS;
use super::block::{BlockError, Page, StoredData};
use super::bytes::{Bytes, Malformed, write_integer, write_length};
use super::columns::{NumberCells, read_floats, write_floats};
use super::visit::add_to;

/// The first byte. A summary with another one is not read, and its block is.
const VERSION: u8 = 2;

/// The first byte of a summary without slices, of earlier versions.
const WITHOUT_SLICES: u8 = 1;

/// Which parts of the summary of a key are there.
const NUMBERS: u8 = 1;
const BOOLEANS: u8 = 2;
const DISTINCT: u8 = 4;

/// The summary of a block.
#[derive(Debug, PartialEq)]
pub(crate) struct BlockSummary {
    pub(crate) summary: Summary,
    /// The time of the first datapoint. That of the last one is in the row of the block.
    pub(crate) first_t: f64,
    /// The spread of each [`PAGE_ROWS`] datapoints, and of those that are left at the end, if the values of
    /// all are numbers and in pages.
    pub(crate) slices: Vec<Spread>,
}

impl BlockSummary {
    /// Reads all datapoints of a block. `first` is the index of the first one.
    pub(in crate::storage) fn of(block: StoredData<'_>, first: u64) -> Result<Self, BlockError> {
        let mut summary = Summary::default();
        let mut index = first;
        let first_t = add_to(&mut summary, block.page(0..block.count)?, &mut index)?;
        let first_t = first_t.ok_or(BlockError::Content)?;
        let slices = if block.count > PAGE_ROWS { slices(block, first)? } else { Vec::new() };
        Ok(Self { summary, first_t, slices })
    }

    /// Returns the bytes. `first` is the index of the first datapoint.
    pub(in crate::storage) fn encode(&self, first: u64) -> Vec<u8> {
        let mut data = vec![VERSION];
        data.extend_from_slice(&self.first_t.to_le_bytes());
        write_integer(&mut data, self.summary.count);
        write_key(&mut data, &self.summary.value, first);
        // One more than the number of keys, or 0 if these are not known.
        let keys = self.summary.keys.as_ref();
        write_length(&mut data, keys.map_or(0, |keys| keys.len() + 1));
        for (key, values) in keys.into_iter().flatten() {
            write_text(&mut data, key);
            write_key(&mut data, values, first);
        }
        write_slices(&mut data, &self.slices);
        data
    }

    /// Reads the bytes.
    pub(in crate::storage) fn decode(data: &[u8], first: u64) -> Result<Self, Malformed> {
        let mut data = Bytes::new(data, 0, 0);
        let version = data.byte()?;
        if ![VERSION, WITHOUT_SLICES].contains(&version) {
            return Err(Malformed);
        }
        let first_t = data.float()?;
        let mut summary = Summary::default();
        summary.count = data.integer()?;
        summary.value = read_key(&mut data, first)?;
        summary.keys = match data.length()?.checked_sub(1) {
            None => None,
            Some(keys) => {
                let key = |_| Ok((read_text(&mut data)?, read_key(&mut data, first)?));
                Some((0..keys).map(key).collect::<Result<BTreeMap<_, _>, _>>()?)
            }
        };
        let slices = match version {
            VERSION => read_slices(&mut data, first, summary.count)?,
            _ => Vec::new(),
        };
        if data.is_empty() { Ok(Self { summary, first_t, slices }) } else { Err(Malformed) }
    }

    /// Returns whether a summary of the same block, which may have been written by an earlier version, says
    /// the same.
    pub(in crate::storage) fn agrees_with(&self, other: &Self) -> bool {
        self.summary == other.summary
            && self.first_t.to_bits() == other.first_t.to_bits()
            && (self.slices == other.slices || other.slices.is_empty())
    }
}

/// Returns the spreads of the slices of a block, if it has pages. `first` is the index of the first datapoint.
fn slices(block: StoredData<'_>, first: u64) -> Result<Vec<Spread>, BlockError> {
    let Page::Columns(cells) = block.page(0..block.count)? else { return Ok(Vec::new()) };
    let Ok(NumberCells { t, d, .. }) = cells.into_numbers() else { return Ok(Vec::new()) };
    let pages = t.chunks(PAGE_ROWS).zip(d.chunks(PAGE_ROWS)).zip((first..).step_by(PAGE_ROWS));
    Ok(pages.filter_map(|((t, d), first)| Spread::of_numbers(first, t, d)).collect())
}

/// Writes slices: their number, the places of the extremes, the times, the values, and the sums.
fn write_slices(data: &mut Vec<u8>, slices: &[Spread]) {
    write_length(data, slices.len());
    if slices.is_empty() {
        return;
    }
    let samples = |spread: &Spread| [spread.first, spread.min, spread.max, spread.last];
    for Spread { first, min, max, .. } in slices {
        [min, max].into_iter().for_each(|it| write_integer(data, it.index - first.index));
    }
    let samples: Vec<_> = slices.iter().flat_map(samples).collect();
    write_floats(data, samples.iter().map(|sample| sample.t));
    write_floats(data, samples.iter().map(|sample| sample.value));
    slices.iter().for_each(|slice| write_sum(data, &slice.sum));
}

fn read_slices(data: &mut Bytes<'_>, first: u64, count: u64) -> Result<Vec<Spread>, Malformed> {
    let slices = data.length()?;
    if slices == 0 {
        return Ok(Vec::new());
    }
    let page = PAGE_ROWS as u64;
    if slices as u64 != count.div_ceil(page) {
        return Err(Malformed);
    }
    // The memory for all is bounded by the length of the data, since each takes some of it.
    let extremes = (0..slices).map(|_| Ok([data.integer()?, data.integer()?]));
    let extremes = extremes.collect::<Result<Vec<_>, _>>()?;
    let (t, d) = (read_floats(data, 4 * slices)?, read_floats(data, 4 * slices)?);
    let slice = |slice: usize| {
        let start = slice as u64 * page;
        let count = page.min(count - start);
        let [min, max] = extremes[slice];
        let places = [0, min, max, count - 1];
        let mut samples = [Sample { index: 0, t: 0.0, value: 0.0 }; 4];
        for (at, (sample, place)) in samples.iter_mut().zip(places).enumerate() {
            let place = Some(place).filter(|place| *place < count);
            let index = place.and_then(|place| first.checked_add(start + place));
            let (t, value) = (t[4 * slice + at], d[4 * slice + at]);
            *sample = Sample { index: index.ok_or(Malformed)?, t, value };
        }
        Ok(Spread::from_parts(count, samples, read_sum(data)?))
    };
    (0..slices).map(slice).collect()
}

fn write_key(data: &mut Vec<u8>, key: &KeySummary, first: u64) {
    let KeySummary { numbers, booleans, strings, nulls, arrays, objects, .. } = key;
    let distinct = strings.distinct.as_ref();
    let flag = |is_there: bool, flag: u8| if is_there { flag } else { 0 };
    data.push(
        flag(numbers.is_some(), NUMBERS)
            | flag(booleans.is_some(), BOOLEANS)
            | flag(distinct.is_some(), DISTINCT),
    );
    numbers.iter().chain(booleans).for_each(|spread| write_spread(data, spread, first));
    [strings.count, *nulls, *arrays, *objects].into_iter().for_each(|it| write_integer(data, it));
    if let Some(distinct) = distinct {
        write_length(data, distinct.len());
        for (text, times) in distinct {
            write_text(data, text);
            write_integer(data, *times);
        }
    }
}

fn read_key(data: &mut Bytes<'_>, first: u64) -> Result<KeySummary, Malformed> {
    let flags = data.byte()?;
    let mut spread = |flag| (flags & flag != 0).then(|| read_spread(data, first)).transpose();
    let mut key = KeySummary::default();
    key.numbers = spread(NUMBERS)?;
    key.booleans = spread(BOOLEANS)?;
    let mut counts = [0; 4];
    for count in &mut counts {
        *count = data.integer()?;
    }
    let mut strings = Strings::default();
    [strings.count, key.nulls, key.arrays, key.objects] = counts;
    strings.distinct = match flags & DISTINCT != 0 {
        false => None,
        true => {
            let different = data.length()?;
            let text = |_| Ok((read_text(data)?, data.integer()?));
            Some((0..different).map(text).collect::<Result<BTreeMap<_, _>, _>>()?)
        }
    };
    key.strings = strings;
    Ok(key)
}

fn write_spread(data: &mut Vec<u8>, spread: &Spread, first: u64) {
    write_integer(data, spread.count);
    for Sample { index, t, value } in [spread.first, spread.min, spread.max, spread.last] {
        write_integer(data, index - first);
        data.extend_from_slice(&t.to_le_bytes());
        data.extend_from_slice(&value.to_le_bytes());
    }
    write_sum(data, &spread.sum);
}

fn write_sum(data: &mut Vec<u8>, sum: &ExactSum) {
    for parts in sum.parts() {
        write_length(data, parts.len());
        parts.iter().for_each(|part| data.extend_from_slice(&part.to_le_bytes()));
    }
}

fn read_spread(data: &mut Bytes<'_>, first: u64) -> Result<Spread, Malformed> {
    let count = data.integer()?;
    let mut sample = || {
        let index = first.checked_add(data.integer()?).ok_or(Malformed)?;
        Ok(Sample { index, t: data.float()?, value: data.float()? })
    };
    let samples = [sample()?, sample()?, sample()?, sample()?];
    Ok(Spread::from_parts(count, samples, read_sum(data)?))
}

fn read_sum(data: &mut Bytes<'_>) -> Result<ExactSum, Malformed> {
    let mut parts = || {
        let count = data.length()?;
        (0..count).map(|_| data.float()).collect::<Result<Vec<_>, _>>()
    };
    let parts = [parts()?, parts()?];
    Ok(ExactSum::from_parts(&parts))
}

fn write_text(data: &mut Vec<u8>, text: &str) {
    write_length(data, text.len());
    data.extend_from_slice(text.as_bytes());
}

fn read_text(data: &mut Bytes<'_>) -> Result<String, Malformed> {
    String::from_utf8(data.part()?.to_vec()).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let flat = prop_oneof![
            any::<f64>().prop_filter("a number", |x| x.is_finite()).prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            "[a-zß]{0,4}".prop_map(Value::from),
            Just(Value::Null),
            Just(json!([])),
        ];
        let object = proptest::collection::btree_map("[a-c]", flat.clone(), 0..3);
        prop_oneof![flat, object.prop_map(|object| json!(object))]
    }

    proptest! {
        #[test]
        fn a_summary_is_read_as_it_was_written(
            values in proptest::collection::vec(any_value(), 0..300),
            first in 0_u64..1 << 40,
        ) {
            let mut summary = Summary::default();
            for (index, value) in values.iter().enumerate() {
                summary.add(first + index as u64, 1e9 + index as f64 / 10.0, value);
            }
            let block = BlockSummary { summary, first_t: 1e9, slices: Vec::new() };
            let data = block.encode(first);
            let read = BlockSummary::decode(&data, first);
            prop_assert_eq!(read.as_ref(), Ok(&block));
            for shorter in 0..data.len() {
                prop_assert_eq!(BlockSummary::decode(&data[..shorter], first), Err(Malformed));
            }
            let mut earlier = data;
            earlier[0] = WITHOUT_SLICES;
            earlier.pop();
            let read = BlockSummary::decode(&earlier, first);
            prop_assert_eq!(read.as_ref(), Ok(&block));
        }

        #[test]
        fn slices_are_read_as_they_were_written(
            tenths in proptest::collection::vec(any::<i16>(), 1..300),
            noise in proptest::collection::vec(any::<f64>().prop_filter("a number", |x| x.is_finite()), 1..300),
            first in 0_u64..1 << 40,
            count in PAGE_ROWS + 1..4000_usize,
        ) {
            let tenths: Vec<_> = tenths.into_iter().map(|tenths| f64::from(tenths) / 10.0).collect();
            for numbers in [tenths, noise] {
                let d: Vec<_> = numbers.iter().copied().cycle().take(count).collect();
                let t: Vec<_> = (0..count).map(|at| 1e9 + at as f64 / 8.0).collect();
                let mut summary = Summary::default();
                summary.add_numbers(first, &t, &d);
                let slices = t.chunks(PAGE_ROWS).zip(d.chunks(PAGE_ROWS)).zip(0..);
                let slice = |((t, d), slice): ((&[f64], &[f64]), u64)| {
                    Spread::of_numbers(first + slice * PAGE_ROWS as u64, t, d)
                };
                let slices = slices.filter_map(slice).collect();
                let block = BlockSummary { summary, first_t: 1e9, slices };
                let data = block.encode(first);
                let read = BlockSummary::decode(&data, first);
            prop_assert_eq!(read.as_ref(), Ok(&block));
                for shorter in 0..data.len() {
                    prop_assert_eq!(BlockSummary::decode(&data[..shorter], first), Err(Malformed));
                }
            }
        }

        #[test]
        fn bytes_of_any_kind_are_no_panic(data in any::<Vec<u8>>(), first in any::<u64>()) {
            let _ = BlockSummary::decode(&[&[VERSION], &data[..]].concat(), first);
        }
    }
}
