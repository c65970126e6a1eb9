//! When a lost websocket is opened again.

use std::time::Duration;

use crate::jitter::about;

/// How much longer each pause is than the one before.
const GROWTH: f64 = 1.5;

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
}

/// How long to wait before the next attempt.
#[derive(Debug)]
pub(super) struct Backoff {
    settings: Reconnect,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(settings: Reconnect) -> Self {
        Self { settings, next: settings.shortest }
    }

    /// The pause before the next attempt.
    pub(super) fn pause(&self) -> Duration {
        about(self.next).max(self.settings.shortest)
    }

    /// Takes note of an attempt that failed.
    pub(super) fn failed(&mut self) {
        self.next = self.next.mul_f64(GROWTH).min(self.settings.longest);
    }

    /// Takes note of an attempt that succeeded.
    pub(super) fn succeeded(&mut self) {
        self.next = self.next.div_f64(GROWTH).max(self.settings.shortest);
    }

    /// Takes note of how long the connection lasted.
    pub(super) fn lasted(&mut self, time: Duration) {
        if time > self.settings.forget {
            self.next = self.settings.shortest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(seconds: f64, pause: Duration) {
        let pause = pause.as_secs_f64();
        assert!((0.8 * seconds..=1.2 * seconds).contains(&pause), "{pause} instead of {seconds}");
    }

    #[test]
    fn pauses_grow_with_failures_up_to_the_longest() {
        let mut backoff = Backoff::new(Reconnect::new());
        for n in 0..15 {
            let pause = backoff.pause();
            near(1.5_f64.powi(n), pause);
            assert!(pause >= Duration::from_secs(1));
            backoff.failed();
        }
        for _ in 0..5 {
            backoff.failed();
        }
        near(480.0, backoff.pause());
    }

    #[test]
    fn success_takes_one_failure_back_and_a_long_connection_all() {
        let mut backoff = Backoff::new(Reconnect::new());
        for _ in 0..4 {
            backoff.failed();
        }
        backoff.succeeded();
        near(1.5_f64.powi(3), backoff.pause());
        backoff.lasted(Duration::from_secs(15 * 60));
        near(1.5_f64.powi(3), backoff.pause());
        backoff.lasted(Duration::from_secs(15 * 60 + 1));
        near(1.0, backoff.pause());
        backoff.succeeded();
        near(1.0, backoff.pause());
    }
}
