//! `cdb insert`

use std::io::{self, BufRead};

use clap::Args;
use connectordb::{Datapoint, Stream};
use serde_json::{Value, json};

use crate::connect::Server;
use crate::output::Output;
use crate::{Result, times};

/// How many values are sent at once.
const BATCH: usize = 1_000;

/// Puts a value into a stream, or what standard input holds, line by line.
///
/// A value is JSON; what is none is a text. A line that is an object with `t` (seconds since 1970)
/// and `d` is a datapoint with a time of its own. With `--csv`, standard input is a table with a
/// first line of names.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cdb insert temperature 21.5\n  cdb insert diary 'A good day'\n  \
                        echo '{\"t\":1464250199.934,\"d\":8}' | cdb insert mood"
)]
pub(crate) struct Insert {
    /// The stream.
    path: String,

    /// The value; without one, standard input is read.
    #[arg(allow_hyphen_values = true, conflicts_with = "csv")]
    value: Option<String>,

    /// Standard input is CSV.
    #[arg(long)]
    csv: bool,

    /// The column with the times: seconds since 1970, or dates with times.
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    time: Option<String>,

    /// The column with the values; unless given, a value is an object of all other columns.
    #[arg(long = "value", value_name = "COLUMN", requires = "csv")]
    value_column: Option<String>,
}

impl Insert {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let stream = server.stream(&self.path).await?;
        let inserted = match self.value {
            Some(value) => {
                stream.insert(read(&value)).await?;
                1
            }
            None if self.csv => {
                let table = Table::read(io::stdin().lock(), self.time, self.value_column)?;
                insert_all(&stream, table).await?
            }
            None => {
                let lines = io::stdin().lock().lines().filter_map(|line| match line {
                    Ok(line) if line.trim().is_empty() => None,
                    line => Some(line.map_err(Into::into).map(|line| read(&line))),
                });
                insert_all(&stream, lines).await?
            }
        };
        match output.json {
            true => output.say(&json!({"inserted": inserted}), ""),
            false => Ok(()),
        }
    }
}

/// Puts values, or datapoints, into a stream as they come.
async fn insert_all(stream: &Stream, values: impl Iterator<Item = Result<Value>>) -> Result<usize> {
    let (mut inserted, mut batch) = (0, Batch::default());
    let mut values = values.fuse();
    loop {
        let value = values.next().transpose()?;
        let is_over = value.is_none();
        if let Some(value) = value {
            batch.push(value)?;
        }
        if batch.points.len() >= BATCH || is_over {
            // What has a time of its own is not moved.
            let restamp = !batch.is_timed;
            let sent = stream.insert_array(&batch.points).restamp(restamp).await;
            inserted += sent.map_err(|error| format!("after {inserted} values: {error}"))?;
            batch = Batch { is_timed: batch.is_timed, ..Batch::default() };
        }
        if is_over {
            return Ok(inserted);
        }
    }
}

/// The rows of a table, as values or datapoints.
struct Table<R> {
    names: Vec<String>,
    rows: csv::StringRecordsIntoIter<R>,
    time: Option<usize>,
    value: Option<usize>,
}

impl<R: io::Read> Table<R> {
    fn read(input: R, time: Option<String>, value: Option<String>) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(input);
        let names: Vec<_> = reader.headers()?.iter().map(str::to_owned).collect();
        let column = |name: Option<String>| {
            let place = |name: String| {
                let place = names.iter().position(|other| *other == name);
                place.ok_or_else(|| format!("the table has no column {name:?}"))
            };
            name.map(place).transpose()
        };
        let (time, value) = (column(time)?, column(value)?);
        Ok(Self { names, rows: reader.into_records(), time, value })
    }
}

impl<R: io::Read> Iterator for Table<R> {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Result<Value>> {
        let row = self.rows.next()?;
        let value = |row: csv::StringRecord| {
            let cell = |column: usize| read(row.get(column).unwrap_or_default());
            let all =
                self.names.iter().enumerate().filter(|(column, _)| Some(*column) != self.time);
            let value = match self.value {
                Some(column) => cell(column),
                None => all.map(|(column, name)| (name.clone(), cell(column))).collect(),
            };
            let Some(time) = self.time else { return Ok(value) };
            let t = times::parse(row.get(time).unwrap_or_default())?;
            Ok(json!({"t": t, "d": value}))
        };
        Some(row.map_err(Into::into).and_then(value))
    }
}

/// Values, or datapoints, to be sent together.
#[derive(Default)]
struct Batch {
    points: Vec<Datapoint>,
    is_timed: bool,
}

impl Batch {
    fn push(&mut self, value: Value) -> Result {
        let is_datapoint = |object: &serde_json::Map<String, Value>| {
            object.contains_key("d") && object.get("t").is_some_and(Value::is_number)
        };
        if value.as_object().is_some_and(is_datapoint) {
            self.is_timed = true;
            self.points.push(serde_json::from_value(value)?);
        } else {
            self.points.push(Datapoint::now(value));
        }
        Ok(())
    }
}

/// A value: JSON, or else a text.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
