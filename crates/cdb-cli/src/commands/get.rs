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

/// The range that is printed by default.
const LAST_TEN: &str = "-10..";

/// Print datapoints of a stream, selected by index or by time; by default the last ten.
///
/// Indexes start at 0: `5` is the sixth datapoint, `-1` the last, `-10..` are the last ten, and
/// `3..8` are those from index 3 to 7. Times are given with `--from` (excluded) and `--to`
/// (included).
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb get temperature\n  cdb get temperature -100.. --csv\n  \
                        cdb get temperature --from yesterday --to '2h ago' --transform 'mean | if last'")]
pub(crate) struct Get {
    /// The stream.
    path: String,

    /// An index or a range of indexes [default: -10..].
    #[arg(allow_hyphen_values = true, conflicts_with_all = ["from", "to", "limit"])]
    range: Option<String>,

    #[command(flatten)]
    selection: Selection,

    /// Print CSV with the columns `t` (seconds since 1970), `d` (the value as JSON) and `o` (the
    /// origin).
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    /// Write a Parquet file with the columns `t` and `d` instead of printing.
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
        // Values are kept as JSON text, so that numbers keep all their digits.
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
