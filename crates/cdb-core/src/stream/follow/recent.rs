//! Tells new datapoints from delivered ones on the original server, which sends no indexes.

use std::time::{Duration, Instant};

use cdb_types::{Datapoint, Timestamp};
use serde_json::value::RawValue;

use super::just_before;

/// How long after a read the websocket may still bring datapoints that were part of it.
const OVERLAP: Duration = Duration::from_secs(10);

/// A datapoint whose value is not parsed.
type Raw = Datapoint<Box<RawValue>>;

/// The time of the last delivered datapoint, and the values of all datapoints at that time.
///
/// The times of a stream never decrease. So a new datapoint has a later time or the same one, and
/// datapoints at the same time are distinguished by their values and by how often each occurs.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// `None` before the first datapoint.
    t: Option<Timestamp>,
    /// The values of the datapoints at time `t`.
    values: Vec<Box<RawValue>>,
    overlap: Option<Overlap>,
}

/// Datapoints that were read while the websocket was open, so that they may arrive on it as well.
#[derive(Debug)]
struct Overlap {
    until: Instant,
    /// The values at the last time that have not arrived on the websocket yet.
    expected: Vec<Box<RawValue>>,
    /// Whether the datapoints were delivered when they were read.
    delivered: bool,
}

impl Recent {
    /// Returns the number of datapoints at the last time.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns a time just before the last time, from which a query repeats the datapoints at the
    /// last time and no earlier ones.
    pub(super) fn before(&self) -> Option<Timestamp> {
        self.t.map(just_before)
    }

    /// Records the last datapoints of the stream when a subscription starts, and their time. They
    /// are delivered only if they arrive on the websocket.
    pub(super) fn begin(&mut self, t: Timestamp, last: Vec<Raw>) {
        self.t = Some(t);
        last.into_iter().for_each(|dp| self.record(&dp));
        self.overlap(false);
    }

    /// Returns those datapoints of a page, read from [`before`](Self::before) on, that have not
    /// been delivered. `is_last` says that the page ends at the end of the stream.
    pub(super) fn read(&mut self, page: Vec<Raw>, is_last: bool) -> Vec<Raw> {
        let (t, mut delivered) = (self.t, self.values.clone());
        let new = |dp: &Raw| !(Some(dp.t) == t && remove(&mut delivered, &dp.d));
        let new: Vec<Raw> = page.into_iter().filter(new).collect();
        new.iter().for_each(|dp| self.record(dp));
        if is_last {
            self.overlap(true);
        }
        new
    }

    /// Returns those datapoints of a batch from the websocket that have not been delivered.
    pub(super) fn live(&mut self, batch: Vec<Raw>) -> Vec<Raw> {
        if self.overlap.as_ref().is_some_and(|overlap| overlap.until <= Instant::now()) {
            self.overlap = None;
        }
        batch.into_iter().filter(|dp| self.is_new(dp)).collect()
    }

    fn is_new(&mut self, dp: &Raw) -> bool {
        if let Some(overlap) = &mut self.overlap {
            let earlier = self.t.is_some_and(|t| dp.t < t);
            if earlier || (Some(dp.t) == self.t && remove(&mut overlap.expected, &dp.d)) {
                return !overlap.delivered;
            }
        }
        self.record(dp);
        true
    }

    /// Records a datapoint as the last one.
    fn record(&mut self, dp: &Raw) {
        if self.t.is_none_or(|t| t < dp.t) {
            self.t = Some(dp.t);
            self.values.clear();
            self.overlap = None;
        }
        if self.t == Some(dp.t) {
            self.values.push(dp.d.clone());
        }
    }

    fn overlap(&mut self, delivered: bool) {
        let (until, expected) = (Instant::now() + OVERLAP, self.values.clone());
        self.overlap = Some(Overlap { until, expected, delivered });
    }
}

/// Removes one occurrence of a value, and returns whether there was one.
fn remove(values: &mut Vec<Box<RawValue>>, value: &RawValue) -> bool {
    let index = values.iter().position(|other| other.get() == value.get());
    index.map(|index| values.remove(index)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(data: &[(f64, i64)]) -> Vec<Raw> {
        let raw = |d: &i64| serde_json::value::to_raw_value(d).expect("JSON");
        data.iter().map(|(t, d)| Datapoint::new(*t, raw(d)).expect("a time")).collect()
    }

    fn values(data: Vec<Raw>) -> Vec<(f64, i64)> {
        let value = |dp: Raw| (dp.t.as_secs_f64(), dp.d.get().parse().expect("a number"));
        data.into_iter().map(value).collect()
    }

    #[test]
    fn a_datapoint_that_is_read_after_it_arrived_is_delivered_once() {
        let mut recent = Recent::default();
        assert_eq!(recent.live(raw(&[(1.0, 1), (2.0, 2), (2.0, 2)])).len(), 3);
        assert_eq!(recent.len(), 2);
        let page = raw(&[(2.0, 2), (2.0, 2), (2.0, 2), (2.0, 3), (3.0, 4)]);
        assert_eq!(values(recent.read(page, true)), [(2.0, 2), (2.0, 3), (3.0, 4)]);
        assert_eq!(recent.before().map(Timestamp::as_secs_f64), Some(3.0_f64.next_down()));
    }

    #[test]
    fn a_datapoint_that_arrives_after_it_was_read_is_delivered_once() {
        let mut recent = Recent::default();
        let read = recent.read(raw(&[(1.0, 1), (2.0, 2)]), true);
        assert_eq!(read.len(), 2);
        assert_eq!(values(recent.live(raw(&[(1.0, 1)]))), []);
        assert_eq!(values(recent.live(raw(&[(2.0, 2), (2.0, 2)]))), [(2.0, 2)]);
        assert_eq!(values(recent.live(raw(&[(3.0, 3)]))), [(3.0, 3)]);
    }

    #[test]
    fn a_datapoint_that_arrives_while_the_subscription_starts_is_counted_once() {
        let mut recent = Recent::default();
        recent.begin(Timestamp::new(2.0).expect("a time"), raw(&[(2.0, 2)]));
        assert_eq!(values(recent.live(raw(&[(1.0, 1), (2.0, 2)]))), [(1.0, 1), (2.0, 2)]);
        assert_eq!(recent.len(), 1);
        assert_eq!(values(recent.read(raw(&[(2.0, 2), (2.0, 2)]), true)), [(2.0, 2)]);
    }

    #[test]
    fn a_page_may_end_between_datapoints_of_one_time() {
        let mut recent = Recent::default();
        assert_eq!(recent.read(raw(&[(1.0, 1), (1.0, 1)]), false).len(), 2);
        assert_eq!(recent.read(raw(&[(1.0, 1), (1.0, 1), (1.0, 1)]), true).len(), 1);
    }
}
