//! The websocket of a session: one connection for all subscriptions.
//!
//! ```no_run
//! # async fn example(session: cdb_http::Session) -> Result<(), cdb_types::PathError> {
//! use cdb_http::websocket::{Event, Reconnect, Topic, Websocket};
//!
//! let websocket = Websocket::new(session, Reconnect::new());
//! let topic = Topic { path: "me/phone/steps".parse()?, transform: String::new() };
//! let (mut events, _guard) = websocket.subscribe(topic);
//! loop {
//!     match events.next().await {
//!         Event::Batch(batch) => println!("inserted: {}", batch.data),
//!         Event::Ended(error) => break println!("the subscription has ended: {error}"),
//!         event => println!("{event:?}"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod actor;
mod connection;
mod handshake;
mod queue;
mod reconnect;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cdb_types::DataPath;
use tokio::sync::{mpsc, oneshot, watch};

pub use queue::{Batch, Correction, Event};
pub use reconnect::Reconnect;
pub use state::ConnectionState;

use crate::Session;
use actor::{Actor, SubscriptionRequest, Topics};
use queue::Queue;

/// What a subscription subscribes to: the datapoints that are inserted into a stream, or the output
/// of a transform for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic {
    /// The stream, or its downlink.
    pub path: DataPath,
    /// The PipeScript to run over the inserted datapoints; empty for none.
    pub transform: String,
}

/// The websocket of a session.
///
/// It connects with the first subscription and disconnects after the last one has ended.
///
/// If the connection is lost, it reconnects with growing pauses and subscribes again to all topics.
/// Each subscriber then receives another [`Event::Subscribed`]. Datapoints that were inserted in
/// the meantime are not delivered; the subscriber has to read them.
///
/// The connection is managed by a task, which runs in the tokio runtime in which
/// [`subscribe`](Self::subscribe) was first called. If that runtime ends, the next subscription
/// starts a new task.
pub struct Websocket {
    session: Session,
    reconnect: Reconnect,
    state: watch::Sender<ConnectionState>,
    /// The channel to the task, if one was started.
    requests: Mutex<Option<mpsc::UnboundedSender<SubscriptionRequest>>>,
}

impl Websocket {
    /// Creates a websocket for a session. It does not connect before the first subscription.
    #[must_use]
    pub fn new(session: Session, reconnect: Reconnect) -> Self {
        Self { session, reconnect, state: watch::Sender::default(), requests: Mutex::default() }
    }

    /// Returns a receiver for the state of the connection and its changes.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<ConnectionState> {
        self.state.subscribe()
    }

    /// Subscribes to a topic. Returns the events of the subscription, and a guard that ends it when
    /// dropped.
    ///
    /// The first event is [`Event::Subscribed`], or [`Event::Ended`] if the subscription failed.
    ///
    /// # Panics
    /// Panics if it is called outside of a tokio runtime.
    pub fn subscribe(&self, topic: Topic) -> (Events, SubscriptionGuard) {
        let queue = Arc::new(Queue::default());
        let request =
            SubscriptionRequest::Subscribe { topic: topic.clone(), queue: Arc::clone(&queue) };
        let requests = self.send(request);
        let subscriber = Subscriber { topic, queue: Arc::clone(&queue), requests };
        (Events { queue }, SubscriptionGuard(Some(subscriber)))
    }

    /// Sends a request to the task. Starts a task if there is none, or if its runtime has ended.
    fn send(&self, mut request: SubscriptionRequest) -> mpsc::UnboundedSender<SubscriptionRequest> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(requests) = &*requests {
            match requests.send(request) {
                Ok(()) => return requests.clone(),
                Err(mpsc::error::SendError(refused)) => request = refused,
            }
        }
        let (new, received) = mpsc::unbounded_channel();
        // This cannot fail, since `received` is still open.
        let _ = new.send(request);
        let actor = Actor {
            session: self.session.clone(),
            reconnect: self.reconnect,
            requests: received,
            state: self.state.clone(),
            topics: Topics::new(),
        };
        tokio::spawn(actor.run());
        *requests = Some(new.clone());
        new
    }
}

impl fmt::Debug for Websocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Websocket")
            .field("session", &self.session)
            .field("state", &*self.state.borrow())
            .finish_non_exhaustive()
    }
}

/// The events of one subscription.
///
/// At most 256 batches or 1 MiB of data wait to be received; a single larger batch may wait if no
/// other does. Later batches are dropped, and [`Event::Missed`] is received in their place.
#[derive(Debug)]
pub struct Events {
    queue: Arc<Queue>,
}

impl Events {
    /// Waits for the next event. [`Event::Ended`] is the last one; after it, this waits forever.
    ///
    /// # Cancel safety
    /// This method is cancel safe: no event is lost if the future is dropped.
    pub async fn next(&mut self) -> Event {
        self.queue.next().await
    }

    /// Waits for the next [`Event::Replaced`], and drops the batches before it, which have positions from
    /// before the correction. If the subscription was made again or has ended before, it returns `None`, and
    /// that is the next event.
    ///
    /// # Cancel safety
    /// This method is cancel safe: nothing is lost if the future is dropped.
    pub async fn next_correction(&mut self) -> Option<Correction> {
        self.queue.next_correction().await
    }
}

/// Keeps a subscription active. Dropping the guard unsubscribes.
#[must_use = "dropping it unsubscribes"]
pub struct SubscriptionGuard(Option<Subscriber>);

struct Subscriber {
    topic: Topic,
    queue: Arc<Queue>,
    requests: mpsc::UnboundedSender<SubscriptionRequest>,
}

impl SubscriptionGuard {
    /// Unsubscribes, and waits until the server has confirmed it. Returns at once if the topic has
    /// other subscribers or there is no connection.
    ///
    /// # Cancel safety
    /// If the future is dropped, the subscription ends all the same.
    pub async fn unsubscribe(mut self) {
        if let Some(subscriber) = self.0.take() {
            let (done, wait) = oneshot::channel();
            subscriber.unsubscribe(Some(done));
            // The sender is dropped if the connection is lost, which ends the subscription too.
            let _ = wait.await;
        }
    }
}

impl Drop for SubscriptionGuard {
    fn drop(&mut self) {
        if let Some(subscriber) = self.0.take() {
            subscriber.unsubscribe(None);
        }
    }
}

impl fmt::Debug for SubscriptionGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SubscriptionGuard")
            .field(&self.0.as_ref().map(|subscriber| &subscriber.topic))
            .finish()
    }
}

impl Subscriber {
    fn unsubscribe(self, done: Option<oneshot::Sender<()>>) {
        let Self { topic, queue, requests } = self;
        // If the task has ended, the subscription has ended too.
        let _ = requests.send(SubscriptionRequest::Unsubscribe { topic, queue, done });
    }
}
