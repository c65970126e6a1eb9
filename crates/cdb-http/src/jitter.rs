//! Random pauses, so that many devices do not come back all at once.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A duration that is up to a fifth longer or shorter than this one.
pub(crate) fn about(duration: Duration) -> Duration {
    let random = u16::try_from(RandomState::new().hash_one(duration) % 1000).unwrap_or_default();
    times(duration, 0.8 + 0.4 * f64::from(random) / 999.0)
}

/// A duration that is so many times as long, or the longest that there is.
pub(crate) fn times(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}
