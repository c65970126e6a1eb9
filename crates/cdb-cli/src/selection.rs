//! The options of `cdb get` and `cdb plot` that select datapoints of a stream.

use std::ops::Bound;

use clap::Args;
use connectordb::{Datapoints, Plot, Stream, Timestamp};
use serde::de::DeserializeOwned;

use crate::{Result, times};

/// The options that select datapoints of a stream.
#[derive(Debug, Clone, Args)]
pub(crate) struct Selection {
    /// Select datapoints later than this time: seconds since 1970, a date, `yesterday`, `2h ago`.
    #[arg(long, visible_alias = "t1", value_name = "TIME", value_parser = times::parse)]
    from: Option<Timestamp>,

    /// Select datapoints up to and including this time.
    #[arg(long, visible_alias = "t2", value_name = "TIME", value_parser = times::parse)]
    to: Option<Timestamp>,

    /// Select at most N datapoints, the earliest ones.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Run a PipeScript transform over the datapoints, on the server.
    #[arg(long, short, value_name = "SCRIPT")]
    transform: Option<String>,

    /// Select the stream's downlink: the values that other devices have requested.
    #[arg(long)]
    downlink: bool,
}

impl Selection {
    pub(crate) fn is_by_time(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.limit.is_some()
    }

    /// Returns the plot of the range, in `columns` columns, if it is one of time.
    pub(crate) async fn plot(
        &self,
        stream: &Stream,
        key: Option<&str>,
        columns: usize,
    ) -> Result<Option<Plot>> {
        if self.limit.is_some() || (self.from.is_none() && self.to.is_none()) {
            return Ok(None);
        }
        let from = self.from.map_or(Bound::Unbounded, Bound::Excluded);
        let to = self.to.map_or(Bound::Unbounded, Bound::Included);
        let mut plot = stream.plot((from, to), columns);
        if let Some(key) = key {
            plot = plot.key(key);
        }
        if let Some(script) = &self.transform {
            plot = plot.transform(script);
        }
        if self.downlink {
            plot = plot.downlink();
        }
        Ok(Some(plot.await?))
    }

    /// Runs the query: by time if `--from`, `--to` or `--limit` is given, otherwise by a range of
    /// indexes.
    pub(crate) async fn of<T>(self, stream: &Stream, range: &str) -> Result<Datapoints<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let stream = stream.typed::<T>();
        macro_rules! run {
            ($query:expr) => {{
                let mut query = $query;
                if let Some(script) = self.transform {
                    query = query.transform(script).typed();
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
        let range = parse_range(range).ok_or_else(|| {
            format!("{range:?} is not a range of indexes: expected, for example, -10.., 3..8 or -1")
        })?;
        match range {
            Range::One(index) => run!(stream.range(index..=index)),
            Range::From(start) => run!(stream.range(start..)),
            Range::Between(start, end) => run!(stream.range(start..end)),
        }
    }
}

/// A range of indexes; negative ones count from the end.
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

#[cfg(test)]
mod tests {
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
}
