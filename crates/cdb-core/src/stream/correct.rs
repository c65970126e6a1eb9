//! Corrections of datapoints that are stored.

use std::future::{Future, IntoFuture};
use std::ops::{Bound, RangeBounds};
use std::pin::Pin;

use cdb_types::endpoint::{
    Corrected, DeleteData, End, Json, MergeData, OrAppended, OrDatapoints, ReplaceData, Version,
};
use cdb_types::{DataQuery, Datapoint, ErrorKind, ServerError, Timestamp};
use serde::Serialize;

use super::Stream;
use super::insert::chunk;
use super::query::indices;
use super::summary::times;
use crate::{Error, Result};

mod sealed {
    pub trait Sealed {}
    impl Sealed for i64 {}
    impl Sealed for super::Timestamp {}
}

/// The bound of a range of a stream that is to be corrected: an index or a time.
pub trait RangeBound: sealed::Sealed + Sized {
    /// Returns the range as a query; `None` if it is empty.
    #[doc(hidden)]
    fn query(range: &impl RangeBounds<Self>) -> Option<DataQuery>;

    /// Returns an empty range as a query, if it lies somewhere in a stream.
    #[doc(hidden)]
    fn place(_range: &impl RangeBounds<Self>) -> Option<DataQuery> {
        None
    }
}

impl RangeBound for i64 {
    fn query(range: &impl RangeBounds<Self>) -> Option<DataQuery> {
        let (i1, i2) = indices(range.start_bound(), range.end_bound())?;
        // The server takes no end of 0, which could be meant to be the start.
        let i2 = Some(i2).filter(|i2| *i2 != 0);
        Some(DataQuery { i1: Some(i1), i2, ..DataQuery::default() })
    }

    fn place(range: &impl RangeBounds<Self>) -> Option<DataQuery> {
        match (range.start_bound(), range.end_bound()) {
            (Bound::Included(start), Bound::Excluded(end)) if start == end && *start != 0 => {
                Some(DataQuery { i1: Some(*start), i2: Some(*end), ..DataQuery::default() })
            }
            _ => None,
        }
    }
}

impl RangeBound for Timestamp {
    fn query(range: &impl RangeBounds<Self>) -> Option<DataQuery> {
        let is_unbounded = |bound| matches!(bound, Bound::Unbounded);
        if is_unbounded(range.start_bound()) && is_unbounded(range.end_bound()) {
            return Some(DataQuery { i1: Some(0), ..DataQuery::default() });
        }
        let (t1, t2) = times(range);
        Some(DataQuery { t1, t2, ..DataQuery::default() })
    }
}

impl Stream {
    /// Returns the position of the next datapoint to be appended, for
    /// [`insert_json_at`](Self::insert_json_at).
    ///
    /// It is the length of a stream of which nothing was removed and into which nothing was inserted late.
    /// Neither changes it. The original server can do neither.
    ///
    /// # Errors
    /// Returns the same errors as [`len`](Self::len).
    pub async fn end(&self) -> Result<u64> {
        let call = End { stream: self.path(), downlink: false };
        match self.0.session().call(&call).await? {
            OrDatapoints::Answer(end) => Ok(end),
            OrDatapoints::Datapoints(_) => self.len().await,
        }
    }

    /// Deletes the datapoints of a range when awaited, and returns how many there were. The range is one of
    /// times or of indexes; all forms of Rust ranges are accepted, negative indexes count from the end,
    /// and any part of the range outside the stream is ignored.
    ///
    /// All of them are deleted or none. The indexes of later datapoints become smaller.
    ///
    /// ```no_run
    /// # async fn example(temperature: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Timestamp;
    /// // The sensor was not connected.
    /// let (from, to) = (Timestamp::from(1464250199), Timestamp::from(1464250260));
    /// temperature.delete_range(from..=to).await?;
    /// let last = temperature.delete_range(-1..).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Awaiting it returns an error if the stream does not exist, the caller is neither its device nor may
    /// delete it, or the server cannot be reached; and
    /// [`Error::Unsupported`](crate::Error::Unsupported) from the original server.
    pub fn delete_range<B: RangeBound>(&self, range: impl RangeBounds<B>) -> DeleteRange {
        DeleteRange::new(self.clone(), &range)
    }

