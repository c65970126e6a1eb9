//! What was delivered last, where only times tell datapoints apart.

use std::time::{Duration, Instant};

use cdb_types::{Datapoint, Timestamp};
use serde_json::value::RawValue;

use super::just_before;

/// How long after a read the websocket may still tell of datapoints that were in it.
const OVERLAP: Duration = Duration::from_secs(10);

/// A datapoint whose value nobody looks into.
type Raw = Datapoint<Box<RawValue>>;

/// The time of the last datapoint, and all that are known to have it.
///
/// The times of a stream never fall. So what comes later has a later time, or the same; those of
/// the same time are told apart by their values and their number.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// `None` before the first datapoint.
    t: Option<Timestamp>,
    /// The values at that time.
    seen: Vec<Box<RawValue>>,
    overlap: Option<Overlap>,
}

/// What was read while the websocket was open already, so that it may come again.
#[derive(Debug)]
struct Overlap {
    until: Instant,
    /// The values at the last time that have not come again yet.
    expected: Vec<Box<RawValue>>,
    /// Whether what comes again was delivered when it was read.
    delivered: bool,
}

impl Recent {
    /// How many datapoints have the last time.
    pub(super) fn seen(&self) -> usize {
        self.seen.len()
    }

    /// A time before those, and after all that are earlier.
    pub(super) fn before(&self) -> Option<Timestamp> {
        self.t.map(just_before)
    }

    /// Takes note of the last datapoints there are when a subscription begins, and of their time.
    /// They are not delivered, unless they come.
    pub(super) fn begin(&mut self, t: Timestamp, last: Vec<Raw>) {
        self.t = Some(t);
        last.into_iter().for_each(|dp| self.note(&dp));
        self.overlap(false);
    }

    /// What is to be delivered of datapoints that were read from [`before`](Self::before) on;
    /// `is_last` says that there are no more.
    pub(super) fn read(&mut self, page: Vec<Raw>, is_last: bool) -> Vec<Raw> {
        let (t, mut known) = (self.t, self.seen.clone());
        let new = |dp: &Raw| !(Some(dp.t) == t && take(&mut known, &dp.d));
        let new: Vec<Raw> = page.into_iter().filter(new).collect();
        new.iter().for_each(|dp| self.note(dp));
        if is_last {
            self.overlap(true);
        }
        new
    }

    /// What is to be delivered of datapoints that came over the websocket.
    pub(super) fn live(&mut self, batch: Vec<Raw>) -> Vec<Raw> {
        if self.overlap.as_ref().is_some_and(|overlap| overlap.until <= Instant::now()) {
            self.overlap = None;
        }
        batch.into_iter().filter(|dp| self.is_new(dp)).collect()
    }

    fn is_new(&mut self, dp: &Raw) -> bool {
        if let Some(overlap) = &mut self.overlap {
            let earlier = self.t.is_some_and(|t| dp.t < t);
            if earlier || (Some(dp.t) == self.t && take(&mut overlap.expected, &dp.d)) {
                return !overlap.delivered;
            }
        }
        self.note(dp);
        true
    }

    /// Takes note of a datapoint that comes after all others.
    fn note(&mut self, dp: &Raw) {
        if self.t.is_none_or(|t| t < dp.t) {
            self.t = Some(dp.t);
            self.seen.clear();
            self.overlap = None;
        }
        if self.t == Some(dp.t) {
            self.seen.push(dp.d.clone());
        }
    }

    fn overlap(&mut self, delivered: bool) {
        let (until, expected) = (Instant::now() + OVERLAP, self.seen.clone());
        self.overlap = Some(Overlap { until, expected, delivered });
    }
}

/// Takes a value out, if it is there.
fn take(values: &mut Vec<Box<RawValue>>, value: &RawValue) -> bool {
    let place = values.iter().position(|other| other.get() == value.get());
    place.map(|place| values.remove(place)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(data: &[(f64, i64)]) -> Vec<Raw> {
        let raw = |d: &i64| serde_json::value::to_raw_value(d).expect("JSON");
        data.iter().map(|(t, d)| Datapoint::new(*t, raw(d))).collect()
    }

    fn values(data: Vec<Raw>) -> Vec<(f64, i64)> {
        let value = |dp: Raw| (dp.t.as_secs_f64(), dp.d.get().parse().expect("a number"));
        data.into_iter().map(value).collect()
    }

    #[test]
    fn what_is_read_again_is_delivered_once() {
        let mut recent = Recent::default();
        assert_eq!(recent.live(raw(&[(1.0, 1), (2.0, 2), (2.0, 2)])).len(), 3);
        assert_eq!(recent.seen(), 2);
        let page = raw(&[(2.0, 2), (2.0, 2), (2.0, 2), (2.0, 3), (3.0, 4)]);
        assert_eq!(values(recent.read(page, true)), [(2.0, 2), (2.0, 3), (3.0, 4)]);
        assert_eq!(recent.before().map(Timestamp::as_secs_f64), Some(3.0_f64.next_down()));
    }

    #[test]
    fn what_was_read_and_comes_again_is_delivered_once() {
        let mut recent = Recent::default();
        let read = recent.read(raw(&[(1.0, 1), (2.0, 2)]), true);
        assert_eq!(read.len(), 2);
        assert_eq!(values(recent.live(raw(&[(1.0, 1)]))), []);
        assert_eq!(values(recent.live(raw(&[(2.0, 2), (2.0, 2)]))), [(2.0, 2)]);
        assert_eq!(values(recent.live(raw(&[(3.0, 3)]))), [(3.0, 3)]);
    }

    #[test]
    fn what_comes_while_it_begins_is_delivered_and_counted_once() {
        let mut recent = Recent::default();
        recent.begin(Timestamp::new(2.0).expect("a time"), raw(&[(2.0, 2)]));
        assert_eq!(values(recent.live(raw(&[(1.0, 1), (2.0, 2)]))), [(1.0, 1), (2.0, 2)]);
        assert_eq!(recent.seen(), 1);
        assert_eq!(values(recent.read(raw(&[(2.0, 2), (2.0, 2)]), true)), [(2.0, 2)]);
    }

    #[test]
    fn pages_may_end_between_datapoints_of_one_time() {
        let mut recent = Recent::default();
        assert_eq!(recent.read(raw(&[(1.0, 1), (1.0, 1)]), false).len(), 2);
        assert_eq!(recent.read(raw(&[(1.0, 1), (1.0, 1), (1.0, 1)]), true).len(), 1);
    }
}
