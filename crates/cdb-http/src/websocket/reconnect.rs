//! The configuration of reconnecting.

use std::time::Duration;

use crate::Backoff;

/// Configures when a websocket counts as lost, and the pauses before it is opened again.
///
/// The pauses are those of the Python client: each failure makes the next pause longer by half,
/// each success undoes one failure, and each pause is randomly up to 20 % longer or shorter.
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
    /// Creates the default configuration, which has the pauses of the Python client.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the shortest pause, which is also the first one. The default is 1 second.
    pub fn shortest(mut self, pause: Duration) -> Self {
        self.shortest = pause;
        self
    }

    /// Sets the longest pause, without the random variation. The default is 8 minutes.
    pub fn longest(mut self, pause: Duration) -> Self {
        self.longest = pause;
        self
    }

    /// Sets how long a connection must have lasted for earlier failures to be forgotten. The
    /// default is 15 minutes.
    pub fn forget(mut self, lasted: Duration) -> Self {
        self.forget = lasted;
        self
    }

    /// Sets how long the server may send nothing before the connection counts as lost. The default
    /// is 2 minutes. A ping is sent after half of that time.
    pub fn heartbeat(mut self, idle_timeout: Duration) -> Self {
        self.heartbeat = idle_timeout;
        self
    }

    pub(super) fn idle_timeout(&self) -> Duration {
        self.heartbeat
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(self.shortest, self.longest)
    }

    /// Returns whether a connection that lasted so long resets the pauses.
    pub(super) fn forgets(&self, lasted: Duration) -> bool {
        lasted > self.forget
    }
}
