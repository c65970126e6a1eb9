//! Questions about several streams at once, as they travel and checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DataQuery, QueryError, Range};
use crate::DataPath;

/// How many streams one merge takes at most.
pub const MAX_MERGED: usize = 10;

/// How many streams the columns of a dataset are made of at most.
pub const MAX_STREAMS: usize = 200;

/// A stream with a range and a transform; 0 and missing are the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamQuery {
    /// `user/device/stream`, or `user/device/stream/downlink`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stream: String,
    /// As in [`DataQuery`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t1: Option<f64>,
    /// As in [`DataQuery`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t2: Option<f64>,
    /// As in [`DataQuery`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// As in [`DataQuery`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub i1: Option<i64>,
    /// As in [`DataQuery`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub i2: Option<i64>,
    /// A PipeScript to run over the datapoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
}

impl StreamQuery {
    /// All of a stream.
    #[must_use]
    pub fn new(stream: impl Into<String>) -> Self {
        Self { stream: stream.into(), ..Self::default() }
    }

    /// The range that is meant; nothing is everything.
    ///
    /// # Errors
    /// When indices and times are both given, or a time is not finite.
    pub fn range(&self) -> Result<Range, QueryError> {
        let time = |t: Option<f64>| t.filter(|t| *t != 0.0);
        let index = |i: Option<i64>| i.filter(|i| *i != 0);
        let query = DataQuery {
            t1: time(self.t1),
            t2: time(self.t2),
            limit: self.limit.filter(|limit| *limit != 0),
            i1: index(self.i1),
            i2: index(self.i2),
            ..DataQuery::default()
        };
        if query == DataQuery::default() {
            return Ok(Range::ALL);
        }
        if query.t1.is_none() && query.t2.is_none() && query.i1.is_none() && query.i2.is_none() {
            return Ok(Range::Time { after: None, until: None, limit: query.limit });
        }
        query.range()
    }

    /// Checks it.
    ///
    /// # Errors
    /// When the stream is no path, or as [`range`](Self::range).
    pub fn check(&self) -> Result<CheckedStream, QueryError> {
        Ok(CheckedStream {
            path: path(&self.stream)?,
            range: self.range()?,
            transform: self.transform.clone().filter(|script| !script.is_empty()),
        })
    }
}

/// The path of a stream, or of its downlink.
fn path(text: &str) -> Result<DataPath, QueryError> {
    let path = text.parse::<DataPath>();
    path.map_err(|_| match text.matches('/').count() {
        3.. => QueryError::Substream,
        _ => QueryError::Path,
    })
}

/// A stream that is read, checked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckedStream {
    /// Which.
    pub path: DataPath,
    /// Which of its datapoints.
    pub range: Range,
    /// A PipeScript to run over them.
    pub transform: Option<String>,
}

impl CheckedStream {
    /// Whether a range was given, or all is meant.
    #[must_use]
    pub fn has_range(&self) -> bool {
        self.range != Range::ALL
    }
}

/// Checks the streams of a merge.
///
/// # Errors
/// When there are more than [`MAX_MERGED`], or one is not acceptable.
pub fn check_merge(streams: &[StreamQuery]) -> Result<Vec<CheckedStream>, QueryError> {
    if streams.len() > MAX_MERGED {
        return Err(QueryError::TooManyMerged);
    }
    streams.iter().map(StreamQuery::check).collect()
}

/// A table of streams' values, as it is asked for.
///
/// Its rows are at times from `t1` to `t2`, `dt` apart, or at the datapoints of a reference: a
/// stream or a merge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DatasetQuery {
    /// The reference, if it is a stream, or the times.
    #[serde(flatten)]
    pub reference: StreamQuery,
    /// The reference, if it is a merge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<Vec<StreamQuery>>,
    /// The seconds from one row to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dt: Option<f64>,
    /// The columns by name.
    pub dataset: Option<BTreeMap<String, ColumnQuery>>,
    /// A PipeScript to run over the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posttransform: Option<String>,
}

