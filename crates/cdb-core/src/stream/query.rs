//! Queries for the datapoints of a stream by time or by index.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};
use std::pin::Pin;

use cdb_types::endpoint::ReadData;
use cdb_types::{DataQuery, DatapointArray, ErrorKind, Timestamp, TimestampError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Datapoints, Stream};
use crate::{Error, Result};

/// The start of a query by time that has none, in seconds: earlier than any datapoint. It is not 0,
/// because a stream may have datapoints from before 1970.
const START_OF_TIME: f64 = -1e18;

/// Marks a [`Query`] without a range: it reads all datapoints.
#[derive(Debug, Clone, Copy)]
pub enum Whole {}

/// Marks a [`Query`] by time.
#[derive(Debug, Clone, Copy)]
pub enum ByTime {}

/// Marks a [`Query`] by index.
#[derive(Debug, Clone, Copy)]
pub enum ByIndex {}

/// A query for datapoints of a stream. Awaiting it reads them into a list;
/// [`stream`](Self::stream) reads them one at a time.
///
/// A query is by time or by index. Combining both does not compile:
///
/// ```compile_fail
/// # fn example(stream: cdb_core::Stream) {
/// let _ = stream.query().t1(cdb_core::Timestamp::ZERO).i1(5);
/// # }
/// ```
///
/// # Errors
/// Awaiting it returns an error if the stream does not exist or may not be read, the transform is not
/// valid, the server cannot be reached, a time was NaN or an infinity ([`Error::Time`]), or a value
/// cannot be read as `T` ([`Error::Value`]).
#[must_use = "nothing is sent until it is awaited"]
pub struct Query<T = Value, By = Whole> {
    stream: Stream,
    query: DataQuery,
    range: Range,
    skip_invalid: bool,
    /// If the indexes are positions: how often the stream was corrected before.
    positions: Option<u64>,
    value: PhantomData<fn() -> (T, By)>,
}

/// What is known of the range before anything is sent.
#[derive(Debug, Clone, Copy)]
enum Range {
    Valid,
    /// It holds nothing, so nothing is sent.
    Empty,
    /// One of its times is not a time.
    Invalid(TimestampError),
}

impl<T> Query<T> {
    pub(super) fn whole(stream: Stream) -> Self {
        Self {
            stream,
            query: DataQuery::all(),
            range: Range::Valid,
            skip_invalid: false,
            positions: None,
            value: PhantomData,
        }
    }

