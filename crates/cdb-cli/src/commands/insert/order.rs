//! The order of the datapoints of the input, and the local times in it that occur twice.

use std::fmt;

use super::When;
use super::place::{BadRow, Place};
use crate::Result;
use crate::output;

/// Whether the times of the input ascend, descend, or neither.
///
/// When clocks are set back, a local time occurs twice, and which occurrence is meant depends on the
/// order. The order is known only at the end, because a file may begin within such an hour. Until
/// then, the times are read for both orders.
#[derive(Default)]
pub(super) struct Order {
    ascending: Direction,
    descending: Direction,
    /// Whether the input has a local time that occurs twice.
    has_repeated: bool,
    /// Whether a local time of such an hour is not later than the one before it, so that, if the
    /// input ascends, it is in the second occurrence of the hour.
    has_second: bool,
}

/// The times read for one order.
#[derive(Default)]
struct Direction {
    previous: Option<f64>,
    /// The first datapoint that breaks the order.
    broken_by: Option<BadRow>,
}

/// The time of a datapoint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// The time if the input ascends.
    pub(super) ascending: f64,
    /// The time if the input descends.
    pub(super) descending: f64,
}

impl Order {
    /// Notes the time of the next datapoint, and returns it for both orders. Of a local time that
    /// occurs twice, the occurrence is chosen that continues the order, and a local time that is
    /// repeated in the input is read as both occurrences.
    pub(super) fn note(&mut self, when: When, place: Place) -> Times {
        let times = match when {
            When::Now => Times::of(connectordb::Timestamp::now().as_secs_f64()),
            When::At(t) => Times::of(t),
            When::Repeated { first, second } => {
                self.has_repeated = true;
                let is_second = self.ascending.previous.is_some_and(|previous| first <= previous);
                self.has_second |= is_second;
                let is_first = self.descending.previous.is_some_and(|previous| previous <= second);
                Times {
                    ascending: if is_second { second } else { first },
                    descending: if is_first { first } else { second },
                }
            }
        };
        self.ascending.note(times.ascending, place, |t, previous| t < previous);
        self.descending.note(times.descending, place, |t, previous| t > previous);
        times
    }

    /// Whether the input descends. Equal times count as ascending.
    pub(super) fn descends(self) -> Result<bool, BadOrder> {
        match (self.ascending.broken_by, self.descending.broken_by) {
            (None, None) if self.has_second => Err(BadOrder::Ambiguous),
            (None, _) => Ok(false),
            (Some(_), None) => Ok(true),
            (Some(row), Some(_)) if self.has_repeated => Err(BadOrder::NeitherWithRepeated(row)),
            (Some(row), Some(_)) => Err(BadOrder::Neither(row)),
        }
    }
}

impl Times {
    fn of(t: f64) -> Self {
        Self { ascending: t, descending: t }
    }
}

impl Direction {
    fn note(&mut self, t: f64, place: Place, breaks: impl Fn(f64, f64) -> bool) {
        let Some(previous) = self.previous.replace(t) else { return };
        if self.broken_by.is_none() && breaks(t, previous) {
            let (time, before) = (output::time(t), output::time(previous));
            let message = format!("the time {time} is earlier than {before} before it");
            self.broken_by = Some(BadRow::new(place, message));
        }
    }
}

/// Why the input cannot be stored in its order.
#[derive(Debug)]
pub(super) enum BadOrder {
    /// The times neither ascend nor descend.
    Neither(BadRow),
    /// The times neither ascend nor descend, so that the occurrence of local times that occur twice
    /// cannot be determined.
    NeitherWithRepeated(BadRow),
    /// All times are within an hour that occurs twice, and they may ascend or descend.
    Ambiguous,
}

impl fmt::Display for BadOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Neither(row) => write!(f, "{row}; --skip-bad leaves out such datapoints"),
            Self::NeitherWithRepeated(row) => write!(
                f,
                "{row}, and some local times occur twice because clocks were set back: sort the \
                 datapoints by time, or write times with their offset"
            ),
            Self::Ambiguous => f.write_str(
                "all times are within an hour that occurs twice because clocks were set back, and the \
                 oldest or the newest datapoint may come first: write times with their offset, such \
                 as 2024-11-03 01:30-04:00",
            ),
        }
    }
}

