//! Reading and checking the bodies of inserts.

use std::fmt;

use cdb_types::{RawDatapoint, RawNumber, Timestamp, Validator};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::block::{Block, BlockError};
use super::points::Points;
use super::surrogates::replace_lone;

/// A batch with a longer text becomes blocks at once, in bytes. Shorter ones are written to the
/// journal, where they wait for others.
const LARGE_BYTES: usize = 16 * 1024;

/// The number of arrays and objects that a value may have within each other. Readers of answers put
/// some more around it, and `serde_json` reads 127.
const MAX_DEPTH: usize = 100;

/// The steps after which others may run, about 10 ns each.
const STEPS_BETWEEN_PAUSES: u64 = 100_000;

/// The steps of reading a datapoint, apart from its value.
const DATAPOINT_STEPS: u64 = 20;

/// The first second of the year 10000, which Python, JavaScript and RFC 3339 cannot write. Times in
/// milliseconds are beyond it.
const END_OF_TIME: f64 = 253_402_300_800.0;

/// The datapoints of one insert, which are stored together or not at all.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(in crate::storage) points: Points,
    /// The blocks that hold the datapoints, if the batch is large.
    pub(in crate::storage) blocks: Option<Vec<Block>>,
}

/// Why a batch is refused.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum BatchError {
    #[error("{0}")]
    Malformed(String),
    #[error("At least one datapoint did not conform to the stream's schema")]
    Schema,
    #[error("Timestamps are not ordered!")]
    Order,
    #[error(
        "the value of datapoint {index} (counted from 0) is nested too deeply: at most {MAX_DEPTH} \
         arrays and objects within each other can be stored"
    )]
    Depth { index: usize },
    #[error(
        "the time of datapoint {index} (counted from 0) is {t:?}, which is the year 10000 or later; \
         is this milliseconds? times are seconds since 1970"
    )]
    Time { index: usize, t: f64 },
    #[error(
        "the value of datapoint {index} (counted from 0) may take more than the {max_steps} steps \
         that checking it against the stream's schema may take"
    )]
    Steps { index: usize, max_steps: u64 },
}

impl From<serde_json::Error> for BatchError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl Batch {
    /// Reads the body of an insert and checks each value. It yields often.
    ///
    /// A missing time is `now`. Lone surrogates become U+FFFD. Whether the times are after those that
    /// the stream holds is checked when the batch is committed.
    pub(crate) async fn read(
        body: &[u8],
        schema: ValueSchema<'_>,
        origin: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, BatchError> {
        let body = &replace_lone(body);
        let text = text(body)?;
        let mut checked = Checked::new(schema, origin, now, body.len());
        let mut flat = FlatDatapoints::new(body);
        for datapoint in flat.by_ref() {
            checked.take(datapoint)?;
            checked.pause().await;
        }
        if !flat.are_all() {
            checked = Checked::new(schema, origin, now, body.len());
            for datapoint in incoming(text)? {
                checked.take(datapoint)?;
                checked.pause().await;
            }
        }
        checked.finish()
    }

    /// Creates a batch of one value, which is known to be valid, with the present time.
    pub(crate) fn of_value(value: &Value, origin: &str) -> Result<Self, BatchError> {
        let mut points = Points::default();
        let value = serde_json::to_vec(value)?;
        points.push(Timestamp::now(), None, Some(&value), Some(origin))?;
        Ok(points.into())
    }

    /// Returns the same batch, with datapoints before `earliest` moved to that time.
    pub(in crate::storage) fn restamped(&self, earliest: f64) -> Result<Self, BlockError> {
        Ok(self.points.restamped(earliest)?.into())
    }

    /// Returns the datapoints.
    pub(crate) fn into_points(self) -> Points {
        self.points
    }

    /// Returns whether there are no datapoints.
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

/// The schema of values, and the steps that checking one of them may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ValueSchema<'a> {
    pub(crate) validator: &'a Validator,
    pub(crate) max_steps: u64,
}

/// The datapoints of a batch that have been read, and whether they can be stored.
struct Checked<'a> {
    schema: ValueSchema<'a>,
    origin: Option<&'a str>,
    now: Timestamp,
    points: Points,
    /// The number of datapoints that were read.
    count: usize,
    /// The steps since the last pause, roughly.
    steps: u64,
    fit: bool,
    ordered: bool,
}

impl<'a> Checked<'a> {
    fn new(schema: ValueSchema<'a>, origin: Option<&'a str>, now: Timestamp, bytes: usize) -> Self {
        let points = Points::with_capacity(bytes / 32, bytes);
        Self { schema, origin, now, points, count: 0, steps: 0, fit: true, ordered: true }
    }

