//! Timestamps, in seconds since the Unix epoch.

mod convert;
mod seconds;

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use convert::{TimestampError, TimestampRangeError};
pub use seconds::Seconds;

/// A point in time: the seconds since 1970-01-01T00:00:00 UTC as a finite 64-bit float.
///
/// For present-day times, the resolution is about a quarter of a microsecond. In JSON, a timestamp
/// is the shortest decimal that is read back as the same float, without a trailing `.0`.
///
/// It converts from `f64` (except for NaN and infinities) and from integers, both in seconds, and
/// from [`SystemTime`]. With the feature `jiff-1`, it also converts from `jiff::Timestamp` and
/// `jiff::ZonedDateTime`. Seconds and [`Duration`]s can be added and subtracted.
///
/// ```
/// use std::time::Duration;
/// use cdb_types::{Timestamp, TimestampError};
///
/// let t = Timestamp::try_from(1464250199.934)?;
/// assert_eq!(t.to_string(), "1464250199.934");
/// assert_eq!((t + 0.066).to_string(), "1464250200");
/// assert_eq!(t - Duration::from_secs(60), t - 60.0);
/// assert_eq!(t.floor(Duration::from_secs(3600)), Timestamp::from(1464249600));
/// assert!(Timestamp::try_from(f64::NAN).is_err());
/// # Ok::<(), TimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Timestamp(f64);

/// 2^53. All integers of a smaller magnitude are exact floats.
const EXACT_INTEGER_LIMIT: f64 = 9_007_199_254_740_992.0;

impl Timestamp {
    /// The epoch. In the protocol it means "no timestamp": if a datapoint is inserted with it, the
    /// server replaces it with its current time.
    pub const ZERO: Self = Self(0.0);

    /// Creates a timestamp from seconds since the epoch. Returns `None` for NaN and infinities.
    #[must_use]
    pub fn new(seconds: f64) -> Option<Self> {
        seconds.is_finite().then_some(Self(seconds))
    }

    /// Creates a timestamp from milliseconds since the epoch.
    #[must_use]
    pub fn from_millis(milliseconds: i64) -> Self {
        Self::from_parts(milliseconds.into(), 1_000)
    }

    /// Creates a timestamp from microseconds since the epoch.
    #[must_use]
    pub fn from_micros(microseconds: i64) -> Self {
        Self::from_parts(microseconds.into(), 1_000_000)
    }

    /// Creates a timestamp from nanoseconds since the epoch, as any integer. It is accurate to
    /// about a quarter of a microsecond. A number that does not fit into an `i128` is replaced by
    /// [`i128::MAX`].
    ///
    /// ```
    /// # use cdb_types::Timestamp;
    /// let t = Timestamp::from_nanos(1_464_250_199_934_000_000_i64);
    /// assert_eq!(Some(t), Timestamp::new(1464250199.934));
    /// ```
    #[must_use]
    pub fn from_nanos(nanoseconds: impl TryInto<i128>) -> Self {
        Self::from_parts(nanoseconds.try_into().unwrap_or(i128::MAX), 1_000_000_000)
    }

    /// Creates a timestamp from a count of parts of a second.
    fn from_parts(count: i128, per_second: i128) -> Self {
        // Whole seconds and the rest apart: the count itself may have more digits than a float.
        let (seconds, rest) = (count.div_euclid(per_second), count.rem_euclid(per_second));
        Self(seconds as f64 + rest as f64 / per_second as f64)
    }

    /// Rounds down to a multiple of `interval` since the epoch. Returns the time itself if the
    /// interval is not positive and finite.
    ///
    /// An interval of 86,400 seconds returns the start of the day in UTC, not in local time. Weeks
    /// start on Thursdays, as the epoch is a Thursday.
    ///
    /// ```
    /// # use cdb_types::Timestamp;
    /// let t = Timestamp::from(1464250199);
    /// assert_eq!(t.floor(3600.0), Timestamp::from(1464249600));
    /// ```
    #[must_use]
    pub fn floor(self, interval: impl Into<Seconds>) -> Self {
        let interval = interval.into().as_f64();
        let floor = (self.0 / interval).floor() * interval;
        if interval > 0.0 && floor.is_finite() { Self(floor) } else { self }
    }

    /// Returns the current time of this machine's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Returns the seconds since the epoch.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0
    }

    /// Returns the seconds as an integer, if they are whole and less than 2^53 in magnitude.
    fn as_whole(self) -> Option<i64> {
        #[allow(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
        let whole = self.0 as i64;
        (self.0.fract() == 0.0 && self.0.abs() < EXACT_INTEGER_LIMIT).then_some(whole)
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        // Timestamps are never NaN, so the order is total. 0 and −0 are equal, as for `==`.
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }
}

/// Adds seconds. The result saturates at the largest and smallest finite float; adding NaN has no
/// effect.
impl Add<f64> for Timestamp {
    type Output = Self;

    fn add(self, seconds: f64) -> Self {
        let moved = self.0 + seconds;
        Self(if moved.is_nan() { self.0 } else { moved.clamp(f64::MIN, f64::MAX) })
    }
}

/// Subtracts seconds. The result saturates at the largest and smallest finite float; subtracting
/// NaN has no effect.
impl Sub<f64> for Timestamp {
    type Output = Self;

    fn sub(self, seconds: f64) -> Self {
        self + -seconds
    }
}

/// Adds a duration.
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self + duration.as_secs_f64()
    }
}

/// Subtracts a duration.
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self - duration.as_secs_f64()
    }
}

impl<T> AddAssign<T> for Timestamp
where
    Self: Add<T, Output = Self>,
{
    fn add_assign(&mut self, other: T) {
        *self = *self + other;
    }
}

impl<T> SubAssign<T> for Timestamp
where
    Self: Sub<T, Output = Self>,
{
    fn sub_assign(&mut self, other: T) {
        *self = *self - other;
    }
}

/// Returns the seconds from the other timestamp to this one.
impl Sub for Timestamp {
    type Output = f64;

    fn sub(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_whole() {
            Some(whole) => whole.fmt(f),
            None => f.write_str(ryu::Buffer::new().format_finite(self.0)),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_whole() {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Self::new(seconds).ok_or_else(|| serde::de::Error::custom("a timestamp must be finite"))
    }
}
