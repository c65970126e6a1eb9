//! Reading and checking the bodies of inserts.

use std::fmt;

use cdb_types::{Discarded, RawDatapoint, RawNumber, Timestamp, Validator};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
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

/// The memory of a datapoint that was read, apart from its text, in bytes.
const DATAPOINT_BYTES: usize = 48;

/// The memory of an item of an array, and of an object: a node of its tree, which holds up to 11
/// members. In bytes.
const ITEM_HEAP: usize = size_of::<Value>();
const OBJECT_HEAP: usize = 11 * (ITEM_HEAP + size_of::<String>()) + 16;

/// The memory of a value that is parsed to check it against a schema, roughly, in bytes.
const MAX_VALUE_HEAP: usize = 64 * 1024 * 1024;

/// The steps after which others may run, about 10 ns each.
const STEPS_BETWEEN_PAUSES: u64 = 100_000;

/// The steps of checking a value that are always allowed.
const STEPS_PER_DATAPOINT: u64 = 2_000;

/// The steps of reading a datapoint, apart from its value.
const DATAPOINT_STEPS: u64 = 20;

/// The first second of the year 10000, which Python, JavaScript and RFC 3339 cannot write. Times in
/// milliseconds are beyond it.
const END_OF_TIME: f64 = 253_402_300_800.0;

/// The datapoints of one insert, which are stored together or not at all.
#[derive(Debug, Clone, Default)]
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
        "checking the values up to that of datapoint {index} (counted from 0) against the stream's \
         schema may take more than the {max} steps that are allowed; insert fewer at a time"
    )]
    Steps { index: usize, max: u64 },
    #[error(
        "the value of datapoint {index} (counted from 0) has too many parts to be checked against the \
         stream's schema"
    )]
    Parts { index: usize },
    #[error("an insert may have at most {max} datapoints")]
    Count { max: usize },
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
        rules: InsertRules<'_>,
        origin: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, BatchError> {
        let body = &replace_lone(body);
        let text = text(body)?;
        let mut checked = Checked::new(rules, origin, now, body.len());
        let mut datapoints = Datapoints::new(body);
        for datapoint in datapoints.by_ref() {
            checked.push(datapoint)?;
            checked.pause().await;
        }
        if !datapoints.are_all() {
            check_array(text, checked.count)?;
        }
        checked.finish()
    }

    /// Returns how much memory reading a body takes at most, roughly, in bytes.
    pub(crate) fn memory_to_read(body: &[u8], rules: InsertRules<'_>) -> usize {
        let datapoints = body.iter().filter(|byte| **byte == b'{').count();
        let values = if rules.validator.allows_anything() { 0 } else { heap(body) };
        3 * body.len() + datapoints * DATAPOINT_BYTES + values.min(MAX_VALUE_HEAP)
    }

    /// Creates a batch of one value, which is known to be valid, with the present time.
    pub(crate) fn of_value(value: &Value, origin: &str) -> Result<Self, BatchError> {
        let mut points = Points::default();
        let value = serde_json::to_vec(value)?;
        points.push(Timestamp::now(), None, Some(&value), Some(origin))?;
        Ok(points.into())
    }

    /// Returns the same batch, with datapoints before `earliest` moved to that time.
    pub(crate) fn restamped(&self, earliest: f64) -> Result<Self, BlockError> {
        Ok(self.points.restamped(earliest)?.into())
    }

    /// Returns the datapoints.
    pub(crate) fn into_points(self) -> Points {
        self.points
    }

    /// Returns the times of the first and the last datapoint, if there are any.
    pub(crate) fn times(&self) -> (Option<f64>, Option<f64>) {
        let some = |t| Some(t).filter(|_| !self.is_empty());
        (some(self.points.first_t()), some(self.points.last_t()))
    }

    /// Returns whether there are no datapoints.
    pub(crate) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

impl From<Points> for Batch {
    fn from(mut points: Points) -> Self {
        let blocks = (points.text().len() >= LARGE_BYTES).then(|| points.blocks());
        Self { points, blocks }
    }
}

/// What an insert must keep to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InsertRules<'a> {
    /// The schema of each value.
    pub(crate) validator: &'a Validator,
    /// The steps that checking all values against the schema may take, in addition to
    /// [`STEPS_PER_DATAPOINT`] for each of them.
    pub(crate) max_steps: u64,
    pub(crate) max_datapoints: usize,
}

