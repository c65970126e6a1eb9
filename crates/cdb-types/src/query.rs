//! Which datapoints a read is about.

mod dataset;
mod parameters;

pub use dataset::{
    CheckedColumn, CheckedDataset, CheckedStream, ColumnQuery, DatasetQuery, MAX_MERGED,
    MAX_STREAMS, Reference, StreamQuery, check_merge,
};
pub use parameters::is_true;

/// A read of a stream's data, as it travels: anything may be missing.
///
/// [`range`](Self::range) makes a checked [`Range`] of it. The server reads it from a URL with
/// [`from_parameters`](Self::from_parameters), the client writes it with
/// [`parameters`](Self::parameters).
///
/// ```
/// use cdb_types::{DataQuery, Range};
/// let query = DataQuery { i1: Some(-5), ..DataQuery::default() };
/// assert_eq!(query.range(), Ok(Range::Index { start: -5, end: 0 }));
/// assert_eq!(query.parameters(), [("i1", "-5".to_owned())]);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataQuery {
    /// Only datapoints after this time, in seconds; it is itself **not** included.
    pub t1: Option<f64>,
    /// Only datapoints up to this time, in seconds; it **is** included. 0 stands for the end.
    pub t2: Option<f64>,
    /// At most so many datapoints, counted after the transform. 0 stands for all.
    pub limit: Option<u64>,
    /// The first index, included; negative ones count from the end.
    pub i1: Option<i64>,
    /// The last index, not included; 0 stands for the end, negative ones count from there.
    pub i2: Option<i64>,
    /// A PipeScript to run over the datapoints.
    pub transform: Option<String>,
    /// Whether the stream's downlink is read instead of its data.
    pub downlink: bool,
}

/// A range of a stream, by index or by time: never both.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Range {
    /// From index `start` (included) to `end` (not included).
    Index {
        /// Negative counts from the end of the stream.
        start: i64,
        /// 0 is the end of the stream, negative counts from there.
        end: i64,
    },
    /// Datapoints with `after` < t ≤ `until`.
    Time {
        /// Seconds; `None` is the stream's start.
        after: Option<f64>,
        /// Seconds; `None` is the stream's end.
        until: Option<f64>,
        /// At most so many, counted after the transform.
        limit: Option<u64>,
    },
}

impl Range {
    /// The whole stream.
    pub const ALL: Self = Self::Index { start: 0, end: 0 };
}

/// Why a [`DataQuery`] names no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Neither an index nor a time is given, or they cannot be read.
    #[error(
        r#"A range needs [both "i1" and "i2" int] or ["t1" and ["t2" decimal and/or "limit" int]]"#
    )]
    Range,
    /// An index is not a whole number.
    #[error("Could not parse {0} parameter")]
    Index(&'static str),
    /// Indices and times are both given.
    #[error("Only one query method (index or time) can be used at a time")]
    Both,
    /// The indices do not lie within the stream, or in the wrong order.
    #[error("Invalid index range.")]
    OutOfBounds,
    /// A stream's path is none.
    #[error("The given path is invalid.")]
    Path,
    /// A stream has no such array beside its data.
    #[error("Unrecognized substream type")]
    Substream,
    /// More than [`MAX_MERGED`] streams in one merge.
    #[error("Merging more than 10 streams is disabled.")]
    TooManyMerged,
    /// A dataset of more than [`MAX_STREAMS`] streams.
    #[error("A dataset is made of 200 streams at most.")]
    TooManyStreams,
    /// A dataset without columns.
    #[error("The dataset query must have a dataset!")]
    NoColumns,
    /// A dataset with both times and a reference.
    #[error("Dataset must be either time or stream based. Not both.")]
    TimesAndStream,
    /// A dataset with two references.
    #[error("Dataset can't be based both on a stream and on a merge!")]
    StreamAndMerge,
    /// A column of the name that the reference has.
    #[error("Dataset already contains field of name 'x'")]
    ColumnX,
    /// A column of both a stream and a merge.
    #[error("Dataset element cannot have both a merge and a stream")]
    ColumnOfStreamAndMerge,
    /// A column of no stream.
    #[error("No stream(s) were selected for dataset element")]
    ColumnOfNothing,
    /// A transform of a merge as a whole.
    #[error("Set transforms within each merge element instead of overall for dataset element")]
    TransformOfMerge,
    /// The times of a dataset are none.
    #[error("Tdataset range invalid")]
    Times,
}

impl DataQuery {
    /// The whole stream.
    #[must_use]
    pub fn all() -> Self {
        Self { i1: Some(0), i2: Some(0), ..Self::default() }
    }

    /// The range that is meant.
    ///
    /// # Errors
    /// When indices and times are both given, neither is, or a time is not finite.
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

/// Indices from the protocol's way of counting to plain ones, for a stream of `length` datapoints.
///
/// `start` is included, `end` is not; both may be negative, and an `end` of 0 is the end.
///
/// # Errors
/// [`QueryError::OutOfBounds`] as the original server has it: a start beyond the length, or an end
/// before the start.
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
