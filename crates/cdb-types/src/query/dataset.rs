//! Queries for several streams, merges and datasets: as they are sent, and checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CalendarStep, DataQuery, QueryError, Range, Step};
use crate::DataPath;

/// The maximum number of streams in one merge.
pub const MAX_MERGED: usize = 10;

/// The maximum number of streams in all columns of a dataset together.
pub const MAX_STREAMS: usize = 200;

/// A query for one stream of a merge or dataset, in the form in which it is sent.
///
/// Without a range, it selects the whole stream. A number that is 0 counts as missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamQuery {
    /// The path: `user/device/stream`, or `user/device/stream/downlink`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stream: String,
    /// The start time, exclusive; see [`DataQuery::t1`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t1: Option<f64>,
    /// The end time, inclusive; see [`DataQuery::t2`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t2: Option<f64>,
    /// The maximum number of datapoints; see [`DataQuery::limit`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The start index, inclusive; see [`DataQuery::i1`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub i1: Option<i64>,
    /// The end index, exclusive; see [`DataQuery::i2`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub i2: Option<i64>,
    /// A PipeScript to run over the datapoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
}

impl StreamQuery {
    /// Creates a query for a whole stream.
    #[must_use]
    pub fn new(stream: impl Into<String>) -> Self {
        Self { stream: stream.into(), ..Self::default() }
    }

    /// Returns the range that the query selects: the whole stream if no range is given.
    ///
    /// # Errors
    /// Returns an error if an index is given together with a time or a limit, or if a time is not
    /// finite.
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

    /// Checks the path and the range. The transform is not checked.
    ///
    /// # Errors
    /// Returns an error if the path is not valid, or if [`range`](Self::range) returns one.
    pub fn check(&self) -> Result<CheckedStream, QueryError> {
        Ok(CheckedStream {
            path: path(&self.stream)?,
            range: self.range()?,
            transform: self.transform.clone().filter(|script| !script.is_empty()),
        })
    }
}

/// Parses the path of a stream or of its downlink.
fn path(text: &str) -> Result<DataPath, QueryError> {
    let path = text.parse::<DataPath>();
    path.map_err(|_| match text.matches('/').count() {
        3.. => QueryError::Substream,
        _ => QueryError::Path,
    })
}

/// A checked [`StreamQuery`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckedStream {
    /// The stream, or its downlink.
    pub path: DataPath,
    /// The range of datapoints.
    pub range: Range,
    /// A PipeScript to run over the datapoints.
    pub transform: Option<String>,
}

impl CheckedStream {
    /// Returns whether the range is anything but the whole stream.
    #[must_use]
    pub fn has_range(&self) -> bool {
        self.range != Range::ALL
    }
}

/// Checks the streams of a merge.
///
/// # Errors
/// Returns an error if there are more than [`MAX_MERGED`], or if one is not valid.
pub fn check_merge(streams: &[StreamQuery]) -> Result<Vec<CheckedStream>, QueryError> {
    if streams.len() > MAX_MERGED {
        return Err(QueryError::TooManyMerged);
    }
    streams.iter().map(StreamQuery::check).collect()
}

/// A query for a dataset, which is a table with the values of several streams, in the form in which
/// it is sent. [`check`](Self::check) converts it to a [`CheckedDataset`].
///
/// The rows are either at times from `t1` to `t2`, one step `dt` apart, or at the datapoints of a
/// reference, which is a stream or a merge. The original server only knows steps of seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DatasetQuery {
    /// The reference, if it is a stream. Without a path, its `t1` and `t2` are the times of the
    /// rows.
    #[serde(flatten)]
    pub reference: StreamQuery,
    /// The reference, if it is a merge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<Vec<StreamQuery>>,
    /// The time from one row to the next: seconds, or a step of the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dt: Option<Step>,
    /// The time zone of a step of the calendar, such as `Europe/Berlin`. The default is UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The columns, by name.
    pub dataset: Option<BTreeMap<String, ColumnQuery>>,
    /// A PipeScript to run over the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posttransform: Option<String>,
}

/// A column of a [`DatasetQuery`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ColumnQuery {
    /// The stream of the column. Its path is empty if the column is a merge.
    #[serde(flatten)]
    pub stream: StreamQuery,
    /// The streams of the column, if it is a merge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<Vec<StreamQuery>>,
    /// The interpolator, which computes values between datapoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpolator: Option<String>,
    /// Whether the posttransform receives rows in which this column has no value. Otherwise these
    /// rows are left out. It has no effect without a posttransform.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allownil: bool,
}

/// A checked [`DatasetQuery`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckedDataset {
    /// The times of the rows.
    pub reference: Reference,
    /// The columns.
    pub columns: Vec<CheckedColumn>,
    /// A PipeScript to run over the rows.
    pub posttransform: Option<String>,
}

/// The times of the rows of a dataset.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reference {
    /// Rows at times `dt` seconds apart, from `t1`, inclusive, to `t2`, exclusive.
    Times {
        /// The start, in seconds since 1970.
        t1: f64,
        /// The end, in seconds since 1970.
        t2: f64,
        /// The time from one row to the next, in seconds.
        dt: f64,
    },
    /// Rows at the midnights that begin a day, week or month in a time zone, from `t1`, exclusive, to
    /// `t2`, inclusive.
    Calendar {
        /// The start, in seconds since 1970.
        t1: f64,
        /// The end, in seconds since 1970.
        t2: f64,
        /// The step.
        step: CalendarStep,
        /// The time zone, which is not checked.
        zone: String,
    },
    /// One row for each datapoint of these streams; several streams are merged.
    Datapoints(Vec<CheckedStream>),
}

/// A checked [`ColumnQuery`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckedColumn {
    /// The name of the column.
    pub name: String,
    /// The streams of the column; several streams are merged.
    pub streams: Vec<CheckedStream>,
    /// The interpolator, which computes values between datapoints; empty if the query has none.
    pub interpolator: String,
    /// Whether the posttransform receives rows in which this column has no value. Otherwise these
    /// rows are left out. It has no effect without a posttransform.
    pub allow_nil: bool,
}

impl DatasetQuery {
    /// Checks the query, except its transforms and interpolators.
    ///
    /// # Errors
    /// Returns an error if the query is not valid; see [`QueryError`]. If several parts are not
    /// valid, errors of the columns come before those of the reference.
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
            if self.dt.is_some_and(|dt| dt != Step::Seconds(0.0)) {
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
            match self.dt {
                None => Reference::Times { t1, t2, dt: 0.0 },
                Some(Step::Seconds(dt)) => Reference::Times { t1, t2, dt },
                Some(Step::Calendar(step)) => {
                    let zone = self.zone.clone().unwrap_or_else(|| "UTC".to_owned());
                    Reference::Calendar { t1, t2, step, zone }
                }
            }
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
