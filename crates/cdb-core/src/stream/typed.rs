//! Streams whose values are of a Rust type.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, RangeBounds};

use cdb_types::{Datapoint, DatapointArray};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ByIndex, Callback, Downlinks, InsertArray, Query, Reply, Stream, Subscribe};
use crate::Result;

/// A [`Stream`] whose values are read and written as `T`; made by [`Stream::typed`].
///
/// It dereferences to the [`Stream`] for everything that does not depend on the type of values. A
/// value of another type does not compile:
///
/// ```compile_fail,E0308
/// # async fn example(level: cdb_core::TypedStream<u8>) -> cdb_core::Result<()> {
/// level.insert("high").await?; // expected `u8`, found `&str`
/// # Ok(())
/// # }
/// ```
pub struct TypedStream<T> {
    stream: Stream,
    value: PhantomData<fn() -> T>,
}

impl<T> TypedStream<T> {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, value: PhantomData }
    }

    /// Like [`Stream::range`], with values of type `T`.
    pub fn range(&self, range: impl RangeBounds<i64>) -> Query<T, ByIndex>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Query::of_range(self.stream.clone(), &range)
    }

    /// Like [`Stream::query`], with values of type `T`.
    pub fn query(&self) -> Query<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Query::whole(self.stream.clone())
    }

    /// Like [`Stream::get`], with a value of type `T`.
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::len`], and an error if the value cannot be read as `T`.
    pub async fn get(&self, index: i64) -> Result<Option<Datapoint<T>>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let found = self.range(index..=index).await?;
        Ok(found.into_iter().next())
    }

    /// Like [`Stream::subscribe`], with values of type `T`. A value that cannot be read as
    /// `T` is an `Err` item.
    pub fn subscribe(&self) -> Subscribe<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Subscribe::new(self.stream.clone())
    }

    /// Like [`Stream::on_insert`], with values of type `T`. Values that cannot be read as
    /// `T` are left out, and a warning is logged.
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::on_insert`].
    pub async fn on_insert<F, Fut>(&self, call: F) -> Result<Callback>
    where
        T: DeserializeOwned + Send + 'static,
        F: FnMut(DatapointArray<T>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Ok(self.subscribe().await?.on_insert(call))
    }

    /// Like [`Stream::downlinks`], with values of type `T`. A request that cannot be read as `T` is
    /// an `Err` item.
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::downlinks`].
    pub async fn downlinks(&self) -> Result<Downlinks<T>>
    where
        T: DeserializeOwned,
    {
        Downlinks::of(self.stream.clone()).await
    }

    /// Like [`Stream::on_downlink`], with values of type `T`. A request that cannot be read as `T`
    /// is ignored, and a warning is logged.
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::downlinks`].
    pub async fn on_downlink<F, Fut>(&self, call: F) -> Result<Callback>
    where
        T: DeserializeOwned + Serialize + Send + 'static,
        F: FnMut(Datapoint<T>) -> Fut + Send + 'static,
        Fut: Future<Output: Into<Reply<T>>> + Send + 'static,
    {
        Ok(self.downlinks().await?.on_request(call))
    }

    /// Like [`Stream::insert`], with a value of type `T`.
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::insert`].
    pub async fn insert(&self, value: T) -> Result<()>
    where
        T: Serialize,
    {
        self.stream.insert(value).await
    }

    /// Appends a value; another name for [`insert`](Self::insert).
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::insert`].
    pub async fn append(&self, value: T) -> Result<()>
    where
        T: Serialize,
    {
        self.insert(value).await
    }

    /// Like [`Stream::insert_array`], with values of type `T`.
    pub fn insert_array<'a>(&self, datapoints: &'a [Datapoint<T>]) -> InsertArray<'a, T>
    where
        T: Serialize + Sync,
    {
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

/// Checks what does not compile.
#[cfg(doctest)]
#[doc = include_str!("typed/compile_fail.md")]
struct CompileFail;
