//! The bus of a server that is one process.
//!
//! Events wait in a bounded queue for each array that somebody has subscribed to, and count for the
//! owner of its stream. The writer never waits: what does not fit is dropped and noted, and of what is
//! large only the range waits. Subscribers read both.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::Bus;
use crate::events::{Counted, EVENT_BYTES, Event, EventQueue, QueuedEvent, Shares};
use crate::storage::model::{Array, ObjectId};

/// The datapoints of an event with more bytes do not wait if they can be read.
const MAX_STORED_BYTES: usize = 1024 * 1024;

/// The events of a process that wait for its subscribers.
#[derive(Debug)]
pub(crate) struct LocalBus {
    state: Mutex<State>,
    published: Notify,
    shares: Arc<Shares>,
}

#[derive(Debug, Default)]
struct State {
    /// The events of each array that was subscribed to.
    queues: HashMap<Array, Queue>,
    /// The arrays whose queues have events. Each is there once.
    ready: VecDeque<Array>,
}

#[derive(Debug)]
struct Queue {
    /// The user whose stream it is.
    owner: ObjectId,
    events: EventQueue,
}

impl LocalBus {
    /// Creates a bus of which all events together that wait for subscribers, here and in the queues
    /// of their topics, have at most this many bytes. Owners of streams share them; see [`Shares`].
    pub(crate) fn new(max_bytes: usize) -> Self {
        let (state, published) = Default::default();
        Self { state, published, shares: Shares::new(max_bytes) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an event for its owner, or drops it.
    fn count(&self, event: Event, owner: ObjectId) -> QueuedEvent {
        let appended = match event {
            Event::Appended(appended) => appended,
            Event::Cleared(_) => return QueuedEvent::Cleared,
            Event::Replaced(replaced) => return QueuedEvent::Replaced(Box::new(replaced.range)),
        };
        let bytes = appended.bytes();
        let stored = appended.range().filter(|_| bytes > MAX_STORED_BYTES);
        let share = self.shares.take(owner, stored.as_ref().map_or(bytes, |_| EVENT_BYTES));
        match (share, stored) {
            (None, _) => QueuedEvent::Missed,
            (Some(share), Some(range)) => QueuedEvent::Stored(Arc::new(Counted::new(range, share))),
            (Some(share), None) => QueuedEvent::Appended(Arc::new(Counted::new(appended, share))),
        }
    }

    /// Takes the oldest event of the array whose turn it is.
    fn try_next(&self) -> Option<(Array, QueuedEvent)> {
        let mut state = self.lock();
        let State { queues, ready } = &mut *state;
        while let Some(array) = ready.pop_front() {
            let Some(queue) = queues.get_mut(&array) else { continue };
            let Some(event) = queue.events.pop() else { continue };
            if !queue.events.is_empty() {
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
                Event::Replaced(replaced) => replaced.array,
            };
            let Some(queue) = queues.get_mut(&array) else { continue };
            if queue.events.is_empty() {
                ready.push_back(array);
            }
            queue.events.push(self.count(event, queue.owner));
        }
        drop(state);
        self.published.notify_one();
    }

    async fn subscribe(&self, array: Array, owner: ObjectId) {
        let new = || Queue { owner, events: EventQueue::default() };
        self.lock().queues.entry(array).or_insert_with(new);
    }

    fn unsubscribe(&self, array: Array) {
        let mut state = self.lock();
        if state.queues.remove(&array).is_some_and(|queue| !queue.events.is_empty()) {
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
    const OWNER: ObjectId = ObjectId::User(1);
    const TOTAL_BYTES: usize = 16 * 1024 * 1024;

    fn appended(array: Array, index: u64, bytes: usize) -> Event {
        let text = format!(r#"{{"t":{index},"d":"{}"}}"#, "x".repeat(bytes));
        let points = Points::parse(text.into_bytes()).expect("a datapoint");
        Event::Appended(Appended { array, position: Some(index), points })
    }

    async fn next(bus: &LocalBus) -> (Array, Option<u64>) {
        match bus.next().await {
            (array, QueuedEvent::Appended(appended)) => (array, appended.position),
            (array, _) => (array, None),
        }
    }

    #[tokio::test]
    async fn arrays_take_turns() {
        let bus = LocalBus::new(TOTAL_BYTES);
        bus.subscribe(A, OWNER).await;
        bus.subscribe(B, OWNER).await;
        bus.publish(vec![appended(A, 0, 1), appended(A, 1, 1), appended(B, 0, 1)]);
        assert_eq!(next(&bus).await, (A, Some(0)));
        assert_eq!(next(&bus).await, (B, Some(0)));
        assert_eq!(next(&bus).await, (A, Some(1)));
        assert!(bus.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn only_what_is_subscribed_to_arrives() {
        let bus = LocalBus::new(TOTAL_BYTES);
        bus.subscribe(A, OWNER).await;
        assert!(bus.wants(A) && !bus.wants(B));
        bus.publish(vec![appended(A, 0, 1), appended(B, 0, 1)]);
        bus.unsubscribe(A);
        assert!(!bus.wants(A));
        bus.subscribe(A, OWNER).await;
        bus.subscribe(B, OWNER).await;
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

    fn is_kept(event: &QueuedEvent) -> bool {
        matches!(event, QueuedEvent::Appended(_))
    }

    #[tokio::test]
    async fn what_waits_is_bounded_for_each_owner() {
        let bus = LocalBus::new(TOTAL_BYTES);
        let arrays = (0..100).map(|stream| Array { stream, downlink: false });
        for array in arrays.clone() {
            bus.subscribe(array, OWNER).await;
            bus.publish(vec![appended(array, 0, 500 * 1024)]);
        }
        let mut kept = Vec::new();
        for _ in arrays {
            kept.push(bus.next().await.1);
        }
        assert_eq!(kept.iter().filter(|event| is_kept(event)).count(), 16);
        let of_other = Array { stream: 100, downlink: false };
        bus.subscribe(of_other, ObjectId::User(2)).await;
        bus.publish(vec![appended(of_other, 0, 500 * 1024)]);
        assert_eq!(next(&bus).await, (of_other, Some(0)));
        // Room is made by those that have been dealt with.
        drop(kept);
        bus.publish(vec![appended(A, 1, 500 * 1024)]);
        assert_eq!(next(&bus).await, (A, Some(1)));
    }

    #[tokio::test]
    async fn a_large_event_waits_only_if_it_cannot_be_read() {
        let bus = LocalBus::new(TOTAL_BYTES);
        bus.subscribe(A, OWNER).await;
        bus.publish(vec![appended(A, 5, MAX_STORED_BYTES)]);
        let (_, QueuedEvent::Stored(range)) = bus.next().await else { panic!("it is not read") };
        assert_eq!(**range, 5..6);
        drop(range);
        let Event::Appended(stored) = appended(A, 0, 2 * TOTAL_BYTES) else { panic!("datapoints") };
        bus.publish(vec![Event::Appended(Appended { position: None, ..stored })]);
        assert!(is_kept(&bus.next().await.1));
    }
}
