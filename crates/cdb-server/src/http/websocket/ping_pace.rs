//! How fast the pings of a client are read.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The maximum number of pings and pongs of a client that are read in one interval. Clients send one
/// every few seconds, or one after each command.
const MAX_PINGS: u32 = 500;
const INTERVAL: Duration = Duration::from_millis(100);

/// Counts the pings of a client, so that one that sends nothing else takes little CPU time.
#[derive(Debug)]
pub(super) struct PingPace {
    since: Instant,
    count: u32,
}

impl Default for PingPace {
    fn default() -> Self {
        Self { since: Instant::now(), count: 0 }
    }
}

impl PingPace {
    /// Waits until another ping may be read.
    ///
    /// # Cancel safety
    /// If the future is dropped, the ping is counted nevertheless.
    pub(super) async fn keep(&mut self) {
        if self.since.elapsed() >= INTERVAL {
            *self = Self::default();
        }
        self.count += 1;
        if self.count >= MAX_PINGS {
            sleep_until(self.since + INTERVAL).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_pings_beyond_the_pace_wait() {
        let (started, mut pings) = (Instant::now(), PingPace::default());
        for _ in 1..MAX_PINGS {
            pings.keep().await;
        }
        let at_once = started.elapsed();
        for _ in 0..3 * MAX_PINGS {
            pings.keep().await;
        }
        assert!(started.elapsed() >= 3 * INTERVAL && at_once < started.elapsed() / 2);
    }
}
