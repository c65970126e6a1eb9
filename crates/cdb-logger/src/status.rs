//! What a logger is doing, and has done.

use std::sync::Arc;
use std::time::Duration;

use cdb_types::Timestamp;

use crate::Error;

/// How safe a datapoint is when it counts as logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// It outlives a power failure.
    #[default]
    Full,
    /// It outlives a crash of the program. A power failure, or a crash of the system, may take what
    /// was logged within so much time before. Much faster, and kinder to a memory card.
    Batched(Duration),
}

/// What was brought to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Synced {
    /// How many datapoints were sent.
    pub sent: u64,
    /// How many the server had got already, by an attempt that was interrupted.
    pub recovered: u64,
    /// How many got another time, since the stream had got later ones.
    pub restamped: u64,
    /// How many were set aside, since the server has refused them for their content.
    pub set_aside: u64,
}

impl Synced {
    pub(crate) fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.recovered += other.recovered;
        self.restamped += other.restamped;
        self.set_aside += other.set_aside;
    }
}

/// What a logger is doing: for a display.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Status {
    /// How many datapoints wait.
    pub cached: u64,
    /// How many are set aside.
    pub set_aside: u64,
    /// Whether they are on their way just now.
    pub syncing: bool,
    /// When all was brought to the server last; `None` if it never was.
    pub last_sync: Option<Timestamp>,
    /// Why the last attempt failed; `None` if it did not.
    pub last_error: Option<Arc<Error>>,
}

/// A datapoint that the server has refused for its content.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SetAside {
    pub(crate) id: i64,
    /// The name of its stream.
    pub stream: String,
    /// When it was logged.
    pub t: Timestamp,
    /// Its value, as JSON.
    pub json: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A datapoint that had to get another time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Restamped {
    /// Of which stream.
    pub stream: String,
    /// The time that it had before.
    pub logged: Timestamp,
    /// The time that it has got.
    pub t: Timestamp,
}
