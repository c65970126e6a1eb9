//! Tables: CSV and its relatives.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use csv::StringRecord;
use serde_json::Value;

use super::cell::Kind;
use super::place::{BadRow, Place};
use super::time::TimeParser;
use super::{Row, When};
use crate::Result;

/// How much of a table is read to find out how it is written, in bytes.
const SNIFFED_BYTES: u64 = 64 * 1024;

/// What separates cells, the likelier ones first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a table is to be read.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) times: Vec<String>,
    pub(super) value: Option<String>,
    pub(super) delimiter: Option<u8>,
    pub(super) decimal_comma: bool,
}

/// A table whose names have been read.
pub(super) struct Table<R> {
    input: R,
    delimiter: u8,
    decimal_comma: bool,
    /// The columns that make the time, in their order.
    times: Vec<usize>,
    /// Whether times are those of the protocol, in seconds.
    is_protocol: bool,
    values: Values,
}

/// What makes the value of a row.
enum Values {
    Column(Column),
    Object(Vec<Column>),
}

struct Column {
    name: String,
    index: usize,
    kind: Option<Kind>,
}

impl Values {
    fn columns_mut(&mut self) -> &mut [Column] {
        match self {
            Self::Column(column) => std::slice::from_mut(column),
            Self::Object(columns) => columns,
        }
    }
}

impl<R: Read + Seek> Table<R> {
    /// Reads the names, and finds out what is not given. The schema says what cells are; what it
    /// leaves open is decided by all cells of a column.
    pub(super) fn open(mut input: R, options: Options, schema: &Value) -> Result<Self> {
        let start = input.stream_position()?;
        let delimiter = match options.delimiter {
            Some(delimiter) => delimiter,
            None => sniff(&mut input, start)?,
        };
        let names = names(&mut input, start, delimiter)?;
        let unique = unique(&names);
        let is_protocol = options.times.is_empty()
            && options.value.is_none()
            && (names == ["t", "d", "o"] || names == ["t", "d"]);
        if is_protocol {
            // What `cdb get --csv` prints: values are JSON, origins are not the client's to say.
            let column = Column { name: "d".to_owned(), index: 1, kind: Some(Kind::Json) };
            let (times, values) = (vec![0], Values::Column(column));
            return Ok(Self { input, delimiter, decimal_comma: false, times, is_protocol, values });
        }
        let find = |name: &str| {
            let found: Vec<_> = (0..names.len()).filter(|i| unique[*i] == name.trim()).collect();
            match (&*found, names.iter().filter(|other| *other == name.trim()).count()) {
                ([index], 0 | 1) => Ok(*index),
                ([_, ..], _) => Err(format!(
                    "several columns have the name {name:?}; remove or rename all but one of them"
                )),
                ([], _) => Err(format!(
                    "there is no column {name:?}; the columns are {}",
                    unique.join(", ")
                )),
            }
        };
        let times = options.times.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
        let column = |index: usize, schema: Option<&Value>| Column {
            name: unique[index].clone(),
            index,
            kind: schema.and_then(Kind::of_schema),
        };
        let values = match &options.value {
            Some(name) => Values::Column(column(find(name)?, Some(schema))),
            None => {
                let others: Vec<_> =
                    (0..names.len()).filter(|index| !times.contains(index)).collect();
                let holds_objects = match schema.get("type") {
                    Some(Value::String(name)) => name == "object",
                    _ => schema.get("properties").is_some(),
                };
                match &*others {
                    // A stream of numbers, and one column that is not the time.
                    [index] if schema.get("type").is_some() && !holds_objects => {
                        Values::Column(column(*index, Some(schema)))
                    }
                    others => {
                        let property = |index: &usize| {
                            schema.get("properties").and_then(|it| it.get(&unique[*index]))
                        };
                        Values::Object(others.iter().map(|i| column(*i, property(i))).collect())
                    }
                }
            }
        };
        // A comma between digits is a decimal comma where it does not separate cells.
        let decimal_comma = options.decimal_comma || delimiter != b',';
        input.seek(SeekFrom::Start(start))?;
        let mut table = Self { input, delimiter, decimal_comma, times, is_protocol, values };
        if table.values.columns_mut().iter().any(|column| column.kind.is_none()) {
            table.find_kinds()?;
            table.input.seek(SeekFrom::Start(start))?;
        }
        Ok(table)
    }

