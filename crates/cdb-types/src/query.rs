//! Queries: which datapoints to read.

mod dataset;
mod parameters;
mod plot;
mod step;

pub use dataset::{
    CheckedColumn, CheckedDataset, CheckedStream, ColumnQuery, DatasetQuery, MAX_MERGED,
    MAX_STREAMS, Reference, StreamQuery, check_merge,
};
pub use parameters::is_true;
pub use plot::PlotQuery;
pub use step::{CalendarStep, InvalidStep, Step};

/// A query for datapoints of one stream, in the form in which it is sent.
///
/// [`range`](Self::range) checks the fields and converts them to a [`Range`]. The client writes a
/// query to a URL with [`parameters`](Self::parameters), and the server reads it with
/// [`from_parameters`](Self::from_parameters).
///
/// ```
/// use cdb_types::{DataQuery, Range};
/// let query = DataQuery { i1: Some(-5), ..DataQuery::default() };
/// assert_eq!(query.range(), Ok(Range::Index { start: -5, end: 0 }));
/// assert_eq!(query.parameters(), [("i1", "-5".to_owned())]);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataQuery {
    /// The start time in seconds since 1970, **exclusive**.
    pub t1: Option<f64>,
    /// The end time in seconds since 1970, **inclusive**. Values ≤ 0 mean no end.
    pub t2: Option<f64>,
    /// The maximum number of datapoints, counted after the transform. 0 means no limit.
    pub limit: Option<u64>,
    /// The start index, inclusive. Negative values count from the end of the stream.
    pub i1: Option<i64>,
    /// The end index, exclusive. 0 means the end of the stream, negative values count from there.
    pub i2: Option<i64>,
    /// The PipeScript that the server runs over the datapoints.
    pub transform: Option<String>,
    /// Whether to read the stream's downlink instead of its data.
    pub downlink: bool,
}

/// A range of a stream, either by index or by time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Range {
    /// The datapoints from index `start`, inclusive, to index `end`, exclusive.
    Index {
        /// The start index. Negative values count from the end of the stream.
        start: i64,
        /// The end index. 0 means the end of the stream, negative values count from there.
        end: i64,
    },
    /// The datapoints with `after` < t ≤ `until`.
    Time {
        /// Seconds since 1970; `None` means the start of the stream.
        after: Option<f64>,
        /// Seconds since 1970; `None` means the end of the stream.
        until: Option<f64>,
        /// The maximum number of datapoints, counted after the transform.
        limit: Option<u64>,
    },
}

impl Range {
    /// The whole stream.
    pub const ALL: Self = Self::Index { start: 0, end: 0 };
}

/// A query is not valid. Most messages are those of the original server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Neither an index nor a time is given, or a time or the limit is not a valid number.
    #[error(
        r#"A range needs [both "i1" and "i2" int] or ["t1" and ["t2" decimal and/or "limit" int]]"#
    )]
    Range,
    /// An index is not an integer.
    #[error("Could not parse {0} parameter")]
    Index(&'static str),
    /// Indices and times are both given.
    #[error("Only one query method (index or time) can be used at a time")]
    Both,
    /// The indices lie outside of the stream, or the end lies before the start.
    #[error("Invalid index range.")]
    OutOfBounds,
    /// The path of a stream is not valid.
    #[error("The given path is invalid.")]
    Path,
    /// The fourth part of a path is not `downlink`.
    #[error("Unrecognized substream type")]
    Substream,
    /// A merge has more than [`MAX_MERGED`] streams.
    #[error("Merging more than 10 streams is disabled.")]
    TooManyMerged,
    /// The columns of a dataset have more than [`MAX_STREAMS`] streams in total.
    #[error("A dataset is made of 200 streams at most.")]
    TooManyStreams,
    /// A dataset has no columns.
    #[error("The dataset query must have a dataset!")]
    NoColumns,
    /// A dataset has both a time step and a reference.
    #[error("Dataset must be either time or stream based. Not both.")]
    TimesAndStream,
    /// A dataset has both a stream and a merge as its reference.
    #[error("Dataset can't be based both on a stream and on a merge!")]
    StreamAndMerge,
    /// A column is named `x`, which is the name of the reference's column.
    #[error("Dataset already contains field of name 'x'")]
    ColumnX,
    /// A column has both a stream and a merge.
    #[error("Dataset element cannot have both a merge and a stream")]
    ColumnOfStreamAndMerge,
    /// A column has neither a stream nor a merge.
    #[error("No stream(s) were selected for dataset element")]
    ColumnOfNothing,
    /// A column has a transform for a merge as a whole.
    #[error("Set transforms within each merge element instead of overall for dataset element")]
    TransformOfMerge,
    /// A plot has no columns, or more than
    /// [`MAX_PLOT_COLUMNS`](crate::summary::MAX_PLOT_COLUMNS).
    #[error("A plot needs \"columns\", a number from 1 to 10000.")]
    Columns,
    /// The stream was corrected since the positions of the query were known.
    #[error("Datapoints of the stream were replaced since these positions were told.")]
    Positions,
    /// The start time of a dataset is negative, or a dataset by times has indices.
    #[error("Tdataset range invalid")]
    Times,
}

