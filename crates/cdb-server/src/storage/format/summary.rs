//! The bytes of the summary of a block.

use std::collections::BTreeMap;

use cdb_types::summary::{ExactSum, KeySummary, Sample, Spread, Strings, Summary};

use super::block::{BlockError, StoredData};
use super::bytes::{Bytes, Malformed, write_length};
use super::visit::add_to;

/// The first byte. A summary with another one is not read, and its block is.
const VERSION: u8 = 1;

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
}

impl BlockSummary {
    /// Reads all datapoints of a block. `first` is the index of the first one.
    pub(in crate::storage) fn of(block: StoredData<'_>, first: u64) -> Result<Self, BlockError> {
        let mut summary = Summary::default();
        let mut index = first;
        let first_t = add_to(&mut summary, block.page(0..block.count)?, &mut index)?;
        Ok(Self { summary, first_t: first_t.ok_or(BlockError::Content)? })
    }

    /// Returns the bytes. `first` is the index of the first datapoint.
    pub(in crate::storage) fn encode(&self, first: u64) -> Vec<u8> {
        let mut data = vec![VERSION];
        data.extend_from_slice(&self.first_t.to_le_bytes());
        write_count(&mut data, self.summary.count);
        write_key(&mut data, &self.summary.value, first);
        // One more than the number of keys, or 0 if these are not known.
        let keys = self.summary.keys.as_ref();
        write_length(&mut data, keys.map_or(0, |keys| keys.len() + 1));
        for (key, values) in keys.into_iter().flatten() {
            write_text(&mut data, key);
            write_key(&mut data, values, first);
        }
        data
    }

    /// Reads the bytes.
    pub(in crate::storage) fn decode(data: &[u8], first: u64) -> Result<Self, Malformed> {
        let mut data = Bytes::new(data, 0, 0);
        if data.byte()? != VERSION {
            return Err(Malformed);
        }
        let first_t = data.float()?;
        let mut summary = Summary::default();
        summary.count = read_count(&mut data)?;
        summary.value = read_key(&mut data, first)?;
        summary.keys = match data.length()?.checked_sub(1) {
            None => None,
            Some(keys) => {
                let key = |_| Ok((read_text(&mut data)?, read_key(&mut data, first)?));
                Some((0..keys).map(key).collect::<Result<BTreeMap<_, _>, _>>()?)
            }
        };
        if data.is_empty() { Ok(Self { summary, first_t }) } else { Err(Malformed) }
    }
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
    [strings.count, *nulls, *arrays, *objects].into_iter().for_each(|it| write_count(data, it));
    if let Some(distinct) = distinct {
        write_length(data, distinct.len());
        for (text, times) in distinct {
            write_text(data, text);
            write_count(data, *times);
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
        *count = read_count(data)?;
    }
    let mut strings = Strings::default();
    [strings.count, key.nulls, key.arrays, key.objects] = counts;
    strings.distinct = match flags & DISTINCT != 0 {
        false => None,
        true => {
            let different = data.length()?;
            let text = |_| Ok((read_text(data)?, read_count(data)?));
            Some((0..different).map(text).collect::<Result<BTreeMap<_, _>, _>>()?)
        }
    };
    key.strings = strings;
    Ok(key)
}

fn write_spread(data: &mut Vec<u8>, spread: &Spread, first: u64) {
    write_count(data, spread.count);
    for Sample { index, t, value } in [spread.first, spread.min, spread.max, spread.last] {
        write_count(data, index - first);
        data.extend_from_slice(&t.to_le_bytes());
        data.extend_from_slice(&value.to_le_bytes());
    }
    for parts in spread.sum.parts() {
        write_length(data, parts.len());
        parts.iter().for_each(|part| data.extend_from_slice(&part.to_le_bytes()));
    }
}

fn read_spread(data: &mut Bytes<'_>, first: u64) -> Result<Spread, Malformed> {
    let count = read_count(data)?;
    let mut sample = || {
        let index = first.checked_add(read_count(data)?).ok_or(Malformed)?;
        Ok(Sample { index, t: data.float()?, value: data.float()? })
    };
    let samples = [sample()?, sample()?, sample()?, sample()?];
    let mut parts = || {
        let count = data.length()?;
        (0..count).map(|_| data.float()).collect::<Result<Vec<_>, _>>()
    };
    let parts = [parts()?, parts()?];
    Ok(Spread::from_parts(count, samples, ExactSum::from_parts(&parts)))
}

fn write_text(data: &mut Vec<u8>, text: &str) {
    write_length(data, text.len());
    data.extend_from_slice(text.as_bytes());
}

fn read_text(data: &mut Bytes<'_>) -> Result<String, Malformed> {
    String::from_utf8(data.part()?.to_vec()).map_err(|_| Malformed)
}

/// Counts and places within a block fit a length, since the memory for what is counted did.
fn write_count(data: &mut Vec<u8>, count: u64) {
    write_length(data, usize::try_from(count).unwrap_or(usize::MAX));
}

fn read_count(data: &mut Bytes<'_>) -> Result<u64, Malformed> {
    Ok(data.length()? as u64)
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
            let block = BlockSummary { summary, first_t: 1e9 };
            let data = block.encode(first);
            prop_assert_eq!(&BlockSummary::decode(&data, first), &Ok(block));
            for shorter in 0..data.len() {
                prop_assert_eq!(BlockSummary::decode(&data[..shorter], first), Err(Malformed));
            }
        }

        #[test]
        fn bytes_of_any_kind_are_no_panic(data in any::<Vec<u8>>(), first in any::<u64>()) {
            let _ = BlockSummary::decode(&[&[VERSION], &data[..]].concat(), first);
        }
    }
}