    /// Finds out what the cells of those columns are of which the schema does not say it.
    fn find_kinds(&mut self) -> Result {
        let comma = self.decimal_comma;
        let mut kinds: HashMap<usize, Option<Kind>> = HashMap::new();
        let columns = self.values.columns_mut();
        let open: Vec<_> =
            columns.iter().filter(|column| column.kind.is_none()).map(|it| it.index).collect();
        for record in reader(&mut self.input, self.delimiter).records() {
            // What is wrong with it is said when it is read.
            let Ok(record) = record else { continue };
            for index in &open {
                let cell = record.get(*index).unwrap_or_default().trim();
                if !cell.is_empty() {
                    let kind = kinds.entry(*index).or_default();
                    *kind = Some(Kind::widened(*kind, cell, comma));
                }
            }
        }
        for column in self.values.columns_mut().iter_mut().filter(|it| it.kind.is_none()) {
            column.kind = kinds.get(&column.index).copied().flatten();
        }
        Ok(())
    }

    /// The rows. Those without a value are left out, and counted.
    pub(super) fn rows<'a>(
        self,
        times: &'a mut TimeParser,
        without_value: &'a mut u64,
    ) -> impl Iterator<Item = Result<Result<Row, BadRow>>> + 'a
    where
        R: 'a,
    {
        let Self { input, delimiter, decimal_comma, times: columns, is_protocol, values } = self;
        let records = reader(input, delimiter).into_records().zip(1..);
        records.filter_map(move |(record, number)| {
            let record = match record {
                Ok(record) => record,
                Err(error) => return Some(bad_record(&error, number)),
            };
            let line = record.position().map_or(number + 1, csv::Position::line);
            let place = Place::Row { number, line };
            let when = when(&record, &columns, |text| {
                if is_protocol { times.parse_protocol(text) } else { times.parse(text) }
            });
            let when = when.map_err(|message| BadRow::new(place, format!("time: {message}")));
            let row = when.and_then(|when| {
                let json = values.json(&record, decimal_comma, place)?;
                Ok(json.map(|json| Row { place, when, json }))
            });
            match row {
                Ok(None) => {
                    *without_value += 1;
                    None
                }
                Ok(Some(row)) => Some(Ok(Ok(row))),
                Err(bad) => Some(Ok(Err(bad))),
            }
        })
    }
}

impl Values {
    /// The value of a row; `None` if it has none.
    fn json(
        &self,
        record: &StringRecord,
        comma: bool,
        place: Place,
    ) -> Result<Option<String>, BadRow> {
        let json = |column: &Column| {
            let cell = record.get(column.index).unwrap_or_default().trim();
            if cell.is_empty() {
                return Ok(None);
            }
            let json = column.kind.unwrap_or(Kind::Text).json(cell, comma);
            json.map(Some).map_err(|message| {
                BadRow::new(place, format!("column {:?}: {message}", column.name))
            })
        };
        match self {
            Self::Column(column) => json(column),
            Self::Object(columns) => {
                let mut object = String::new();
                for column in columns {
                    let Some(json) = json(column)? else { continue };
                    object.push(if object.is_empty() { '{' } else { ',' });
                    object.push_str(&Value::from(column.name.as_str()).to_string());
                    object.push(':');
                    object.push_str(&json);
                }
                if object.is_empty() {
                    return Ok(None);
                }
                object.push('}');
                Ok(Some(object))
            }
        }
    }
}

fn when(
    record: &StringRecord,
    columns: &[usize],
    parse: impl FnOnce(&str) -> Result<f64, String>,
) -> Result<When, String> {
    if columns.is_empty() {
        return Ok(When::Now);
    }
    let cells: Vec<_> =
        columns.iter().map(|index| record.get(*index).unwrap_or_default().trim()).collect();
    let text = cells.join(" ");
    if text.trim().is_empty() {
        Err("the cell is empty".to_owned())
    } else {
        parse(&text).map(When::At)
    }
}

