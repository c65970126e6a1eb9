//! Lengths of time.

use std::time::Duration;

/// A length of time in seconds. It converts from an `f64`, an integer and a [`Duration`], so that
/// methods can take any of them.
///
/// ```
/// use std::time::Duration;
/// use cdb_types::Seconds;
/// assert_eq!(Seconds::from(60), Seconds::from(Duration::from_secs(60)));
/// assert_eq!(Seconds::from(0.5).as_f64(), 0.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Seconds(f64);

impl Seconds {
    /// Returns the number of seconds. It is NaN, infinite or negative if it was created from such a
    /// number; each method that takes seconds says what it does with these.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0
    }
}

impl From<f64> for Seconds {
    fn from(seconds: f64) -> Self {
        Self(seconds)
    }
}

impl From<i32> for Seconds {
    fn from(seconds: i32) -> Self {
        Self(seconds.into())
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(duration.as_secs_f64())
    }
}
