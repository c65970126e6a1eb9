//! Random variation of pauses, so that many devices do not reconnect at the same time.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Returns a random duration that is up to 20 % longer or shorter than `duration`.
pub(crate) fn with_jitter(duration: Duration) -> Duration {
    let random = u16::try_from(RandomState::new().hash_one(duration) % 1000).unwrap_or_default();
    saturating_mul(duration, 0.8 + 0.4 * f64::from(random) / 999.0)
}

/// Multiplies a duration. The result saturates at [`Duration::MAX`].
pub(crate) fn saturating_mul(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}
