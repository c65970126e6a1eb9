//! The queue of events that wait for one subscriber.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cdb_types::websocket::{ReplacedRange, Subscribed};
use serde_json::value::RawValue;
use tokio::sync::Notify;

use crate::Error;

/// The maximum number of bytes that may wait. The text of a batch is shared by all subscribers of
/// the same topic.
const MAX_BYTES: usize = 1024 * 1024;

/// If more corrections wait without a batch between them, the last ones become one.
const MAX_CORRECTIONS: usize = 64;

/// The maximum number of batches that may wait.
const MAX_BATCHES: usize = 256;

/// An event of a subscription.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The subscription is active: all later inserts are delivered. Sent again after each
    /// reconnect. `None` if the server does not answer commands, as the original server does not.
    Subscribed(Option<Subscribed>),
    /// Datapoints were inserted.
    Batch(Arc<Batch>),
    /// Datapoints were removed, replaced, or inserted among others.
    Replaced(ReplacedRange),
    /// Batches were dropped, because too many were waiting.
    Missed {
        /// The position after the last datapoint that was dropped, if the server sends positions.
        end: Option<u64>,
    },
    /// The subscription has ended. This is the last event.
    Ended(Arc<Error>),
}

/// The datapoints of one insert, as the subscription receives them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Batch {
    /// The datapoints, or the output of the transform for them: a JSON array.
    pub data: Box<RawValue>,
    /// The position of the first inserted datapoint, before the transform, if the server sends
    /// positions.
    pub index: Option<u64>,
    /// The position after the last inserted datapoint. `None` if `index` is.
    pub end: Option<u64>,
}

/// A correction, and what was dropped before it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Correction {
    /// What was corrected.
    pub range: ReplacedRange,
    /// The position after the last datapoint of the batches that were dropped, before the correction.
    pub missed: Option<u64>,
}

/// The events that wait for one subscriber, oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    batches: usize,
    bytes: usize,
    /// Set if batches were dropped after the last event in `events`: the index after the last
    /// dropped datapoint, if it is known.
    missed: Option<Option<u64>>,
    /// Whether the server has confirmed the subscription on the current connection.
    joined: bool,
    /// Whether the server has ever confirmed the subscription.
    established: bool,
}

impl Queue {
    /// Records that the server has confirmed the subscription.
    pub(super) fn subscribed(&self, joined: Option<Subscribed>) {
        let mut state = self.lock();
        state.joined = true;
        state.established = true;
        // A subscriber that reads the stream up to the new beginning finds what was dropped.
        state.missed = None;
        if let Some(Event::Subscribed(_)) = state.events.back() {
            state.events.pop_back();
        }
        state.events.push_back(Event::Subscribed(joined));
        self.filled.notify_one();
    }

    /// Records that the connection is lost.
    pub(super) fn disconnected(&self) {
        self.lock().joined = false;
    }

    /// Returns whether the server has ever confirmed the subscription.
    pub(super) fn is_established(&self) -> bool {
        self.lock().established
    }

