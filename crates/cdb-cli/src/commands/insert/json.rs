//! JSON lines, one JSON array of datapoints, and lines of text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::mpsc::{self, Receiver, SyncSender};

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::place::{BadRow, Place, start_of};
use super::time::TimeParser;
use super::{Row, When};
use crate::Result;

/// The number of elements of an array that may be parsed before they are checked.
const MAX_PARSED_AHEAD: usize = 256;

/// A datapoint: `t` is a number or a string, `d` any JSON, `o` an origin, which is ignored because
/// the server sets it. Each may be missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPoint {
    #[serde(default, deserialize_with = "present")]
    t: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present")]
    d: Option<Box<RawValue>>,
    #[serde(default)]
    #[expect(dead_code, reason = "it is read so that it is not an unknown field")]
    o: Option<Box<RawValue>>,
}

/// Reads a field that is present, so that `null` is `Some` and a missing field is `None`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// Whether the input is one JSON array of datapoints: whether its first element begins like a
/// datapoint. An empty array counts as one, unless the stream's values are arrays. Leaves the input
/// at the position it had.
pub(super) fn is_array_of_points(
    input: &mut (impl Read + Seek),
    schema: &serde_json::Value,
) -> Result<bool> {
    let start = input.stream_position()?;
    let mut beginning = Vec::new();
    input.take(4096).read_to_end(&mut beginning)?;
    input.seek(SeekFrom::Start(start))?;
    let text = String::from_utf8_lossy(&beginning);
    let Some(elements) = text.trim_start().strip_prefix('[') else { return Ok(false) };
    let Some(entries) = elements.trim_start().strip_prefix('{') else {
        let takes_arrays = schema.get("type").is_some_and(|kind| kind == "array");
        return Ok(elements.trim() == "]" && !takes_arrays);
    };
    let key = entries.trim_start();
    Ok(["\"t\"", "\"d\"", "\"o\""].iter().any(|name| key.starts_with(name)))
}

/// How lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Each line must be JSON.
    Json,
    /// For streams of strings: datapoints with a time and JSON strings are read as JSON. Any other
    /// line is stored as a string, except that one that begins with `{` must be valid JSON.
    JsonOrText,
    /// Each line is stored as a string.
    Text,
}

/// The rows of an input with one row per line. Empty lines are left out.
pub(super) fn lines<'a>(
    input: impl BufRead + 'a,
    lines: Lines,
    times: &'a mut TimeParser,
) -> impl Iterator<Item = Result<Result<Row, BadRow>>> + 'a {
    let read = input.split(b'\n').zip(1..);
    read.filter_map(move |(line, number)| {
        let place = Place::Line(number);
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(error.into())),
        };
        let Ok(line) = std::str::from_utf8(&line) else {
            return Some(Ok(Err(BadRow::new(place, "the text is not UTF-8"))));
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            return None;
        }
        let row = match lines {
            Lines::Text => Ok(text(place, line)),
            Lines::Json => value(place, line, times),
            Lines::JsonOrText => match value(place, line, times) {
                // A number in a stream of strings is stored as a string.
                Ok(row) if row.when != When::Now || row.json.starts_with('"') => Ok(row),
                Err(error) if line.trim_start().starts_with('{') => Err(error),
                _ => Ok(text(place, line)),
            },
        };
        Some(Ok(row))
    })
}

fn text(place: Place, line: &str) -> Row {
    Row { place, when: When::Now, json: serde_json::Value::from(line).to_string() }
}

/// Parses a line of JSON: a datapoint, or a value.
fn value(place: Place, line: &str, times: &mut TimeParser) -> Result<Row, BadRow> {
    let line = whole_characters(line);
    let line = &*line;
    let value: &RawValue = serde_json::from_str(line).map_err(|error| {
        let column = line.get(..error.column()).map_or(error.column(), |it| it.chars().count());
        let what = match error.is_eof() {
            true => "ends in the middle of a JSON value",
            false => "is not valid JSON; --csv reads tables, --text stores lines as strings",
        };
        let message = format!("column {column}: {} {what}", start_of(line));
        BadRow::new(place, message)
    })?;
    point_or_value(place, value, times)
}