/// The indexes of the longest subsequence of times of which none is earlier than the one before it.
pub(super) fn longest_ascending(times: &[f64]) -> Vec<usize> {
    // For each length, the index of the last time of a subsequence of that length. Of several such
    // subsequences, the one that ends earliest.
    let mut ends = Vec::new();
    // For each time, the index of the time before it in the subsequence that it ends. For the first
    // time of a subsequence, its own index.
    let mut before = Vec::with_capacity(times.len());
    for (index, t) in times.iter().enumerate() {
        let length = ends.partition_point(|end: &usize| times[*end] <= *t);
        before.push(if length == 0 { index } else { ends[length - 1] });
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut indexes: Vec<_> =
        std::iter::successors(ends.last().copied(), |index| Some(before[*index]))
            .take(ends.len())
            .collect();
    indexes.reverse();
    indexes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes times in minutes after 01:00. The hour from 01:00 to 02:00 occurs twice, from 1000 and
    /// from 4600 seconds on.
    fn order(minutes: &[f64]) -> (Result<bool, BadOrder>, Vec<Times>) {
        let mut order = Order::default();
        let when = |minute: f64| match minute {
            0.0..60.0 => {
                let first = 1000.0 + 60.0 * minute;
                When::Repeated { first, second: first + 3600.0 }
            }
            ..0.0 => When::At(1000.0 + 60.0 * minute),
            _ => When::At(4600.0 + 60.0 * minute),
        };
        let times = minutes
            .iter()
            .map(|minute| order.note(when(*minute), Place::Line(1)))
            .collect::<Vec<_>>();
        (order.descends(), times)
    }

    #[test]
    fn a_file_may_begin_within_an_hour_that_occurs_twice() {
        let (is_descending, times) = order(&[30.0, 0.0, 30.0, 0.0, -30.0]);
        assert!(is_descending.expect("an order"));
        let times: Vec<_> = times.iter().map(|times| times.descending).collect();
        assert_eq!(times, [6400.0, 4600.0, 2800.0, 1000.0, -800.0]);
        let (is_descending, times) = order(&[30.0, 0.0, 30.0, 60.0]);
        assert!(!is_descending.expect("an order"));
        let times: Vec<_> = times.iter().map(|times| times.ascending).collect();
        assert_eq!(times, [2800.0, 4600.0, 6400.0, 8200.0]);
        let (is_descending, times) = order(&[40.0, 30.0, 20.0]);
        assert!(is_descending.expect("an order") && times[2].descending == 5800.0);
    }

    #[test]
    fn an_ambiguous_order_is_refused() {
        assert!(matches!(order(&[30.0, 0.0]).0, Err(BadOrder::Ambiguous)));
        assert!(matches!(order(&[0.0, 30.0]).0, Ok(false)));
        assert!(matches!(order(&[30.0]).0, Ok(false)));
        assert!(matches!(order(&[0.0, 90.0, 30.0]).0, Err(BadOrder::NeitherWithRepeated(_))));
        assert!(matches!(order(&[90.0, 99.0, 95.0]).0, Err(BadOrder::Neither(_))));
    }

    #[test]
    fn as_few_as_possible_are_out_of_order() {
        let cases: [(&[f64], &[usize]); 5] = [
            (&[], &[]),
            (&[1.0, 1.0, 2.0], &[0, 1, 2]),
            (&[1.0, 9.0, 2.0, 3.0], &[0, 2, 3]),
            (&[9.0, 1.0, 2.0, 0.0, 3.0], &[1, 2, 4]),
            (&[1.0, 2.0, 0.5, 3.0, 4.0], &[0, 1, 3, 4]),
        ];
        for (times, kept) in cases {
            assert_eq!(longest_ascending(times), kept, "{times:?}");
        }
    }
}
