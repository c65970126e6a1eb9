//! Batches: the body of an insert, as the server reads and stores it.

use std::sync::LazyLock;

use cdb_server::fuzzing::read_batch;
use cdb_types::{Datapoint, Schema, Timestamp, Validator};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::json::Entries;

/// The time of the inserts.
const NOW: i32 = 1_464_250_199;

/// The device that inserts.
const ORIGIN: &str = "me/phone";

/// Times from here on are refused: they are probably in milliseconds.
const YEAR_10000: f64 = 253_402_300_800.0;

/// Values of more levels are refused.
const MAX_NESTING: usize = 100;

/// The schemas of the streams: the first allows any value.
static SCHEMAS: LazyLock<[Validator; 2]> = LazyLock::new(|| {
    let schemas = [json!({}), json!({"type": ["integer", "object"], "minimum": 0})];
    schemas.map(|schema| Schema::from(schema).validator().expect("a schema"))
});

/// Checks that the server accepts what is documented, and changes neither times nor values.
pub(crate) fn check(data: &[u8]) {
    let text = std::str::from_utf8(data).ok().map(without_lone_surrogates);
    for (schema, origin) in SCHEMAS.iter().zip([None, Some(ORIGIN)]) {
        let found = read_batch(data, schema, origin, Timestamp::from(NOW));
        let stored = found.as_ref().ok().map(|stored| read(stored, origin));
        let stored = stored.as_ref().map(|datapoints| {
            datapoints.iter().map(|(t, value)| (*t, value.get())).collect::<Vec<_>>()
        });
        let expected = text.as_deref().and_then(|text| expected(text, schema));
        assert_eq!(stored, expected, "{:?}", found.err());
    }
}

/// Reads what is stored.
fn read(stored: &[u8], origin: Option<&str>) -> Vec<(f64, Box<RawValue>)> {
    let whole = serde_json::from_slice::<Vec<Datapoint<Value>>>(stored);
    whole.expect("all that is stored can be read");
    let datapoints: Vec<Datapoint<Box<RawValue>>> =
        serde_json::from_slice(stored).expect("datapoints");
    let parts = datapoints.into_iter().map(|datapoint| {
        assert_eq!(datapoint.o.as_deref(), origin);
        (datapoint.t.as_secs_f64(), datapoint.d)
    });
    parts.collect()
}

/// Returns the times and the texts of the values that are stored, or `None` if the batch is refused.
///
/// A batch is an array of datapoints, or null, which stands for none. Keys may be in either case,
/// unknown ones are ignored, and the last one of several counts. A time that is missing, null or 0 is
/// the current time. The times are ascending.
fn expected<'a>(text: &'a str, schema: &Validator) -> Option<Vec<(f64, &'a str)>> {
    let objects = serde_json::from_str::<Option<Vec<Entries<'_>>>>(text).ok()?;
    let (mut stored, mut last) = (Vec::new(), f64::NEG_INFINITY);
    for Entries(entries) in objects.unwrap_or_default() {
        let (mut t, mut d) = (None, "null");
        for (key, value) in entries {
            match key.as_str() {
                "t" | "T" => t = serde_json::from_str::<Option<f64>>(value).ok()?,
                "d" | "D" => d = value,
                _ => {}
            }
        }
        let t = t.filter(|t| *t != 0.0).unwrap_or(NOW.into());
        let value: Value = serde_json::from_str(d).ok()?;
        let is_accepted = t < YEAR_10000 && nesting(&value) <= MAX_NESTING;
        if !is_accepted || !schema.is_valid(&value) || t < last {
            return None;
        }
        last = t;
        stored.push((t, d));
    }
    Some(stored)
}

/// Replaces the escapes of surrogates without their other half by that of U+FFFD.
fn without_lone_surrogates(mut text: &str) -> String {
    let mut replaced = String::new();
    while let Some(at) = text.find('\\') {
        replaced.push_str(&text[..at]);
        text = &text[at..];
        let units: Vec<u16> = (0..).map_while(|index| code_unit(text.get(6 * index..)?)).collect();
        for decoded in char::decode_utf16(units.iter().copied()) {
            let length = 6 * decoded.as_ref().map_or(1, |character| character.len_utf16());
            replaced.push_str(if decoded.is_ok() { &text[..length] } else { r"\ufffd" });
            text = &text[length..];
        }
        if units.is_empty() {
            // Another escape: the backslash and a character, which may be a backslash, too.
            let length = text.chars().take(2).map(char::len_utf8).sum();
            replaced.push_str(&text[..length]);
            text = &text[length..];
        }
    }
    replaced + text
}

/// Returns the code unit of the escape `\uXXXX` at the start of a text.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..4)?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_number)
}

/// Returns the number of arrays and objects around the innermost value.
fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}
