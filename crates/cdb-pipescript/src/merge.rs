//! Merges several sequences.

use std::iter::Peekable;

use crate::point::Point;

/// Returns the index of the sequence whose next datapoint is the earliest, or `None` if all
/// sequences have ended. If timestamps are equal, the first of these sequences is chosen.
#[must_use]
pub fn earliest<'a>(heads: impl IntoIterator<Item = Option<&'a Point>>) -> Option<usize> {
    let heads = heads.into_iter().enumerate().filter_map(|(index, head)| Some((index, head?.t)));
    // `min_by` returns the first of several equal elements.
    heads.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index)
}

/// Merges several sequences by timestamp. Datapoints with equal timestamps are in the order of
/// their sequences.
///
/// ```
/// use cdb_pipescript::{Merge, Point};
/// let a = vec![Point::new(1.0, "a"), Point::new(3.0, "a")];
/// let b = vec![Point::new(1.0, "b"), Point::new(2.0, "b")];
/// let merged: Vec<f64> = Merge::new([a, b]).map(|point| point.t).collect();
/// assert_eq!(merged, [1.0, 1.0, 2.0, 3.0]);
/// ```
#[derive(Debug)]
pub struct Merge<I: Iterator<Item = Point>>(Vec<Peekable<I>>);

impl<I: Iterator<Item = Point>> Merge<I> {
    /// Creates a merge of sequences, each of which must be in ascending order of its timestamps.
    pub fn new<S: IntoIterator<Item = Point, IntoIter = I>>(
        sequences: impl IntoIterator<Item = S>,
    ) -> Self {
        Self(sequences.into_iter().map(|sequence| sequence.into_iter().peekable()).collect())
    }
}

impl<I: Iterator<Item = Point>> Iterator for Merge<I> {
    type Item = Point;

    fn next(&mut self) -> Option<Point> {
        let earliest = earliest(self.0.iter_mut().map(Peekable::peek))?;
        self.0[earliest].next()
    }
}