/// Replaces each unpaired surrogate (`\ud83d` alone) by U+FFFD. It is not a character, and
/// serde_json refuses it, but some programs write it. The original server stores U+FFFD as well.
pub(in crate::commands) fn whole_characters(json: &str) -> Cow<'_, str> {
    let surrogate = |place: usize| {
        let digits = json.get(place..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
    };
    let (mut text, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(found) = json[at..].find('\\') {
        let place = at + found;
        at = match (surrogate(place), surrogate(place + 6)) {
            (Some(..0xdc00), Some(0xdc00..)) => place + 12,
            (Some(_), _) => {
                text.push_str(&json[copied..place]);
                text.push_str("\\ufffd");
                copied = place + 6;
                copied
            }
            // Skips the character after the backslash, which may be a backslash itself.
            (None, _) => {
                json[place + 1..].chars().next().map_or(json.len(), |c| place + 1 + c.len_utf8())
            }
        };
    }
    if copied == 0 {
        return json.into();
    }
    text.push_str(&json[copied..]);
    text.into()
}

/// An object with no other keys than `t`, `d` and `o`, and at least one of the first two, is a
/// datapoint. Anything else is a value.
fn point_or_value(place: Place, raw: &RawValue, times: &mut TimeParser) -> Result<Row, BadRow> {
    let value = |json: &str| Row { place, when: When::Now, json: json.to_owned() };
    if !raw.get().starts_with('{') {
        return Ok(value(raw.get()));
    }
    match serde_json::from_str::<RawPoint>(raw.get()) {
        Ok(point) if point.t.is_some() || point.d.is_some() => this_point(place, point, times),
        Ok(_) => Ok(value(raw.get())),
        Err(error) => {
            let keys = serde_json::from_str::<HashMap<String, &RawValue>>(raw.get());
            if keys.is_ok_and(|keys| keys.contains_key("t") && keys.contains_key("d")) {
                let what = without_place(&error);
                let message = format!(
                    "{} is not a datapoint: {what}; if it is a value, write it as {{\"d\": VALUE}}",
                    start_of(raw.get())
                );
                return Err(BadRow::new(place, message));
            }
            Ok(value(raw.get()))
        }
    }
}

fn this_point(place: Place, point: RawPoint, times: &mut TimeParser) -> Result<Row, BadRow> {
    let RawPoint { t, d, .. } = point;
    let when = match t {
        None => When::Now,
        Some(t) => {
            let parsed = match serde_json::from_str::<serde_json::Value>(t.get()) {
                Ok(serde_json::Value::Number(_)) => times.parse_protocol(t.get()),
                Ok(serde_json::Value::String(text)) => times.parse(&text),
                _ => Err(format!("{} is not a time", t.get())),
            };
            When::At(parsed.map_err(|error| BadRow::new(place, format!("\"t\": {error}")))?)
        }
    };
    Ok(Row { place, when, json: d.map_or_else(|| "null".to_owned(), |d| d.get().to_owned()) })
}

/// The text of an error without its line and column, which count from the start of the row and not
/// of the input.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// The rows of an input that is one JSON array of datapoints, in any layout.
///
/// The parser hands elements to a visitor, which cannot be paused, so it runs in a thread of its
/// own. The thread ends when the iterator is dropped.
pub(super) fn array<'a>(
    input: impl Read + Send + 'static,
    times: &'a mut TimeParser,
) -> impl Iterator<Item = Result<Result<Row, BadRow>>> + 'a {
    let (elements, parsed) = mpsc::sync_channel(MAX_PARSED_AHEAD);
    std::thread::spawn(move || parse(input, &elements));
    Elements { parsed, number: 0 }.map(move |(place, element)| {
        Ok(element.and_then(|raw| {
            let json = whole_characters(raw.get());
            let point = serde_json::from_str::<RawPoint>(&json);
            let point = point.map_err(|error| {
                let what = without_place(&error);
                BadRow::new(place, format!("{} is not a datapoint: {what}", start_of(raw.get())))
            })?;
            this_point(place, point, times)
        }))
    })
}

/// An element of the array, or the error that ends it, and its line; for an element the line on
/// which it ends.
type Parsed = (u64, Result<Box<RawValue>, String>);

fn parse(input: impl Read, elements: &SyncSender<Parsed>) {
    struct Array<'a, R> {
        elements: &'a SyncSender<Parsed>,
        lines: &'a std::cell::Cell<u64>,
        input: std::marker::PhantomData<R>,
    }

    impl<'de, R> Visitor<'de> for Array<'_, R> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of datapoints")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
            while let Some(element) = seq.next_element::<Box<RawValue>>()? {
                if self.elements.send((self.lines.get(), Ok(element))).is_err() {
                    return Ok(());
                }
            }
            Ok(())
        }
    }

    let lines = std::cell::Cell::new(1);
    let input = CountLines { input: BufReader::new(input), lines: &lines };
    let mut deserializer = serde_json::Deserializer::from_reader(input);
    let visitor = Array { elements, lines: &lines, input: std::marker::PhantomData::<()> };
    let parsed = deserializer.deserialize_seq(visitor).and_then(|()| deserializer.end());
    if let Err(error) = parsed {
        let column = error.column();
        let what = match error.is_eof() {
            true => "the input ends in the middle of the array".to_owned(),
            false => format!("the input is not valid JSON: {}", without_place(&error)),
        };
        // The iterator may have been dropped.
        let _ = elements.send((error.line() as u64, Err(format!("column {column}: {what}"))));
    }
}

/// Counts the lines that have been read. The count is exact because the parser reads one byte at a
/// time.
struct CountLines<'a, R> {
    input: R,
    lines: &'a std::cell::Cell<u64>,
}

impl<R: Read> Read for CountLines<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        let newlines = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.lines.set(self.lines.get() + newlines as u64);
        Ok(read)
    }
}

/// The elements that the parser has sent, with their places.
struct Elements {
    parsed: Receiver<Parsed>,
    number: u64,
}

impl Iterator for Elements {
    type Item = (Place, Result<Box<RawValue>, BadRow>);

    fn next(&mut self) -> Option<Self::Item> {
        let (line, element) = self.parsed.recv().ok()?;
        self.number += 1;
        let place = Place::Element { number: self.number, line };
        Some((place, element.map_err(|message| BadRow { place, message, is_last: true })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpaired_surrogates_are_replaced() {
        let cases = [
            (r#""plain""#, r#""plain""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""caf\ud83d""#, r#""caf\ufffd""#),
            (r#""\ude00\ud83d\ud83d\ude00x""#, r#""\ufffd\ufffd\ud83d\ude00x""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
        ];
        for (json, expected) in cases {
            assert_eq!(whole_characters(json), expected);
        }
    }
}
