//! What a plot draws.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Sample, Spread, add_sample};

/// A plot has at most so many columns.
pub const MAX_PLOT_COLUMNS: usize = 10_000;

/// The numbers of a range of time, divided into columns, as `GET …/data?q=plot` answers it.
///
/// A line through the first, smallest, largest and last number of each column, one column for each pixel,
/// is the same picture as a line through all datapoints (U. Jugel et al., M4: A Visualization-Oriented
/// Time Series Data Aggregation, PVLDB 2014).
///
/// Column *i* covers `t1 + i·w` < t ≤ `t1 + (i+1)·w` with the width *w* = (`t2` − `t1`) / `columns`; the
/// last one ends at `t2` exactly. Booleans count as 0 and 1.
///
/// ```
/// use cdb_types::summary::{PlotBuilder, Sample};
/// let mut plot = PlotBuilder::new(0.0, 20.0, 2);
/// for (index, value) in [3.0, 8.0, 4.0].into_iter().enumerate() {
///     plot.add(Sample { index: index as u64, t: 1.0 + index as f64, value });
/// }
/// let plot = plot.finish(3);
/// assert_eq!((plot.len(), plot.d[0], plot.mean[0]), (1, [3.0, 3.0, 8.0, 4.0], 5.0));
/// assert_eq!(plot.line().collect::<Vec<_>>(), [(1.0, 3.0), (2.0, 8.0), (3.0, 4.0)]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Plot {
    /// Where the first column begins, exclusive, in seconds since 1970.
    pub t1: f64,
    /// Where the last column ends, inclusive, in seconds since 1970.
    pub t2: f64,
    /// The number of columns.
    pub columns: usize,
    /// The number of datapoints in the range. Those whose values are not numbers are in no column.
    pub count: u64,
    /// The columns that hold numbers, in ascending order, counted from 0. The other lists have an entry
    /// for each of them.
    pub column: Vec<usize>,
    /// How many numbers the column holds.
    pub n: Vec<u64>,
    /// The times of its first, smallest, largest and last number. Of equal extremes the first is taken.
    pub t: Vec<[f64; 4]>,
    /// Its first, smallest, largest and last number.
    pub d: Vec<[f64; 4]>,
    /// The mean of its numbers.
    pub mean: Vec<f64>,
}

/// A column of a [`Plot`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PlotColumn {
    /// Its place, counted from 0.
    pub column: usize,
    /// How many numbers it holds.
    pub n: u64,
    /// The first number, as (time, value).
    pub first: (f64, f64),
    /// The smallest number.
    pub min: (f64, f64),
    /// The largest number.
    pub max: (f64, f64),
    /// The last number.
    pub last: (f64, f64),
    /// The mean of all.
    pub mean: f64,
}

impl Plot {
    /// Returns the number of columns that hold numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Returns whether no column holds a number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.column.is_empty()
    }

    /// Returns the columns that hold numbers.
    pub fn iter(&self) -> impl Iterator<Item = PlotColumn> {
        let lists = self.column.iter().zip(&self.n).zip(&self.t).zip(&self.d).zip(&self.mean);
        lists.map(|((((column, n), t), d), mean)| PlotColumn {
            column: *column,
            n: *n,
            first: (t[0], d[0]),
            min: (t[1], d[1]),
            max: (t[2], d[2]),
            last: (t[3], d[3]),
            mean: *mean,
        })
    }

    /// Returns the points of the line to draw, as (time, value), in the order of time.
    pub fn line(&self) -> impl Iterator<Item = (f64, f64)> {
        self.iter().flat_map(|PlotColumn { first, min, max, last, .. }| {
            let (early, late) = if min.0 <= max.0 { (min, max) } else { (max, min) };
            let points = [first, early, late, last];
            let is_new = move |at: usize| at == 0 || points[at] != points[at - 1];
            (0..points.len()).filter(move |at| is_new(*at)).map(move |at| points[at])
        })
    }

    /// Returns the plot as one list of numbers, which is what the answer to
    /// `Accept: application/octet-stream` holds, as floats of 64 bits with the lowest byte first: `t1`,
    /// `t2`, `columns`, `count`, the number of entries, then `column`, `n`, `t`, `d` and `mean`.
    #[must_use]
    pub fn to_numbers(&self) -> Vec<f64> {
        let head = [self.t1, self.t2, self.columns as f64, self.count as f64, self.len() as f64];
        let mut numbers = head.to_vec();
        numbers.extend(self.column.iter().map(|column| *column as f64));
        numbers.extend(self.n.iter().map(|n| *n as f64));
        numbers.extend(self.t.iter().flatten());
        numbers.extend(self.d.iter().flatten());
        numbers.extend(&self.mean);
        numbers
    }
}

