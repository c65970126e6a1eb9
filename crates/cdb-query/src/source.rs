//! A stream with a range and a transform.

use cdb_core::{ConnectorDb, Stream, Timestamp, TypedStream};
use cdb_pipescript::Script;
use cdb_types::StreamQuery;

use crate::Result;

/// A stream of which a merge or a dataset is made, with a range and a transform if wanted.
///
/// A text is a name, of a stream of the connected device, or a path (`user/device/stream`); a
/// handle is its stream.
///
/// ```
/// use cdb_query::Source;
/// let source = Source::new("steps").i1(-100).transform("if $ > 0");
/// ```
#[derive(Debug, Clone)]
pub struct Source {
    pub(crate) query: StreamQuery,
}

impl Source {
    /// All of a stream.
    pub fn new(stream: impl Into<Self>) -> Self {
        stream.into()
    }

    /// Only datapoints later than this; one of exactly this time is not among them.
    #[must_use]
    pub fn t1(mut self, t1: impl Into<Timestamp>) -> Self {
        self.query.t1 = Some(t1.into().as_secs_f64());
        self
    }

    /// Only datapoints up to this time; one of exactly this time is among them.
    #[must_use]
    pub fn t2(mut self, t2: impl Into<Timestamp>) -> Self {
        self.query.t2 = Some(t2.into().as_secs_f64());
        self
    }

    /// At most so many datapoints, the first ones, counted after the transform.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.query.limit = Some(limit);
        self
    }

    /// Only datapoints from this index on; a negative one counts from the end.
    #[must_use]
    pub fn i1(mut self, i1: i64) -> Self {
        self.query.i1 = Some(i1);
        self
    }

    /// Only datapoints before this index; a negative one counts from the end, 0 is the end.
    #[must_use]
    pub fn i2(mut self, i2: i64) -> Self {
        self.query.i2 = Some(i2);
        self
    }

    /// Runs a PipeScript over the datapoints.
    #[must_use]
    pub fn transform(mut self, script: impl Into<String>) -> Self {
        self.query.transform = Some(script.into());
        self
    }

    /// The query, checked, with the stream's whole path.
    pub(crate) fn resolve(mut self, cdb: &ConnectorDb) -> Result<StreamQuery> {
        if !self.query.stream.contains('/') {
            self.query.stream = cdb.stream(&self.query.stream)?.path().to_string();
        }
        check_script(self.query.transform.as_deref())?;
        self.query.check()?;
        Ok(self.query)
    }
}

/// Whether a script is one, if there is one.
pub(crate) fn check_script(script: Option<&str>) -> Result<()> {
    if let Some(script) = script {
        Script::parse(script)?;
    }
    Ok(())
}

impl From<&str> for Source {
    fn from(stream: &str) -> Self {
        Self { query: StreamQuery::new(stream) }
    }
}

impl From<String> for Source {
    fn from(stream: String) -> Self {
        Self { query: StreamQuery::new(stream) }
    }
}

impl From<&Stream> for Source {
    fn from(stream: &Stream) -> Self {
        Self { query: StreamQuery::new(stream.path().to_string()) }
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
