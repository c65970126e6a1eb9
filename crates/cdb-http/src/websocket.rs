//! The websocket of a session: one connection for any number of subscriptions.

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

/// What can be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic {
    /// The stream, or its downlink.
    pub path: DataPath,
    /// The PipeScript through which inserts come; empty for none.
    pub transform: String,
}

/// The websocket of a session.
///
/// It is opened with the first subscription and closed after the last. When it is lost it is opened
/// again, with growing pauses, and all subscriptions are made again; what was inserted meanwhile is
/// for the subscriber to read, who is told by another [`Event::Subscribed`].
///
/// A task of the runtime in which [`join`](Self::join) is called keeps it.
pub struct Websocket {
    session: Session,
    reconnect: Reconnect,
    state: watch::Sender<ConnectionState>,
    /// To the task, once there is one.
    orders: Mutex<Option<mpsc::UnboundedSender<Order>>>,
}

impl Websocket {
    /// Prepares the websocket of a session. Nothing is sent.
    #[must_use]
    pub fn new(session: Session, reconnect: Reconnect) -> Self {
        Self { session, reconnect, state: watch::Sender::default(), orders: Mutex::default() }
    }

    /// How it is doing, now and whenever that changes.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<ConnectionState> {
        self.state.subscribe()
    }

    /// Subscribes: the first event is [`Event::Subscribed`] or [`Event::Ended`].
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn join(&self, topic: Topic) -> (Events, Membership) {
        let queue = Arc::new(Queue::default());
        let order = Order::Join { topic: topic.clone(), queue: Arc::clone(&queue) };
        let orders = self.order(order);
        let member = Member { topic, queue: Arc::clone(&queue), orders };
        (Events { queue }, Membership(Some(member)))
    }

    /// Gives the task an order; begins one if there is none, or its runtime has ended.
    fn order(&self, mut order: Order) -> mpsc::UnboundedSender<Order> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(orders) = &*orders {
            match orders.send(order) {
                Ok(()) => return orders.clone(),
                Err(mpsc::error::SendError(refused)) => order = refused,
            }
        }
        let (new, received) = mpsc::unbounded_channel();
        // It is received: the task holds the other end.
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

/// What happens to one subscription.
///
/// What is not taken waits, up to 1 MiB or 256 batches; what comes later is dropped, and
/// [`Event::Missed`] says so in its place.
#[derive(Debug)]
pub struct Events {
    queue: Arc<Queue>,
}

impl Events {
    /// Waits for the next event. None comes after [`Event::Ended`].
    ///
    /// If the future is dropped before it is ready, no event is lost.
    pub async fn next(&mut self) -> Event {
        self.queue.next().await
    }
}

/// That somebody has subscribed. Dropping it unsubscribes.
#[must_use = "dropping it unsubscribes"]
pub struct Membership(Option<Member>);

struct Member {
    topic: Topic,
    queue: Arc<Queue>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Membership {
    /// Unsubscribes; returns when the server will send nothing more.
    pub async fn leave(mut self) {
        if let Some(member) = self.0.take() {
            let (done, wait) = oneshot::channel();
            member.leave(Some(done));
            // If the connection is lost, so is the subscription.
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
        // Without a task there is no subscription.
        let _ = orders.send(Order::Leave { topic, queue, done });
    }
}