impl DataQuery {
    /// Creates a query for the whole stream.
    #[must_use]
    pub fn all() -> Self {
        Self { i1: Some(0), i2: Some(0), ..Self::default() }
    }

    /// Returns the range that the query selects.
    ///
    /// # Errors
    /// Returns an error if
    ///
    /// - an index is given together with a time or a limit,
    /// - neither an index nor a time is given,
    /// - a time is not finite.
    pub fn range(&self) -> Result<Range, QueryError> {
        let by_index = self.i1.is_some() || self.i2.is_some();
        let by_time = self.t1.is_some() || self.t2.is_some();
        if by_index {
            if by_time || self.limit.is_some() {
                return Err(QueryError::Both);
            }
            return Ok(Range::Index { start: self.i1.unwrap_or(0), end: self.i2.unwrap_or(0) });
        }
        let finite = |t: Option<f64>| t.is_none_or(f64::is_finite);
        if !by_time || !finite(self.t1) || !finite(self.t2) {
            return Err(QueryError::Range);
        }
        Ok(Range::Time {
            after: self.t1,
            until: self.t2.filter(|until| *until > 0.0),
            limit: self.limit.filter(|limit| *limit > 0),
        })
    }
}

/// Converts the indices of a [`Range::Index`] to non-negative ones, for a stream of `length`
/// datapoints.
///
/// `start` is inclusive, `end` is exclusive. Negative values count from the end of the stream, and
/// an `end` of 0 means the end of the stream. A `start` before the first datapoint becomes 0, and
/// an `end` after the last datapoint becomes `length`.
///
/// # Errors
/// Returns [`QueryError::OutOfBounds`], as the original server does, if `start` is greater than
/// `length`, `end` lies before `start`, or a negative `end` lies before the first datapoint. An
/// empty stream accepts any `end`.
///
/// ```
/// use cdb_types::resolve_indices;
/// assert_eq!(resolve_indices(-3, 0, 9), Ok(6..9));
/// assert_eq!(resolve_indices(-100, 2, 9), Ok(0..2));
/// assert_eq!(resolve_indices(9, 0, 9), Ok(9..9));
/// assert!(resolve_indices(10, 0, 9).is_err());
/// ```
pub fn resolve_indices(
    start: i64,
    end: i64,
    length: u64,
) -> Result<std::ops::Range<u64>, QueryError> {
    let from_end = |index: i64| length.checked_sub(index.unsigned_abs());
    let first = if start < 0 { from_end(start).unwrap_or(0) } else { start.unsigned_abs() };
    if length == 0 && first == 0 {
        return Ok(0..0);
    }
    let last = if end <= 0 { from_end(end) } else { Some(end.unsigned_abs().min(length)) };
    match last {
        Some(last) if first <= last => Ok(first..last),
        _ => Err(QueryError::OutOfBounds),
    }
}
