//! Delivers events to subscribers.
//!
//! [`Topics`] takes events from the [bus](Bus) and passes each to the topics of its array: there is
//! one for each transform that a caller has subscribed to, and one for all who want no transform. A
//! topic makes one text of it, which all of its subscribers share, and puts it into the [`SendQueue`]
//! of each.
//!
//! Nobody waits for a subscriber. Each subscription has a position in the array. What a subscriber
//! or a topic could not take in time is dropped from memory, and read from storage from that
//! position on when there is room again.

mod listener;
mod message;
mod scripts;
mod send_queue;
mod topic;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cdb_pipescript::Script;
use cdb_types::DataPath;
use tokio::sync::OnceCell;

use crate::bus::Bus;
use crate::compute::{Caller, Compute};
use crate::metrics::SubscriberLevels;
use crate::runtime::{Runtime, stopped};
use crate::service::authorize::ReadPermit;
use crate::storage::model::ObjectId;
use crate::storage::{Array, ReadError, Storage};
use listener::Listener;
use message::Texts;
use scripts::Scripts;
use topic::{Topic, TopicKey};

pub(crate) use message::Text;
pub(crate) use send_queue::{Frame, Next, SendQueue};
pub(crate) use topic::CatchUp;

/// The topics of a server. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    storage: Arc<dyn Storage>,
    bus: Arc<dyn Bus>,
    open: OpenTopics,
    scripts: Scripts,
    texts: Texts,
    last_number: Arc<AtomicU64>,
}

/// The topics that have subscriptions.
#[derive(Debug, Clone, Default)]
struct OpenTopics(Arc<Mutex<HashMap<Array, ArrayTopics>>>);

/// The topics of one array.
#[derive(Debug, Default)]
struct ArrayTopics {
    /// Set when the events of the array are received, and every commit that is not finished yet
    /// knows that they are wanted.
    ready: Arc<OnceCell<()>>,
    by_key: HashMap<TopicKey, Subscribed>,
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
    /// The user whose stream it is.
    pub(crate) owner: ObjectId,
    pub(crate) path: DataPath,
    pub(crate) script: Option<Script>,
    /// For whom the script runs.
    pub(crate) caller: Caller,
    pub(crate) send_queue: Arc<SendQueue>,
    /// Whether messages contain the indices of their datapoints.
    pub(crate) detailed: bool,
}

/// A subscription. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    topics: Topics,
    topic: Arc<Topic>,
    number: u64,
    send_queue: Arc<SendQueue>,
}

impl OpenTopics {
    fn lock(&self) -> MutexGuard<'_, HashMap<Array, ArrayTopics>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Topic>> {
        let topics = self.lock();
        let topics = topics.values().flat_map(|it| it.by_key.values());
        topics.map(|subscribed| Arc::clone(&subscribed.topic)).collect()
    }

    fn of(&self, array: Array) -> Vec<Arc<Topic>> {
        let topics = self.lock();
        let topics = topics.get(&array).into_iter().flat_map(|it| it.by_key.values());
        topics.map(|subscribed| Arc::clone(&subscribed.topic)).collect()
    }
}

