//! `cdb insert`

mod cell;
mod json;
mod order;
mod place;
mod preamble;
mod spool;
mod table;
mod time;
mod upload;

use std::io::{self, BufReader, IsTerminal, Read, Seek, SeekFrom, Write};

use clap::Args;
use connectordb::types::Discarded;
use connectordb::{Stream, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::SpooledTempFile;

pub(super) use self::json::whole_characters;
use self::json::{Lines, is_array_of_points, without_place};
use crate::connect::Server;
use crate::output::{Output, line};
use crate::{Result, times};
use order::{BadOrder, Order};
use place::{BadRow, Place, Places};
use spool::{MEMORY_BYTES, Spool, SpoolWriter};
use table::Table;
use time::{TimeParser, Unit};

/// Insert a value, or the datapoints of standard input, into a stream.
///
/// VALUE is parsed as JSON; text that is not valid JSON is stored as a string. Standard input is
/// JSON lines (each a datapoint {"t": seconds since 1970, "d": value}, or a value), one JSON array
/// of datapoints, a table (--csv), or lines of text (--text; also if the stream's schema is a
/// string). All of it is checked before the first datapoint is sent: if a row is wrong, nothing is
/// stored.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb insert temperature 21.5\n  \
                        cdb insert diary 'A good day'\n  \
                        echo '{\"t\":1464250199.934,\"d\":8}' | cdb insert mood\n  \
                        cdb insert temperature --csv --time Date --time Time \
                        --time-format '%d/%m/%Y %H:%M' < meteo.csv\n  \
                        cdb insert steps --late < forgotten.jsonl")]
pub(crate) struct Insert {
    /// The stream.
    path: String,

    /// The value to insert. If it is not given, standard input is read.
    #[arg(allow_hyphen_values = true, conflicts_with_all = ["csv", "text"])]
    value: Option<String>,

    /// Read standard input as a table whose first line has the names of the columns. Cells are
    /// separated by commas, semicolons, tabs or bars, whichever the first line has. Lines that begin
    /// with #, and a line such as sep=;, may precede the names.
    #[arg(long)]
    csv: bool,

    /// Store each line of standard input as a string.
    #[arg(long, conflicts_with = "csv")]
    text: bool,

    /// The column with the times; given twice, the columns with the date and with the time of day.
    /// Without it, datapoints are stamped with the present.
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    time: Vec<String>,

    /// The column with the values. Without it, a value is an object of all columns but those of
    /// --time, or the cell of the only other column if the stream's schema is not an object.
    #[arg(long = "value", value_name = "COLUMN", requires = "csv")]
    value_column: Option<String>,

    /// The character that separates cells, `tab` for a tab [default: detected from the first line].
    #[arg(long, value_name = "CHARACTER", requires = "csv", value_parser = delimiter)]
    delimiter: Option<u8>,

    /// Read a comma within a number as a decimal point, even if commas separate cells.
    #[arg(long, requires = "csv")]
    decimal_comma: bool,

    /// The format of times, in the syntax of strptime, such as '%d/%m/%Y %H:%M'. Without it, times
    /// are RFC 3339 or Unix times.
    #[arg(long, value_name = "FORMAT", conflicts_with = "time_unit")]
    time_format: Option<String>,

    /// The unit of times that are numbers. Without it, the unit is detected from their size.
    #[arg(long, value_name = "UNIT")]
    time_unit: Option<Unit>,

    /// The time zone of times without an offset, such as Europe/Berlin [default: the zone of this
    /// machine].
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<TimeZone>,

    /// The start of the recording, for times that are numbers and count from then, such as
    /// 2024-06-01T12:00.
    #[arg(long, value_name = "TIME", requires = "csv")]
    start: Option<String>,

    /// Leave out rows that cannot be stored or are out of order, and print each with the reason.
    #[arg(long)]
    skip_bad: bool,

    /// Sort the datapoints in among those that the stream has, by their times, instead of adding them at
    /// the end. If the connection is lost, it is not tried again: it says how many were stored.
    #[arg(long, conflicts_with = "value")]
    late: bool,

    /// Check the input and print what would be stored, but store nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The maximum size of a value, in bytes: a server accepts request bodies of 10 MiB.
const MAX_VALUE_BYTES: usize = 10 * 1024 * 1024 - 1024;

/// A datapoint of the input.
#[derive(Debug)]
struct Row {
    place: Place,
    when: When,
    /// The value.
    json: String,
}

/// The time of a datapoint.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    /// The time at which the datapoint is read.
    Now,
    /// Seconds since 1970.
    At(f64),
    /// A local time that occurs twice because clocks were set back: both occurrences, in seconds
    /// since 1970.
    Repeated { first: f64, second: f64 },
}

/// The input, read and checked.
struct Checked {
    spool: Spool,
    /// Whether the input has no times, so that datapoints are stamped with the present.
    is_now: bool,
    /// How many rows are left out.
    bad: u64,
    notices: Vec<String>,
}

impl Insert {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let stream = server.stream(&self.path).await?;
        let schema = stream.data().await?.schema;
        if let Some(value) = &self.value {
            let value = argument(value, &schema)?;
            if self.dry_run {
                let parsed = serde_json::from_str(value.get())?;
                return match schema.validator()?.complaint(&parsed) {
                    Some(complaint) => {
                        Err(format!("the value does not match the stream's schema: {complaint}")
                            .into())
                    }
                    None => line(&format!("{value} would be stored.")),
                };
            }
            stream.insert(value).await?;
            return inserted(output, 1);
        }
        let mut input = spooled(io::stdin().lock())?;
        skip_byte_order_mark(&mut input)?;
        let checked = self.read(input, &schema)?;
        let Checked { mut spool, is_now, bad, notices } = checked;
        for notice in &notices {
            eprintln!("cdb: {notice}");
        }
        if !self.late {
            upload::check_order(&stream, &mut spool, is_now).await?;
        } else if is_now {
            return Err("--late needs times: the input has none".into());
        }
        if self.dry_run {
            return would_insert(&spool, bad, output);
        }
        let count = send(&stream, &mut spool, self.late).await?;
        inserted(output, count)
    }

    /// Reads and checks all of the input.
    fn read(&self, mut input: SpooledTempFile, schema: &connectordb::Schema) -> Result<Checked> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        let start = self.start.as_deref().map(|start| times::parse_in(start, &zone)).transpose()?;
        let start = start.map(Timestamp::as_secs_f64);
        let times = TimeParser::new(self.time_format.clone(), self.time_unit, zone);
        let mut times = times.starting_at(start);
        let schema_value = schema.to_value();
        let check = Check { schema: schema.validator()?, skip_bad: self.skip_bad };
        let mut without_value = 0;
        let mut checked = if self.csv {
            let options = table::Options {
                times: self.time.clone(),
                value: self.value_column.clone(),
                delimiter: self.delimiter,
                decimal_comma: self.decimal_comma,
            };
            let table = Table::open(BufReader::new(input), options, &schema_value)?;
            let notices = table.notices().to_vec();
            let checked = check.all(table.rows(&mut times, &mut without_value))?;
            Checked { notices: [notices, checked.notices].concat(), ..checked }
        } else if !self.text && is_array_of_points(&mut input, &schema_value)? {
            check.all(json::array(input, &mut times))?
        } else {
            let is_text = schema_value.get("type") == Some(&Value::from("string"));
            let lines = match (self.text, is_text) {
                (true, _) => Lines::Text,
                (false, true) => Lines::JsonOrText,
                (false, false) => Lines::Json,
            };
            check.all(json::lines(BufReader::new(input), lines, &mut times))?
        };
        checked.notices.extend(times.notices());
        if without_value > 0 {
            checked.notices.push(format!("{without_value} rows without a value are left out"));
        }
        Ok(checked)
    }
}

