//! Lengths of time.

use std::time::Duration;

/// A length of time in seconds, as methods take it: an `f64`, an integer or a [`Duration`].
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
    /// Returns the number of seconds. It may be NaN, an infinity, or negative, if an `f64` was: each
    /// method that takes seconds says what it does then.
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
