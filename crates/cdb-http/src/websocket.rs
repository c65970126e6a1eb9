//! The websocket of a session: one connection for all subscriptions.

mod actor;
mod conversation;
mod handshake;
mod queue;
mod reconnect;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cdb_types::DataPath;
use tokio::sync::{mpsc, oneshot, watch};

pub use queue::{Batch, Event};
pub use reconnect::Reconnect;
pub use state::ConnectionState;

use crate::Session;
use actor::{Actor, Order, Topics};
use queue::Queue;

/// The subject of a subscription: the inserts into a stream, through a transform.
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
/// [`join`](Self::join) was first called. If that runtime ends, the next `join` starts a new task.
pub struct Websocket {
    session: Session,
    reconnect: Reconnect,
    state: watch::Sender<ConnectionState>,
    /// The channel to the task, if one was started.
    orders: Mutex<Option<mpsc::UnboundedSender<Order>>>,
}

impl Websocket {
    /// Creates a websocket for a session. It does not connect before the first subscription.
    #[must_use]
    pub fn new(session: Session, reconnect: Reconnect) -> Self {
        Self { session, reconnect, state: watch::Sender::default(), orders: Mutex::default() }
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
    pub fn join(&self, topic: Topic) -> (Events, Membership) {
        let queue = Arc::new(Queue::default());
        let order = Order::Join { topic: topic.clone(), queue: Arc::clone(&queue) };
        let orders = self.order(order);
        let member = Member { topic, queue: Arc::clone(&queue), orders };
        (Events { queue }, Membership(Some(member)))
    }

    /// Sends an order to the task. Starts a task if there is none, or if its runtime has ended.
    fn order(&self, mut order: Order) -> mpsc::UnboundedSender<Order> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(orders) = &*orders {
            match orders.send(order) {
                Ok(()) => return orders.clone(),
                Err(mpsc::error::SendError(refused)) => order = refused,
            }
        }
        let (new, received) = mpsc::unbounded_channel();
        // This cannot fail, since `received` is still open.
        let _ = new.send(order);
        let actor = Actor {
            session: self.session.clone(),
            reconnect: self.reconnect,
            orders: received,
            state: self.state.clone(),
            topics: Topics::new(),
        };
        tokio::spawn(actor.run());
        *orders = Some(new.clone());
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
    /// Waits for the next event. After [`Event::Ended`], there are no more events, and this never
    /// returns.
    ///
    /// # Cancel safety
    /// This method is cancel safe: no event is lost if the future is dropped.
    pub async fn next(&mut self) -> Event {
        self.queue.next().await
    }
}

/// A guard that keeps a subscription. Dropping it unsubscribes.
#[must_use = "dropping it unsubscribes"]
pub struct Membership(Option<Member>);

struct Member {
    topic: Topic,
    queue: Arc<Queue>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Membership {
    /// Unsubscribes, and waits until the server has confirmed it. Returns at once if the topic has
    /// other subscribers or there is no connection.
    ///
    /// # Cancel safety
    /// If the future is dropped, the subscription ends nevertheless.
    pub async fn leave(mut self) {
        if let Some(member) = self.0.take() {
            let (done, wait) = oneshot::channel();
            member.leave(Some(done));
            // The sender is dropped if the connection is lost, which ends the subscription too.
            let _ = wait.await;
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if let Some(member) = self.0.take() {
            member.leave(None);
        }
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Membership").field(&self.0.as_ref().map(|member| &member.topic)).finish()
    }
}

impl Member {
    fn leave(self, done: Option<oneshot::Sender<()>>) {
        let Self { topic, queue, orders } = self;
        // If the task has ended, the subscription has ended too.
        let _ = orders.send(Order::Leave { topic, queue, done });
    }
}
