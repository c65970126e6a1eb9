//! JSON lines, one JSON array of datapoints, and lines of text.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::mpsc::{self, SyncSender};

use connectordb::types::Discarded;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::place::{BadRow, Place, start_of};
use super::time::TimeParser;
use super::{MAX_VALUE_BYTES, Row, When, too_large};
use crate::Result;

/// The number of elements of an array that may be parsed before they are checked.
const MAX_PARSED_AHEAD: usize = 256;

/// The maximum length of a line in bytes. A longer one is refused without being kept: its value is
/// too large to be stored. The 64 KiB are for the rest of the datapoint and white space.
const MAX_LINE_BYTES: usize = MAX_VALUE_BYTES + 64 * 1024;

/// A datapoint: `t` is a number or a string, `d` any JSON, `o` an origin, which is ignored because
/// the server sets it. Each may be missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPoint<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    t: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    d: Option<&'a RawValue>,
    #[serde(borrow, default)]
    #[expect(dead_code, reason = "it is read so that it is not an unknown field")]
    o: Option<&'a RawValue>,
}

/// Reads a field that is present, so that `null` is `Some` and a missing field is `None`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Whether the input is one JSON array of datapoints: whether its first element begins like a
/// datapoint, or its first line ends within the array. An empty array counts as one, unless the
/// stream's values are arrays. Leaves the input at the position it had.
pub(super) fn is_array_of_points(
    input: &mut (impl Read + Seek),
    schema: &serde_json::Value,
) -> Result<bool> {
    let start = input.stream_position()?;
    let mut beginning = Vec::new();
    input.take(4096).read_to_end(&mut beginning)?;
    input.seek(SeekFrom::Start(start))?;
    let text = String::from_utf8_lossy(&beginning);
    let text = text.trim_start();
    let Some(elements) = text.strip_prefix('[') else { return Ok(false) };
    let holds = |name| schema.get("type").is_some_and(|kind| kind == name);
    let first_line = text.split_once('\n').map(|(line, _)| serde_json::from_str::<Discarded>(line));
    // In a stream of strings, the line may be text that begins with a bracket.
    if first_line.is_some_and(|line| line.is_err_and(|error| error.is_eof())) && !holds("string") {
        return Ok(true);
    }
    let Some(entries) = elements.trim_start().strip_prefix('{') else {
        return Ok(elements.trim() == "]" && !holds("array"));
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
    let mut input = input;
    let read = std::iter::from_fn(move || read_line(&mut input).transpose()).zip(1..);
    read.filter_map(move |(line, number)| {
        let place = Place::Line(number);
        let line = match line {
            Ok(Ok(line)) => line,
            Ok(Err(length)) => return Some(Ok(Err(too_large(place, length)))),
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

/// The next line without its line break, `None` at the end of the input, or `Err` with the length of
/// a line that exceeds [`MAX_LINE_BYTES`].
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Result<Vec<u8>, usize>>> {
    let mut line = Vec::new();
    let length = input.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line)?;
    if length == 0 {
        return Ok(None);
    }
    if line.pop_if(|byte| *byte == b'\n').is_none() && length == MAX_LINE_BYTES {
        let rest = input.skip_until(b'\n')?;
        return Ok(Some(Err(length + rest)));
    }
    Ok(Some(Ok(line)))
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

fn this_point(place: Place, point: RawPoint<'_>, times: &mut TimeParser) -> Result<Row, BadRow> {
    let RawPoint { t, d, .. } = point;
    let when = match t {
        None => When::Now,
        Some(t) => {
            let parsed = match serde_json::from_str::<serde_json::Value>(t.get()) {
                Ok(serde_json::Value::Number(_)) => times.parse_protocol(t.get()),
                Ok(serde_json::Value::String(text)) => times.parse(&text),
                _ => Err(format!("{} is not a time", t.get())),
            };
            parsed.map_err(|error| BadRow::new(place, format!("\"t\": {error}")))?
        }
    };
    Ok(Row { place, when, json: d.map_or_else(|| "null".to_owned(), |d| d.get().to_owned()) })
}

/// The text of an error without its line and column, which count from the start of the row and not
/// of the input.
pub(super) fn without_place(error: &serde_json::Error) -> String {
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
    (1..).map_while(move |number| {
        let (start, parsed) = parsed.recv().ok()?;
        let place = Place::Element { number, line: start.line };
        Some(Ok(match parsed {
            Ok(raw) => element(place, start.column, raw.get(), times),
            Err(message) => Err(BadRow { is_last: true, ..BadRow::new(place, message) }),
        }))
    })
}

/// Parses an element of the array, which must be a datapoint. `column` is where it begins.
fn element(place: Place, column: u64, raw: &str, times: &mut TimeParser) -> Result<Row, BadRow> {
    let json = whole_characters(raw);
    let wrong = |reason: &str| {
        let message = format!(
            "column {column}: {} is not a datapoint{reason}; the elements of an array must be \
             datapoints, {{\"t\": time, \"d\": value}}. To store them as values, write each on a \
             line of its own without the brackets and commas, as jq -c '.[]' does",
            start_of(raw)
        );
        BadRow::new(place, message)
    };
    // serde reads an array as the fields of a struct in their order.
    if !raw.starts_with('{') {
        return Err(wrong(""));
    }
    match serde_json::from_str(&json) {
        Ok(point) => this_point(place, point, times),
        Err(error) => Err(wrong(&format!(": {}", without_place(&error)))),
    }
}

/// An element of the array and where it begins, or the error that ends the array and its place.
type Parsed = (Position, Result<Box<RawValue>, String>);

/// A position in the input. Lines and columns count from 1.
#[derive(Debug, Clone, Copy)]
struct Position {
    line: u64,
    column: u64,
}

fn parse(input: impl Read, elements: &SyncSender<Parsed>) {
    struct Array<'a> {
        elements: &'a SyncSender<Parsed>,
        start: &'a Cell<Option<Position>>,
    }

    impl<'de> Visitor<'de> for Array<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of datapoints")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
            while let Some(element) = seq.next_element::<Box<RawValue>>()? {
                let start = self.start.take().unwrap_or(Position { line: 1, column: 1 });
                if self.elements.send((start, Ok(element))).is_err() {
                    return Ok(());
                }
            }
            Ok(())
        }
    }

    let start = Cell::new(None);
    let input = ElementStarts {
        input: BufReader::new(input),
        at: Position { line: 1, column: 0 },
        is_open: false,
        start: &start,
    };
    let mut deserializer = serde_json::Deserializer::from_reader(input);
    let visitor = Array { elements, start: &start };
    let parsed = deserializer.deserialize_seq(visitor).and_then(|()| deserializer.end());
    if let Err(error) = parsed {
        let at = Position { line: error.line() as u64, column: error.column() as u64 };
        let what = match error.is_eof() {
            true => "the input ends in the middle of the array".to_owned(),
            false => format!("the input is not valid JSON: {}", without_place(&error)),
        };
        // The iterator may have been dropped.
        let _ = elements.send((at, Err(format!("column {}: {what}", at.column))));
    }
}

/// Notes where each element of the array begins. The position is exact because the parser reads one
/// byte at a time.
struct ElementStarts<'a, R> {
    input: R,
    /// The position of the last byte that was read.
    at: Position,
    /// Whether the opening bracket of the array has been read.
    is_open: bool,
    /// Where the element that is being read begins. The visitor takes it after each element.
    start: &'a Cell<Option<Position>>,
}

impl<R: Read> Read for ElementStarts<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        for byte in &buffer[..read] {
            match byte {
                b'\n' => self.at = Position { line: self.at.line + 1, column: 0 },
                // A continuation byte of a character, which has been counted.
                0x80..0xc0 => {}
                _ => self.at.column += 1,
            }
            let is_between = byte.is_ascii_whitespace() || *byte == b',' || !self.is_open;
            self.is_open |= *byte == b'[';
            if !is_between && self.start.get().is_none() {
                self.start.set(Some(self.at));
            }
        }
        Ok(read)
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

    #[test]
    fn lines_that_are_too_long_are_not_kept() {
        let long = "x".repeat(MAX_LINE_BYTES + 5);
        let text = format!("1\n{long}\n\n2");
        let mut input = BufReader::new(text.as_bytes());
        let read = std::iter::from_fn(|| read_line(&mut input).expect("a line"));
        let lines: Vec<_> = read.collect();
        let short = |line: &str| Ok(line.as_bytes().to_vec());
        assert_eq!(lines, [short("1"), Err(long.len() + 1), short(""), short("2")]);
    }

    #[test]
    fn what_is_discarded_has_the_limits_of_a_value() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let texts = [
            nested(127),
            nested(128),
            r#"{"a":[1,-2.5,null,true,"\n"],"b":{}}"#.to_owned(),
            "[1e999]".to_owned(),
            r#"["\ud83d"]"#.to_owned(),
        ];
        for text in texts {
            let value = serde_json::from_str::<serde_json::Value>(&text).map(|_| ());
            let discarded = serde_json::from_str::<Discarded>(&text).map(|_| ());
            let text_of =
                |result: Result<(), serde_json::Error>| result.map_err(|it| it.to_string());
            assert_eq!(text_of(discarded), text_of(value), "{text}");
        }
    }
}
