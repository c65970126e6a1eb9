//! Who must hear of an insert.
//!
//! The store tells of what it has committed; for each array somebody has subscribed to there is a
//! [`Topic`], which makes one text for each of its transforms, and puts it into the [`SendQueue`] of
//! each subscriber. Nobody is waited for.

mod send_queue;
mod topic;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use cdb_pipescript::Script;
use cdb_types::DataPath;
use tokio::sync::mpsc;

pub(crate) use send_queue::{Frame, SendQueue};

use crate::storage::sqlite::{Appended, Store};
use crate::storage::{Array, ReadError};
use topic::{Listener, Topic};

/// The maximum number of steps that the scripts of a batch take together on the threads that answer
/// requests, about half a millisecond. Scripts that need more are run on a thread of their own,
/// because a script cannot pause within a datapoint.
const MAX_INLINE_STEPS: u64 = 50_000;

/// Batches with more text are put through scripts away from the threads that answer requests.
const LARGE_TEXT_BYTES: usize = 64 * 1024;

/// The topics of a server. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    store: Store,
    topics: Arc<Mutex<HashMap<Array, Interest>>>,
}

/// A topic, and how many want it.
#[derive(Debug)]
struct Interest {
    topic: Arc<Topic>,
    subscribers: usize,
}

/// What somebody wants to hear of.
#[derive(Debug)]
pub(crate) struct SubscribeRequest {
    pub(crate) array: Array,
    pub(crate) path: DataPath,
    pub(crate) script: Option<Script>,
    pub(crate) send_queue: Arc<SendQueue>,
    /// The subscriber's number for it, unique within the outbox.
    pub(crate) number: u64,
    /// Whether messages say where the datapoints lie.
    pub(crate) detailed: bool,
}

/// A subscription; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    bus: Bus,
    array: Array,
    topic: Arc<Topic>,
    listener: Option<(String, Listener)>,
}

impl Bus {
    /// Begins to tell of what the store's feed brings.
    pub(crate) fn new(store: Store, mut feed: mpsc::Receiver<Vec<Appended>>) -> Self {
        let bus = Self { store, topics: Arc::default() };
        let topics = Arc::clone(&bus.topics);
        tokio::spawn(async move {
            while let Some(group) = feed.recv().await {
                for appended in group {
                    let topic = lock(&topics).get(&appended.array).map(|it| Arc::clone(&it.topic));
                    if let Some(topic) = topic {
                        publish(topic, appended).await;
                    }
                }
            }
        });
        bus
    }

    /// Subscribes. `answer` is put into the outbox before the first message; it is given the index
    /// from which on all that is inserted comes in messages.
    pub(crate) async fn subscribe(
        &self,
        request: SubscribeRequest,
        answer: impl FnOnce(u64) -> Option<Frame> + Send,
    ) -> Result<Subscription, ReadError> {
        let SubscribeRequest { array, path, script, send_queue, number, detailed } = request;
        let topic = self.topic(array, path);
        let mut subscription =
            Subscription { bus: self.clone(), array, topic: Arc::clone(&topic), listener: None };
        // A commit that was under way may not have known that it is to be last_published of.
        topic.begun.get_or_init(|| self.store.settled()).await;
        // What is committed from here on is last_published of, what was before is within the length.
        let length = self.store.array_length(array).await?;
        let transform = script.as_ref().map_or("", Script::text).to_owned();
        topic.join(&transform, script, |last_published| {
            let from = length.max(last_published);
            if let Some(answer) = answer(from) {
                send_queue.push(answer);
            }
            let listener = Listener { send_queue, number, from, detailed };
            subscription.listener = Some((transform.clone(), listener.clone()));
            listener
        });
        Ok(subscription)
    }

    /// The topic of an array; somebody more wants it now.
    fn topic(&self, array: Array, path: DataPath) -> Arc<Topic> {
        let mut topics = lock(&self.topics);
        let entry = topics.entry(array);
        if matches!(entry, Entry::Vacant(_)) {
            self.store.feed().want(array, true);
        }
        let new = || Interest { topic: Arc::new(Topic::new(path)), subscribers: 0 };
        let interest = entry.or_insert_with(new);
        interest.subscribers += 1;
        Arc::clone(&interest.topic)
    }
}

impl Subscription {
    /// Answers a second wish for the same. The first goes on, and serves both.
    pub(crate) fn repeat(&self, answer: impl FnOnce(u64) -> Option<Frame>) {
        if let Some((_, listener)) = &self.listener {
            self.topic.between_messages(|last_published| {
                if let Some(answer) = answer(listener.from.max(last_published)) {
                    listener.send_queue.push(answer);
                }
            });
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some((transform, listener)) = &self.listener {
            self.topic.leave(transform, listener);
        }
        let mut topics = lock(&self.bus.topics);
        if let Entry::Occupied(mut entry) = topics.entry(self.array) {
            entry.get_mut().subscribers -= 1;
            if entry.get().subscribers == 0 {
                entry.remove();
                self.bus.store.feed().want(self.array, false);
            }
        }
    }
}

async fn publish(topic: Arc<Topic>, appended: Appended) {
    let mut channels = topic.channels(&appended);
    if appended.points.text().len() < LARGE_TEXT_BYTES {
        channels = topic.publish(&appended, channels, Some(MAX_INLINE_STEPS));
        if channels.is_empty() {
            return;
        }
    }
    let last_published =
        tokio::task::spawn_blocking(move || topic.publish(&appended, channels, None)).await;
    if let Err(error) = last_published {
        tracing::error!(%error, "subscribers were not last_published of an insert");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