/// The datapoints of a batch that have been read, and whether they can be stored.
struct Checked<'a> {
    rules: InsertRules<'a>,
    origin: Option<&'a str>,
    now: Timestamp,
    points: Points,
    /// The number of datapoints that were read.
    count: usize,
    /// The steps of checking all values.
    steps: u64,
    /// The steps since the last pause, roughly.
    steps_since_pause: u64,
    conform: bool,
    ordered: bool,
}

impl<'a> Checked<'a> {
    fn new(rules: InsertRules<'a>, origin: Option<&'a str>, now: Timestamp, bytes: usize) -> Self {
        let points = Points::with_capacity(bytes / 32, bytes);
        Self {
            rules,
            origin,
            now,
            points,
            count: 0,
            steps: 0,
            steps_since_pause: 0,
            conform: true,
            ordered: true,
        }
    }

    fn push(&mut self, datapoint: Incoming<'_>) -> Result<(), BatchError> {
        let (index, max) = (self.count, self.rules.max_datapoints);
        if index == max {
            return Err(BatchError::Count { max });
        }
        self.count += 1;
        if datapoint.d.is_some_and(|value| depth_exceeds(value, MAX_DEPTH)) {
            return Err(BatchError::Depth { index });
        }
        if let Some(t) = datapoint.t.filter(|t| *t >= END_OF_TIME) {
            return Err(BatchError::Time { index, t });
        }
        self.conform &= self.conforms(datapoint.d)?;
        let t = datapoint.t.and_then(Timestamp::new).filter(|t| *t != Timestamp::ZERO);
        let t = t.unwrap_or(self.now);
        self.ordered &= t.as_secs_f64() >= self.points.last_t();
        if self.conform && self.ordered {
            self.points.push(t, datapoint.time_text, datapoint.d, self.origin)?;
        }
        Ok(())
    }

    /// Returns whether a value matches the schema.
    fn conforms(&mut self, value: Option<&[u8]>) -> Result<bool, BatchError> {
        let InsertRules { validator, max_steps, .. } = self.rules;
        let text = value.unwrap_or(b"null");
        self.steps_since_pause += DATAPOINT_STEPS + text.len() as u64;
        if validator.allows_anything() {
            check_value(text)?;
            return Ok(true);
        }
        // What is shorter cannot need so much.
        if text.len() > MAX_VALUE_HEAP / OBJECT_HEAP && heap(text) > MAX_VALUE_HEAP {
            return Err(BatchError::Parts { index: self.count - 1 });
        }
        let value: Value = serde_json::from_slice(text)?;
        let steps = validator.steps(&value);
        self.steps = self.steps.saturating_add(steps);
        let max = max_steps.saturating_add(self.count as u64 * STEPS_PER_DATAPOINT);
        if self.steps > max {
            return Err(BatchError::Steps { index: self.count - 1, max });
        }
        self.steps_since_pause = self.steps_since_pause.saturating_add(steps);
        Ok(validator.is_valid(&value))
    }

    /// Lets others run, if it has been long enough.
    async fn pause(&mut self) {
        if self.steps_since_pause > STEPS_BETWEEN_PAUSES {
            self.steps_since_pause = 0;
            tokio::task::yield_now().await;
        }
    }

    fn finish(self) -> Result<Batch, BatchError> {
        match (self.conform, self.ordered) {
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

/// Checks a body of which `count` datapoints could be read before something else: none (`[]` or
/// `null`), or an error, of which this says where it is.
fn check_array(text: &str, count: usize) -> Result<(), BatchError> {
    let all: Option<Count> = serde_json::from_str(text).map_err(|error| malformed(text, &error))?;
    match all.map_or(0, |all| all.0) == count {
        true => Ok(()),
        false => Err(BatchError::Malformed("it is not an array of datapoints".to_owned())),
    }
}

/// The number of datapoints in an array.
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array;

        impl<'de> Visitor<'de> for Array {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of datapoints")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut count = 0;
                while array.next_element::<Incoming<'_>>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
        }

        deserializer.deserialize_seq(Array)
    }
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

/// The datapoints of a body, one after the other.
struct Datapoints<'a> {
    /// What is still to be read; `None` after the last datapoint, or before what is not one.
    rest: Option<&'a [u8]>,
    are_all: bool,
}

impl<'a> Datapoints<'a> {
    fn new(body: &'a [u8]) -> Self {
        Self { rest: skip_spaces(body).strip_prefix(b"["), are_all: false }
    }

