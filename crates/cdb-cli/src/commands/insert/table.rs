//! Tables: CSV and similar formats.

use std::collections::HashMap;
use std::io::{BufRead, Read, Seek, SeekFrom};

use csv::StringRecord;
use jiff::civil::DateTime;
use serde_json::Value;

use super::cell::{Kind, number};
use super::place::{BadRow, Place, start_of};
use super::preamble::Preamble;
use super::time::TimeParser;
use super::{Row, When};
use crate::Result;

/// The number of bytes at the start of a table in which the delimiter is detected.
const SNIFFED_BYTES: u64 = 64 * 1024;

/// The delimiters that are detected, those first that are rarer within cells.
const DELIMITERS: [u8; 4] = [b';', b'\t', b'|', b','];

/// The options that say how to read a table.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) times: Vec<String>,
    pub(super) value: Option<String>,
    pub(super) delimiter: Option<u8>,
    pub(super) decimal_comma: bool,
}

/// A table whose column names have been read.
pub(super) struct Table<R> {
    input: R,
    delimiter: u8,
    decimal_comma: bool,
    /// The indexes of the columns that form the time, in the order of the options.
    times: Vec<usize>,
    /// Whether the columns are those of `cdb get --csv`: numbers are times in seconds.
    is_protocol: bool,
    values: Values,
    /// Whether the number of quotes is odd.
    has_open_quote: bool,
    /// The number of lines before the column names.
    lines_before: u64,
    notices: Vec<String>,
}

/// The columns that form the value of a row.
enum Values {
    /// The value is a cell.
    Column(Column),
    /// The value is an object of cells.
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

impl<R: BufRead + Seek> Table<R> {
    /// Reads the column names, and detects what the options leave open. The types of columns are
    /// those of the schema, or are detected from all their cells if the schema leaves them open.
    pub(super) fn open(mut input: R, options: Options, schema: &Value) -> Result<Self> {
        let given_columns = options.times.iter().chain(&options.value);
        let given_columns: Vec<_> = given_columns.map(|name| name.trim()).collect();
        let preamble = Preamble::read(&mut input, options.delimiter, &given_columns)?;
        let start = preamble.end;
        let delimiter = match options.delimiter.or(preamble.delimiter) {
            Some(delimiter) => delimiter,
            None => sniff(&mut input, start)?,
        };
        let has_open_quote = has_open_quote(&mut input, start)?;
        let names = names(&mut input, &preamble, delimiter)?;
        let is_protocol = options.times.is_empty()
            && options.value.is_none()
            && (names == ["t", "d", "o"] || names == ["t", "d"]);
        let (times, values) = match is_protocol {
            // The output of `cdb get --csv`: values are JSON. The origin is ignored because the
            // server sets it.
            true => {
                let column = Column { name: "d".to_owned(), index: 1, kind: Some(Kind::Exact) };
                (vec![0], Values::Column(column))
            }
            false => columns(&options, &names, schema)?,
        };
        // A comma that does not separate cells is a decimal comma.
        let decimal_comma = options.decimal_comma || delimiter != b',';
        input.seek(SeekFrom::Start(start))?;
        let comments = Some(preamble.comments).filter(|count| *count > 0);
        let notice = |count| {
            format!("{count} lines before the column names, which begin with #, are left out")
        };
        let notices = comments.map(notice).into_iter().collect();
        let mut table = Self {
            input,
            delimiter,
            decimal_comma,
            times,
            is_protocol,
            values,
            has_open_quote,
            lines_before: preamble.lines,
            notices,
        };
        if table.values.columns_mut().iter().any(|column| column.kind.is_none()) {
            table.find_kinds()?;
            table.input.seek(SeekFrom::Start(start))?;
        }
        Ok(table)
    }

    /// Detects the types of columns that the schema leaves open.
    fn find_kinds(&mut self) -> Result {
        let comma = self.decimal_comma;
        let mut kinds: HashMap<usize, Option<Kind>> = HashMap::new();
        let columns = self.values.columns_mut();
        let open: Vec<_> =
            columns.iter().filter(|column| column.kind.is_none()).map(|it| it.index).collect();
        let mut became_text = HashMap::new();
        for (record, row) in reader(&mut self.input, self.delimiter).records().zip(1..) {
            // `rows` reports the error.
            let Ok(record) = record else { continue };
            for index in &open {
                let cell = record.get(*index).unwrap_or_default().trim();
                if !cell.is_empty() {
                    let kind = kinds.entry(*index).or_default();
                    let widened = Kind::widened(*kind, cell, comma);
                    if widened == Kind::Text && kind.is_some_and(|kind| kind != Kind::Text) {
                        became_text.entry(*index).or_insert((row, start_of(cell)));
                    }
                    *kind = Some(widened);
                }
            }
        }
        for column in self.values.columns_mut().iter_mut().filter(|it| it.kind.is_none()) {
            column.kind = kinds.get(&column.index).copied().flatten();
            if let Some((row, cell)) = became_text.get(&column.index) {
                self.notices.push(format!(
                    "column {:?} is stored as strings because row {row} has {cell}; with a schema of \
                     another type, such rows are refused",
                    column.name
                ));
            }
        }
        Ok(())
    }

