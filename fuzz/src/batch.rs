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

/// From here on, the server may refuse a time: it is probably in milliseconds.
const YEAR_10000: f64 = 253_402_300_800.0;

/// The server may refuse a value of more levels. If it does not, the value must be readable.
const MAX_NESTING: usize = 64;

/// The schemas of the streams: the first allows any value.
static SCHEMAS: LazyLock<[Validator; 2]> = LazyLock::new(|| {
    let schemas = [json!({}), json!({"type": ["integer", "object"], "minimum": 0})];
    schemas.map(|schema| Schema::from(schema).validator().expect("a schema"))
});

/// What should happen to a batch.
#[derive(Debug)]
enum Expected<'a> {
    Refused,
    /// It is stored or refused, as the server likes.
    Undefined,
    /// These times and texts of values are stored.
    Stored(Vec<(f64, &'a str)>),
}

/// Checks that the server accepts what is documented, and changes neither times nor values.
pub(crate) fn check(data: &[u8]) {
    for (schema, origin) in SCHEMAS.iter().zip([None, Some(ORIGIN)]) {
        let found = read_batch(data, schema, origin, Timestamp::from(NOW));
        let expected = expected(data, schema);
        match &found {
            Ok(stored) => {
                let stored = read(stored, origin);
                assert!(!matches!(expected, Expected::Refused), "{stored:?} is stored");
                if let Expected::Stored(expected) = expected {
                    let found = stored.iter().map(|datapoint| (datapoint.0, datapoint.1.get()));
                    assert_eq!(found.collect::<Vec<_>>(), expected);
                }
            }
            Err(message) => {
                assert!(!message.is_empty());
                assert!(!matches!(expected, Expected::Stored(_)), "{message}");
            }
        }
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

/// Returns what should happen to a batch: it is an array of datapoints, or null, which stands for
/// none. Keys may be in either case, unknown ones are ignored, and the last one of several counts. A
/// time that is missing, null or 0 is the current time. The times are ascending.
fn expected<'a>(data: &'a [u8], schema: &Validator) -> Expected<'a> {
    let Ok(text) = std::str::from_utf8(data) else { return Expected::Refused };
    let Ok(objects) = serde_json::from_str::<Option<Vec<Entries<'_>>>>(text) else {
        return Expected::Refused;
    };
    let (mut stored, mut last, mut is_undefined) = (Vec::new(), f64::NEG_INFINITY, false);
    for Entries(entries) in objects.unwrap_or_default() {
        let (mut t, mut d) = (None, "null");
        for (key, value) in entries {
            match key.as_str() {
                "t" | "T" => match serde_json::from_str::<Option<f64>>(value) {
                    Ok(time) => t = time,
                    Err(_) => return Expected::Refused,
                },
                "d" | "D" => d = value,
                _ => {}
            }
        }
        let t = t.filter(|t| *t != 0.0).unwrap_or(NOW.into());
        match serde_json::from_str::<Value>(d) {
            Ok(value) if !schema.is_valid(&value) => return Expected::Refused,
            Ok(value) => is_undefined |= t >= YEAR_10000 || nesting(&value) > MAX_NESTING,
            // Half of a surrogate pair may be replaced.
            Err(_) if d.contains("\\u") => is_undefined = true,
            Err(_) => return Expected::Refused,
        }
        if t < last {
            return Expected::Refused;
        }
        last = t;
        stored.push((t, d));
    }
    if is_undefined { Expected::Undefined } else { Expected::Stored(stored) }
}

/// Returns the number of arrays and objects around the innermost value.
fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}
