//! The way from the writer to the subscribers.
//!
//! The writer puts events into a bounded queue for each array that somebody has subscribed to. It
//! never waits: what does not fit is dropped and noted, and subscribers read it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, mpsc};

use crate::events::{Counted, Event, EventQueue, QueuedEvent};
use crate::storage::Array;

/// The maximum number of kibibytes of all events together that wait for subscribers, here and in
/// the queues of their topics.
const MAX_TOTAL_KIB: u32 = 16 * 1024;

/// Where the writer publishes events. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    queues: Queues,
    /// The arrays whose queues have events, each once.
    ready: mpsc::UnboundedSender<Array>,
    room: Arc<Semaphore>,
}

/// The other end of a [`Feed`].
#[derive(Debug)]
pub(crate) struct FeedReceiver {
    queues: Queues,
    ready: mpsc::UnboundedReceiver<Array>,
    /// Does not keep the feed open.
    ready_again: mpsc::WeakUnboundedSender<Array>,
}

#[derive(Debug, Clone, Default)]
struct Queues(Arc<Mutex<HashMap<Array, WatchedArray>>>);

/// An array that somebody has subscribed to.
#[derive(Debug, Default)]
struct WatchedArray {
    queue: EventQueue,
    /// Whether the array is among those that are ready.
    is_ready: bool,
}

impl Queues {
    fn lock(&self) -> MutexGuard<'_, HashMap<Array, WatchedArray>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    /// Creates a feed and its other end.
    pub(crate) fn new() -> (Self, FeedReceiver) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let queues = Queues::default();
        let ready_again = sender.downgrade();
        let room = Arc::new(Semaphore::new(MAX_TOTAL_KIB as usize));
        let feed = Self { queues: queues.clone(), ready: sender, room };
        (feed, FeedReceiver { queues, ready: receiver, ready_again })
    }

    /// Returns whether somebody has subscribed to an array.
    pub(crate) fn wants(&self, array: Array) -> bool {
        self.queues.lock().contains_key(&array)
    }

    /// Starts or stops to keep the events of an array. A commit that is under way may not know it
    /// yet.
    pub(crate) fn want(&self, array: Array, wanted: bool) {
        let mut queues = self.queues.lock();
        if wanted {
            queues.entry(array).or_default();
        } else {
            queues.remove(&array);
        }
    }

    /// Publishes events, in the order in which they have happened. Never waits.
    pub(crate) fn publish(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut queues = self.queues.lock();
        for event in events {
            let array = match &event {
                Event::Appended(appended) => appended.array,
                Event::Cleared(array) => *array,
            };
            let Some(watched) = queues.get_mut(&array) else { continue };
            watched.queue.push(self.count(event));
            if !watched.is_ready {
                // This fails if the server stops, and nobody receives events any more.
                watched.is_ready = self.ready.send(array).is_ok();
            }
        }
    }

    /// Adds an event to the total, or drops it.
    fn count(&self, event: Event) -> QueuedEvent {
        let Event::Appended(appended) = event else { return QueuedEvent::Cleared };
        // One is taken however large it is.
        let kib = u32::try_from(appended.bytes().div_ceil(1024)).unwrap_or(u32::MAX);
        match Arc::clone(&self.room).try_acquire_many_owned(kib.min(MAX_TOTAL_KIB)) {
            Ok(room) => QueuedEvent::Appended(Arc::new(Counted::new(appended, room))),
            Err(_) => QueuedEvent::Missed,
        }
    }
}

impl FeedReceiver {
    /// Waits for the next event. Arrays take turns. `None` if the feed is closed.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped before it is ready.
    pub(crate) async fn next(&mut self) -> Option<(Array, QueuedEvent)> {
        loop {
            let array = self.ready.recv().await?;
            let mut queues = self.queues.lock();
            let Some(watched) = queues.get_mut(&array) else { continue };
            let event = watched.queue.pop();
            let more = !watched.queue.is_empty();
            watched.is_ready =
                more && self.ready_again.upgrade().is_some_and(|it| it.send(array).is_ok());
            if let Some(event) = event {
                return Some((array, event));
            }
        }
    }
}

#[cfg(test)]
mod tests {
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

    async fn next(receiver: &mut FeedReceiver) -> (Array, Option<u64>) {
        match receiver.next().await.expect("an event") {
            (array, QueuedEvent::Appended(appended)) => (array, appended.index),
            (array, _) => (array, None),
        }
    }

    #[tokio::test]
    async fn arrays_take_turns() {
        let (feed, mut receiver) = Feed::new();
        feed.want(A, true);
        feed.want(B, true);
        feed.publish(vec![appended(A, 0, 1), appended(A, 1, 1), appended(B, 0, 1)]);
        assert_eq!(next(&mut receiver).await, (A, Some(0)));
        assert_eq!(next(&mut receiver).await, (B, Some(0)));
        assert_eq!(next(&mut receiver).await, (A, Some(1)));
        drop(feed);
        assert!(receiver.next().await.is_none());
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_total() {
        let (feed, mut receiver) = Feed::new();
        let arrays = (0..100).map(|stream| Array { stream, downlink: false });
        for array in arrays.clone() {
            feed.want(array, true);
            feed.publish(vec![appended(array, 0, 1024 * 1024)]);
        }
        let mut kept = Vec::new();
        for _ in arrays {
            kept.push(receiver.next().await.expect("an event").1);
        }
        let is_kept = |event: &&QueuedEvent| matches!(event, QueuedEvent::Appended(_));
        assert_eq!(kept.iter().filter(is_kept).count(), 15);
        // Room is made by those that have been dealt with.
        drop(kept);
        feed.publish(vec![appended(A, 1, 1024 * 1024)]);
        assert_eq!(next(&mut receiver).await, (A, Some(1)));
    }
}
