//! What has happened to datapoints, and the queue in which it waits.

use std::collections::VecDeque;
use std::ops::{Deref, Range};
use std::sync::Arc;

use cdb_types::websocket::ReplacedRange;

use super::shares::Share;
use crate::storage::format::points::Points;
use crate::storage::model::Array;

/// The maximum number of bytes that wait in one queue. One event may be larger.
const MAX_QUEUE_BYTES: usize = 1024 * 1024;

/// The number of bytes that an event counts in addition to its text.
pub(crate) const EVENT_BYTES: usize = 256;

/// A change of an array of datapoints. Storage publishes it after it is committed.
#[derive(Debug)]
pub(crate) enum Event {
    /// Datapoints were appended, or sent to an ephemeral stream.
    Appended(Appended),
    /// All datapoints were deleted. The next one gets the position 0.
    Cleared(Array),
    Replaced(Replaced),
}

/// A range of datapoints was replaced by others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Replaced {
    pub(crate) array: Array,
    pub(crate) range: ReplacedRange,
}

/// Datapoints that were inserted together.
#[derive(Debug)]
pub(crate) struct Appended {
    pub(crate) array: Array,
    /// The position of the first datapoint. `None` if the stream is ephemeral: the datapoints are not
    /// stored.
    pub(crate) position: Option<u64>,
    /// The datapoints, as they are stored.
    pub(crate) points: Points,
}

impl Appended {
    /// Returns the number of bytes that it counts.
    pub(crate) fn bytes(&self) -> usize {
        self.points.text().len() + EVENT_BYTES
    }

    /// Returns the positions of the datapoints. `None` if they are not stored.
    pub(crate) fn range(&self) -> Option<Range<u64>> {
        self.position.map(|first| first..first + self.points.len() as u64)
    }
}

/// An event that waits for the subscribers of its array. Clones share the datapoints.
#[derive(Debug, Clone)]
pub(crate) enum QueuedEvent {
    Appended(Arc<Counted<Appended>>),
    /// Datapoints that were inserted together. There are so many that they are read from storage.
    Stored(Arc<Counted<Range<u64>>>),
    Cleared,
    Replaced(Box<ReplacedRange>),
    /// Events were dropped, because too many were waiting. What was appended can be read, except in
    /// ephemeral streams.
    Missed,
}

/// What counts for the owner of a stream for as long as it is in memory.
#[derive(Debug)]
pub(crate) struct Counted<T> {
    value: T,
    _share: Share,
}

impl<T> Counted<T> {
    pub(crate) fn new(value: T, share: Share) -> Self {
        Self { value, _share: share }
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The events of one array that wait, oldest first. Its size is bounded: when it is full, further
/// events are replaced by one [`QueuedEvent::Missed`].
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    /// `Missed` is only at the end.
    events: VecDeque<QueuedEvent>,
    bytes: usize,
}

impl EventQueue {
    /// Appends an event, or drops it and notes that it was dropped.
    pub(crate) fn push(&mut self, event: QueuedEvent) {
        let bytes = self.bytes + bytes(&event);
        let is_full = bytes > MAX_QUEUE_BYTES && !self.events.is_empty();
        match (&event, self.events.back()) {
            (QueuedEvent::Cleared, Some(QueuedEvent::Cleared)) => {}
            (QueuedEvent::Cleared, Some(QueuedEvent::Missed)) => {
                // What was appended before does not exist any more.
                *self = Self::default();
                self.events.push_back(event);
            }
            (QueuedEvent::Replaced(_), Some(QueuedEvent::Missed)) => {
                // What was missed is read when all before it is known.
                let missed = self.events.pop_back();
                self.push(event);
                self.events.extend(missed);
            }
            (_, Some(QueuedEvent::Missed)) => {}
            (QueuedEvent::Replaced(_), _) if is_full => self.add_replaced(event),
            (QueuedEvent::Appended(_) | QueuedEvent::Stored(_), _) if is_full => {
                self.events.push_back(QueuedEvent::Missed);
            }
            _ => {
                self.bytes = bytes;
                self.events.push_back(event);
            }
        }
    }