    fn take(&mut self, datapoint: Incoming<'_>) -> Result<(), BatchError> {
        let index = self.count;
        self.count += 1;
        if datapoint.d.is_some_and(|value| depth_exceeds(value, MAX_DEPTH)) {
            return Err(BatchError::Depth { index });
        }
        if let Some(t) = datapoint.t.filter(|t| *t >= END_OF_TIME) {
            return Err(BatchError::Time { index, t });
        }
        self.fit &= self.conforms(datapoint.d)?;
        let t = datapoint.t.and_then(Timestamp::new).filter(|t| *t != Timestamp::ZERO);
        let t = t.unwrap_or(self.now);
        self.ordered &= t.as_secs_f64() >= self.points.last_t();
        if self.fit && self.ordered {
            self.points.push(t, datapoint.time_text, datapoint.d, self.origin)?;
        }
        Ok(())
    }

    /// Returns whether a value matches the schema.
    fn conforms(&mut self, value: Option<&[u8]>) -> Result<bool, BatchError> {
        let ValueSchema { validator, max_steps } = self.schema;
        let text = value.unwrap_or(b"null");
        self.steps += DATAPOINT_STEPS + text.len() as u64;
        if validator.allows_anything() {
            check_value(text)?;
            return Ok(true);
        }
        let value: Value = serde_json::from_slice(text)?;
        let steps = validator.steps(&value);
        if steps > max_steps {
            return Err(BatchError::Steps { index: self.count - 1, max_steps });
        }
        self.steps += steps;
        Ok(validator.is_valid(&value))
    }

    /// Lets others run, if it has been long enough.
    async fn pause(&mut self) {
        if self.steps > STEPS_BETWEEN_PAUSES {
            self.steps = 0;
            tokio::task::yield_now().await;
        }
    }

    fn finish(self) -> Result<Batch, BatchError> {
        match (self.fit, self.ordered) {
            (false, _) => Err(BatchError::Schema),
            (true, false) => Err(BatchError::Order),
            (true, true) => Ok(self.points.into()),
        }
    }
}

/// A datapoint as it arrives. Unknown keys are ignored, and so is the origin, which the server sets.
#[derive(Debug, Default)]
struct Incoming<'a> {
    t: Option<f64>,
    /// The text of the time, if it is known to be its shortest form, in which it is stored.
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

/// The keys of a datapoint, in either case, as the original server accepts them.
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

/// Returns the datapoints of a body. `null` stands for none.
fn incoming(text: &str) -> Result<Vec<Incoming<'_>>, BatchError> {
    let incoming: Option<Vec<Incoming<'_>>> =
        serde_json::from_str(text).map_err(|error| malformed(text, &error))?;
    Ok(incoming.unwrap_or_default())
}

/// Describes an error in the text of a body. Many programs write NaN, which is not JSON.
fn malformed(text: &str, error: &serde_json::Error) -> BatchError {
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let rest = line.as_bytes().get(error.column().saturating_sub(2)..).unwrap_or_default();
    let number = ["NaN", "Infinity"].into_iter().find(|name| {
        let start = &rest[..rest.len().min(name.len() + 2)];
        start.windows(name.len()).any(|text| text == name.as_bytes())
    });
    let hint = number.map(|name| format!("; {name} is not JSON, null stands for a missing value"));
    BatchError::Malformed(format!("{error}{}", hint.unwrap_or_default()))
}

/// Reads the datapoints of a body whose values are all simple, as nearly always.
struct FlatDatapoints<'a> {
    /// What is still to be read; `None` after the last datapoint, or one that is not simple.
    rest: Option<&'a [u8]>,
    are_all: bool,
}

impl<'a> FlatDatapoints<'a> {
    fn new(body: &'a [u8]) -> Self {
        Self { rest: skip_spaces(body).strip_prefix(b"["), are_all: false }
    }

    /// Returns whether the body has no others than those that were returned.
    fn are_all(&self) -> bool {
        self.are_all
    }
}

impl<'a> Iterator for FlatDatapoints<'a> {
    type Item = Incoming<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = skip_spaces(self.rest.take()?);
        let (raw, length) = RawDatapoint::scan(rest)?;
        match skip_spaces(&rest[length..]) {
            [b',', next @ ..] => self.rest = Some(next),
            [b']', end @ ..] => self.are_all = skip_spaces(end).is_empty(),
            _ => {}
        }
        Some(raw.into())
    }
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    &text[spaces.count()..]
}

/// Returns whether a JSON text has more than `limit` arrays and objects within each other.
fn depth_exceeds(text: &[u8], limit: usize) -> bool {
    if text.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() <= limit {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Returns an error if a value is not JSON that can be read again, although it was scanned as such: a
/// number beyond the floats, half of a surrogate pair, more than 127 levels of nesting.
pub(in crate::storage) fn check_value(text: &[u8]) -> Result<(), serde_json::Error> {
    if is_plain(text) { Ok(()) } else { serde_json::from_slice::<Value>(text).map(drop) }
}

/// Returns whether `text`, which was scanned as JSON, needs no further check: a short number without
/// an exponent, or a string without escapes.
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
