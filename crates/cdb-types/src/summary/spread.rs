//! What numbers over time come to.

use super::ExactSum;

/// A number with its place and time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Its place in its series.
    pub index: u64,
    /// In seconds since 1970.
    pub t: f64,
    /// The number.
    pub value: f64,
}

/// The first, last, smallest and largest of some numbers, how many they are, and their sum.
///
/// ```
/// use cdb_types::summary::{Sample, Spread};
/// let mut spread = Spread::of(Sample { index: 0, t: 10.0, value: 3.0 });
/// spread.add(Sample { index: 1, t: 11.0, value: 8.0 });
/// spread.add(Sample { index: 2, t: 12.0, value: 4.0 });
/// assert_eq!((spread.max.t, spread.last.value, spread.mean()), (11.0, 4.0, 5.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// How many numbers there are.
    pub count: u64,
    /// The one with the lowest index.
    pub first: Sample,
    /// The smallest; of equal ones the first.
    pub min: Sample,
    /// The largest; of equal ones the first.
    pub max: Sample,
    /// The one with the highest index.
    pub last: Sample,
    /// All together.
    pub sum: ExactSum,
}

impl Spread {
    /// Creates the spread of one number.
    #[must_use]
    pub fn of(sample: Sample) -> Self {
        let mut sum = ExactSum::default();
        sum.add(sample.value);
        Self { count: 1, first: sample, min: sample, max: sample, last: sample, sum }
    }

    /// Creates a spread of its parts.
    #[must_use]
    pub fn from_parts(count: u64, samples: [Sample; 4], sum: ExactSum) -> Self {
        let [first, min, max, last] = samples;
        Self { count, first, min, max, last, sum }
    }

    /// Adds a number. Each index must be added once, in any order.
    pub fn add(&mut self, sample: Sample) {
        self.count += 1;
        self.sum.add(sample.value);
        self.note(sample);
    }

    /// Creates the spread of consecutive numbers with their times. `first` is the index of the first one.
    /// Returns `None` if there are none.
    #[must_use]
    pub fn of_numbers(first: u64, t: &[f64], d: &[f64]) -> Option<Self> {
        let last = t.len().min(d.len()).checked_sub(1)?;
        let (t, d) = (&t[..=last], &d[..=last]);
        // Of equal ones the first. Without a branch, as many at a time as the processor can.
        let smallest = d.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = d.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let place = |value: f64| d.iter().position(|it| *it == value).unwrap_or_default();
        let sample = |at: usize| Sample { index: first + at as u64, t: t[at], value: d[at] };
        let samples = [0, place(smallest), place(largest), last].map(sample);
        let mut sum = ExactSum::default();
        sum.extend(d);
        Some(Self::from_parts(d.len() as u64, samples, sum))
    }

    /// Adds the numbers of another spread, with other indexes.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum.merge(&other.sum);
        [other.first, other.min, other.max, other.last].into_iter().for_each(|it| self.note(it));
    }

    /// Adds the numbers to a spread that may have none yet.
    pub fn merge_into(&self, other: &mut Option<Self>) {
        match other {
            Some(other) => other.merge(self),
            None => *other = Some(self.clone()),
        }
    }

    /// Returns the mean: the sum, which has no rounding errors, divided by the count.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum.mean(self.count)
    }

    fn note(&mut self, sample: Sample) {
        let is_first = |other: Sample| sample.index < other.index;
        if is_first(self.first) {
            self.first = sample;
        }
        if sample.index > self.last.index {
            self.last = sample;
        }
        let Sample { value, .. } = sample;
        if value < self.min.value || (value == self.min.value && is_first(self.min)) {
            self.min = sample;
        }
        if value > self.max.value || (value == self.max.value && is_first(self.max)) {
            self.max = sample;
        }
    }
}