/// Returns what a plot shows of a value, or of the value of a key: a number, or a boolean as 0 or 1.
#[must_use]
pub fn plotted_number(value: &Value, key: Option<&str>) -> Option<f64> {
    match key.map_or(Some(value), |key| value.get(key))? {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    }
}

/// The columns that a range of time is divided into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlotColumns {
    t1: f64,
    t2: f64,
    count: usize,
}

impl PlotColumns {
    /// Returns the column of a time, or `None` if it is not in the range.
    #[must_use]
    pub fn column_of(&self, t: f64) -> Option<usize> {
        let Self { t1, t2, count } = *self;
        if !(t1 < t && t <= t2) {
            return None;
        }
        // Rounding may have the result beside the column whose bounds are around the time, or, in the shortest
        // of ranges, anywhere.
        let guess = (((t - t1) / (t2 - t1) * count as f64) as usize).min(count - 1);
        if (guess == 0 || self.end(guess - 1) < t) && t <= self.end(guess) {
            return Some(guess);
        }
        let (mut low, mut high) = (0, count - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if t <= self.end(middle) { high = middle } else { low = middle + 1 }
        }
        Some(low)
    }
}

impl PlotColumns {
    /// Returns where a column ends, inclusive.
    fn end(&self, column: usize) -> f64 {
        let Self { t1, t2, count } = *self;
        if column + 1 == count {
            return t2;
        }
        // The difference of the largest times is beyond the range of a float.
        let width = if (t2 - t1).is_finite() {
            (t2 - t1) / count as f64
        } else {
            t2 / count as f64 - t1 / count as f64
        };
        t1 + (column + 1) as f64 * width
    }
}

/// Makes a [`Plot`] of numbers.
#[derive(Debug)]
pub struct PlotBuilder {
    columns: PlotColumns,
    spreads: Vec<Option<Spread>>,
}

impl PlotBuilder {
    /// Creates a plot of `t1` < t ≤ `t2`, with at least one column, and at most [`MAX_PLOT_COLUMNS`].
    #[must_use]
    pub fn new(t1: f64, t2: f64, columns: usize) -> Self {
        let count = columns.clamp(1, MAX_PLOT_COLUMNS);
        Self { columns: PlotColumns { t1, t2, count }, spreads: vec![None; count] }
    }

    /// Returns where the columns are.
    #[must_use]
    pub fn columns(&self) -> PlotColumns {
        self.columns
    }

    /// Adds a number. What the plot does not cover is ignored.
    pub fn add(&mut self, sample: Sample) {
        if let Some(column) = self.columns.column_of(sample.t) {
            add_sample(&mut self.spreads[column], sample);
        }
    }

    /// Adds consecutive numbers in the order of their times. `first` is the index of the first one.
    pub fn add_numbers(&mut self, first: u64, t: &[f64], d: &[f64]) {
        let count = t.len().min(d.len());
        let mut at = 0;
        while at < count {
            let Some(column) = self.columns.column_of(t[at]) else {
                at += 1;
                continue;
            };
            let end = self.columns.end(column);
            let next = at + t[at..count].partition_point(|t| *t <= end).max(1);
            if let Some(numbers) = Spread::of_numbers(first + at as u64, &t[at..next], &d[at..next])
            {
                numbers.merge_into(&mut self.spreads[column]);
            }
            at = next;
        }
    }

    /// Adds numbers that all lie in one column; see [`PlotColumns::column_of`].
    pub fn merge(&mut self, column: usize, numbers: &Spread) {
        if let Some(column) = self.spreads.get_mut(column) {
            numbers.merge_into(column);
        }
    }

    /// Returns the plot. `count` is the number of datapoints in the range.
    #[must_use]
    pub fn finish(self, count: u64) -> Plot {
        let PlotColumns { t1, t2, count: columns } = self.columns;
        let mut plot = Plot { t1, t2, columns, count, ..Plot::default() };
        for (column, spread) in self.spreads.into_iter().enumerate() {
            let Some(spread) = spread else { continue };
            let samples = [spread.first, spread.min, spread.max, spread.last];
            plot.column.push(column);
            plot.n.push(spread.count);
            plot.t.push(samples.map(|sample| sample.t));
            plot.d.push(samples.map(|sample| sample.value));
            plot.mean.push(spread.mean());
        }
        plot
    }
}
