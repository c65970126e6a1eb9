//! Growing pauses between attempts.

use std::time::Duration;

use crate::jitter::{saturating_mul, with_jitter};

/// The factor by which a failure lengthens the next pause.
const GROWTH: f64 = 1.5;

/// Computes growing pauses between attempts.
///
/// Each failure makes the next pause longer by half, and each success undoes one failure. Each
/// pause is randomly up to 20 % longer or shorter, so that many devices do not reconnect at the
/// same time.
///
/// ```
/// use std::time::Duration;
/// use cdb_http::Backoff;
/// let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(480));
/// backoff.failed();
/// let seconds = backoff.pause().as_secs_f64();
/// assert!((1.2..=1.8).contains(&seconds));
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Creates a backoff whose first and shortest pause is `shortest`. Pauses grow to at most
    /// `longest`, to which up to 20 % are added randomly.
    #[must_use]
    pub fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, next: shortest }
    }

    /// Returns the pause before the next attempt.
    #[must_use]
    pub fn pause(&self) -> Duration {
        with_jitter(self.next).max(self.shortest)
    }

    /// Records that an attempt failed.
    pub fn failed(&mut self) {
        self.next = saturating_mul(self.next, GROWTH).min(self.longest);
    }

    /// Records that an attempt succeeded.
    pub fn succeeded(&mut self) {
        self.next = self.next.div_f64(GROWTH).max(self.shortest);
    }

    /// Forgets all failures, so that the next pause is the shortest.
    pub fn reset(&mut self) {
        self.next = self.shortest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(seconds: f64, pause: Duration) {
        let pause = pause.as_secs_f64();
        // Durations are rounded to nanoseconds.
        let rounding = 1e-8;
        let expected = 0.8 * seconds - rounding..=1.2 * seconds + rounding;
        assert!(expected.contains(&pause), "{pause} instead of {seconds}");
    }

    fn backoff() -> Backoff {
        Backoff::new(Duration::from_secs(1), Duration::from_secs(480))
    }

    #[test]
    fn pauses_grow_with_failures_up_to_the_longest() {
        let mut backoff = backoff();
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
    fn pauses_without_an_end_grow_as_far_as_they_can() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::MAX);
        for _ in 0..1000 {
            backoff.failed();
        }
        assert!(backoff.pause() > Duration::from_secs(u64::MAX / 2));
    }

    #[test]
    fn success_takes_one_failure_back() {
        let mut backoff = backoff();
        for _ in 0..4 {
            backoff.failed();
        }
        backoff.succeeded();
        near(1.5_f64.powi(3), backoff.pause());
        backoff.reset();
        near(1.0, backoff.pause());
        backoff.succeeded();
        near(1.0, backoff.pause());
    }
}
