//! Reading and checking what is to be inserted.

use std::fmt;

use cdb_types::{RawDatapoint, RawNumber, Timestamp, Validator};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::block::{Block, BlockError};
use super::points::Points;

/// Longer batches become blocks at once; shorter ones wait in the journal for their neighbours.
const LARGE_BYTES: usize = 16 * 1024;

/// What one insert brings, all of it or nothing.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(in crate::storage) points: Points,
    /// What holds them, if they are many.
    pub(in crate::storage) blocks: Option<Vec<Block>>,
}

/// Why a batch is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BatchError {
    #[error("{0}")]
    Malformed(String),
    #[error("At least one datapoint did not conform to the stream's schema")]
    Schema,
    #[error("Timestamps are not ordered!")]
    Order,
}

impl From<serde_json::Error> for BatchError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl Batch {
    /// Reads the body of an insert and checks each value.
    ///
    /// A missing time is `now`. The order against what the stream holds is checked when the batch
    /// is committed.
    pub(crate) fn read(
        body: &[u8],
        schema: &Validator,
        origin: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, BatchError> {
        let text = text(body)?;
        let mut checked = Checked::new(schema, origin, now, body.len());
        if !read_flat(body, |datapoint| checked.take(datapoint))? {
            checked = Checked::new(schema, origin, now, body.len());
            for datapoint in incoming(text)? {
                checked.take(datapoint)?;
            }
        }
        checked.finish()
    }

    /// A batch of one value that is known to be good, of this moment.
    pub(crate) fn of_value(value: &Value, origin: &str) -> Result<Self, BatchError> {
        let mut points = Points::default();
        let value = serde_json::to_vec(value)?;
        points.push(Timestamp::now(), None, Some(&value), Some(origin))?;
        Ok(points.into())
    }

    /// The same batch, datapoints before a time moved to it.
    pub(in crate::storage) fn restamped(&self, earliest: f64) -> Result<Self, BlockError> {
        Ok(self.points.restamped(earliest)?.into())
    }

    /// Its datapoints.
    pub(crate) fn into_points(self) -> Points {
        self.points
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

impl From<Points> for Batch {
    fn from(points: Points) -> Self {
        let blocks = (points.text().len() >= LARGE_BYTES).then(|| points.blocks());
        Self { points, blocks }
    }
}

/// Takes the datapoints of a batch one by one, and notes whether they are acceptable.
struct Checked<'a> {
    schema: &'a Validator,
    origin: Option<&'a str>,
    now: Timestamp,
    points: Points,
    fit: bool,
    ordered: bool,
}

impl<'a> Checked<'a> {
    fn new(schema: &'a Validator, origin: Option<&'a str>, now: Timestamp, bytes: usize) -> Self {
        let points = Points::with_capacity(bytes / 32, bytes);
        Self { schema, origin, now, points, fit: true, ordered: true }
    }

    fn take(&mut self, datapoint: Incoming<'_>) -> Result<(), BatchError> {
        self.fit &= conforms(datapoint.d, self.schema)?;
        let t = datapoint.t.and_then(Timestamp::new).filter(|t| *t != Timestamp::ZERO);
        let t = t.unwrap_or(self.now);
        self.ordered &= t.as_secs_f64() >= self.points.last_t();
        if self.fit && self.ordered {
            self.points.push(t, datapoint.time_text, datapoint.d, self.origin)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Batch, BatchError> {
        match (self.fit, self.ordered) {
            (false, _) => Err(BatchError::Schema),
            (true, false) => Err(BatchError::Order),
            (true, true) => Ok(self.points.into()),
        }
    }
}

/// A datapoint as it arrives. Unknown keys are ignored, and an origin is not the client's to say.
#[derive(Debug, Default)]
struct Incoming<'a> {
    t: Option<f64>,
    /// The time as it was written, if it was seen that this is how it will be stored.
    time_text: Option<&'a [u8]>,
    d: Option<&'a [u8]>,
}

impl<'a> From<RawDatapoint<'a>> for Incoming<'a> {
    fn from(raw: RawDatapoint<'a>) -> Self {
        Self {
            t: raw.t.map(|t| t.value),
            time_text: raw.t.filter(RawNumber::is_shortest).map(|t| t.text),
            d: raw.d.filter(|d| *d != b"null"),
        }
    }
}

impl<'de> Deserialize<'de> for Incoming<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Incoming<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a datapoint")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut datapoint = Incoming::default();
                while let Some(key) = map.next_key()? {
                    match key {
                        Key::T => datapoint.t = map.next_value()?,
                        Key::D => {
                            let value: Option<&RawValue> = map.next_value()?;
                            datapoint.d = value.map(|value| value.get().as_bytes());
                        }
                        Key::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(datapoint)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// The keys of a datapoint, in either case, as the original takes them.
#[derive(Deserialize)]
enum Key {
    #[serde(rename = "t", alias = "T")]
    T,
    #[serde(rename = "d", alias = "D")]
    D,
    #[serde(other)]
    Other,
}

fn text(body: &[u8]) -> Result<&str, BatchError> {
    std::str::from_utf8(body).map_err(|error| BatchError::Malformed(error.to_string()))
}

/// The datapoints of a body; null stands for none.
fn incoming(text: &str) -> Result<Vec<Incoming<'_>>, BatchError> {
    let incoming: Option<Vec<Incoming<'_>>> = serde_json::from_str(text)?;
    Ok(incoming.unwrap_or_default())
}

/// Reads the datapoints of a body in which all are flat and plain, as nearly always; says whether
/// they are.
fn read_flat<'a>(
    body: &'a [u8],
    mut take: impl FnMut(Incoming<'a>) -> Result<(), BatchError>,
) -> Result<bool, BatchError> {
    let Some(mut rest) = skip_spaces(body).strip_prefix(b"[") else { return Ok(false) };
    loop {
        rest = skip_spaces(rest);
        let Some((raw, length)) = RawDatapoint::scan(rest) else { return Ok(false) };
        take(raw.into())?;
        match skip_spaces(&rest[length..]) {
            [b',', next @ ..] => rest = next,
            [b']', end @ ..] => return Ok(skip_spaces(end).is_empty()),
            _ => return Ok(false),
        }
    }
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    &text[spaces.count()..]
}

/// Whether a value fits a schema.
fn conforms(value: Option<&[u8]>, schema: &Validator) -> Result<bool, BatchError> {
    let text = value.unwrap_or(b"null");
    if schema.allows_anything() {
        check_value(text)?;
        return Ok(true);
    }
    let value: Value = serde_json::from_slice(text)?;
    Ok(schema.is_valid(&value))
}

/// Refuses a value that is not quite JSON, though it looks so: a number beyond the floats, half a
/// surrogate pair, a hundred brackets.
pub(in crate::storage) fn check_value(text: &[u8]) -> Result<(), serde_json::Error> {
    if is_plain(text) { Ok(()) } else { serde_json::from_slice::<Value>(text).map(drop) }
}

/// Whether a JSON text is one that cannot be malformed any more: a short number without exponent,
/// or a string without escapes.
fn is_plain(text: &[u8]) -> bool {
    match text.first() {
        Some(b'"') => !text.contains(&b'\\'),
        Some(b'-' | b'0'..=b'9') => {
            text.len() < 300 && !text.iter().any(|c| matches!(c, b'e' | b'E'))
        }
        Some(b'{' | b'[') | None => false,
        Some(_) => true,
    }
}
