//! `cdb merge` and `cdb dataset`

use std::path::PathBuf;

use clap::Args;
use connectordb::Timestamp;
use connectordb::query::{Column, Dataset, Merge, Row};
use connectordb::types::Step;
use serde_json::{Map, json};

use crate::connect::Server;
use crate::output::{Output, datapoint, line, print_json};
use crate::{Result, times};

/// Print the datapoints of several streams as one series, in order of time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb merge mood temperature")]
pub(crate) struct MergeStreams {
    /// The streams to merge.
    #[arg(required = true, num_args = 2..)]
    paths: Vec<String>,
}

impl MergeStreams {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let cdb = server.connect().await?;
        let mut merge = Merge::new(&cdb);
        for path in &self.paths {
            merge = merge.stream(path.as_str());
        }
        merge.await?.iter().try_for_each(|point| match output.json {
            true => print_json(point),
            false => line(&datapoint(point)),
        })
    }
}

/// Print streams as a table with a row for each datapoint of one stream (--x), or a row every N
/// seconds, day, week or month (--every).
///
/// Each column is a stream and an interpolator, which computes the value in a row. `temperature` is
/// the value that is closest in time to the row, `steps:sum` is the sum of the values since the
/// previous row, and `walked=me/phone/steps:sum` is the same in a column named `walked`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb dataset --x mood temperature steps:sum\n  \
                        cdb dataset --from yesterday --to now --every 3600 temperature:mean\n  \
                        cdb dataset --from 2026-11-01 --every day --zone Europe/Berlin steps:sum")]
pub(crate) struct ShowDataset {
    /// Print a row for each datapoint of this stream.
    #[arg(long, value_name = "STREAM", required_unless_present = "every")]
    x: Option<String>,

    /// Print a row every SECONDS seconds, starting at --from; or with `day`, `week` or `month`, a row for
    /// each that has ended between --from and --to, at the midnight of its end.
    #[arg(
        long,
        visible_alias = "dt",
        value_name = "SECONDS|day|week|month",
        conflicts_with = "x",
        requires = "from"
    )]
    every: Option<Step>,

    /// The time zone of days, weeks and months, such as Europe/Berlin [default: UTC].
    #[arg(long, value_name = "ZONE", requires = "every")]
    zone: Option<String>,

    /// The start: seconds since 1970, a date, `yesterday`, `2h ago`. Required with --every.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    from: Option<Timestamp>,

    /// The end; with --every, now by default.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    to: Option<Timestamp>,

    /// Run a PipeScript transform over the rows, on the server.
    #[arg(long, value_name = "SCRIPT")]
    posttransform: Option<String>,

    /// Write the table to a CSV file instead of printing it.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    csv: Option<PathBuf>,

    /// The columns; the default interpolator is `closest`.
    #[arg(required = true, value_name = "[NAME=]STREAM[:INTERPOLATOR]")]
    columns: Vec<String>,
}

impl ShowDataset {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let cdb = server.connect().await?;
        let mut dataset = Dataset::new(&cdb);
        if let Some(x) = &self.x {
            dataset = dataset.x(x.as_str());
        }
        if let Some(every) = self.every {
            let zone = self.zone.as_deref().unwrap_or("UTC");
            dataset = match every {
                Step::Seconds(seconds) => dataset.dt(seconds),
                Step::Calendar(step) => dataset.every(step, zone),
                _ => return Err("this step is not known".into()),
            };
            dataset = dataset.t2(self.to.unwrap_or_else(Timestamp::now));
        } else if let Some(to) = self.to {
            dataset = dataset.t2(to);
        }
        if let Some(from) = self.from {
            dataset = dataset.t1(from);
        }
        if let Some(script) = &self.posttransform {
            dataset = dataset.posttransform(script);
        }
        for column in &self.columns {
            dataset = dataset.column(parse_column(column));
        }
        let table = dataset.await?;
        match (output.json, &self.csv) {
            (true, _) => {
                let names = table.columns();
                let row = |row: Row| {
                    let values: Map<_, _> =
                        names.iter().cloned().zip(row.values().iter().cloned()).collect();
                    json!({"t": row.t(), "d": values})
                };
                print_json(&table.rows().map(row).collect::<Vec<_>>())
            }
            (_, Some(file)) => Ok(table.write_csv(file)?),
            _ => line(&table.to_string()),
        }
    }
}

fn parse_column(text: &str) -> Column {
    let (name, rest) = match text.split_once('=') {
        Some((name, rest)) => (Some(name), rest),
        None => (None, text),
    };
    let (stream, interpolator) = match rest.split_once(':') {
        Some((stream, interpolator)) => (stream, Some(interpolator)),
        None => (rest, None),
    };
    let mut column = Column::new(stream);
    if let Some(interpolator) = interpolator {
        column = column.interpolator(interpolator);
    }
    match name {
        Some(name) => column.name(name),
        None => column,
    }
}
