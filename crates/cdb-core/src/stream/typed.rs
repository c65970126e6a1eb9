//! Streams whose values have a type.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, RangeBounds};

use cdb_types::Datapoint;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ByIndex, InsertArray, Query, Stream};
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
