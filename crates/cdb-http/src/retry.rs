//! Decides whether and when a failed call is repeated.

use std::time::Duration;

use crate::Error;
use crate::jitter::with_jitter;

/// The pause before the first repetition; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The repetitions that one call has left.
#[derive(Debug)]
pub(crate) struct Retry {
    repetition: u32,
    max_repetitions: u32,
    repeatable: bool,
}

impl Retry {
    /// `repeatable` tells whether the call is idempotent.
    pub(crate) fn new(max_repetitions: u32, repeatable: bool) -> Self {
        Self { repetition: 0, max_repetitions, repeatable }
    }

    /// Waits before the next repetition.
    ///
    /// # Errors
    /// Returns the error of the call if it must not be repeated.
    pub(crate) async fn after(&mut self, error: Error) -> Result<(), Error> {
        if self.repetition == self.max_repetitions || !self.is_safe(&error) {
            return Err(error);
        }
        let pause = pause(self.repetition);
        tracing::debug!(?pause, error = %error, "trying again");
        tokio::time::sleep(pause).await;
        self.repetition += 1;
        Ok(())
    }

    /// Returns whether a repetition may succeed, and cannot have an effect twice.
    fn is_safe(&self, error: &Error) -> bool {
        match error {
            // The server did not receive the call.
            Error::Transport(broken) if broken.is_connect() => true,
            error => self.repeatable && error.is_temporary(),
        }
    }
}

/// Returns the pause before repetition `n`, counted from 0, with a random variation.
fn pause(n: u32) -> Duration {
    with_jitter(FIRST_PAUSE * (1 << n.min(16)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_give_or_take_a_fifth() {
        for n in 0..5 {
            let expected = 100.0 * f64::from(1 << n);
            let pause = pause(n).as_secs_f64() * 1000.0;
            // Durations are rounded to nanoseconds.
            let rounding = 1e-5;
            let expected = 0.8 * expected - rounding..=1.2 * expected + rounding;
            assert!(expected.contains(&pause), "{n}: {pause}");
        }
    }
}
