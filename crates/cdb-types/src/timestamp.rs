//! Timestamps, in seconds since the Unix epoch.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: the seconds since 1970-01-01T00:00:00 UTC as a finite 64-bit float.
///
/// For present-day times, the resolution is about a quarter of a microsecond. In JSON, a timestamp
/// is the shortest decimal that is read back as the same float, without a trailing `.0`.
///
/// ```
/// use cdb_types::Timestamp;
/// let t = Timestamp::new(1464250199.934).unwrap();
/// assert_eq!(t.to_string(), "1464250199.934");
/// assert_eq!((t + 0.066).to_string(), "1464250200");
/// assert!(Timestamp::new(f64::NAN).is_none());
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

impl From<Timestamp> for f64 {
    fn from(t: Timestamp) -> Self {
        t.0
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        })
    }
}

/// A [`Timestamp`] is outside of the range of the type that it is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the timestamp is out of range for this type of time")]
pub struct TimestampRangeError;

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampRangeError;

    fn try_from(t: Timestamp) -> Result<Self, TimestampRangeError> {
        let distance = Duration::try_from_secs_f64(t.0.abs()).map_err(|_| TimestampRangeError)?;
        let time = if t.0 < 0.0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        time.ok_or(TimestampRangeError)
    }
}

#[cfg(feature = "jiff-1")]
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self(time.as_duration().as_secs_f64())
    }
}

#[cfg(feature = "jiff-1")]
impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = TimestampRangeError;

    fn try_from(t: Timestamp) -> Result<Self, TimestampRangeError> {
        jiff::SignedDuration::try_from_secs_f64(t.0)
            .and_then(Self::from_duration)
            .map_err(|_| TimestampRangeError)
    }
}
