//! Batches of datapoints as text: how they come in, and how they lie in a block.

use std::borrow::Cow;
use std::fmt;

use cdb_types::{Timestamp, Validator};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A block holds about so much text: large enough to read fast, small enough to cut cheaply.
pub(super) const BLOCK_BYTES: usize = 64 * 1024;

/// Shorter texts are not compressed: there is little to win.
const COMPRESS_BYTES: usize = 2 * 1024;

/// Datapoints that are ready to be stored: a JSON array, as readers will get it.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(super) count: usize,
    pub(super) last_t: f64,
    pub(super) encoding: i64,
    pub(super) data: Vec<u8>,
}

/// What one insert brings, all of it or nothing.
#[derive(Debug, Default, Clone)]
pub(crate) struct Batch {
    pub(super) first_t: f64,
    pub(super) blocks: Vec<Block>,
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

/// A datapoint as it arrives. Unknown keys are ignored, and an origin is not the client's to say.
#[derive(Debug)]
struct Incoming<'a> {
    t: Option<f64>,
    d: Option<&'a RawValue>,
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
                let mut dp = Incoming { t: None, d: None };
                while let Some(key) = map.next_key()? {
                    match key {
                        Key::T => dp.t = map.next_value()?,
                        Key::D => dp.d = map.next_value()?,
                        Key::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(dp)
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

/// The datapoints of a body; null stands for none.
fn incoming(body: &[u8]) -> Result<Vec<Incoming<'_>>, BatchError> {
    let text = std::str::from_utf8(body).map_err(|e| BatchError::Malformed(e.to_string()))?;
    let incoming: Option<Vec<Incoming<'_>>> = serde_json::from_str(text)?;
    Ok(incoming.unwrap_or_default())
}

impl Batch {
    /// Whether a body can be read at all.
    pub(crate) fn check(body: &[u8]) -> Result<(), BatchError> {
        incoming(body).map(drop)
    }

    /// Reads the body of an insert, checks each value, and makes the blocks to be stored.
    ///
    /// A missing time is `now`. The order against what the stream holds is checked when the batch
    /// is committed.
    pub(crate) fn read(
        body: &[u8],
        schema: &Validator,
        origin: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, BatchError> {
        let incoming = incoming(body)?;
        let mut blocks = Blocks::new(origin);
        let mut fits = true;
        for dp in &incoming {
            fits &= conforms(dp.d, schema)?;
        }
        if !fits {
            return Err(BatchError::Schema);
        }
        for dp in &incoming {
            let seconds = dp.t.filter(|t| *t != 0.0).unwrap_or(now.as_secs_f64());
            blocks.push(seconds, dp.d)?;
        }
        Ok(blocks.finish())
    }

    /// A batch of one value that is known to be good, of this moment.
    pub(crate) fn of_value(value: &Value, origin: &str) -> Result<Self, BatchError> {
        let raw = serde_json::value::to_raw_value(value)?;
        let mut blocks = Blocks::new(Some(origin));
        blocks.push(Timestamp::now().as_secs_f64(), Some(&raw))?;
        Ok(blocks.finish())
    }

    /// The same datapoints, those before a time moved to it.
    pub(super) fn restamped(&self, earliest: f64) -> Result<Self, BlockError> {
        #[derive(Deserialize)]
        struct Stored<'a> {
            #[serde(default)]
            t: f64,
            #[serde(borrow, default)]
            d: Option<&'a RawValue>,
            #[serde(borrow, default)]
            o: Option<Cow<'a, str>>,
        }
        let mut batch = Self::default();
        for block in &self.blocks {
            let text = block.text()?;
            let stored: Vec<Stored<'_>> = serde_json::from_slice(&text)?;
            let origin = stored.first().and_then(|dp| dp.o.as_deref());
            let mut blocks = Blocks::new(origin);
            for dp in &stored {
                blocks.push(dp.t.max(earliest), dp.d).map_err(|_| BlockError::Corrupt)?;
            }
            batch.blocks.extend(blocks.finish().blocks);
        }
        batch.first_t = self.first_t.max(earliest);
        Ok(batch)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

/// Whether a value fits a schema. What is not quite JSON, though it looks so, is malformed:
/// a number beyond the floats, half a surrogate pair, a hundred brackets.
fn conforms(value: Option<&RawValue>, schema: &Validator) -> Result<bool, BatchError> {
    let text = value.map_or("null", RawValue::get);
    if schema.allows_anything() && is_plain(text) {
        return Ok(true);
    }
    let value: Value = serde_json::from_str(text)?;
    Ok(schema.is_valid(&value))
}

/// Whether a JSON text is one that cannot be malformed any more: a short number without exponent,
/// or a string without escapes.
fn is_plain(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'"') => !text.contains('\\'),
        Some(b'-' | b'0'..=b'9') => text.len() < 300 && !text.contains(['e', 'E']),
        Some(b'{' | b'[') | None => false,
        Some(_) => true,
    }
}

/// Writes datapoints into blocks, one after the other.
struct Blocks<'a> {
    origin: Option<&'a str>,
    text: Vec<u8>,
    count: usize,
    last_t: f64,
    batch: Batch,
}

impl<'a> Blocks<'a> {
    fn new(origin: Option<&'a str>) -> Self {
        let batch = Batch { first_t: f64::NEG_INFINITY, blocks: Vec::new() };
        Self { origin, text: Vec::new(), count: 0, last_t: f64::NEG_INFINITY, batch }
    }

