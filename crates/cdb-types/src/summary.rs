//! What many datapoints come to, without the datapoints: sums, extremes, counts.
//!
//! A server keeps a [`Summary`] beside each block of datapoints, so that a plot of years
//! ([`Plot`]) and the [`Statistics`] of a stream are computed without reading it all. A client
//! computes the same from datapoints if its server does not.
//!
//! How datapoints are divided makes no difference: the summary of all of them is equal to that of
//! their parts [merged](Summary::merge), to the last digit of a mean.

mod exact_sum;
mod latest;
mod plot;
mod spread;
mod statistics;

use std::collections::BTreeMap;

use serde_json::Value;

pub use exact_sum::ExactSum;
pub use latest::Latest;
pub use plot::{MAX_PLOT_COLUMNS, Plot, PlotBuilder, PlotColumn, PlotColumns, plotted_number};
pub use spread::{Sample, Spread};
pub use statistics::{
    BooleanStatistics, KeyStatistics, KindCount, NumberStatistics, Statistics, StringStatistics,
};

/// If a key has more different strings, they are only counted together.
pub const MAX_DISTINCT: usize = 200;

/// If the different strings of a key are longer together, in bytes, they are only counted together.
pub const MAX_DISTINCT_BYTES: usize = 16 * 1024;

/// If objects have more different keys, or longer ones together, in bytes, the values of keys are not
/// summarised.
pub const MAX_SUMMARY_KEYS: usize = 256;
const MAX_KEY_BYTES: usize = 16 * 1024;

/// The summary of datapoints: what kinds of values they have, and the [`Spread`] of the numbers.
///
/// ```
/// use cdb_types::summary::Summary;
/// use serde_json::json;
/// let mut summary = Summary::default();
/// for (index, value) in [json!(3), json!(5.5), json!("off")].iter().enumerate() {
///     summary.add(index as u64, 100.0 + index as f64, value);
/// }
/// assert_eq!(summary.count, 3);
/// let value = summary.key("").expect("values");
/// assert_eq!(value.numbers.as_ref().map(|numbers| numbers.mean()), Some(4.25));
/// assert_eq!(value.strings.count, 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The number of datapoints.
    pub count: u64,
    /// The values themselves.
    pub value: KeySummary,
    /// The values of the keys of objects, one level deep, apart from an empty key; `None` if there are too many
    /// keys.
    pub keys: Option<BTreeMap<String, KeySummary>>,
}

/// The summary of values that have the same key, or none.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct KeySummary {
    /// The numbers, if there are any.
    pub numbers: Option<Spread>,
    /// The booleans as 0 and 1, if there are any.
    pub booleans: Option<Spread>,
    /// The strings.
    pub strings: Strings,
    /// How many values are `null`, or missing.
    pub nulls: u64,
    /// How many values are arrays.
    pub arrays: u64,
    /// How many values are objects.
    pub objects: u64,
}

/// Strings, with the number of times that each occurs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Strings {
    /// The number of strings.
    pub count: u64,
    /// How often each occurs; `None` if there are more than [`MAX_DISTINCT`], or more than
    /// [`MAX_DISTINCT_BYTES`].
    pub distinct: Option<BTreeMap<String, u64>>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { count: 0, distinct: Some(BTreeMap::new()) }
    }
}

/// The summary of no datapoints.
impl Default for Summary {
    fn default() -> Self {
        Self { count: 0, value: KeySummary::default(), keys: Some(BTreeMap::new()) }
    }
}

impl Summary {
    /// Adds a datapoint: its index, its time in seconds since 1970, and its value. Each index must be
    /// added once, in any order.
    pub fn add(&mut self, index: u64, t: f64, value: &Value) {
        self.count += 1;
        self.value.add(index, t, value);
        let (Value::Object(object), Some(keys)) = (value, &mut self.keys) else { return };
        if object.len() > MAX_SUMMARY_KEYS {
            self.keys = None;
            return;
        }
        let known = keys.len();
        // The empty key stands for the values themselves.
        for (key, value) in object.iter().filter(|(key, _)| !key.is_empty()) {
            match keys.get_mut(key) {
                Some(values) => values.add(index, t, value),
                None => keys.entry(key.clone()).or_default().add(index, t, value),
            }
        }
        if keys.len() > known {
            self.limit_keys();
        }
    }

