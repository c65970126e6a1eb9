//! Several sequences as one.

use std::iter::Peekable;

use crate::point::Point;

/// Returns the index of the earliest of the next datapoints of several sequences, or `None` if all have
/// ended. Of equal timestamps the first counts.
#[must_use]
pub fn earliest<'a>(heads: impl IntoIterator<Item = Option<&'a Point>>) -> Option<usize> {
    let heads = heads.into_iter().enumerate().filter_map(|(index, head)| Some((index, head?.t)));
    // Of equal ones, this gives the first.
    heads.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index)
}

/// Merges several sequences by timestamp. Of equal timestamps that of the first sequence comes first.
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
    /// Merges sequences, each of which must be in the order of its timestamps.
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