/// The checks that each row must pass.
struct Check {
    schema: connectordb::types::Validator,
    skip_bad: bool,
}

impl Check {
    /// Reads all rows. The first bad row is an error, unless `skip_bad` is set.
    fn all(&self, rows: impl Iterator<Item = Result<Result<Row, BadRow>>>) -> Result<Checked> {
        let (mut writer, mut order) = (SpoolWriter::new(), Order::default());
        let (mut undated, mut dated, mut bad, mut places) = (None, None, 0, Places::default());
        // Each row is printed when it is found and not kept: there may be any number of them.
        let mut leave_out = |row: &BadRow| {
            bad += 1;
            eprintln!("cdb: left out: {row}");
        };
        for row in rows {
            match row?.and_then(|row| self.check(row)) {
                Ok(Row { place, when, json }) => {
                    let first = if when == When::Now { &mut undated } else { &mut dated };
                    first.get_or_insert(place);
                    writer.push(order.note(when, place), &json)?;
                    if self.skip_bad {
                        places.push(place);
                    }
                }
                Err(row) if self.skip_bad && !row.is_last => leave_out(&row),
                Err(row) => return Err(format!("{row}. Nothing was stored").into()),
            }
        }
        if let (Some(undated), Some(dated)) = (undated, dated) {
            return Err(format!(
                "{undated} has no time, but {dated} has one: give every datapoint a time, or none. \
                 Nothing was stored"
            )
            .into());
        }
        let is_now = dated.is_none();
        let mut notices = Vec::new();
        let spool = match order.descends() {
            Ok(is_descending) => writer.finish(is_descending)?,
            Err(BadOrder::Neither(_)) if self.skip_bad => {
                let (spool, out_of_order) = writer.finish_ordered()?;
                for (index, t) in out_of_order {
                    let Some(place) = places.get(index) else { continue };
                    let time = crate::output::time(t);
                    leave_out(&BadRow::new(place, format!("the time {time} is out of order")));
                }
                spool
            }
            Err(bad) => return Err(format!("{bad}. Nothing was stored").into()),
        };
        if spool.is_reversed() {
            notices.push(
                "the newest datapoint comes first: the datapoints are stored in reverse order"
                    .into(),
            );
        }
        if bad > 0 {
            let all = bad + spool.len() as u64;
            notices.push(format!("{bad} of {all} datapoints are left out"));
        }
        Ok(Checked { spool, is_now, bad, notices })
    }