    /// What was detected in the table, as messages for the user.
    pub(super) fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The rows. Rows without a value are left out, and added to `without_value`.
    pub(super) fn rows<'a>(
        self,
        times: &'a mut TimeParser,
        without_value: &'a mut u64,
    ) -> impl Iterator<Item = Result<Result<Row, BadRow>>> + 'a
    where
        R: 'a,
    {
        let Self { input, delimiter, decimal_comma, times: columns, is_protocol, values, .. } =
            self;
        let (has_open_quote, lines_before) = (self.has_open_quote, self.lines_before);
        let mut marks = HashMap::new();
        let records = reader(input, delimiter).into_records().zip(1..);
        records.filter_map(move |(record, number)| {
            let record = match record {
                Ok(record) => record,
                Err(error) => return Some(bad_record(&error, number, lines_before)),
            };
            let line = lines_before + record.position().map_or(number + 1, csv::Position::line);
            let place = Place::Row { number, line };
            if record.iter().all(|cell| cell.trim().is_empty()) {
                return None;
            }
            if has_open_quote && record.iter().any(|cell| cell.contains('\n')) {
                let message = "a quote is opened and not closed";
                return Some(Ok(Err(BadRow { is_last: true, ..BadRow::new(place, message) })));
            }
            let when = when(&record, &columns, |text| {
                let is_seconds = is_protocol && text.parse::<f64>().is_ok();
                if is_seconds { times.parse_protocol(text) } else { times.parse(text) }
            });
            let when = when.map_err(|message| BadRow::new(place, format!("time: {message}")));
            let row = when.and_then(|when| {
                let json = values.json(&record, decimal_comma, place, &mut marks)?;
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
    /// The value of a row, or `None` if its cells are empty.
    fn json(
        &self,
        record: &StringRecord,
        comma: bool,
        place: Place,
        marks: &mut HashMap<usize, char>,
    ) -> Result<Option<String>, BadRow> {
        let mut json = |column: &Column| {
            let cell = record.get(column.index).unwrap_or_default().trim();
            if cell.is_empty() {
                return Ok(None);
            }
            let kind = column.kind.unwrap_or(Kind::Text);
            // 1.234 and 950,5 in one column: the point may separate thousands.
            if comma
                && kind == Kind::Number
                && let Some(mark) = cell.chars().find(|c| matches!(c, ',' | '.'))
                && *marks.entry(column.index).or_insert(mark) != mark
            {
                let message = format!(
                    "column {:?}: {cell:?} has {mark:?}, but earlier cells have the other decimal \
                     mark; write all numbers with the same one",
                    column.name
                );
                return Err(BadRow::new(place, message));
            }
            let json = kind.json(cell, comma);
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

/// The time of a row: its time cells, joined by blanks and parsed.
fn when(
    record: &StringRecord,
    columns: &[usize],
    parse: impl FnOnce(&str) -> Result<When, String>,
) -> Result<When, String> {
    if columns.is_empty() {
        return Ok(When::Now);
    }
    let cells: Vec<_> =
        columns.iter().map(|index| record.get(*index).unwrap_or_default().trim()).collect();
    let text = cells.join(" ");
    if text.trim().is_empty() { Err("the cell is empty".to_owned()) } else { parse(&text) }
}

/// The error of a row that cannot be split into cells.
fn bad_record(error: &csv::Error, number: u64, lines_before: u64) -> Result<Result<Row, BadRow>> {
    let line = lines_before + error.position().map_or(number + 1, csv::Position::line);
    let place = Place::Row { number, line };
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let message = format!("the row has {len} cells, but the first line has {expected_len}");
            Ok(Err(BadRow::new(place, message)))
        }
        csv::ErrorKind::Utf8 { .. } => Ok(Err(BadRow::new(place, "the text is not UTF-8"))),
        _ => Err(format!("{place}: {error}").into()),
    }
}

fn reader<R: Read>(input: R, delimiter: u8) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(input)
}

/// The names of the columns, without surrounding white space.
fn names(
    input: &mut (impl Read + Seek),
    preamble: &Preamble,
    delimiter: u8,
) -> Result<Vec<String>> {
    let start = preamble.end;
    input.seek(SeekFrom::Start(start))?;
    let mut reader = reader(&mut *input, delimiter);
    let headers = reader.headers().map_err(|error| match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the table is not UTF-8: save it as UTF-8".to_owned(),
        _ => error.to_string(),
    })?;
    let names: Vec<_> = headers.iter().map(|name| name.trim().to_owned()).collect();
    input.seek(SeekFrom::Start(start))?;
    if names.iter().all(String::is_empty) {
        return Err("the table is empty: the first line must have the names of the columns".into());
    }
    let is_datum = |name: &String| number(name, true).is_some() || name.parse::<DateTime>().is_ok();
    if names.iter().filter(|name| !name.is_empty()).all(is_datum) {
        return Err(format!(
            "the first line, {}, has values: add a line with the names of the columns before it",
            start_of(&names.join(", "))
        )
        .into());
    }
    // If the names themselves begin with #, they were read as a comment, and a row as the names.
    if preamble.comments > 0
        && let Some(datum) = names.iter().find(|name| is_datum(name))
    {
        return Err(format!(
            "the line after the comments has the value {} where a column name is expected; if the line \
             before it has the names, remove the # from that line",
            start_of(datum)
        )
        .into());
    }
    Ok(names)
}

/// The indexes of the columns that form the time, and the columns that form the value.
fn columns(options: &Options, names: &[String], schema: &Value) -> Result<(Vec<usize>, Values)> {
    let unique = unique(names);
    let find = |name: &str, is_time: bool| {
        let found: Vec<_> = (0..names.len()).filter(|i| unique[*i] == name.trim()).collect();
        match (&*found, names.iter().filter(|other| *other == name.trim()).count()) {
            ([index], 0 | 1) => Ok(*index),
            // Two columns of the same name, of which `--time time --time "time (2)"` uses both.
            ([index], _) if is_time && options.times.len() > 1 => Ok(*index),
            ([_, ..], _) => Err(format!(
                "several columns have the name {name:?}; remove or rename all but one of them"
            )),
            ([], _) => {
                Err(format!("there is no column {name:?}; the columns are {}", unique.join(", ")))
            }
        }
    };
    let times = options.times.iter().map(|name| find(name, true)).collect::<Result<Vec<_>, _>>()?;
    let column = |index: usize, schema: Option<&Value>| Column {
        name: unique[index].clone(),
        index,
        kind: schema.and_then(Kind::of_schema),
    };
    let values = match &options.value {
        Some(name) => Values::Column(column(find(name, false)?, Some(schema))),
        None => {
            // Some spreadsheets end lines with columns that have no name.
            let is_value = |index: &usize| !times.contains(index) && !names[*index].is_empty();
            let others: Vec<_> = (0..names.len()).filter(is_value).collect();
            let holds_objects = match schema.get("type") {
                Some(Value::String(name)) => name == "object",
                _ => schema.get("properties").is_some(),
            };
            match &*others {
                // For example a stream of numbers, and one column besides the time.
                [index] if schema.get("type").is_some() && !holds_objects => {
                    Values::Column(column(*index, Some(schema)))
                }
                [_, _, ..] if schema.get("type").is_some() && !holds_objects => {
                    let columns = unique.join(", ");
                    return Err(format!(
                        "the stream's values are not objects: give the column with the values \
                         with --value; the columns are {columns}"
                    )
                    .into());
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
    Ok((times, values))
}

/// The names, made unique: ` (2)` is appended to the second of equal names, and so on.
fn unique(names: &[String]) -> Vec<String> {
    let mut unique = Vec::<String>::new();
    for (index, name) in names.iter().enumerate() {
        let numbered = (2..).map(|count| format!("{name} ({count})"));
        let is_free = |candidate: &String| {
            !unique.contains(candidate) && !names[index + 1..].contains(candidate)
        };
        let first = Some(name.clone()).filter(|name| !unique.contains(name));
        unique.push(first.or_else(|| numbered.into_iter().find(is_free)).unwrap_or_default());
    }
    unique
}

/// Whether the number of quotes is odd.
fn has_open_quote(input: &mut (impl Read + Seek), start: u64) -> Result<bool> {
    let (mut buffer, mut quotes) = (vec![0; 64 * 1024], 0);
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            input.seek(SeekFrom::Start(start))?;
            return Ok(quotes % 2 == 1);
        }
        quotes += buffer[..read].iter().filter(|byte| **byte == b'"').count();
    }
}

/// Detects the delimiter: the one that occurs most often in the first line, outside of quotes.
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
    // Of equally frequent delimiters the first one in `DELIMITERS`.
    let best = (0..DELIMITERS.len()).rev().max_by_key(|place| counts[*place]);
    Ok(best.filter(|place| counts[*place] > 0).map_or(b',', |place| DELIMITERS[place]))
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
    fn errors_name_the_row_and_the_column() {
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
        assert_eq!(
            error("a,b\n1,2\n1\n", "a"),
            "row 2 (line 3), the row has 1 cells, but the first line has 2"
        );
    }
}