    /// Replaces the datapoints of a range by others when awaited. The range is as in
    /// [`delete_range`](Self::delete_range).
    ///
    /// All of it is done or nothing. The new datapoints must be in ascending order and fit between those
    /// before and after the range.
    ///
    /// ```no_run
    /// # async fn example(temperature: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Datapoint;
    /// if let Some(last) = temperature.get(-1).await? {
    ///     temperature.replace(-1.., &[Datapoint::at(last.t, 21.5)]).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Awaiting it returns the errors of [`delete_range`](Self::delete_range), an error if a value does not
    /// match the schema or the times do not fit, and [`Error::EmptyRange`](crate::Error::EmptyRange) for an
    /// empty range, unless it says where it lies, such as `3..3`, which inserts before the index 3.
    pub fn replace<'a, T: Serialize + Sync, B: RangeBound>(
        &self,
        range: impl RangeBounds<B>,
        datapoints: &'a [Datapoint<T>],
    ) -> ReplaceRange<'a, T> {
        ReplaceRange::new(self.clone(), &range, datapoints)
    }

    /// Sorts datapoints in among those that the stream has when awaited, and returns how many were
    /// inserted. They are in ascending order, and come after those that have the same times.
    ///
    /// They are sent in parts, each of which is inserted completely or not at all.
    ///
    /// ```no_run
    /// # async fn example(steps: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Datapoint;
    /// // From a watch that had no connection for a while.
    /// let late = [Datapoint::new(1464250199.934, 8)?, Datapoint::new(1464334179.605, 7)?];
    /// steps.insert_late(&late).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Awaiting it returns the errors of [`replace`](Self::replace). If a part fails after others were
    /// inserted, the error is [`Error::PartialInsert`](crate::Error::PartialInsert).
    pub fn insert_late<'a, T: Serialize + Sync>(
        &self,
        datapoints: &'a [Datapoint<T>],
    ) -> InsertLate<'a, T> {
        InsertLate::new(self.clone(), datapoints)
    }
}

/// Deletes a range of datapoints when awaited, and returns how many there were; made by
/// [`Stream::delete_range`].
///
/// # Cancel safety
/// If the future is dropped, all of them may be deleted or none.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DeleteRange {
    stream: Stream,
    query: Option<DataQuery>,
    downlink: bool,
}

impl DeleteRange {
    pub(super) fn new<B: RangeBound>(stream: Stream, range: &impl RangeBounds<B>) -> Self {
        Self { stream, query: B::query(range), downlink: false }
    }

    /// Deletes datapoints of the stream's downlink instead: requests that other devices sent to its owner.
    pub fn downlink(mut self) -> Self {
        self.downlink = true;
        self
    }

    async fn send(self) -> Result<u64> {
        let Self { stream, query, downlink } = self;
        let Some(query) = query else { return Ok(0) };
        let query = DataQuery { downlink, ..query };
        let call = DeleteData { stream: stream.path(), query: &query };
        match stream.0.session().call(&call).await {
            Ok(Json(deleted)) => Ok(deleted.removed),
            Err(error) => Err(unsupported(&stream, error, "delete datapoints").await),
        }
    }
}

impl IntoFuture for DeleteRange {
    type Output = Result<u64>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Replaces a range of datapoints when awaited; made by [`Stream::replace`].
///
/// # Cancel safety
/// If the future is dropped, all of it may be done or nothing.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ReplaceRange<'a, T> {
    stream: Stream,
    query: Option<DataQuery>,
    downlink: bool,
    datapoints: &'a [Datapoint<T>],
}