    /// Adds a datapoint whose value is a number.
    pub fn add_number(&mut self, index: u64, t: f64, value: f64) {
        self.count += 1;
        add_sample(&mut self.value.numbers, Sample { index, t, value });
    }

    /// Adds consecutive datapoints whose values are numbers. `first` is the index of the first one.
    pub fn add_numbers(&mut self, first: u64, t: &[f64], d: &[f64]) {
        let numbers = Spread::of_numbers(first, t, d);
        self.count += numbers.as_ref().map_or(0, |numbers| numbers.count);
        merge_spreads(&mut self.value.numbers, numbers.as_ref());
    }

    /// Adds other datapoints of the same series.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.value.merge(&other.value);
        match (&mut self.keys, &other.keys) {
            (Some(keys), Some(others)) => {
                for (key, values) in others {
                    keys.entry(key.clone()).or_default().merge(values);
                }
            }
            (keys, _) => *keys = None,
        }
        self.limit_keys();
    }

    /// Returns what is known of the values of a key, or, if the key is empty, of the values themselves.
    #[must_use]
    pub fn key(&self, key: &str) -> Option<&KeySummary> {
        if key.is_empty() { Some(&self.value) } else { self.keys.as_ref()?.get(key) }
    }

    fn limit_keys(&mut self) {
        self.keys.take_if(|keys| {
            keys.len() > MAX_SUMMARY_KEYS
                || keys.keys().map(String::len).sum::<usize>() > MAX_KEY_BYTES
        });
    }
}

impl KeySummary {
    fn add(&mut self, index: u64, t: f64, value: &Value) {
        let sample = |value| Sample { index, t, value };
        match value {
            Value::Null => self.nulls += 1,
            Value::Bool(flag) => {
                add_sample(&mut self.booleans, sample(f64::from(u8::from(*flag))));
            }
            Value::Number(number) => {
                // Every number of JSON has a float, if not an exact one.
                if let Some(number) = number.as_f64() {
                    add_sample(&mut self.numbers, sample(number));
                }
            }
            Value::String(text) => self.strings.add(text, 1),
            Value::Array(_) => self.arrays += 1,
            Value::Object(_) => self.objects += 1,
        }
    }

    fn merge(&mut self, other: &Self) {
        merge_spreads(&mut self.numbers, other.numbers.as_ref());
        merge_spreads(&mut self.booleans, other.booleans.as_ref());
        self.strings.merge(&other.strings);
        self.nulls += other.nulls;
        self.arrays += other.arrays;
        self.objects += other.objects;
    }

    /// Returns the spread of numbers and booleans together, as a plot has it.
    #[must_use]
    pub fn drawn(&self) -> Option<Spread> {
        let mut all = self.numbers.clone();
        merge_spreads(&mut all, self.booleans.as_ref());
        all
    }
}

impl Strings {
    /// Adds a string that occurs `times` times.
    pub fn add(&mut self, text: &str, times: u64) {
        self.count += times;
        let Some(distinct) = &mut self.distinct else { return };
        match distinct.get_mut(text) {
            Some(count) => *count += times,
            None => {
                distinct.insert(text.to_owned(), times);
                self.limit();
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        let count = self.count + other.count;
        match &other.distinct {
            Some(others) => others.iter().for_each(|(text, times)| self.add(text, *times)),
            None => self.distinct = None,
        }
        self.count = count;
    }

    fn limit(&mut self) {
        self.distinct.take_if(|distinct| {
            distinct.len() > MAX_DISTINCT
                || distinct.keys().map(String::len).sum::<usize>() > MAX_DISTINCT_BYTES
        });
    }
}

pub(crate) fn add_sample(spread: &mut Option<Spread>, sample: Sample) {
    match spread {
        Some(spread) => spread.add(sample),
        None => *spread = Some(Spread::of(sample)),
    }
}

fn merge_spreads(spread: &mut Option<Spread>, other: Option<&Spread>) {
    if let Some(other) = other {
        other.merge_into(spread);
    }
}

#[cfg(test)]
mod tests;