    fn check(&self, row: Row) -> Result<Row, BadRow> {
        if row.json.len() > MAX_VALUE_BYTES {
            return Err(too_large(row.place, row.json.len()));
        }
        if self.schema.allows_anything() && is_plain(&row.json) {
            return Ok(row);
        }
        // The server reads the value as part of a datapoint in an array, two levels deeper.
        let datapoints = format!(r#"[{{"d":{}}}]"#, row.json);
        let wrong = |error: serde_json::Error| {
            let message = match without_place(&error) {
                text if text == "recursion limit exceeded" => {
                    "the value is nested more than 125 levels deep".to_owned()
                }
                text => format!("the value cannot be stored: {text}"),
            };
            BadRow::new(row.place, message)
        };
        if self.schema.allows_anything() {
            return match serde_json::from_str::<Discarded>(&datapoints) {
                Ok(_) => Ok(row),
                Err(error) => Err(wrong(error)),
            };
        }
        let datapoints: Value = serde_json::from_str(&datapoints).map_err(wrong)?;
        let value = &datapoints[0]["d"];
        match self.schema.complaint(value) {
            Some(complaint) => {
                let message = format!("the value does not match the stream's schema: {complaint}");
                Err(BadRow::new(row.place, message))
            }
            None => Ok(row),
        }
    }
}

/// The error of a value that is too large for a request.
fn too_large(place: Place, bytes: usize) -> BadRow {
    let size = bytes / 1024 / 1024;
    BadRow::new(place, format!("the value has {size} MiB; a server accepts less than 10 MiB"))
}

/// Whether a value is a number or a string without escapes, which is always valid.
fn is_plain(json: &str) -> bool {
    json.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '"'))
        && !json.contains(['\\', 'e', 'E'])
}

/// Parses the value of the command line. It is a string if it is not valid JSON, or if it matches
/// the schema as a string only.
fn argument(text: &str, schema: &connectordb::Schema) -> Result<Box<RawValue>> {
    let string = Value::from(text);
    let validator = schema.validator()?;
    // Kept as JSON text, so that a number keeps all its digits.
    let json = match serde_json::from_str(&whole_characters(text)) {
        Ok(value) if validator.is_valid(&value) || !validator.is_valid(&string) => text.to_owned(),
        _ => string.to_string(),
    };
    Ok(RawValue::from_string(whole_characters(&json).into_owned())?)
}

/// Copies all of standard input to memory, or to a temporary file if it is large, so that it can be
/// read more than once.
fn spooled(mut input: impl Read) -> Result<SpooledTempFile> {
    let mut spool = SpooledTempFile::new(MEMORY_BYTES);
    io::copy(&mut input, &mut spool)?;
    spool.flush()?;
    spool.rewind()?;
    Ok(spool)
}

fn skip_byte_order_mark(input: &mut SpooledTempFile) -> Result {
    let mut mark = Vec::new();
    input.take(3).read_to_end(&mut mark)?;
    let is_mark = mark == [0xef, 0xbb, 0xbf];
    input.seek(SeekFrom::Start(if is_mark { 3 } else { 0 }))?;
    Ok(())
}

async fn send(stream: &Stream, spool: &mut Spool, late: bool) -> Result<usize> {
    if !io::stderr().is_terminal() {
        return upload::upload(stream, spool, late, None).await;
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} datapoints, {eta} left")?;
    let progress = ProgressBar::new(spool.len() as u64).with_style(style);
    let sent = upload::upload(stream, spool, late, Some(&progress)).await;
    progress.finish_and_clear();
    sent
}

fn inserted(output: Output, count: usize) -> Result {
    match output.json {
        true => output.say(&json!({"inserted": count}), ""),
        false => Ok(()),
    }
}

/// Prints what would be stored.
fn would_insert(spool: &Spool, bad: u64, output: Output) -> Result {
    let (first, last) = (spool.first_t(), spool.last_t());
    if output.json {
        let would = json!({"datapoints": spool.len(), "first": first, "last": last, "bad": bad});
        return output.say(&would, "");
    }
    line(&match first.zip(last) {
        Some((first, last)) => {
            let (first, last) = (crate::output::time(first), crate::output::time(last));
            format!("{} datapoints would be stored, from {first} to {last}.", spool.len())
        }
        None => "Nothing would be stored.".to_owned(),
    })
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        b"tab" | b"\\t" => Ok(b'\t'),
        _ => Err("expected one ASCII character, or \"tab\"".to_owned()),
    }
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| "expected the name of a time zone, such as Europe/Berlin".to_owned())
}
