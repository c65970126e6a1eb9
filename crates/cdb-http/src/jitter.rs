//! Chance in pauses, so that many devices do not come back all at once.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A duration that is up to a fifth longer or shorter than this one.
pub(crate) fn about(duration: Duration) -> Duration {
    let chance = u16::try_from(RandomState::new().hash_one(duration) % 1000).unwrap_or_default();
    duration.mul_f64(0.8 + 0.4 * f64::from(chance) / 999.0)
}