    /// Reads only datapoints later than `t1`. A datapoint at exactly `t1` is **not** included.
    pub fn t1(self, t1: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Query<T, ByTime> {
        self.by_time().t1(t1)
    }

    /// Reads only datapoints up to `t2`. A datapoint at exactly `t2` **is** included. The time 0
    /// (the epoch) means no end.
    pub fn t2(self, t2: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Query<T, ByTime> {
        self.by_time().t2(t2)
    }

    /// Reads at most the first `limit` datapoints, counted after the transform. 0 means all.
    pub fn limit(self, limit: u64) -> Query<T, ByTime> {
        self.by_time().limit(limit)
    }

    /// Reads only datapoints from index `i1` on, included. A negative index counts from the end.
    pub fn i1(self, i1: i64) -> Query<T, ByIndex> {
        self.by_index().i1(i1)
    }

    /// Reads only datapoints before index `i2`, which is not included. A negative index counts from
    /// the end; 0 means the end.
    pub fn i2(self, i2: i64) -> Query<T, ByIndex> {
        self.by_index().i2(i2)
    }

    fn by_time(self) -> Query<T, ByTime> {
        let mut query = self.cast();
        query.query = DataQuery { i1: None, i2: None, t1: Some(START_OF_TIME), ..query.query };
        query
    }

    fn by_index(self) -> Query<T, ByIndex> {
        self.cast()
    }
}

impl<T> Query<T, ByTime> {
    /// Returns the seconds of a time. What is not a time is an error when the query is sent.
    fn seconds(&mut self, t: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Option<f64> {
        match t.try_into() {
            Ok(t) => Some(t.as_secs_f64()),
            Err(error) => {
                self.range = Range::Invalid(error.into());
                None
            }
        }
    }

    /// Reads only datapoints later than `t1`. A datapoint at exactly `t1` is **not** included.
    pub fn t1(mut self, t1: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Self {
        self.query.t1 = self.seconds(t1);
        self
    }

    /// Reads only datapoints up to `t2`. A datapoint at exactly `t2` **is** included. The time 0
    /// (the epoch) means no end.
    pub fn t2(mut self, t2: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Self {
        self.query.t2 = self.seconds(t2);
        self
    }

    /// Reads at most the first `limit` datapoints, counted after the transform. 0 means all.
    pub fn limit(mut self, limit: u64) -> Self {
        self.query.limit = Some(limit);
        self
    }
}

impl<T> Query<T, ByIndex> {
    pub(super) fn of_range(stream: Stream, range: &impl RangeBounds<i64>) -> Self {
        let bounds = indices(range.start_bound(), range.end_bound());
        let (i1, i2) = bounds.unwrap_or_default();
        let query = DataQuery { i1: Some(i1), i2: Some(i2), ..DataQuery::default() };
        let range = if bounds.is_some() { Range::Valid } else { Range::Empty };
        Self { stream, query, range, skip_invalid: false, positions: None, value: PhantomData }
    }

    /// Reads only datapoints from index `i1` on, included. A negative index counts from the end.
    pub fn i1(mut self, i1: i64) -> Self {
        self.query.i1 = Some(i1);
        self
    }

    /// Reads only datapoints before index `i2`, which is not included. A negative index counts from
    /// the end; 0 means the end.
    pub fn i2(mut self, i2: i64) -> Self {
        self.query.i2 = Some(i2);
        self
    }

    /// Reads a range of positions instead, after this number of corrections.
    pub(super) fn positions(mut self, corrections: u64) -> Self {
        self.positions = Some(corrections);
        self
    }
}

/// Converts a range to the protocol's `i1` (included) and `i2` (not included); `None` if it is
/// empty.
///
/// The protocol reads 0 as the end of the stream for `i2`, so a range that ends before the first
/// datapoint cannot be sent.
pub(super) fn indices(start: Bound<&i64>, end: Bound<&i64>) -> Option<(i64, i64)> {
    let i1 = match start {
        Bound::Included(start) => *start,
        // No datapoint has a greater index.
        Bound::Excluded(-1 | &i64::MAX) => return None,
        Bound::Excluded(start) => start + 1,
        Bound::Unbounded => 0,
    };
    let i2 = match end {
        Bound::Included(-1 | &i64::MAX) | Bound::Unbounded => 0,
        Bound::Included(end) => end + 1,
        Bound::Excluded(0) => return None,
        Bound::Excluded(end) => *end,
    };
    let same_side = (i1 < 0) == (i2 < 0);
    (i2 == 0 || !same_side || i1 < i2).then_some((i1, i2))
}

impl<T, By> Query<T, By> {
    /// Runs a PipeScript on the server over the datapoints. With the feature `pipescript`, text that
    /// is not a valid script is an error before anything is sent.
    ///
    /// A script may change the type of the values, so they are JSON from here on;
    /// [`typed`](Self::typed) gives them a type again.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let warm = stream.query().transform("$ > 20").typed::<bool>().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn transform(mut self, script: impl Into<String>) -> Query<Value, By> {
        self.query.transform = Some(script.into());
        self.cast()
    }

    /// Reads the values as `U`.
    pub fn typed<U>(self) -> Query<U, By>
    where
        U: DeserializeOwned + Send + 'static,
    {
        self.cast()
    }

    /// Leaves out datapoints whose values cannot be read as `T`. Without this, one such value is an
    /// [error](Error::Value) of the whole query.
    pub fn skip_invalid(mut self) -> Self {
        self.skip_invalid = true;
        self
    }

    /// The same query with other types.
    fn cast<U, To>(self) -> Query<U, To> {
        let Self { stream, query, range, skip_invalid, positions, value: PhantomData } = self;
        Query { stream, query, range, skip_invalid, positions, value: PhantomData }
    }

    /// Reads the stream's downlink instead: the requests that other devices sent to its owner.
    pub fn downlink(mut self) -> Self {
        self.query.downlink = true;
        self
    }
}

impl<T: DeserializeOwned, By> Query<T, By> {
    /// Reads the datapoints one at a time. Memory use does not grow with their number.
    ///
    /// # Errors
    /// Returns an error if the stream does not exist or may not be read, the transform is not
    /// valid, or the server cannot be reached. An error after the answer has begun is the last item
    /// of the returned stream.
    pub async fn stream(self) -> Result<Datapoints<T>> {
        #[cfg(feature = "pipescript")]
        if let Some(script) = &self.query.transform {
            cdb_pipescript::Script::parse(script)?;
        }
        match self.range {
            Range::Valid => {}
            Range::Empty => return Ok(Datapoints::empty(&self.stream)),
            Range::Invalid(error) => return Err(error.into()),
        }
        let call = ReadData::<T>::new(self.stream.path(), &self.query).positions(self.positions);
        match self.stream.0.session().open(&call).await {
            Ok(body) => Ok(Datapoints::new(&self.stream, body, self.skip_invalid)),
            Err(error) if self.query.i1.is_some() && is_outside(&error) => {
                Ok(Datapoints::empty(&self.stream))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn all(self) -> Result<DatapointArray<T>> {
        self.stream().await?.collect_all().await
    }
}

/// Returns `true` if the server refused because the indexes lie outside the stream.
fn is_outside(error: &cdb_http::Error) -> bool {
    error.kind() == Some(ErrorKind::Range)
}

impl<T: DeserializeOwned + Send + 'static, By: 'static> IntoFuture for Query<T, By> {
    type Output = Result<DatapointArray<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.all())
    }
}

impl<T, By> Clone for Query<T, By> {
    fn clone(&self) -> Self {
        Self {
            stream: self.stream.clone(),
            query: self.query.clone(),
            range: self.range,
            skip_invalid: self.skip_invalid,
            positions: self.positions,
            value: PhantomData,
        }
    }
}

impl<T, By> fmt::Debug for Query<T, By> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("stream", self.stream.path())
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::reversed_empty_ranges, reason = "the tests are about empty ranges")]
mod tests {
    use super::*;

    fn of(range: impl RangeBounds<i64>) -> Option<(i64, i64)> {
        indices(range.start_bound(), range.end_bound())
    }

    #[test]
    fn every_form_of_range_is_converted() {
        assert_eq!(of(..), Some((0, 0)));
        assert_eq!(of(3..), Some((3, 0)));
        assert_eq!(of(-5..), Some((-5, 0)));
        assert_eq!(of(..7), Some((0, 7)));
        assert_eq!(of(..-1), Some((0, -1)));
        assert_eq!(of(2..5), Some((2, 5)));
        assert_eq!(of(2..=5), Some((2, 6)));
        assert_eq!(of(-3..=-1), Some((-3, 0)));
        assert_eq!(of(..=-2), Some((0, -1)));
        assert_eq!(of(0..=i64::MAX), Some((0, 0)));
        assert_eq!(of((Bound::Excluded(2), Bound::Unbounded)), Some((3, 0)));
    }

    #[test]
    fn an_empty_range_has_no_indexes() {
        for empty in [0..0, 5..5, 5..3, -2..-2, -2..-3, -3..0] {
            assert_eq!(of(empty.clone()), None, "{empty:?}");
        }
        assert_eq!(of((Bound::Excluded(-1), Bound::Unbounded)), None);
    }

    #[test]
    fn a_range_that_counts_from_both_ends_is_passed_on() {
        assert_eq!(of(2..-2), Some((2, -2)));
        assert_eq!(of(-4..4), Some((-4, 4)));
    }
}
