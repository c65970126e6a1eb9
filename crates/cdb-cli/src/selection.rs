//! Which datapoints of a stream are meant.

use clap::Args;
use connectordb::{Datapoints, Stream, Timestamp};
use serde::de::DeserializeOwned;

use crate::{Result, times};

/// Which datapoints of a stream are meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct Selection {
    /// Only those later than this: seconds since 1970, a date, `yesterday`, `2h ago`.
    #[arg(long, visible_alias = "t1", value_name = "TIME", value_parser = times::parse)]
    from: Option<Timestamp>,

    /// Only those up to this time.
    #[arg(long, visible_alias = "t2", value_name = "TIME", value_parser = times::parse)]
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
}

impl Selection {
    pub(crate) fn is_by_time(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.limit.is_some()
    }

    /// Asks for them: by time, if that is said, or else by a range of indexes.
    pub(crate) async fn of<T>(self, stream: &Stream, range: &str) -> Result<Datapoints<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let stream = stream.typed::<T>();
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
