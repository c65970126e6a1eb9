//! `cdb get`

use std::path::PathBuf;

use clap::Args;
use connectordb::query::Table;
use connectordb::{Datapoint, DatapointArray};
use futures_util::TryStreamExt;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::Result;
use crate::connect::Server;
use crate::output::{Output, datapoint, is_terminal, line, print_json};
use crate::selection::Selection;

/// What is shown unless something is asked for.
const LAST_TEN: &str = "-10..";

/// Shows datapoints of a stream, by index or by time.
///
/// By index: `5` (the sixth), `-1` (the last), `-10..`, `3..8` (without the one at 8). By time with
/// `--from` (not included) and `--to` (included). Without either, the last ten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb get temperature\n  cdb get temperature -100.. --csv\n  \
                        cdb get temperature --from yesterday --to '2h ago' --transform 'mean | if last'")]
pub(crate) struct Get {
    /// The stream.
    path: String,

    /// Which, by index.
    #[arg(allow_hyphen_values = true, conflicts_with_all = ["from", "to", "limit"])]
    range: Option<String>,

    #[command(flatten)]
    selection: Selection,

    /// Prints `t,d,o`, the values as JSON.
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    /// Writes a table with the columns `t` and `d` into a Parquet file instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    parquet: Option<PathBuf>,
}

impl Get {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let is_all = self.range.is_none() && !self.selection.is_by_time();
        let stream = server.stream(&self.path).await?;
        let range = self.range.as_deref().unwrap_or(LAST_TEN);
        if let Some(file) = self.parquet {
            let data = self.selection.of::<Value>(&stream, range).await?;
            let rows: DatapointArray = data
                .map_ok(|point| point.map(|d| json!({"d": d})))
                .try_collect::<Vec<_>>()
                .await?
                .into();
            return Ok(Table::of(rows, vec!["d".to_owned()]).write_parquet(file)?);
        }
        // As text: numbers keep all their digits.
        let mut data = self.selection.of::<Box<RawValue>>(&stream, range).await?;
        if self.csv {
            line("t,d,o")?;
        }
        let mut is_empty = true;
        while let Some(point) = data.try_next().await? {
            is_empty = false;
            match (output.json, self.csv) {
                (true, _) => print_json(&point)?,
                (_, true) => line(&csv_line(&point))?,
                _ => line(&datapoint(&point.map(|d| d.get().to_owned())))?,
            }
        }
        if is_empty && is_all && is_terminal() && !output.json {
            eprintln!("The stream is empty.");
        }
        Ok(())
    }
}

/// A datapoint as a line of CSV.
fn csv_line(point: &Datapoint<Box<RawValue>>) -> String {
    let value = point.d.get();
    let value = match value.contains([',', '"', '\n']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value.to_owned(),
    };
    format!("{},{value},{}", point.t.as_secs_f64(), point.o.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).expect("JSON");
        let object = Datapoint::new(1.5, raw(r#"{"a":1,"b":2}"#)).expect("a time");
        let point = Datapoint { o: Some("me/user".into()), ..object };
        assert_eq!(csv_line(&point), r#"1.5,"{""a"":1,""b"":2}",me/user"#);
        assert_eq!(csv_line(&Datapoint::at(2, raw("21.5"))), "2,21.5,");
    }
}