    fn push(&mut self, seconds: f64, value: Option<&RawValue>) -> Result<(), BatchError> {
        if seconds < self.last_t {
            return Err(BatchError::Order);
        }
        let t = Timestamp::new(seconds).ok_or(BatchError::Order)?;
        if self.count == 0 && self.batch.blocks.is_empty() {
            self.batch.first_t = seconds;
        }
        self.last_t = seconds;
        self.text.push(if self.count == 0 { b'[' } else { b',' });
        self.count += 1;
        self.write(t, value)?;
        if self.text.len() >= BLOCK_BYTES {
            self.end_block();
        }
        Ok(())
    }

    fn write(&mut self, t: Timestamp, value: Option<&RawValue>) -> Result<(), BatchError> {
        self.text.extend_from_slice(br#"{"t":"#);
        serde_json::to_writer(&mut self.text, &t)?;
        if let Some(value) = value {
            self.text.extend_from_slice(br#","d":"#);
            self.text.extend_from_slice(value.get().as_bytes());
        }
        if let Some(origin) = self.origin {
            self.text.extend_from_slice(br#","o":"#);
            serde_json::to_writer(&mut self.text, origin)?;
        }
        self.text.push(b'}');
        Ok(())
    }

    fn end_block(&mut self) {
        self.text.push(b']');
        let text = std::mem::take(&mut self.text);
        self.batch.blocks.push(Block::of(text, self.count, self.last_t));
        self.count = 0;
    }

    fn finish(mut self) -> Batch {
        if self.count > 0 {
            self.end_block();
        }
        self.batch
    }
}

/// A block whose bytes are not what was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlockError {
    #[error("a block of the data file is damaged")]
    Corrupt,
    #[error("a block of the data file is damaged: {0}")]
    Json(#[from] serde_json::Error),
}

impl Block {
    fn of(text: Vec<u8>, count: usize, last_t: f64) -> Self {
        if text.len() < COMPRESS_BYTES {
            return Self { count, last_t, encoding: 0, data: text };
        }
        let data = lz4_flex::block::compress_prepend_size(&text);
        Self { count, last_t, encoding: 1, data }
    }

    /// The JSON array that it holds.
    fn text(&self) -> Result<Cow<'_, [u8]>, BlockError> {
        decode(self.encoding, &self.data)
    }

    /// One block that holds what these JSON arrays hold, in their order.
    pub(super) fn joined(texts: &[Vec<u8>], count: usize, last_t: f64) -> Result<Self, BlockError> {
        let mut text = Vec::with_capacity(texts.iter().map(Vec::len).sum());
        for part in texts {
            text.push(if text.is_empty() { b'[' } else { b',' });
            text.extend_from_slice(inner(part)?);
        }
        text.push(b']');
        Ok(Self::of(text, count, last_t))
    }
}

/// The JSON array that a row's bytes hold.
pub(super) fn decode(encoding: i64, data: &[u8]) -> Result<Cow<'_, [u8]>, BlockError> {
    if encoding == 0 {
        return Ok(data.into());
    }
    let mut text = Vec::new();
    decode_onto(&mut text, encoding, data)?;
    Ok(text.into())
}

/// Adds the JSON array that a row's bytes hold to a text.
pub(super) fn decode_onto(
    text: &mut Vec<u8>,
    encoding: i64,
    data: &[u8],
) -> Result<(), BlockError> {
    match encoding {
        0 => text.extend_from_slice(data),
        1 => {
            let (length, data) =
                lz4_flex::block::uncompressed_size(data).map_err(|_| BlockError::Corrupt)?;
            let start = text.len();
            text.resize(start + length, 0);
            let written = lz4_flex::block::decompress_into(data, &mut text[start..]);
            if written.ok() != Some(length) {
                return Err(BlockError::Corrupt);
            }
        }
        _ => return Err(BlockError::Corrupt),
    }
    Ok(())
}

/// What stands between the brackets of a JSON array.
pub(super) fn inner(array: &[u8]) -> Result<&[u8], BlockError> {
    array.strip_prefix(b"[").and_then(|array| array.strip_suffix(b"]")).ok_or(BlockError::Corrupt)
}

/// The datapoints of a JSON array, each as its text.
pub(super) fn datapoints(array: &[u8]) -> Result<Vec<&RawValue>, BlockError> {
    Ok(serde_json::from_slice(array)?)
}

/// The timestamp of a datapoint's text.
pub(super) fn timestamp(datapoint: &RawValue) -> Result<f64, BlockError> {
    #[derive(Deserialize)]
    struct Time {
        #[serde(default)]
        t: f64,
    }
    let time: Time = serde_json::from_str(datapoint.get())?;
    Ok(time.t)
}
