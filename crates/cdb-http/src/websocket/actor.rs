//! The task that manages a websocket: it connects while there are subscriptions, and reconnects if
//! the connection is lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};

use super::connection::{Connection, End};
use super::handshake::open;
use super::queue::Queue;
use super::{ConnectionState, Reconnect, Topic};
use crate::error::Cause;
use crate::{Error, Session};

/// A request of a subscriber to the task.
#[derive(Debug)]
pub(super) enum SubscriptionRequest {
    Subscribe { topic: Topic, queue: Arc<Queue> },
    Unsubscribe { topic: Topic, queue: Arc<Queue>, done: Option<oneshot::Sender<()>> },
}

/// The subscribers of each topic.
pub(super) type Topics = HashMap<Topic, Vec<Arc<Queue>>>;

pub(super) struct Actor {
    pub(super) session: Session,
    pub(super) reconnect: Reconnect,
    pub(super) requests: mpsc::UnboundedReceiver<SubscriptionRequest>,
    pub(super) state: watch::Sender<ConnectionState>,
    pub(super) topics: Topics,
}

impl Actor {
    pub(super) async fn run(mut self) {
        let mut backoff = self.reconnect.backoff();
        while self.wait_for_subscriber().await {
            self.state.send_replace(ConnectionState::Connecting);
            let why = match open(&self.session).await {
                Ok(opened) => {
                    tracing::info!(answers = opened.answers, "the websocket is open");
                    self.state.send_replace(ConnectionState::Connected);
                    backoff.succeeded();
                    let since = Instant::now();
                    let connection = Connection::new(&self.session, self.reconnect.idle_timeout());
                    let end = connection.run(opened, &mut self.topics, &mut self.requests).await;
                    self.topics.values().flatten().for_each(|queue| queue.disconnected());
                    if self.reconnect.forgets(since.elapsed()) {
                        backoff.reset();
                    }
                    match end {
                        End::Unused => {
                            tracing::info!("the websocket is closed: there are no subscriptions");
                            continue;
                        }
                        End::Broken(why) => Arc::new(why),
                    }
                }
                Err(refused) if refused.is_unauthorized() || refused.is_forbidden() => {
                    self.end_all(refused);
                    continue;
                }
                Err(error) => {
                    let why = Arc::new(error);
                    // A subscription that was never confirmed ends with the error. The others are
                    // made again when the connection is back.
                    self.topics.retain(|_, queues| {
                        queues.retain(|queue| {
                            let is_established = queue.is_established();
                            if !is_established {
                                queue.end(&why);
                            }
                            is_established
                        });
                        !queues.is_empty()
                    });
                    why
                }
            };
            if !self.topics.is_empty() && self.pause(backoff.pause(), why).await {
                backoff.failed();
            }
        }
    }

    /// Waits until there is a subscription. Returns false if there cannot be one any more, because
    /// all handles were dropped.
    async fn wait_for_subscriber(&mut self) -> bool {
        while let Ok(request) = self.requests.try_recv() {
            self.handle(request);
        }
        if self.topics.is_empty() {
            self.state.send_if_modified(|state| {
                let rests = matches!(state, ConnectionState::Closed { .. });
                if !rests {
                    *state = ConnectionState::Idle;
                }
                !rests
            });
        }
        while self.topics.is_empty() {
            let Some(request) = self.requests.recv().await else { return false };
            self.handle(request);
        }
        true
    }

    /// Waits before the next attempt. Returns false if the wait was cut short, by a new
    /// subscription or because none is left.
    async fn pause(&mut self, wait: Duration, why: Arc<Error>) -> bool {
        tracing::warn!(?wait, error = &*why as &dyn std::error::Error, "the websocket is lost");
        self.state.send_replace(ConnectionState::Reconnecting { wait, why });
        let mut over = std::pin::pin!(sleep(wait));
        loop {
            let request = tokio::select! {
                () = &mut over => return true,
                request = self.requests.recv() => request,
            };
            let Some(request) = request else { return false };
            let is_new = matches!(request, SubscriptionRequest::Subscribe { .. });
            self.handle(request);
            if is_new || self.topics.is_empty() {
                return false;
            }
        }
    }

    /// Carries out a request while there is no connection.
    fn handle(&mut self, request: SubscriptionRequest) {
        match request {
            SubscriptionRequest::Subscribe { topic, queue } => {
                self.topics.entry(topic).or_default().push(queue)
            }
            SubscriptionRequest::Unsubscribe { topic, queue, done } => {
                remove_subscriber(&mut self.topics, &topic, &queue);
                notify(done);
            }
        }
    }

    /// Ends all subscriptions with an error.
    fn end_all(&mut self, why: Error) {
        let why = Arc::new(why);
        tracing::error!(error = &*why as &dyn std::error::Error, "all subscriptions have ended");
        self.state.send_replace(ConnectionState::Closed { why: Arc::clone(&why) });
        self.topics.drain().flat_map(|(_, queues)| queues).for_each(|queue| queue.end(&why));
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // There are only subscribers left if the runtime ends before their handles are dropped.
        if !self.topics.is_empty() {
            self.end_all(Cause::RuntimeEnded.into());
        }
    }
}

/// Signals that an unsubscription is complete.
pub(super) fn notify(done: Option<oneshot::Sender<()>>) {
    if let Some(done) = done {
        // The receiver may have been dropped.
        let _ = done.send(());
    }
}

/// Removes a subscriber. Returns whether it was the last one of its topic.
pub(super) fn remove_subscriber(topics: &mut Topics, topic: &Topic, queue: &Arc<Queue>) -> bool {
    let Some(queues) = topics.get_mut(topic) else { return false };
    queues.retain(|other| !Arc::ptr_eq(other, queue));
    let is_empty = queues.is_empty();
    if is_empty {
        topics.remove(topic);
    }
    is_empty
}