    /// Appends a batch, or drops it if too many wait or the subscription is not confirmed.
    pub(super) fn push(&self, batch: &Arc<Batch>) {
        let mut state = self.lock();
        if !state.joined {
            return;
        }
        let bytes = state.bytes + batch.data.get().len();
        let room = state.batches < MAX_BATCHES && bytes <= MAX_BYTES;
        if state.missed.is_none() && (room || state.batches == 0) {
            state.batches += 1;
            state.bytes = bytes;
            state.events.push_back(Event::Batch(Arc::clone(batch)));
        } else {
            state.missed = Some(batch.end);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Appends a correction, or adds it to another one that waits. It is never dropped.
    pub(super) fn replaced(&self, range: &ReplacedRange) {
        let mut state = self.lock();
        if !state.joined {
            return;
        }
        let waiting = state.events.iter().rev().take_while(|it| matches!(it, Event::Replaced(_)));
        let is_full = waiting.count() >= MAX_CORRECTIONS;
        match state.events.back_mut() {
            Some(Event::Replaced(last)) if is_full => *last = last.and(range),
            _ => state.events.push_back(Event::Replaced(range.clone())),
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Appends the last event.
    pub(super) fn end(&self, why: &Arc<Error>) {
        self.lock().events.push_back(Event::Ended(Arc::clone(why)));
        self.filled.notify_one();
    }

    /// Waits for a correction, and removes it and what is before it. If the subscription was confirmed
    /// again, or has ended, that is the next event, and `None` is returned. Cancel safe.
    pub(super) async fn next_correction(&self) -> Option<Correction> {
        loop {
            if let Some(correction) = self.lock().take_correction() {
                return correction;
            }
            self.filled.notified().await;
        }
    }

    /// Waits for the oldest event and removes it. Cancel safe: the event is removed without an
    /// await after it.
    pub(super) async fn next(&self) -> Event {
        loop {
            if let Some(event) = self.lock().next() {
                return event;
            }
            self.filled.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Removes the oldest correction, and what is before it or before a confirmation or the end. Batches
    /// there have positions from before the correction; they are read again.
    fn take_correction(&mut self) -> Option<Option<Correction>> {
        let matters = |event: &Event| !matches!(event, Event::Batch(_) | Event::Missed { .. });
        let place = self.events.iter().position(matters)?;
        let mut missed = None;
        for event in self.events.drain(..place) {
            if let Event::Batch(batch) = event {
                self.batches -= 1;
                self.bytes -= batch.data.get().len();
                missed = batch.end.or(missed);
            }
        }
        let is_correction = |event: &mut Event| matches!(event, Event::Replaced(_));
        Some(match self.events.pop_front_if(is_correction) {
            Some(Event::Replaced(range)) => Some(Correction { range, missed }),
            _ => None,
        })
    }

    fn next(&mut self) -> Option<Event> {
        // The dropped batches came before the end of the subscription.
        let only_the_end = matches!(self.events.front(), None | Some(Event::Ended(_)));
        if only_the_end && let Some(end) = self.missed.take() {
            return Some(Event::Missed { end });
        }
        let event = self.events.pop_front()?;
        if let Event::Batch(batch) = &event {
            self.batches -= 1;
            self.bytes -= batch.data.get().len();
        }
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(end: u64, bytes: usize) -> Arc<Batch> {
        let data = serde_json::value::to_raw_value(&"x".repeat(bytes)).expect("JSON");
        Arc::new(Batch { data, index: Some(end - 1), end: Some(end) })
    }

    /// Takes all waiting events: the end index, or 0 if there is none, and the kind of each.
    fn drain(queue: &Queue) -> Vec<(u64, &'static str)> {
        std::iter::from_fn(|| queue.lock().next())
            .map(|event| match event {
                Event::Subscribed(_) => (0, "joined"),
                Event::Batch(batch) => (batch.end.unwrap_or_default(), "batch"),
                Event::Missed { end } => (end.unwrap_or_default(), "missed"),
                Event::Replaced(range) => (range.end, "replaced"),
                Event::Ended(_) => (0, "ended"),
            })
            .collect()
    }

    #[test]
    fn dropped_batches_are_reported() {
        let queue = Queue::default();
        queue.subscribed(None);
        for end in 1..=300 {
            queue.push(&batch(end, 10));
        }
        let all = drain(&queue);
        assert_eq!(all.len(), 1 + MAX_BATCHES + 1);
        assert_eq!(all.last(), Some(&(300, "missed")));
        queue.push(&batch(301, MAX_BYTES));
        queue.push(&batch(302, 1));
        queue.end(&Arc::new(crate::error::Cause::TimedOut.into()));
        assert_eq!(drain(&queue), [(301, "batch"), (302, "missed"), (0, "ended")]);
    }

    fn replaced(corrections: u64) -> ReplacedRange {
        ReplacedRange {
            first: corrections as f64,
            last: 100.0,
            after: corrections,
            removed: 1,
            inserted: 1,
            several: false,
            end: 1000,
            corrections,
        }
    }

    #[test]
    fn only_many_corrections_that_wait_become_one() {
        let queue = Queue::default();
        queue.replaced(&replaced(1));
        queue.subscribed(None);
        for corrections in 2..=100 {
            queue.replaced(&replaced(corrections));
        }
        queue.push(&batch(4, 1));
        let all = drain(&queue);
        assert_eq!(all.len(), 1 + MAX_CORRECTIONS + 1);
        queue.replaced(&replaced(101));
        let Some(Event::Replaced(range)) = queue.lock().next() else { panic!("a correction") };
        assert!(!range.several);
        for corrections in 2..=100 {
            queue.replaced(&replaced(corrections));
        }
        let Some(Event::Replaced(range)) = queue.lock().events.back().cloned() else { panic!() };
        assert_eq!((range.several, range.first, range.corrections), (true, 65.0, 100));
    }

    #[test]
    fn a_correction_is_taken_with_what_is_before_it() {
        let queue = Queue::default();
        queue.subscribed(None);
        assert_eq!(drain(&queue).len(), 1);
        queue.push(&batch(2, 1));
        queue.replaced(&replaced(1));
        queue.push(&batch(3, 1));
        let taken = queue.lock().take_correction();
        assert_eq!(taken, Some(Some(Correction { range: replaced(1), missed: Some(2) })));
        assert_eq!(queue.lock().take_correction(), None);
        queue.subscribed(None);
        assert_eq!(queue.lock().take_correction(), Some(None));
        assert_eq!(drain(&queue), [(0, "joined")]);
        let state = queue.lock();
        assert_eq!((state.batches, state.bytes), (0, 0));
    }

    #[test]
    fn batches_before_the_confirmation_are_ignored() {
        let queue = Queue::default();
        queue.push(&batch(1, 1));
        queue.subscribed(None);
        queue.push(&batch(2, 1));
        queue.disconnected();
        queue.push(&batch(3, 1));
        queue.subscribed(None);
        queue.subscribed(None);
        assert_eq!(drain(&queue), [(0, "joined"), (2, "batch"), (0, "joined")]);
    }

    #[test]
    fn a_new_confirmation_replaces_earlier_dropped_batches() {
        let queue = Queue::default();
        queue.subscribed(None);
        queue.push(&batch(1, 2 * MAX_BYTES));
        queue.push(&batch(2, 1));
        queue.subscribed(None);
        queue.push(&batch(3, 1));
        let all = [(0, "joined"), (1, "batch"), (0, "joined"), (3, "missed")];
        assert_eq!(drain(&queue), all);
    }
}
