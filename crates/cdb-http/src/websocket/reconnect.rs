//! When a lost websocket is opened again.

use std::time::Duration;

use crate::Backoff;

/// When a lost websocket is opened again, and when it counts as lost.
///
/// The pauses are those of the Python client: each failure makes the next one half as long again,
/// each success undoes that of one failure, and up to a fifth more or less is left to chance.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "it does nothing until a connection is made with it"]
pub struct Reconnect {
    shortest: Duration,
    longest: Duration,
    forget: Duration,
    heartbeat: Duration,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            shortest: Duration::from_secs(1),
            longest: Duration::from_secs(480),
            forget: Duration::from_secs(15 * 60),
            heartbeat: Duration::from_secs(120),
        }
    }
}

impl Reconnect {
    /// The pauses of the Python client.
    pub fn new() -> Self {
        Self::default()
    }

    /// The shortest pause, which is also the first one; 1 second unless given.
    pub fn shortest(mut self, pause: Duration) -> Self {
        self.shortest = pause;
        self
    }

    /// The longest pause, before chance; 8 minutes unless given.
    pub fn longest(mut self, pause: Duration) -> Self {
        self.longest = pause;
        self
    }

    /// How long a connection must have lasted for earlier failures to be forgotten; 15 minutes
    /// unless given.
    pub fn forget(mut self, lasted: Duration) -> Self {
        self.forget = lasted;
        self
    }

    /// How long nothing may be heard from the server before the connection counts as lost; 2
    /// minutes unless given. After half of that the server is asked for a sign of life.
    pub fn heartbeat(mut self, silence: Duration) -> Self {
        self.heartbeat = silence;
        self
    }

    pub(super) fn silence(&self) -> Duration {
        self.heartbeat
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(self.shortest, self.longest)
    }

    /// Whether failures before a connection that lasted so long are forgotten.
    pub(super) fn forgets(&self, lasted: Duration) -> bool {
        lasted > self.forget
    }
}
