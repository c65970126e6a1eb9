//! The bus of a server that is one process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cdb_pipescript::Script;
use cdb_types::DataPath;
use tokio::sync::OnceCell;

use super::message::Texts;
use super::scripts::Scripts;
use super::send_queue::{Frame, SendQueue};
use super::topic::{CatchUp, Listener, Topic};
use crate::runtime::Runtime;
use crate::service::authorize::ReadPermit;
use crate::storage::sqlite::{FeedReceiver, Store};
use crate::storage::{Array, ReadError};

/// The topics of a server. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    store: Store,
    topics: Topics,
    scripts: Scripts,
    texts: Texts,
    last_number: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Default)]
struct Topics(Arc<Mutex<HashMap<Array, ArrayTopics>>>);

/// The topics of one array.
#[derive(Debug, Default)]
struct ArrayTopics {
    /// Set when every commit that is not finished yet knows that its events are wanted.
    ready: Arc<OnceCell<()>>,
    by_transform: HashMap<String, Subscribed>,
}

/// A topic, and the number of its subscriptions, including those that are about to begin.
#[derive(Debug)]
struct Subscribed {
    topic: Arc<Topic>,
    subscriptions: usize,
}

/// What somebody subscribes to.
#[derive(Debug)]
pub(crate) struct SubscribeRequest {
    pub(crate) permit: ReadPermit,
    pub(crate) path: DataPath,
    pub(crate) script: Option<Script>,
    pub(crate) send_queue: Arc<SendQueue>,
    /// Whether messages contain the indices of their datapoints.
    pub(crate) detailed: bool,
}

/// A subscription. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    bus: Bus,
    topic: Arc<Topic>,
    number: u64,
    send_queue: Arc<SendQueue>,
}

impl Topics {
    fn lock(&self) -> MutexGuard<'_, HashMap<Array, ArrayTopics>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, array: Array) -> Vec<Arc<Topic>> {
        let topics = self.lock();
        let topics = topics.get(&array).into_iter().flat_map(|it| it.by_transform.values());
        topics.map(|subscribed| Arc::clone(&subscribed.topic)).collect()
    }
}

impl Bus {
    /// Starts to deliver the events of a store, in a task that ends when the store is dropped.
    ///
    /// All messages that wait to be sent have `max_bytes` at most.
    pub(crate) fn new(
        store: Store,
        mut feed: FeedReceiver,
        runtime: &Runtime,
        max_bytes: usize,
    ) -> Self {
        let topics = Topics::default();
        let bus = Self {
            store,
            topics: topics.clone(),
            scripts: Scripts::default(),
            texts: Texts::new(max_bytes),
            last_number: Arc::default(),
        };
        runtime.spawn("deliver events", async move {
            while let Some((array, event)) = feed.next().await {
                for topic in topics.of(array) {
                    topic.push(event.clone());
                }
            }
        });
        bus
    }

    /// Subscribes. `answer` is put into the send queue before the first message. It is given the
    /// index from which on all datapoints are sent in messages.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, there is no subscription.
    pub(crate) async fn subscribe(
        &self,
        request: SubscribeRequest,
        answer: impl FnOnce(u64) -> Option<Frame> + Send,
    ) -> Result<Subscription, ReadError> {
        let SubscribeRequest { permit, path, script, send_queue, detailed } = request;
        let number = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        let array = permit.array();
        let (topic, ready) = self.topic(permit, path, script);
        let subscription = Subscription { bus: self.clone(), topic, number, send_queue };
        // A commit that is under way may not know that its events are wanted.
        ready.get_or_init(|| self.store.settled()).await;
        // Events that are published from here on are pushed to the topic. Everything else is
        // within this length.
        let length = self.store.array_length(array).await?;
        subscription.topic.join(number, length, |next| {
            let send_queue = Arc::clone(&subscription.send_queue);
            if let Some(answer) = answer(next) {
                send_queue.push_answer(answer);
            }
            Listener::new(send_queue, number, detailed, next)
        });
        Ok(subscription)
    }

    /// Returns the topic of a transform, which has one more subscription now, and the cell that
    /// says whether all events of the array are published.
    fn topic(
        &self,
        permit: ReadPermit,
        path: DataPath,
        script: Option<Script>,
    ) -> (Arc<Topic>, Arc<OnceCell<()>>) {
        let array = permit.array();
        let mut topics = self.topics.lock();
        let entry = topics.entry(array);
        if matches!(entry, Entry::Vacant(_)) {
            self.store.feed().want(array, true);
        }
        let array_topics = entry.or_default();
        let transform = script.as_ref().map_or("", Script::text).to_owned();
        let subscribed = array_topics.by_transform.entry(transform).or_insert_with(|| {
            let (store, scripts, texts) =
                (self.store.clone(), self.scripts.clone(), self.texts.clone());
            let topic = Arc::new(Topic::new(permit, path, script, store, scripts, texts));
            Subscribed { topic, subscriptions: 0 }
        });
        subscribed.subscriptions += 1;
        (Arc::clone(&subscribed.topic), Arc::clone(&array_topics.ready))
    }

    /// Removes a subscription, and the topic if that was its last one.
    fn leave(&self, topic: &Topic, number: u64) {
        topic.leave(number);
        let mut topics = self.topics.lock();
        let Entry::Occupied(mut array_topics) = topics.entry(topic.array()) else { return };
        let by_transform = &mut array_topics.get_mut().by_transform;
        if let Some(subscribed) = by_transform.get_mut(topic.transform()) {
            subscribed.subscriptions -= 1;
            if subscribed.subscriptions == 0 {
                by_transform.remove(topic.transform());
                topic.stop();
            }
        }
        if by_transform.is_empty() {
            array_topics.remove();
            self.store.feed().want(topic.array(), false);
        }
    }
}

impl Subscription {
    /// Returns the number that [`Frame::subscription`] has for it. It is unique in a server.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Answers a second request for the same subscription, which serves both.
    pub(crate) fn repeat(&self, answer: impl FnOnce(u64) -> Option<Frame>) {
        self.topic.between_messages(self.number, |next| {
            if let Some(answer) = answer(next) {
                self.send_queue.push_answer(answer);
            }
        });
    }

    /// Reads some of what the subscriber has missed; see [`CatchUp`].
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the same is read again by the next call.
    pub(crate) async fn catch_up(&self) -> Result<CatchUp, ReadError> {
        self.topic.catch_up(self.number).await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.bus.leave(&self.topic, self.number);
    }
}
