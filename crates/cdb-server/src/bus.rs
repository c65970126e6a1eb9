//! Carries events from storage to those who have subscribed.
//!
//! [`LocalBus`] is the bus of a server that is one process. What subscribers get of an event is the
//! matter of [`topics`](crate::topics).

mod local;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::events::{Event, QueuedEvent};
use crate::storage::model::{Array, ObjectId};

pub(crate) use local::LocalBus;

/// Carries events.
///
/// Events of an array arrive in the order in which they were published. Some may be missing: every
/// event has its position, so whoever receives it sees what was missed, and reads that from storage.
#[async_trait]
pub(crate) trait Bus: Debug + Send + Sync {
    /// Returns whether the events of an array are to be published. This may change while a commit
    /// is prepared.
    fn wants(&self, array: Array) -> bool;

    /// Publishes events, in the order in which they have happened. Never waits, and never fails:
    /// what cannot be carried is dropped.
    fn publish(&self, events: Vec<Event>);

    /// Starts to receive the events of an array, whose stream belongs to `owner`. When this is ready,
    /// [`wants`](Self::wants) is true for the array, and events that are published from then on
    /// arrive.
    ///
    /// # Cancel safety
    /// If the future is dropped, the events are received or not;
    /// [`unsubscribe`](Self::unsubscribe) ends it in both cases.
    async fn subscribe(&self, array: Array, owner: ObjectId);

    /// Stops receiving the events of an array. Those that wait are dropped.
    fn unsubscribe(&self, array: Array);

    /// Waits for the next event of the arrays that were subscribed to. Only one may wait.
    ///
    /// # Cancel safety
    /// If the future is dropped, no event is lost.
    async fn next(&self) -> (Array, QueuedEvent);
}
