//! Delivers inserts to subscribers.
//!
//! Storage publishes an event for each insert. [`Bus`] passes it to the topics of the array: there is
//! one for each transform that somebody has subscribed to. A topic makes one text of it, which all
//! of its subscribers share, and puts it into the [`SendQueue`] of each.
//!
//! Nobody waits for a subscriber. Each subscription has a position in the array. What a subscriber
//! or a topic could not take in time is dropped from memory, and read from storage from that
//! position on when there is room again.

mod local;
mod message;
mod scripts;
mod send_queue;
mod topic;

pub(crate) use local::{Bus, SubscribeRequest, Subscription};
pub(crate) use message::Text;
pub(crate) use send_queue::{Frame, Next, SendQueue};
pub(crate) use topic::CatchUp;
