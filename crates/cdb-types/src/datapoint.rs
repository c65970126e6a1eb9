//! Datapoints: a value with a timestamp.

mod null;
mod parser;
mod raw;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{Finite, Timestamp, TimestampError};

pub use parser::{DatapointParseError, DatapointParser};
pub use raw::{RawDatapoint, RawNumber};

/// A value with its timestamp and origin: `{"t": 1464250199.934, "d": 8, "o": "user/device"}`.
///
/// In JSON, a `t` of 0, a `d` of null and an empty `o` are left out, as the protocol specifies. A
/// missing key is read as that value. JSON has neither NaN nor infinities: serializing a value that
/// contains one is an error.
///
/// ```
/// use cdb_types::Datapoint;
/// let dp: Datapoint<f64> = serde_json::from_str(r#"{"t":1464250199.934,"d":8}"#)?;
/// assert_eq!(dp.d, 8.0);
/// assert_eq!(serde_json::to_string(&Datapoint::at(5, "hi"))?, r#"{"t":5,"d":"hi"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Datapoint<T = Value> {
    /// The timestamp. If an inserted datapoint has [`Timestamp::ZERO`], the server replaces it with
    /// its current time.
    pub t: Timestamp,
    /// The value.
    pub d: T,
    /// The origin: the path of the device that wrote the datapoint, or `ConnectorDB` for the server
    /// itself. `None` if the stream's own device wrote it. The server ignores an origin that a
    /// client sends.
    pub o: Option<Origin>,
}

/// The origin of a datapoint: the path of the device that wrote it; see [`Datapoint::o`].
pub type Origin = std::sync::Arc<str>;

impl<T> Datapoint<T> {
    /// Creates a datapoint without an origin.
    ///
    /// The time is a number of seconds since 1970, or any other type that converts to a
    /// [`Timestamp`].
    ///
    /// # Errors
    /// Returns an error if the time is NaN or an infinity.
    ///
    /// ```
    /// # use cdb_types::{Datapoint, TimestampError};
    /// let point = Datapoint::new(1464250199.934, 8)?;
    /// assert!(Datapoint::new(f64::NAN, 8).is_err());
    /// # Ok::<(), TimestampError>(())
    /// ```
    pub fn new(
        t: impl TryInto<Timestamp, Error: Into<TimestampError>>,
        value: T,
    ) -> Result<Self, TimestampError> {
        t.try_into().map_or_else(|error| Err(error.into()), |t| Ok(Self::at(t, value)))
    }

    /// Creates a datapoint without an origin at a time that cannot be NaN: a [`Timestamp`], a
    /// `SystemTime`, or whole seconds since 1970.
    ///
    /// ```
    /// # use cdb_types::Datapoint;
    /// let point = Datapoint::at(std::time::SystemTime::now(), 8);
    /// ```
    #[must_use]
    pub fn at(t: impl Into<Timestamp>, value: T) -> Self {
        Self { t: t.into(), d: value, o: None }
    }

    /// Creates a datapoint at the current time of this machine's clock.
    #[must_use]
    pub fn now(value: T) -> Self {
        Self { t: Timestamp::now(), d: value, o: None }
    }

    /// Applies a function to the value. The timestamp and the origin do not change.
    pub fn map<U>(self, value: impl FnOnce(T) -> U) -> Datapoint<U> {
        Datapoint { t: self.t, d: value(self.d), o: self.o }
    }
}

impl<T: Serialize> Serialize for Datapoint<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Datapoint", 3)?;
        if self.t != Timestamp::ZERO {
            object.serialize_field("t", &self.t)?;
        }
        if !null::is_null(&self.d) {
            object.serialize_field("d", &Finite(&self.d))?;
        }
        if let Some(origin) = self.o.as_deref().filter(|origin| !origin.is_empty()) {
            object.serialize_field("o", origin)?;
        }
        object.end()
    }
}

/// The keys of a datapoint.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Key {
    T,
    D,
    O,
    #[serde(other)]
    Other,
}

/// Visits a JSON object in which every key may be missing or null.
struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Datapoint<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a datapoint")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut t, mut d, mut o) = (None::<Timestamp>, None, None::<String>);
        while let Some(key) = map.next_key()? {
            match key {
                Key::T => t = map.next_value()?,
                Key::D => d = Some(map.next_value()?),
                Key::O => o = map.next_value()?,
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let d = match d {
            Some(value) => value,
            None => missing_value().map_err(de::Error::custom)?,
        };
        let o = o.filter(|origin| !origin.is_empty()).map(Origin::from);
        Ok(Datapoint { t: t.unwrap_or_default(), d, o })
    }
}

/// Returns the value of a datapoint without one: null, read as a `T`.
///
/// It is read from JSON text because a `RawValue` cannot be read from any other deserializer.
fn missing_value<'de, T: Deserialize<'de>>() -> Result<T, serde_json::Error> {
    T::deserialize(&mut serde_json::Deserializer::from_str("null"))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Datapoint<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn a_value_that_is_missing_is_null_in_every_type() {
        for text in [r#"{"t":1}"#, r#"{"t":1,"d":null}"#] {
            let raw: Datapoint<Box<RawValue>> = serde_json::from_str(text).expect("a datapoint");
            assert_eq!(raw.d.get(), "null");
            let value: Datapoint = serde_json::from_str(text).expect("a datapoint");
            assert_eq!(value.d, Value::Null);
            let option: Datapoint<Option<i64>> = serde_json::from_str(text).expect("a datapoint");
            assert_eq!(option.d, None);
            assert!(serde_json::from_str::<Datapoint<i64>>(text).is_err());
            let (scanned, _) = RawDatapoint::scan(text.as_bytes()).expect("a datapoint");
            let raw: Datapoint<Box<RawValue>> = scanned.read().expect("a value");
            assert_eq!(raw.d.get(), "null");
        }
    }
}