impl Topics {
    /// Starts to deliver the events of a bus, in a task that ends when the server stops.
    ///
    /// All messages that wait to be sent have `max_bytes` at most.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        bus: Arc<dyn Bus>,
        compute: Compute,
        runtime: &Runtime,
        max_bytes: usize,
    ) -> Self {
        let topics = Self {
            storage,
            bus: Arc::clone(&bus),
            open: OpenTopics::default(),
            scripts: Scripts::new(compute),
            texts: Texts::new(max_bytes),
            last_number: Arc::default(),
        };
        let (open, mut stop) = (topics.open.clone(), runtime.watch());
        runtime.spawn("deliver events", async move {
            let deliver = async {
                loop {
                    let (array, event) = bus.next().await;
                    for topic in open.of(array) {
                        topic.push(event.clone());
                    }
                }
            };
            tokio::select! {
                () = deliver => {}
                () = stopped(&mut stop) => {}
            }
        });
        topics
    }

    /// Returns how far behind subscribers are.
    pub(crate) fn level(&self) -> SubscriberLevels {
        let mut level =
            SubscriberLevels { waiting_bytes: self.texts.waiting_bytes(), ..Default::default() };
        for topic in self.open.all() {
            topic.add_to(&mut level);
        }
        level
    }

    /// Subscribes. `answer` is put into the send queue before the first message. It is given the
    /// position from which on all datapoints are sent in messages, and the number of corrections before.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, there is no subscription.
    pub(crate) async fn subscribe(
        &self,
        request: SubscribeRequest,
        answer: impl FnOnce(u64, u64) -> Option<Frame> + Send,
    ) -> Result<Subscription, ReadError> {
        let SubscribeRequest { permit, owner, path, script, caller, send_queue, detailed } =
            request;
        let number = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        let array = permit.array();
        let (topic, ready) = self.topic(permit, path, script, caller);
        let subscription = Subscription { topics: self.clone(), topic, number, send_queue };
        let receive = async || {
            self.bus.subscribe(array, owner).await;
            // A commit that is under way may not know that its events are wanted.
            self.storage.settled().await;
        };
        ready.get_or_init(receive).await;
        // Events that are published from here on are pushed to the topic. Everything else is
        // within this extent.
        let extent = subscription.topic.extent().await?;
        subscription.topic.join(number, &extent, |next, corrections| {
            let send_queue = Arc::clone(&subscription.send_queue);
            if let Some(answer) = answer(next, corrections) {
                send_queue.push_answer(answer);
            }
            Listener::new(send_queue, number, detailed, next)
        });
        Ok(subscription)
    }

    /// Returns the topic of a caller's transform, which has one more subscription now, and the cell that
    /// says whether all events of the array are published.
    fn topic(
        &self,
        permit: ReadPermit,
        path: DataPath,
        script: Option<Script>,
        caller: Caller,
    ) -> (Arc<Topic>, Arc<OnceCell<()>>) {
        let array = permit.array();
        let mut topics = self.open.lock();
        let array_topics = topics.entry(array).or_default();
        // All share the topic without a script.
        let caller = script.as_ref().and(caller);
        let transform = script.as_ref().map_or_else(Arc::default, Script::shared_text);
        let subscribed = array_topics.by_key.entry((caller, transform)).or_insert_with(|| {
            let (storage, scripts, texts) =
                (Arc::clone(&self.storage), self.scripts.clone(), self.texts.clone());
            let topic = Topic::new(permit, path, script, caller, storage, scripts, texts);
            Subscribed { topic: Arc::new(topic), subscriptions: 0 }
        });
        subscribed.subscriptions += 1;
        (Arc::clone(&subscribed.topic), Arc::clone(&array_topics.ready))
    }

    /// Removes a subscription, and the topic if that was its last one.
    fn leave(&self, topic: &Topic, number: u64) {
        topic.leave(number);
        let mut topics = self.open.lock();
        let Entry::Occupied(mut array_topics) = topics.entry(topic.array()) else { return };
        let by_key = &mut array_topics.get_mut().by_key;
        if let Entry::Occupied(mut subscribed) = by_key.entry(topic.key()) {
            subscribed.get_mut().subscriptions -= 1;
            if subscribed.get().subscriptions == 0 {
                subscribed.remove();
                topic.stop();
            }
        }
        if by_key.is_empty() {
            array_topics.remove();
            self.bus.unsubscribe(topic.array());
        }
    }
}

impl Subscription {
    /// Returns the number that [`Frame::subscription`] has for it. It is unique in a server.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The text of the script, which is in memory once however many have subscribed; empty without
    /// one.
    pub(crate) fn transform(&self) -> Arc<str> {
        self.topic.shared_transform()
    }

    /// Answers a second request for the same subscription, which serves both.
    pub(crate) fn repeat(&self, answer: impl FnOnce(u64, u64) -> Option<Frame>) {
        self.topic.between_messages(self.number, |next, corrections| {
            if let Some(answer) = answer(next, corrections) {
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
        self.topics.leave(&self.topic, self.number);
    }
}
