//! Datapoints that pass through a script.

use cdb_types::{Datapoint, RawDatapoint, Timestamp};
use serde::de::Error as _;
use serde_json::value::RawValue;

use crate::error::RunError;
use crate::value::{EXACT_DIGITS, Value, may_have_long_numbers};

/// A datapoint without an origin. It is cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// The timestamp, in seconds since 1970.
    pub t: f64,
    /// The value.
    pub d: Value,
}

impl Point {
    /// Creates a datapoint.
    #[must_use]
    pub fn new(t: f64, d: impl Into<Value>) -> Self {
        Self { t, d: d.into() }
    }

    /// Reads the datapoint at the start of a JSON text, with all digits of its numbers. Returns it
    /// with its length in bytes.
    ///
    /// ```
    /// use cdb_pipescript::Point;
    /// let text = br#"{"t":1,"d":12345678901234567890123},{"t":2,"d":5}"#;
    /// let (point, length) = Point::read_json(text)?;
    /// assert_eq!(serde_json::to_string(&point.d)?, "12345678901234567890123");
    /// assert_eq!(text[length], b',');
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the text does not start with a datapoint.
    pub fn read_json(text: &[u8]) -> Result<(Self, usize), serde_json::Error> {
        if let Some((raw, length)) = RawDatapoint::scan(text) {
            let Some(number @ [b'-' | b'0'..=b'9', ..]) = raw.d else {
                return Ok((raw.read::<Value>()?.into(), length));
            };
            let point = raw.read::<f64>()?;
            let d = match number.contains(&b'.') {
                _ if number.len() > EXACT_DIGITS => Value::from_json(number)?,
                true => point.d.into(),
                #[allow(clippy::cast_possible_truncation, reason = "few digits, and all exact")]
                false => (point.d as i64).into(),
            };
            return Ok((Self { t: point.t.as_secs_f64(), d }, length));
        }
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Datapoint<Value>>();
        let end = || serde_json::Error::custom("expected a datapoint");
        if let Ok(datapoint) = values.next().ok_or_else(end)? {
            let length = values.byte_offset();
            if !may_have_long_numbers(text.get(..length).unwrap_or_default()) {
                return Ok((datapoint.into(), length));
            }
        }
        // Apart from its datapoint, a value may be nested one level deeper.
        let mut values =
            serde_json::Deserializer::from_slice(text).into_iter::<Datapoint<&RawValue>>();
        let raw = values.next().ok_or_else(end)??;
        let d = Value::from_json(raw.d.get().as_bytes())?;
        Ok((Self { t: raw.t.as_secs_f64(), d }, values.byte_offset()))
    }
}

impl<T: Into<Value>> From<Datapoint<T>> for Point {
    fn from(datapoint: Datapoint<T>) -> Self {
        Self { t: datapoint.t.as_secs_f64(), d: datapoint.d.into() }
    }
}

/// Returns an error if a number is infinite or NaN, which JSON cannot represent.
impl TryFrom<Point> for Datapoint {
    type Error = RunError;

    fn try_from(point: Point) -> Result<Self, RunError> {
        let t = Timestamp::new(point.t).ok_or_else(|| RunError::not_json(point.t))?;
        Ok(Self { t, d: point.d.try_into()?, o: None })
    }
}
