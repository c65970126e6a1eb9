//! `cdb merge` and `cdb dataset`

use std::path::PathBuf;

use clap::Args;
use connectordb::Timestamp;
use connectordb::query::{Column, Dataset, Merge, Row};
use serde_json::{Map, json};

use crate::connect::Server;
use crate::output::{Output, datapoint, line, print_json};
use crate::{Result, times};

/// Shows several streams as one series, by time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb merge mood temperature")]
pub(crate) struct MergeStreams {
    /// The streams.
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

/// Shows streams as a table: a row for each datapoint of one of them, or for each step of time.
///
/// A column is a stream, and how its value is found: `temperature` (what is closest in time),
/// `steps:sum` (over what came since the row before), or `name=me/phone/steps:mean`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb dataset --x mood temperature steps:sum\n  \
                        cdb dataset --from yesterday --to now --every 3600 temperature:mean")]
pub(crate) struct ShowDataset {
    /// The stream that has a datapoint for each row.
    #[arg(long, value_name = "STREAM", required_unless_present = "every")]
    x: Option<String>,

    /// A row for every so many seconds.
    #[arg(long, value_name = "SECONDS", conflicts_with = "x", requires = "from")]
    every: Option<f64>,

    /// From when: seconds since 1970, a date, `yesterday`, `2h ago`.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    from: Option<Timestamp>,

    /// Until when; now unless given.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    to: Option<Timestamp>,

    /// Runs a PipeScript over the rows, on the server.
    #[arg(long, value_name = "SCRIPT")]
    posttransform: Option<String>,

    /// Writes the table into a file of CSV instead.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    csv: Option<PathBuf>,

    /// The columns.
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
            dataset = dataset.dt(every).t2(self.to.unwrap_or_else(Timestamp::now));
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
