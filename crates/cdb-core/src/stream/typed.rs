//! Streams whose values have a type.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, RangeBounds};

use cdb_types::{Datapoint, DatapointArray};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ByIndex, Callback, Downlinks, InsertArray, Query, Reply, Stream, Subscribe};
use crate::Result;

/// A [`Stream`] whose values are of one type; made by [`Stream::typed`].
///
/// It dereferences to the stream, and has its own ways to read and write.
pub struct TypedStream<T> {
    stream: Stream,
    value: PhantomData<fn() -> T>,
}

impl<T> TypedStream<T> {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, value: PhantomData }
    }

    /// As [`Stream::range`].
    pub fn range(&self, range: impl RangeBounds<i64>) -> Query<T, ByIndex> {
        Query::of_range(self.stream.clone(), &range)
    }

    /// As [`Stream::query`].
    pub fn query(&self) -> Query<T> {
        Query::whole(self.stream.clone())
    }
}

impl<T: DeserializeOwned + Send + 'static> TypedStream<T> {
    /// As [`Stream::get`].
    ///
    /// # Errors
    /// As [`Stream::len`]; also when the value is not a `T`.
    pub async fn get(&self, index: i64) -> Result<Option<Datapoint<T>>> {
        let found = self.range(index..=index).await?;
        Ok(found.into_iter().next())
    }

    /// As [`Stream::subscribe`].
    pub fn subscribe(&self) -> Subscribe<T> {
        Subscribe::new(self.stream.clone())
    }

    /// As [`Stream::on_insert`].
    ///
    /// # Errors
    /// As [`Stream::on_insert`].
    pub async fn on_insert<F, Fut>(&self, call: F) -> Result<Callback>
    where
        F: FnMut(DatapointArray<T>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Ok(self.subscribe().await?.on_insert(call))
    }

    /// As [`Stream::downlinks`]. A request that is no `T` is an error in its place.
    ///
    /// # Errors
    /// As [`Stream::downlinks`].
    pub async fn downlinks(&self) -> Result<Downlinks<T>> {
        Downlinks::of(self.stream.clone()).await
    }

    /// As [`Stream::on_downlink`]. A request that is no `T` is ignored, with a warning in the log.
    ///
    /// # Errors
    /// As [`Stream::downlinks`].
    pub async fn on_downlink<F, Fut>(&self, call: F) -> Result<Callback>
    where
        F: FnMut(Datapoint<T>) -> Fut + Send + 'static,
        Fut: Future<Output: Into<Reply>> + Send + 'static,
    {
        Ok(self.downlinks().await?.on_request(call))
    }
}

impl<T: Serialize> TypedStream<T> {
    /// As [`Stream::insert`].
    ///
    /// # Errors
    /// As [`Stream::insert`].
    pub async fn insert(&self, value: T) -> Result<()> {
        self.stream.insert(value).await
    }

    /// As [`Stream::append`].
    ///
    /// # Errors
    /// As [`Stream::insert`].
    pub async fn append(&self, value: T) -> Result<()> {
        self.insert(value).await
    }

    /// As [`Stream::insert_array`].
    pub fn insert_array<'a>(&self, datapoints: &'a [Datapoint<T>]) -> InsertArray<'a, T> {
        self.stream.insert_array(datapoints)
    }
}

impl<T> Deref for TypedStream<T> {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        &self.stream
    }
}

impl<T> Clone for TypedStream<T> {
    fn clone(&self) -> Self {
        Self::new(self.stream.clone())
    }
}

impl<T> fmt::Debug for TypedStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedStream").field(&self.stream.path()).finish()
    }
}