/// A row that cannot be taken apart.
fn bad_record(error: &csv::Error, number: u64) -> Result<Result<Row, BadRow>> {
    let line = error.position().map_or(number + 1, csv::Position::line);
    let place = Place::Row { number, line };
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let message = format!("{len} cells, but there are {expected_len} columns");
            Ok(Err(BadRow::new(place, message)))
        }
        csv::ErrorKind::Utf8 { .. } => Ok(Err(BadRow::new(place, "the text is not UTF-8"))),
        _ => Err(format!("{place}: {error}").into()),
    }
}

fn reader<R: Read>(input: R, delimiter: u8) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(input)
}

/// The names of the columns, without blanks around them.
fn names(input: &mut (impl Read + Seek), start: u64, delimiter: u8) -> Result<Vec<String>> {
    input.seek(SeekFrom::Start(start))?;
    let mut reader = reader(&mut *input, delimiter);
    let names: Vec<_> = reader.headers()?.iter().map(|name| name.trim().to_owned()).collect();
    input.seek(SeekFrom::Start(start))?;
    if names.iter().all(String::is_empty) {
        return Err("the table has no first line with the names of its columns".into());
    }
    Ok(names)
}

/// The names, the second of those that are alike with ` (2)`, and so on.
fn unique(names: &[String]) -> Vec<String> {
    let mut seen = HashMap::<&str, usize>::new();
    let unique = names.iter().map(|name| {
        let count = seen.entry(name).or_default();
        *count += 1;
        if *count == 1 { name.clone() } else { format!("{name} ({count})") }
    });
    unique.collect()
}

/// What separates the cells of the first line: the delimiter that occurs there most often, outside of
/// quotes.
fn sniff(input: &mut (impl Read + Seek), start: u64) -> Result<u8> {
    let mut beginning = Vec::new();
    input.by_ref().take(SNIFFED_BYTES).read_to_end(&mut beginning)?;
    input.seek(SeekFrom::Start(start))?;
    let (mut counts, mut is_quoted) = ([0; DELIMITERS.len()], false);
    for byte in beginning {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            byte if !is_quoted => {
                if let Some(place) = DELIMITERS.iter().position(|delimiter| *delimiter == byte) {
                    counts[place] += 1;
                }
            }
            _ => {}
        }
    }
    let best = (0..DELIMITERS.len()).rev().max_by_key(|place| counts[*place]);
    Ok(best.map_or(b',', |place| DELIMITERS[place]))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;

    fn read(text: &str, options: Options, schema: &Value) -> Result<Vec<String>> {
        let table = Table::open(Cursor::new(text.as_bytes()), options, schema)?;
        let (mut times, mut empty) = (TimeParser::new(None, None, TimeZone::UTC), 0);
        let rows = table.rows(&mut times, &mut empty).map(|row| Ok(row??.json));
        rows.collect()
    }

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let options = || Options { times: vec!["time".into()], ..Options::default() };
        let number = json!({"type": "number"});
        let rows = read(" time ;v\n2024-01-01;5,5\n2024-01-02;\n", options(), &number);
        assert_eq!(rows.expect("rows"), ["5.5"]);
        let rows = read("time,a,a,b\n2024-01-01,1,2,x\n", options(), &json!({}));
        assert_eq!(rows.expect("rows"), [r#"{"a":1,"a (2)":2,"b":"x"}"#]);
        let rows = read("time,v\n2024-01-01,1\n2024-01-02,warm\n", options(), &json!({}));
        assert_eq!(rows.expect("rows"), [r#"{"v":"1"}"#, r#"{"v":"warm"}"#]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let options = |value: &str| Options { value: Some(value.into()), ..Options::default() };
        let error = |text, value| {
            read(text, options(value), &json!({"type": "number"})).expect_err("wrong").to_string()
        };
        let unknown = error("a,b\n1,2\n", "c");
        assert_eq!(unknown, "there is no column \"c\"; the columns are a, b");
        assert!(error("a,a\n1,2\n", "a").contains("several columns"));
        assert_eq!(
            error("a\n1\nunavailable\n", "a"),
            "row 2 (line 3), column \"a\": \"unavailable\" is not a number"
        );
        assert_eq!(error("a,b\n1,2\n1\n", "a"), "row 2 (line 3), 1 cells, but there are 2 columns");
    }
}
