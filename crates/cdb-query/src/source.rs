//! Streams with a range and a transform, from which merges and datasets are made.

use cdb_core::{ConnectorDb, Stream, Timestamp, TimestampError, TypedStream};
use cdb_pipescript::Script;
use cdb_types::StreamQuery;

use crate::Result;

/// A stream that a merge or a dataset reads, optionally with a range and a transform.
///
/// It is made from a text or from a handle. A text without a `/` is the name of a stream of the
/// connected device; any other text is a path (`user/device/stream`).
///
/// A range is by time or by index. Combining both is an error when the query is awaited.
///
/// ```
/// use cdb_query::Source;
/// let source = Source::new("steps").i1(-100).transform("if $ > 0");
/// ```
#[derive(Debug, Clone)]
pub struct Source {
    pub(crate) query: StreamQuery,
    /// The last of its times that is not a time.
    pub(crate) time_error: Option<TimestampError>,
}

impl Source {
    /// Makes a source of all datapoints of a stream.
    pub fn new(stream: impl Into<Self>) -> Self {
        stream.into()
    }

    /// Reads only datapoints later than `t1`. A datapoint at exactly `t1` is **not** included. The
    /// time 0 (the epoch) means no start.
    #[must_use]
    pub fn t1(mut self, t1: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Self {
        self.query.t1 = self.seconds(t1);
        self
    }

    /// Reads only datapoints up to `t2`. A datapoint at exactly `t2` **is** included. The time 0
    /// (the epoch) means no end.
    #[must_use]
    pub fn t2(mut self, t2: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Self {
        self.query.t2 = self.seconds(t2);
        self
    }

    /// Returns the seconds of a time. What is not a time is an error of [`resolve`](Self::resolve).
    fn seconds(&mut self, t: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Option<f64> {
        match t.try_into() {
            Ok(t) => Some(t.as_secs_f64()),
            Err(error) => {
                self.time_error = Some(error.into());
                None
            }
        }
    }

    /// Reads at most the first `limit` datapoints, counted after the transform. 0 means all.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.query.limit = Some(limit);
        self
    }

    /// Reads only datapoints from index `i1` on, included. A negative index counts from the end.
    #[must_use]
    pub fn i1(mut self, i1: i64) -> Self {
        self.query.i1 = Some(i1);
        self
    }

    /// Reads only datapoints before index `i2`, which is not included. A negative index counts from
    /// the end; 0 means the end.
    #[must_use]
    pub fn i2(mut self, i2: i64) -> Self {
        self.query.i2 = Some(i2);
        self
    }

    /// Runs a PipeScript over the datapoints on the server.
    #[must_use]
    pub fn transform(mut self, script: impl Into<String>) -> Self {
        self.query.transform = Some(script.into());
        self
    }

    /// Checks the query, and returns it with the stream's full path.
    pub(crate) fn resolve(mut self, cdb: &ConnectorDb) -> Result<StreamQuery> {
        if let Some(error) = self.time_error {
            return Err(error.into());
        }
        if !self.query.stream.contains('/') {
            self.query.stream = cdb.stream(&self.query.stream)?.path().to_string();
        }
        check_script(self.query.transform.as_deref())?;
        self.query.check()?;
        Ok(self.query)
    }
}

/// Returns an error if a script is given and is not valid.
pub(crate) fn check_script(script: Option<&str>) -> Result<()> {
    if let Some(script) = script {
        Script::parse(script)?;
    }
    Ok(())
}

impl From<&str> for Source {
    fn from(stream: &str) -> Self {
        Self { query: StreamQuery::new(stream), time_error: None }
    }
}

impl From<String> for Source {
    fn from(stream: String) -> Self {
        Self { query: StreamQuery::new(stream), time_error: None }
    }
}

impl From<&Stream> for Source {
    fn from(stream: &Stream) -> Self {
        Self::from(stream.path().to_string())
    }
}

impl From<Stream> for Source {
    fn from(stream: Stream) -> Self {
        Self::from(&stream)
    }
}

impl<T> From<&TypedStream<T>> for Source {
    fn from(stream: &TypedStream<T>) -> Self {
        Self::from(&**stream)
    }
}