/// A column of a dataset, as it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ColumnQuery {
    /// The stream that it is made of, if it is one.
    #[serde(flatten)]
    pub stream: StreamQuery,
    /// The streams that it is made of, if they are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<Vec<StreamQuery>>,
    /// How values are found between datapoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpolator: Option<String>,
    /// Whether rows without a value for it go into the posttransform.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allownil: bool,
}

/// A dataset, checked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckedDataset {
    /// Where its rows are.
    pub reference: Reference,
    /// Its columns.
    pub columns: Vec<CheckedColumn>,
    /// A PipeScript to run over the rows.
    pub posttransform: Option<String>,
}

/// Where the rows of a dataset are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reference {
    /// At times `dt` seconds apart, from `t1` (included) to `t2` (not included).
    Times {
        /// Seconds since 1970.
        t1: f64,
        /// Seconds since 1970.
        t2: f64,
        /// Seconds.
        dt: f64,
    },
    /// At the datapoints of streams.
    Datapoints(Vec<CheckedStream>),
}

/// A column of a dataset, checked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckedColumn {
    /// Its name.
    pub name: String,
    /// The streams that it is made of; several are merged.
    pub streams: Vec<CheckedStream>,
    /// How values are found between datapoints.
    pub interpolator: String,
    /// Whether rows without a value for it go into the posttransform.
    pub allow_nil: bool,
}

impl DatasetQuery {
    /// Checks it, but for scripts.
    ///
    /// # Errors
    /// In the protocol's words: of a column before those of the reference.
    pub fn check(&self) -> Result<CheckedDataset, QueryError> {
        let dataset = self.dataset.as_ref().filter(|dataset| !dataset.is_empty());
        let dataset = dataset.ok_or(QueryError::NoColumns)?;
        let by_datapoints = !self.reference.stream.is_empty() || self.merge.is_some();
        let columns = dataset.iter().map(|(name, column)| {
            if by_datapoints && name == "x" {
                return Err(QueryError::ColumnX);
            }
            column.check(name)
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        if columns.iter().map(|column| column.streams.len()).sum::<usize>() > MAX_STREAMS {
            return Err(QueryError::TooManyStreams);
        }
        let reference = if by_datapoints {
            if self.dt.unwrap_or(0.0) != 0.0 {
                return Err(QueryError::TimesAndStream);
            }
            Reference::Datapoints(match &self.merge {
                Some(_) if !self.reference.stream.is_empty() => {
                    return Err(QueryError::StreamAndMerge);
                }
                Some(streams) => check_merge(streams)?,
                None => vec![self.reference.check()?],
            })
        } else {
            let number = |number: Option<f64>| number.unwrap_or(0.0);
            let (t1, t2) = (number(self.reference.t1), number(self.reference.t2));
            let indices =
                self.reference.i1.unwrap_or(0) != 0 || self.reference.i2.unwrap_or(0) != 0;
            if t1 < 0.0 || indices {
                return Err(QueryError::Times);
            }
            Reference::Times { t1, t2, dt: number(self.dt) }
        };
        let posttransform = self.posttransform.clone().filter(|script| !script.is_empty());
        Ok(CheckedDataset { reference, columns, posttransform })
    }
}

impl ColumnQuery {
    fn check(&self, name: &str) -> Result<CheckedColumn, QueryError> {
        let streams = match &self.merge {
            Some(_) if !self.stream.stream.is_empty() => {
                return Err(QueryError::ColumnOfStreamAndMerge);
            }
            Some(_)
                if self.stream.transform.as_deref().is_some_and(|script| !script.is_empty()) =>
            {
                return Err(QueryError::TransformOfMerge);
            }
            Some(streams) => check_merge(streams)?,
            None if self.stream.stream.is_empty() => return Err(QueryError::ColumnOfNothing),
            None => vec![self.stream.check()?],
        };
        Ok(CheckedColumn {
            name: name.to_owned(),
            streams,
            interpolator: self.interpolator.clone().unwrap_or_default(),
            allow_nil: self.allownil,
        })
    }
}
