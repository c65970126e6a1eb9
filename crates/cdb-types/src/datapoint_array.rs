//! Lists of datapoints.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::ops::{Add, Deref, DerefMut};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Datapoint, Seconds, Timestamp};

/// A list of datapoints, as reads return it and inserts accept it.
///
/// It dereferences to a `Vec`, and adds the operations of the Python client: [`d`](Self::d),
/// [`t`](Self::t), [`merge`](Self::merge), [`sort`](Self::sort), [`tshift`](Self::tshift),
/// [`sum`](Self::sum), [`mean`](Self::mean), [`write_json`](Self::write_json),
/// [`load_json`](Self::load_json) and [`load_export`](Self::load_export).
///
/// ```
/// use cdb_types::{Datapoint, DatapointArray};
/// let mut a = DatapointArray::from(vec![Datapoint::at(1, 3.0), Datapoint::at(3, 5.0)]);
/// a.merge(vec![Datapoint::at(2, 1.0)]);
/// assert_eq!(a.d().copied().collect::<Vec<f64>>(), [3.0, 1.0, 5.0]);
/// assert_eq!(a.mean(), Some(3.0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatapointArray<T = Value>(Vec<Datapoint<T>>);

impl<T> DatapointArray<T> {
    /// Creates an empty array.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns the datapoints as a `Vec` (`raw` in Python).
    #[must_use]
    pub fn into_vec(self) -> Vec<Datapoint<T>> {
        self.0
    }

    /// Returns an iterator over the values.
    pub fn d(&self) -> impl ExactSizeIterator<Item = &T> + DoubleEndedIterator {
        self.0.iter().map(|dp| &dp.d)
    }

    /// Returns an iterator over the timestamps.
    pub fn t(&self) -> impl ExactSizeIterator<Item = Timestamp> + DoubleEndedIterator {
        self.0.iter().map(|dp| dp.t)
    }

    /// Sorts by timestamp. Datapoints with equal timestamps keep their order.
    pub fn sort(&mut self) -> &mut Self {
        self.0.sort_by_key(|dp| dp.t);
        self
    }

    /// Appends other datapoints and sorts by timestamp. Of datapoints with equal timestamps, those
    /// of this array come first.
    pub fn merge(&mut self, other: impl IntoIterator<Item = Datapoint<T>>) -> &mut Self {
        self.0.extend(other);
        self.sort()
    }

    /// Adds a length of time to every timestamp: a `Duration`, or seconds, which may be negative. NaN
    /// has no effect.
    pub fn tshift(&mut self, by: impl Into<Seconds>) -> &mut Self {
        let seconds = by.into().as_f64();
        for dp in &mut self.0 {
            dp.t += seconds;
        }
        self
    }

    /// Returns the sum of `number(value)` over all values; 0 if the array is empty.
    pub fn sum_by(&self, number: impl FnMut(&T) -> f64) -> f64 {
        // `Iterator::sum` of no floats is −0.
        self.d().map(number).fold(0.0, Add::add)
    }
}

/// A value that may be a number, for [`DatapointArray::sum`] and [`DatapointArray::mean`].
pub trait Number {
    /// Returns the value as a float, or `None` if it is not a number.
    fn as_number(&self) -> Option<f64>;
}

impl Number for Value {
    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            other => other.as_f64(),
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            fn as_number(&self) -> Option<f64> {
                #[allow(clippy::cast_lossless, clippy::cast_precision_loss, reason = "a sum is a float")]
                Some(*self as f64)
            }
        }
    )*};
}

numbers!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

impl<T: Number> DatapointArray<T> {
    /// Returns the sum of the values: 0 if the array is empty, `None` if a value is not a number.
    /// `true` counts as 1, `false` as 0.
    #[must_use]
    pub fn sum(&self) -> Option<f64> {
        self.d().try_fold(0.0, |sum, value| Some(sum + value.as_number()?))
    }

    /// Returns the mean of the values, or `None` if the array is empty or a value is not a number.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "a mean is a float")]
        let count = self.len() as f64;
        if self.is_empty() { None } else { Some(self.sum()? / count) }
    }
}

impl<T: Serialize> DatapointArray<T> {
    /// Writes the datapoints to a file as a JSON array.
    ///
    /// # Errors
    /// Returns an error if the file cannot be created or written, or if a value cannot be
    /// serialized.
    pub fn write_json(&self, file: impl AsRef<Path>) -> io::Result<()> {
        let mut writer = BufWriter::new(File::create(file)?);
        serde_json::to_writer(&mut writer, self)?;
        writer.flush()
    }
}

impl<T: DeserializeOwned> DatapointArray<T> {
    /// Reads a JSON file and [merges](Self::merge) its datapoints into this array.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is not an array of datapoints. The array is
    /// then unchanged.
    pub fn load_json(&mut self, file: impl AsRef<Path>) -> io::Result<&mut Self> {
        let loaded: Self = serde_json::from_reader(BufReader::new(File::open(file)?))?;
        Ok(self.merge(loaded))
    }

    /// Reads the data of an exported stream, `data.json` in its directory, and
    /// [merges](Self::merge) it into this array.
    ///
    /// # Errors
    /// Returns the same errors as [`load_json`](Self::load_json).
    pub fn load_export(&mut self, directory: impl AsRef<Path>) -> io::Result<&mut Self> {
        self.load_json(directory.as_ref().join("data.json"))
    }
}

impl<T> Default for DatapointArray<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for DatapointArray<T> {
    type Target = Vec<Datapoint<T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for DatapointArray<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> From<Vec<Datapoint<T>>> for DatapointArray<T> {
    fn from(datapoints: Vec<Datapoint<T>>) -> Self {
        Self(datapoints)
    }
}

impl<T> FromIterator<Datapoint<T>> for DatapointArray<T> {
    fn from_iter<I: IntoIterator<Item = Datapoint<T>>>(datapoints: I) -> Self {
        Self(datapoints.into_iter().collect())
    }
}

impl<T> Extend<Datapoint<T>> for DatapointArray<T> {
    fn extend<I: IntoIterator<Item = Datapoint<T>>>(&mut self, datapoints: I) {
        self.0.extend(datapoints);
    }
}

impl<T> IntoIterator for DatapointArray<T> {
    type Item = Datapoint<T>;
    type IntoIter = std::vec::IntoIter<Datapoint<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a DatapointArray<T> {
    type Item = &'a Datapoint<T>;
    type IntoIter = std::slice::Iter<'a, Datapoint<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Returns the datapoints of both arrays, sorted by timestamp. Of datapoints with equal timestamps,
/// those of the left array come first.
impl<T> Add for DatapointArray<T> {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.merge(other);
        self
    }
}
