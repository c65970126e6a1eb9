//! The bus of a server that is one process.
//!
//! Events wait in a bounded queue for each array that somebody has subscribed to. The writer never
//! waits: what does not fit is dropped and noted, and subscribers read it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::Bus;
use crate::events::{Counted, Event, EventQueue, QueuedEvent};
use crate::limits::ByteLimit;
use crate::storage::model::Array;

/// The events of a process that wait for its subscribers.
#[derive(Debug)]
pub(crate) struct LocalBus {
    state: Mutex<State>,
    published: Notify,
    room: ByteLimit,
}

#[derive(Debug, Default)]
struct State {
    /// The events of each array that was subscribed to.
    queues: HashMap<Array, EventQueue>,
    /// The arrays whose queues have events. Each is there once.
    ready: VecDeque<Array>,
}

impl LocalBus {
    /// Creates a bus of which all events together that wait for subscribers, here and in the queues
    /// of their topics, have at most this many bytes.
    pub(crate) fn new(max_bytes: usize) -> Self {
        let (state, published) = Default::default();
        Self { state, published, room: ByteLimit::new(max_bytes) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event to the total, or drops it.
    fn count(&self, event: Event) -> QueuedEvent {
        let Event::Appended(appended) = event else { return QueuedEvent::Cleared };
        match self.room.try_take(appended.bytes()) {
            Some(room) => QueuedEvent::Appended(Arc::new(Counted::new(appended, room))),
            None => QueuedEvent::Missed,
        }
    }

    /// Takes the oldest event of the array whose turn it is.
    fn try_next(&self) -> Option<(Array, QueuedEvent)> {
        let mut state = self.lock();
        let State { queues, ready } = &mut *state;
        while let Some(array) = ready.pop_front() {
            let Some(queue) = queues.get_mut(&array) else { continue };
            let Some(event) = queue.pop() else { continue };
            if !queue.is_empty() {
                ready.push_back(array);
            }
            return Some((array, event));
        }
        None
    }
}

#[async_trait]
impl Bus for LocalBus {
    fn wants(&self, array: Array) -> bool {
        self.lock().queues.contains_key(&array)
    }

    fn publish(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut state = self.lock();
        let State { queues, ready } = &mut *state;
        for event in events {
            let array = match &event {
                Event::Appended(appended) => appended.array,
                Event::Cleared(array) => *array,
            };
            let Some(queue) = queues.get_mut(&array) else { continue };
            if queue.is_empty() {
                ready.push_back(array);
            }
            queue.push(self.count(event));
        }
        drop(state);
        self.published.notify_one();
    }

    async fn subscribe(&self, array: Array) {
        self.lock().queues.entry(array).or_default();
    }

    fn unsubscribe(&self, array: Array) {
        let mut state = self.lock();
        if state.queues.remove(&array).is_some_and(|queue| !queue.is_empty()) {
            state.ready.retain(|ready| *ready != array);
        }
    }

    /// Arrays take turns.
    async fn next(&self) -> (Array, QueuedEvent) {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            self.published.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::events::Appended;
    use crate::storage::format::points::Points;

    const A: Array = Array { stream: 1, downlink: false };
    const B: Array = Array { stream: 2, downlink: false };

    fn appended(array: Array, index: u64, bytes: usize) -> Event {
        let text = format!(r#"{{"t":{index},"d":"{}"}}"#, "x".repeat(bytes));
        let points = Points::parse(text.into_bytes()).expect("a datapoint");
        Event::Appended(Appended { array, index: Some(index), points })
    }

    async fn next(bus: &LocalBus) -> (Array, Option<u64>) {
        match bus.next().await {
            (array, QueuedEvent::Appended(appended)) => (array, appended.index),
            (array, _) => (array, None),
        }
    }

    #[tokio::test]
    async fn arrays_take_turns() {
        let bus = LocalBus::new(16 * 1024 * 1024);
        bus.subscribe(A).await;
        bus.subscribe(B).await;
        bus.publish(vec![appended(A, 0, 1), appended(A, 1, 1), appended(B, 0, 1)]);
        assert_eq!(next(&bus).await, (A, Some(0)));
        assert_eq!(next(&bus).await, (B, Some(0)));
        assert_eq!(next(&bus).await, (A, Some(1)));
        assert!(bus.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn only_what_is_subscribed_to_arrives() {
        let bus = LocalBus::new(16 * 1024 * 1024);
        bus.subscribe(A).await;
        assert!(bus.wants(A) && !bus.wants(B));
        bus.publish(vec![appended(A, 0, 1), appended(B, 0, 1)]);
        bus.unsubscribe(A);
        assert!(!bus.wants(A));
        bus.subscribe(A).await;
        bus.subscribe(B).await;
        // What waited is dropped.
        assert!(bus.next().now_or_never().is_none());
        bus.publish(vec![appended(A, 1, 1), appended(A, 2, 1), appended(B, 1, 1)]);
        for expected in [(A, Some(1)), (B, Some(1)), (A, Some(2))] {
            assert_eq!(next(&bus).await, expected);
        }
        assert!(bus.next().now_or_never().is_none());
        let published = async {
            bus.publish(vec![appended(B, 2, 1)]);
        };
        assert_eq!(tokio::join!(next(&bus), published).0, (B, Some(2)));
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_total() {
        let bus = LocalBus::new(16 * 1024 * 1024);
        let arrays = (0..100).map(|stream| Array { stream, downlink: false });
        for array in arrays.clone() {
            bus.subscribe(array).await;
            bus.publish(vec![appended(array, 0, 1024 * 1024)]);
        }
        let mut kept = Vec::new();
        for _ in arrays {
            kept.push(bus.next().await.1);
        }
        let is_kept = |event: &&QueuedEvent| matches!(event, QueuedEvent::Appended(_));
        assert_eq!(kept.iter().filter(is_kept).count(), 15);
        // Room is made by those that have been dealt with.
        drop(kept);
        bus.publish(vec![appended(A, 1, 1024 * 1024)]);
        assert_eq!(next(&bus).await, (A, Some(1)));
    }
}
