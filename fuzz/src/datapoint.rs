//! One datapoint: the scanner against serde_json.

use std::fmt;

use cdb_pipescript::Point;
use cdb_types::{Datapoint, RawDatapoint, Timestamp, is_same_value};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{Entries, first};

/// The maximum length of a number that [`RawDatapoint::scan`] reads.
const MAX_NUMBER_LEN: usize = 300;

/// Checks that the scanner accepts what its documentation says, and reads it as serde_json does.
pub(crate) fn check(data: &[u8]) {
    let scanned = RawDatapoint::scan(data);
    let object = first::<Entries<'_>>(data);
    let is_plain =
        object.is_some_and(|(Entries(entries), length)| is_plain(&entries, &data[..length]));
    match scanned {
        Some((raw, length)) => {
            // The scanner does not check the bytes of a string in `d`.
            let is_utf8 = std::str::from_utf8(&data[..length]).is_ok();
            assert!(is_plain || !is_utf8, "a datapoint that is not plain is scanned");
            check_scanned(&raw, length, first(data), is_utf8);
        }
        None => assert!(!is_plain, "a plain datapoint is not scanned"),
    }
    check_point(data);
}

fn check_scanned(
    raw: &RawDatapoint<'_>,
    length: usize,
    parsed: Option<(Datapoint<&RawValue>, usize)>,
    is_utf8: bool,
) {
    if let Some(number) = raw.t.filter(|t| t.is_shortest()) {
        let t = Timestamp::new(number.value).expect("a scanned time is finite");
        assert_eq!(t.to_string().as_bytes(), number.text, "the time is not the shortest text");
    }
    let Some((parsed, parsed_length)) = parsed else {
        assert!(!is_utf8, "serde_json does not accept the datapoint");
        assert!(raw.read::<String>().is_err() && raw.read::<Value>().is_err());
        return;
    };
    assert_eq!(length, parsed_length);
    let t = raw.t.map_or(0.0, |t| t.value);
    assert_eq!(t.to_bits(), parsed.t.as_secs_f64().to_bits(), "{t} is not {}", parsed.t);
    assert_eq!(raw.d.unwrap_or(b"null"), parsed.d.get().as_bytes());
    assert_eq!(raw.o.filter(|origin| !origin.is_empty()), parsed.o.as_deref());
    check_value::<Value>(raw, &parsed);
    check_value::<Option<f64>>(raw, &parsed);
    check_value::<f32>(raw, &parsed);
    check_value::<i64>(raw, &parsed);
    check_value::<u64>(raw, &parsed);
    check_value::<u8>(raw, &parsed);
    check_value::<i128>(raw, &parsed);
    check_value::<bool>(raw, &parsed);
    check_value::<Option<String>>(raw, &parsed);
    check_value::<()>(raw, &parsed);
}

/// Checks that the scanned value is read as a type in the same way as by serde_json.
fn check_value<T: DeserializeOwned + fmt::Debug>(
    raw: &RawDatapoint<'_>,
    parsed: &Datapoint<&RawValue>,
) {
    let found = raw.read::<T>().ok().map(|datapoint| datapoint.d);
    let expected = serde_json::from_str::<T>(parsed.d.get()).ok();
    // Unlike `==`, the text tells 0.0 from -0.0.
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
}

/// Checks that scripts read the datapoint in the same way, and keep the digits of its value. As for
/// inserts, the last one of several values counts, and may be nested as deeply as when it is alone.
fn check_point(data: &[u8]) {
    let point = Point::read_json(data).ok();
    let parsed = first::<Datapoint<&RawValue>>(data).and_then(|(parsed, length)| {
        let value = serde_json::from_str::<Value>(parsed.d.get()).ok()?;
        Some((parsed.t, value, length))
    });
    assert_eq!(
        point.as_ref().map(|(_, length)| *length),
        parsed.as_ref().map(|(.., length)| *length)
    );
    if let (Some((point, _)), Some((t, value, _))) = (point, parsed) {
        assert_eq!(point.t.to_bits(), t.as_secs_f64().to_bits());
        let text = serde_json::to_string(&point.d).expect("a value that was read can be written");
        let again: Value = serde_json::from_str(&text).expect("a value that was written");
        assert!(is_same_value(&again, &value), "{again} is not {value}");
    }
}

/// Returns whether an object is a datapoint that the scanner accepts. `text` is its JSON text.
fn is_plain(entries: &[(String, &str)], text: &[u8]) -> bool {
    let is_number = |value: &str| {
        let starts = value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        starts && !value.contains(['e', 'E']) && value.len() <= MAX_NUMBER_LEN
    };
    let is_plain = |(key, value): &(String, &str)| match key.as_str() {
        "t" => is_number(value),
        "d" => is_number(value) || value.starts_with(['"', 't', 'f', 'n']),
        "o" => value.starts_with('"'),
        _ => false,
    };
    let is_new = |(index, (key, _)): (usize, &(String, &str))| {
        entries[..index].iter().all(|(earlier, _)| earlier != key)
    };
    text.starts_with(b"{")
        && !text.contains(&b'\\')
        && !entries.is_empty()
        && entries.iter().all(is_plain)
        && entries.iter().enumerate().all(is_new)
}
