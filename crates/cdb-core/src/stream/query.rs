//! Asking for datapoints.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};
use std::pin::Pin;

use cdb_types::endpoint::ReadData;
use cdb_types::{DataQuery, DatapointArray, ErrorKind, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Datapoints, Stream};
use crate::{Error, Result};

/// Seconds before anything was ever measured. Not 0: there may be datapoints before 1970.
const BEFORE_ALL: f64 = -1e18;

/// A [`Query`] that has no range yet: all datapoints.
#[derive(Debug, Clone, Copy)]
pub enum Whole {}

/// A [`Query`] by time.
#[derive(Debug, Clone, Copy)]
pub enum ByTime {}

/// A [`Query`] by index.
#[derive(Debug, Clone, Copy)]
pub enum ByIndex {}

/// Asks for datapoints: awaited it is a list, [`stream`](Self::stream) gives them one by one.
///
/// By time or by index, never both: what would ask for both does not compile.
///
/// ```compile_fail
/// # fn example(stream: cdb_core::Stream) {
/// let _ = stream.query().t1(cdb_core::Timestamp::ZERO).i1(5);
/// # }
/// ```
#[must_use = "nothing is sent until it is awaited"]
pub struct Query<T = Value, By = Whole> {
    stream: Stream,
    query: DataQuery,
    /// Nothing needs to be asked: the answer is empty.
    empty: bool,
    value: PhantomData<fn() -> (T, By)>,
}

impl<T> Query<T> {
    pub(super) fn whole(stream: Stream) -> Self {
        Self { stream, query: DataQuery::all(), empty: false, value: PhantomData }
    }

    /// Only datapoints later than this. One of exactly this time is **not** among them.
    pub fn t1(self, t1: impl Into<Timestamp>) -> Query<T, ByTime> {
        self.by_time().t1(t1)
    }

    /// Only datapoints up to this time. One of exactly this time **is** among them. The epoch
    /// itself, 0, stands for no end.
    pub fn t2(self, t2: impl Into<Timestamp>) -> Query<T, ByTime> {
        self.by_time().t2(t2)
    }

    /// At most so many datapoints, the first ones, counted after the transform. 0 is all.
    pub fn limit(self, limit: u64) -> Query<T, ByTime> {
        self.by_time().limit(limit)
    }

    /// Only datapoints from this index on; a negative one counts from the end.
    pub fn i1(self, i1: i64) -> Query<T, ByIndex> {
        self.by_index().i1(i1)
    }

    /// Only datapoints before this index; a negative one counts from the end, 0 is the end.
    pub fn i2(self, i2: i64) -> Query<T, ByIndex> {
        self.by_index().i2(i2)
    }

    fn by_time(self) -> Query<T, ByTime> {
        let query = DataQuery { i1: None, i2: None, t1: Some(BEFORE_ALL), ..self.query };
        Query { stream: self.stream, query, empty: false, value: PhantomData }
    }

    fn by_index(self) -> Query<T, ByIndex> {
        Query { stream: self.stream, query: self.query, empty: false, value: PhantomData }
    }
}

impl<T> Query<T, ByTime> {
    /// Only datapoints later than this. One of exactly this time is **not** among them.
    pub fn t1(mut self, t1: impl Into<Timestamp>) -> Self {
        self.query.t1 = Some(t1.into().as_secs_f64());
        self
    }

    /// Only datapoints up to this time. One of exactly this time **is** among them. The epoch
    /// itself, 0, stands for no end.
    pub fn t2(mut self, t2: impl Into<Timestamp>) -> Self {
        self.query.t2 = Some(t2.into().as_secs_f64());
        self
    }

    /// At most so many datapoints, the first ones, counted after the transform. 0 is all.
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
        Self { stream, query, empty: bounds.is_none(), value: PhantomData }
    }

    /// Only datapoints from this index on; a negative one counts from the end.
    pub fn i1(mut self, i1: i64) -> Self {
        self.query.i1 = Some(i1);
        self
    }

    /// Only datapoints before this index; a negative one counts from the end, 0 is the end.
    pub fn i2(mut self, i2: i64) -> Self {
        self.query.i2 = Some(i2);
        self
    }
}

/// The protocol's indices for a range; `None` for one that holds nothing.
///
/// The protocol cannot say "before the first": its 0 is the end there.
fn indices(start: Bound<&i64>, end: Bound<&i64>) -> Option<(i64, i64)> {
    let i1 = match start {
        Bound::Included(start) => *start,
        // After the last there is nothing.
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
    /// Runs a PipeScript over the datapoints, on the server. With the feature `pipescript` what is
    /// no script is an error before anything is sent.
    pub fn transform(mut self, script: impl Into<String>) -> Self {
        self.query.transform = Some(script.into());
        self
    }

    /// Asks for the downlink instead: what others have asked the stream's owner for.
    pub fn downlink(mut self) -> Self {
        self.query.downlink = true;
        self
    }
}

impl<T: DeserializeOwned, By> Query<T, By> {
    /// Reads the datapoints one by one, in memory that does not grow with their number.
    ///
    /// # Errors
    /// When there is no such stream, it may not be read, or the transform is none. What goes wrong
    /// after the answer has begun is an item of the stream.
    pub async fn stream(self) -> Result<Datapoints<T>> {
        #[cfg(feature = "pipescript")]
        if let Some(script) = &self.query.transform {
            cdb_pipescript::Script::parse(script)?;
        }
        if self.empty {
            return Ok(Datapoints::empty());
        }
        let call = ReadData::<T>::new(self.stream.path(), &self.query);
        match self.stream.0.session().open(&call).await {
            Ok(body) => Ok(Datapoints::new(body)),
            Err(error) if self.query.i1.is_some() && is_outside(&error) => Ok(Datapoints::empty()),
            Err(error) => Err(error.into()),
        }
    }

    async fn all(self) -> Result<DatapointArray<T>> {
        self.stream().await?.collect_all().await
    }
}

/// Whether the server refused because the indices lie outside the stream.
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
            empty: self.empty,
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
#[allow(clippy::reversed_empty_ranges, reason = "they are what is tested")]
mod tests {
    use super::*;

    fn of(range: impl RangeBounds<i64>) -> Option<(i64, i64)> {
        indices(range.start_bound(), range.end_bound())
    }

    #[test]
    fn every_form_of_range_becomes_the_protocols_indices() {
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
    fn a_range_that_holds_nothing_asks_nothing() {
        for empty in [0..0, 5..5, 5..3, -2..-2, -2..-3, -3..0] {
            assert_eq!(of(empty.clone()), None, "{empty:?}");
        }
        assert_eq!(of((Bound::Excluded(-1), Bound::Unbounded)), None);
    }

    #[test]
    fn a_range_across_the_ends_is_for_the_server_to_know() {
        assert_eq!(of(2..-2), Some((2, -2)));
        assert_eq!(of(-4..4), Some((-4, 4)));
    }
}