impl<'a, T: Serialize> ReplaceRange<'a, T> {
    pub(super) fn new<B: RangeBound>(
        stream: Stream,
        range: &impl RangeBounds<B>,
        datapoints: &'a [Datapoint<T>],
    ) -> Self {
        let query = B::query(range).or_else(|| B::place(range));
        Self { stream, query, downlink: false, datapoints }
    }

    /// Replaces datapoints of the stream's downlink instead.
    pub fn downlink(mut self) -> Self {
        self.downlink = true;
        self
    }

    async fn send(self) -> Result<Corrected> {
        let Self { stream, query, downlink, datapoints } = self;
        let query = DataQuery { downlink, ..query.ok_or(Error::EmptyRange)? };
        let call = ReplaceData { stream: stream.path(), query: &query, datapoints };
        match stream.0.session().call(&call).await {
            Ok(Json(corrected)) => Ok(corrected),
            Err(error) => Err(unsupported(&stream, error, "replace datapoints").await),
        }
    }
}

impl<'a, T: Serialize + Sync> IntoFuture for ReplaceRange<'a, T> {
    type Output = Result<Corrected>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Sorts datapoints in when awaited, and returns how many were inserted; made by
/// [`Stream::insert_late`].
///
/// # Cancel safety
/// If the future is dropped, the parts that the server has acknowledged are inserted. The part that was
/// being sent may be inserted or not, and later parts are not sent.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct InsertLate<'a, T> {
    stream: Stream,
    datapoints: &'a [Datapoint<T>],
    downlink: bool,
}

impl<'a, T: Serialize> InsertLate<'a, T> {
    pub(super) fn new(stream: Stream, datapoints: &'a [Datapoint<T>]) -> Self {
        Self { stream, datapoints, downlink: false }
    }

    /// Sorts the datapoints into the stream's downlink instead.
    pub fn downlink(mut self) -> Self {
        self.downlink = true;
        self
    }

    async fn send(self) -> Result<usize> {
        let mut inserted = 0;
        let mut rest = self.datapoints;
        // Fewer at a time if many datapoints of the stream lie between them.
        let mut most = rest.len();
        while !rest.is_empty() {
            let part = chunk(&rest[..most.min(rest.len())]).await;
            let part = part.map_err(|error| failed(inserted, error))?;
            let Some((count, body)) = part else { break };
            let (stream, downlink, datapoints) = (self.stream.path(), self.downlink, &rest[..0]);
            // `call_with` sends `body` in place of these datapoints.
            let call = MergeData { stream, downlink, datapoints };
            match self.stream.0.session().call_with(&call, body.into()).await {
                Ok(OrAppended::Merged(_) | OrAppended::Appended) => {
                    inserted += count;
                    rest = &rest[count..];
                    most = most.saturating_mul(2);
                }
                Err(error) if error.kind() == Some(ErrorKind::TooLarge) && count > 1 => {
                    most = count / 2;
                }
                Err(error) if inserted == 0 => {
                    return Err(unsupported(&self.stream, error, "insert late datapoints").await);
                }
                Err(error) => return Err(failed(inserted, error)),
            }
        }
        Ok(inserted)
    }
}

fn failed(stored: usize, error: cdb_http::Error) -> Error {
    if stored == 0 { error.into() } else { Error::PartialInsert { stored, error } }
}

impl<'a, T: Serialize + Sync> IntoFuture for InsertLate<'a, T> {
    type Output = Result<usize>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Returns the error of a correction: another one if the server is not this project's, of which all
/// errors have a kind.
async fn unsupported(stream: &Stream, error: cdb_http::Error, what: &'static str) -> Error {
    let does_not_know = |it: &ServerError| match it.kind() {
        // It has taken late datapoints for ones to be appended.
        Some(ErrorKind::Order) => true,
        None => matches!(it.code, 400 | 404 | 405 | 501),
        _ => false,
    };
    if !error.server_error().is_some_and(|it| !it.has_kind() && does_not_know(it)) {
        return error.into();
    }
    match stream.0.session().call(&Version).await {
        Ok(version) => Error::Unsupported { what, version },
        Err(_) => error.into(),
    }
}
