//! `cdb get`

use clap::Args;
use connectordb::{Datapoint, Datapoints, Stream, Timestamp};
use serde_json::Value;

use crate::connect::Server;
use crate::output::{Output, datapoint, is_read_by_a_person, line, print_json};
use crate::{Result, times};

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

    /// Only those later than this: seconds since 1970, a date, `yesterday`, `2h ago`.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    from: Option<Timestamp>,

    /// Only those up to this time.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    to: Option<Timestamp>,

    /// At most so many, the first ones.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Runs a PipeScript over them, on the server.
    #[arg(long, short, value_name = "SCRIPT")]
    transform: Option<String>,

    /// Shows what others have asked the stream's owner for.
    #[arg(long)]
    downlink: bool,

    /// Prints `t,d,o`, the values as JSON.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Get {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let (csv, is_all) = (self.csv, self.range.is_some() || self.is_by_time());
        let stream = server.stream(&self.path).await?;
        let mut data = self.query(&stream).await?;
        if csv {
            line("t,d,o")?;
        }
        let mut shown = 0;
        while let Some(point) = futures_util::TryStreamExt::try_next(&mut data).await? {
            shown += 1;
            match (output.json, csv) {
                (true, _) => print_json(&point)?,
                (_, true) => line(&csv_line(&point))?,
                _ => line(&datapoint(&point))?,
            }
        }
        if shown == 0 && !is_all && is_read_by_a_person() && !output.json {
            eprintln!("The stream is empty.");
        }
        Ok(())
    }

    fn is_by_time(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.limit.is_some()
    }

    async fn query(self, stream: &Stream) -> Result<Datapoints<Value>> {
        macro_rules! run {
            ($query:expr) => {{
                let mut query = $query;
                if let Some(script) = self.transform {
                    query = query.transform(script);
                }
                if self.downlink {
                    query = query.downlink();
                }
                Ok(query.stream().await?)
            }};
        }
        if self.is_by_time() {
            let mut query = stream.query().limit(self.limit.unwrap_or(0));
            if let Some(from) = self.from {
                query = query.t1(from);
            }
            if let Some(to) = self.to {
                query = query.t2(to);
            }
            return run!(query);
        }
        let range = self.range.as_deref().unwrap_or("-10..");
        match parse_range(range).ok_or_else(|| format!("{range:?} is no range of indexes"))? {
            Range::One(index) => run!(stream.range(index..=index)),
            Range::From(start) => run!(stream.range(start..)),
            Range::Between(start, end) => run!(stream.range(start..end)),
        }
    }
}

/// Which datapoints, by index.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    One(i64),
    From(i64),
    Between(i64, i64),
}

fn parse_range(text: &str) -> Option<Range> {
    let Some((start, end)) = text.split_once("..") else {
        return Some(Range::One(text.parse().ok()?));
    };
    let start = if start.is_empty() { 0 } else { start.parse().ok()? };
    if end.is_empty() {
        return Some(Range::From(start));
    }
    Some(Range::Between(start, end.parse().ok()?))
}

/// A datapoint as a line of CSV.
fn csv_line(point: &Datapoint) -> String {
    let value = point.d.to_string();
    let value = match value.contains([',', '"', '\n']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value,
    };
    format!("{},{value},{}", point.t.as_secs_f64(), point.o.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ranges_are_those_of_the_documentation() {
        assert_eq!(parse_range("5"), Some(Range::One(5)));
        assert_eq!(parse_range("-1"), Some(Range::One(-1)));
        assert_eq!(parse_range("-10.."), Some(Range::From(-10)));
        assert_eq!(parse_range(".."), Some(Range::From(0)));
        assert_eq!(parse_range("..8"), Some(Range::Between(0, 8)));
        assert_eq!(parse_range("3..-1"), Some(Range::Between(3, -1)));
        for wrong in ["", "x", "1..x", "1...2", "1..2..3"] {
            assert_eq!(parse_range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let point =
            Datapoint { o: Some("me/user".into()), ..Datapoint::new(1.5, json!({"a": 1, "b": 2})) };
        assert_eq!(csv_line(&point), r#"1.5,"{""a"":1,""b"":2}",me/user"#);
        assert_eq!(csv_line(&Datapoint::new(2.0, json!(21.5))), "2,21.5,");
    }
}