    /// Returns whether the body is an array of those that were returned.
    fn are_all(&self) -> bool {
        self.are_all
    }
}

impl<'a> Iterator for Datapoints<'a> {
    type Item = Incoming<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = skip_spaces(self.rest.take()?);
        let (datapoint, length) = match RawDatapoint::scan(rest) {
            Some((raw, length)) => (raw.into(), length),
            // A value that is not simple.
            None => {
                let mut values = serde_json::Deserializer::from_slice(rest).into_iter();
                (values.next()?.ok()?, values.byte_offset())
            }
        };
        match skip_spaces(&rest[length..]) {
            [b',', next @ ..] => self.rest = Some(next),
            [b']', end @ ..] => self.are_all = skip_spaces(end).is_empty(),
            _ => {}
        }
        Some(datapoint)
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

/// Returns the memory of a value when it is parsed, roughly, in bytes.
fn heap(text: &[u8]) -> usize {
    let parts = text.iter().map(|byte| match byte {
        b'{' => OBJECT_HEAP,
        b'[' | b',' => ITEM_HEAP,
        _ => 1,
    });
    parts.sum()
}

/// Returns an error if a value is not JSON that can be read again, although it was scanned as such: a
/// number beyond the floats, half of a surrogate pair, more than 127 levels of nesting.
pub(in crate::storage) fn check_value(text: &[u8]) -> Result<(), serde_json::Error> {
    if is_plain(text) { Ok(()) } else { serde_json::from_slice::<Discarded>(text).map(drop) }
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

#[cfg(test)]
mod tests {
    use cdb_types::Schema;
    use serde_json::json;

    use super::*;

    async fn read(body: &str) -> Result<String, BatchError> {
        let anything = Schema::default().validator().expect("a schema");
        let rules = InsertRules { validator: &anything, max_steps: 0, max_datapoints: 100 };
        let batch = Batch::read(body.as_bytes(), rules, None, Timestamp::ZERO + 9.0).await?;
        Ok(String::from_utf8_lossy(batch.into_points().text()).into_owned())
    }

    #[tokio::test]
    async fn simple_and_other_datapoints_are_read_in_their_order() {
        for (body, expected) in [
            ("null", ""),
            (" [ ] ", ""),
            (
                r#"[{"t":1,"d":2},{"t":3,"d":[4]} , {"t":5,"d":"\n"}]"#,
                r#"{"t":1,"d":2},{"t":3,"d":[4]},{"t":5,"d":"\n"}"#,
            ),
            (r#"[{"d":{"a":[1]},"T":2,"x":[{}]},{}]"#, r#"{"t":2,"d":{"a":[1]}},{"t":9}"#),
        ] {
            assert_eq!(read(body).await.as_deref(), Ok(expected), "{body}");
        }
        for body in ["", "{}", "5", "[5]", "[{}", "[{},]", "[{}]]", "[{} {}]", "[[]]", "[null]"] {
            let error = read(body).await.expect_err(body);
            assert!(matches!(error, BatchError::Malformed(_)), "{body}: {error}");
        }
    }

    #[test]
    fn a_value_is_readable_if_it_can_be_parsed() {
        for text in [
            "[1,-2,3.5,1e300,null,true,\"x\\u00e9\",{\"a\\n\":[{}]}]",
            "18446744073709551616",
            "1e999",
            "[{\"a\":1e999}]",
            "[\"\\ud800\"]",
            "{\"\\ud800\":1}",
            "[1,]",
        ] {
            let parsed = serde_json::from_str::<Value>(text);
            assert_eq!(check_value(text.as_bytes()).is_ok(), parsed.is_ok(), "{text}");
        }
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for depth in [127, 128] {
            let parsed = serde_json::from_str::<Value>(&nested(depth));
            assert_eq!(check_value(nested(depth).as_bytes()).is_ok(), parsed.is_ok(), "{depth}");
        }
    }

    #[test]
    fn the_memory_of_a_value_is_not_underestimated() {
        for (value, objects) in [(json!([{"": 0}]), 1), (json!([[1, 2], {"a": {}}]), 2)] {
            let items = value.to_string().matches([',', '[']).count();
            let least = objects * 600 + items * size_of::<Value>();
            assert!(heap(value.to_string().as_bytes()) >= least, "{value}");
        }
    }
}