    /// Adds a correction to the last one, if nothing came between.
    fn add_replaced(&mut self, event: QueuedEvent) {
        match (self.events.back_mut(), &event) {
            (Some(QueuedEvent::Replaced(last)), QueuedEvent::Replaced(later)) => {
                **last = last.and(later);
            }
            _ => {
                self.bytes += bytes(&event);
                self.events.push_back(event);
            }
        }
    }

    /// Removes the oldest event.
    pub(crate) fn pop(&mut self) -> Option<QueuedEvent> {
        let event = self.events.pop_front()?;
        self.bytes -= bytes(&event);
        Some(event)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

fn bytes(event: &QueuedEvent) -> usize {
    match event {
        QueuedEvent::Appended(appended) => appended.bytes(),
        QueuedEvent::Stored(_) | QueuedEvent::Replaced(_) => EVENT_BYTES,
        QueuedEvent::Cleared | QueuedEvent::Missed => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shares::Shares;
    use super::*;
    use crate::storage::model::ObjectId;

    fn appended(index: u64, bytes: usize) -> QueuedEvent {
        let text = format!(r#"{{"t":{index},"d":"{}"}}"#, "x".repeat(bytes));
        let points = Points::parse(text.into_bytes()).expect("a datapoint");
        let array = Array { stream: 1, downlink: false };
        let share = Shares::new(4 * bytes).take(ObjectId::User(1), bytes).expect("a share");
        let appended = Appended { array, position: Some(index), points };
        QueuedEvent::Appended(Arc::new(Counted::new(appended, share)))
    }

    fn drain(queue: &mut EventQueue) -> Vec<String> {
        let name = |event| match event {
            QueuedEvent::Appended(appended) => format!("{:?}", appended.position),
            other => format!("{other:?}"),
        };
        std::iter::from_fn(|| queue.pop()).map(name).collect()
    }

    #[test]
    fn events_that_do_not_fit_are_noted_once() {
        let mut queue = EventQueue::default();
        queue.push(appended(0, 2 * MAX_QUEUE_BYTES));
        for index in 1..4 {
            queue.push(appended(index, 1));
        }
        assert_eq!(drain(&mut queue), ["Some(0)", "Missed"]);
        queue.push(appended(4, 1));
        assert_eq!(drain(&mut queue), ["Some(4)"]);
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn the_number_of_events_is_bounded() {
        let mut queue = EventQueue::default();
        for index in 0..100_000 {
            queue.push(appended(index, 1));
            queue.push(QueuedEvent::Cleared);
            queue.push(QueuedEvent::Cleared);
        }
        assert!(queue.events.len() <= 2 * MAX_QUEUE_BYTES / EVENT_BYTES, "{}", queue.events.len());
    }

    fn replaced(corrections: u64) -> ReplacedRange {
        let (first, last) = (corrections as f64, 10.0);
        ReplacedRange {
            first,
            last,
            after: 9,
            removed: 4,
            inserted: 1,
            several: false,
            end: 100,
            corrections,
        }
    }

    #[test]
    fn corrections_are_never_dropped_and_come_before_what_is_read() {
        let mut queue = EventQueue::default();
        queue.push(appended(0, MAX_QUEUE_BYTES));
        queue.push(appended(1, 1));
        for corrections in 1..=3 {
            queue.push(QueuedEvent::Replaced(Box::new(replaced(corrections))));
            queue.push(appended(1, 1));
        }
        assert!(queue.pop().is_some());
        let Some(QueuedEvent::Replaced(last)) = queue.pop() else { panic!("it was dropped") };
        assert_eq!(*last, replaced(1).and(&replaced(2)).and(&replaced(3)));
        assert_eq!(drain(&mut queue), ["Missed"]);
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn clearing_is_never_dropped() {
        let mut queue = EventQueue::default();
        queue.push(appended(0, MAX_QUEUE_BYTES));
        queue.push(appended(1, 1));
        queue.push(QueuedEvent::Cleared);
        queue.push(appended(0, 1));
        assert_eq!(drain(&mut queue), ["Cleared", "Some(0)"]);
    }
}
