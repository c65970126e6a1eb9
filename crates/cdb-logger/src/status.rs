//! The types that describe a logger's state and results.

use std::sync::Arc;
use std::time::Duration;

use cdb_types::Timestamp;

use crate::Error;

/// The failures that a datapoint survives after its insert has returned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// The datapoint survives a power failure.
    #[default]
    Full,
    /// The datapoint survives a crash of the program. A power failure or a crash of the operating
    /// system may lose the datapoints that were logged within this duration before. If they cannot
    /// be synced to disk, an error is logged and it is tried again.
    ///
    /// Inserts are much faster than with `Full`, and a memory card wears less.
    Batched(Duration),
}

/// The result of a successful sync.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Synced {
    /// The number of datapoints that were sent and stored.
    pub sent: u64,
    /// The number of datapoints that the server had stored already, in an attempt that was
    /// interrupted. They were not sent again.
    pub recovered: u64,
    /// The number of datapoints that got a new time, because the stream had later datapoints of
    /// another program.
    pub restamped: u64,
    /// The number of datapoints that were set aside, because the server refused their content.
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

/// The current state of a logger; see [`Logger::status`](crate::Logger::status).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Status {
    /// The number of pending datapoints.
    pub cached: u64,
    /// The number of datapoints that are set aside.
    pub set_aside: u64,
    /// Whether a sync is running.
    pub syncing: bool,
    /// The time of the last successful sync, or `None` if there was none.
    pub last_sync: Option<Timestamp>,
    /// The error of the last sync, or `None` if it succeeded or none has ended yet.
    pub last_error: Option<Arc<Error>>,
}

/// A datapoint that was set aside, because the server refused its content.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SetAside {
    pub(crate) id: i64,
    /// The name of the stream.
    pub stream: String,
    /// The time of the datapoint; if it was restamped, the new one.
    pub t: Timestamp,
    /// The value, as JSON.
    pub json: String,
    /// The server's message, which says why it refused the value.
    pub reason: String,
}

/// A datapoint that got a new time, because its stream had later datapoints of another program.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Restamped {
    /// The name of the stream.
    pub stream: String,
    /// The time before the change. If the datapoint was restamped several times, this is the time
    /// that the change before gave it.
    pub logged: Timestamp,
    /// The new time.
    pub t: Timestamp,
}
