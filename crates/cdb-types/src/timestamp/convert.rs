//! Conversions between timestamps and other types of time.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Timestamp;

/// A number that is not a time: NaN or an infinity.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is not a time; a timestamp is a finite number of seconds since 1970")]
pub struct TimestampError(f64);

/// Lets functions that take any time also take one whose conversion cannot fail. It is never
/// called.
impl From<Infallible> for TimestampError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Converts from seconds since the epoch. Returns an error for NaN and infinities.
impl TryFrom<f64> for Timestamp {
    type Error = TimestampError;

    fn try_from(seconds: f64) -> Result<Self, TimestampError> {
        Self::new(seconds).ok_or(TimestampError(seconds))
    }
}

macro_rules! from_integers {
    ($($integer:ident)*) => {$(
        /// Converts from seconds since the epoch. A number that a float cannot represent exactly,
        /// from 2^53 on, is rounded to the nearest float.
        impl From<$integer> for Timestamp {
            #[allow(clippy::cast_lossless, reason = "not so for all of them")]
            fn from(seconds: $integer) -> Self {
                Self(seconds as f64)
            }
        }
    )*};
}

from_integers!(i32 u32 i64 u64);

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
impl From<&jiff::ZonedDateTime> for Timestamp {
    fn from(time: &jiff::ZonedDateTime) -> Self {
        time.timestamp().into()
    }
}

#[cfg(feature = "jiff-1")]
impl From<jiff::ZonedDateTime> for Timestamp {
    fn from(time: jiff::ZonedDateTime) -> Self {
        time.timestamp().into()
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
