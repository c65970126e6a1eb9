//! Streams.

mod callback;
mod datapoints;
mod downlink;
mod follow;
mod insert;
mod query;
mod subscribe;
mod typed;

use std::ops::RangeBounds;

use bytes::Bytes;
use cdb_types::endpoint::Length;
use cdb_types::{
    Datapoint, DatapointArray, Schema, StreamCreate, StreamInfo, StreamKind, StreamUpdate,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use callback::Callback;
pub use datapoints::Datapoints;
pub use downlink::{Downlinks, Reply, Request};
pub use insert::InsertArray;
pub use query::{ByIndex, ByTime, Query, Whole};
pub use subscribe::{Subscribe, Subscription};
pub use typed::TypedStream;

use crate::object::{Handle, getters, object_methods, setters};
use crate::{Device, Result, User};

/// A stream: timestamped values that fit one JSON Schema, appended by one device.
///
/// Values are [`serde_json::Value`]s; [`typed`](Self::typed) gives them a type.
#[derive(Debug, Clone)]
pub struct Stream(pub(crate) Handle<StreamKind>);

object_methods!(Stream, StreamKind, "stream");

/// Checks the schema of a stream to be made, if it has one.
pub(crate) fn check_schema(stream: &StreamCreate) -> Result<()> {
    stream.schema.as_ref().map_or(Ok(()), check)
}

/// Checks a schema before it is sent.
#[cfg(feature = "schema")]
fn check(schema: &Schema) -> Result<()> {
    Ok(schema.validator().map(drop)?)
}

/// The server checks it.
#[cfg(not(feature = "schema"))]
fn check(_: &Schema) -> Result<()> {
    Ok(())
}

impl Stream {
    /// Makes the stream.
    ///
    /// # Errors
    /// When the schema is none (then nothing is sent, with the feature `schema`), or the server
    /// refuses.
    pub async fn create(&self, create: StreamCreate) -> Result<StreamInfo> {
        check_schema(&create)?;
        self.0.create(&create).await
    }

    /// The device that owns it. Nothing is sent.
    #[must_use]
    pub fn device(&self) -> Device {
        Device(Handle::new(self.0.connection.clone(), self.path().device().clone()))
    }

    /// The user whose device owns it. Nothing is sent.
    #[must_use]
    pub fn user(&self) -> User {
        User(Handle::new(self.0.connection.clone(), self.path().user().clone()))
    }

    getters! {
        /// The name for people.
        nickname: String;
        /// The description.
        description: String;
        /// The icon.
        icon: String;
        /// How its values are meant, such as `rating.stars`.
        datatype: String;
        /// Whether its datapoints are only handed to subscribers, and not kept.
        ephemeral: bool;
        /// Whether other devices may ask its owner for values.
        downlink: bool;
    }

    /// The JSON Schema that its values must fit, as JSON.
    ///
    /// # Errors
    /// As [`data`](Self::data).
    pub async fn schema(&self) -> Result<Value> {
        Ok(self.data().await?.schema.to_value())
    }

    /// The JSON Schema that its values must fit, as text.
    ///
    /// # Errors
    /// As [`data`](Self::data).
    pub async fn sschema(&self) -> Result<String> {
        Ok(self.data().await?.schema.as_str().to_owned())
    }

    /// Changes the JSON Schema for what is inserted from now on.
    ///
    /// # Errors
    /// When it is none (then nothing is sent, with the feature `schema`), or as [`set`](Self::set).
    pub async fn set_schema(&self, schema: impl Into<Schema>) -> Result<()> {
        let schema = schema.into();
        check(&schema)?;
        self.set(StreamUpdate::new().schema(schema)).await.map(drop)
    }

    setters! {
        StreamUpdate;
        /// Changes how its values are meant.
        set_datatype: datatype(String);
        /// Changes whether its datapoints are only handed to subscribers, and not kept.
        set_ephemeral: ephemeral(bool);
        /// Changes whether other devices may ask its owner for values. Turning it off deletes what
        /// they have asked.
        set_downlink: downlink(bool);
    }

    /// The same stream with values of a type.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let last = stream.typed::<f64>().get(-1).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn typed<T>(&self) -> TypedStream<T> {
        TypedStream::new(self.clone())
    }

    /// How many datapoints it holds.
    ///
    /// # Errors
    /// When there is no such stream, or it may not be read.
    pub async fn len(&self) -> Result<u64> {
        self.length(false).await
    }

    /// Whether it holds no datapoints.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(self.len().await? == 0)
    }

    /// How many datapoints it holds, or with `true` how many there are in its downlink: what
    /// others have asked its owner for.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub async fn length(&self, downlink: bool) -> Result<u64> {
        Ok(self.0.session().call(&Length { stream: self.path(), downlink }).await?)
    }

    /// The datapoint at an index: 0 is the first, −1 the last; `None` if there is none.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub async fn get(&self, index: i64) -> Result<Option<Datapoint>> {
        self.typed().get(index).await
    }

    /// Datapoints by index, in any form of Rust's ranges; negative indexes count from the end.
    /// What lies outside the stream is cut off.
    ///
    /// From the second to the last but one, `1..-1`, looks reversed to clippy when it is written
    /// in numbers: say `query().i1(1).i2(-1)`.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let last_five = stream.range(-5..).await?;
    /// let all_but_the_last = stream.range(..-1).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn range(&self, range: impl RangeBounds<i64>) -> Query<Value, ByIndex> {
        self.typed().range(range)
    }

    /// Datapoints by time, or by index: awaited, a list. Without either, all.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Timestamp;
    /// let now = Timestamp::now();
    /// let last_minute = stream.query().t1(now + -60.0).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(&self) -> Query<Value> {
        self.typed().query()
    }

    /// Appends a value with the present as its time; returns when the server has stored it.
    ///
    /// Should the stream hold a later time already (another clock), the datapoint gets that. On
    /// a downlink that somebody else's device owns, it is a request to that device.
    ///
    /// # Errors
    /// When the value does not fit the schema, or this device may not write here.
    pub async fn insert(&self, value: impl Serialize) -> Result<()> {
        // Written here, so that the value need not be one that tasks may share.
        let value = serde_json::value::to_raw_value(&value);
        let datapoint = Datapoint::now(value.map_err(cdb_http::Error::Unwritable)?);
        self.insert_array(&[datapoint]).restamp(true).await.map(drop)
    }

    /// [`insert`](Self::insert), under the name that lists have for it.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub async fn append(&self, value: impl Serialize) -> Result<()> {
        self.insert(value).await
    }

    /// Appends datapoints with their own times, which must not fall: awaited, how many.
    ///
    /// They are sent in chunks of 5,000, or less if they are large. Each chunk is stored whole or
    /// not at all; a failure of a later one is [`Error::PartialInsert`](crate::Error), which says
    /// how many were stored.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Datapoint;
    /// let data = [Datapoint::new(1464250199.934, 8), Datapoint::new(1464334179.605, 7)];
    /// assert_eq!(stream.insert_array(&data).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert_array<'a, T: Serialize>(
        &self,
        datapoints: &'a [Datapoint<T>],
    ) -> InsertArray<'a, T> {
        InsertArray::new(self.clone(), datapoints)
    }

    /// Appends datapoints that are JSON already, as the protocol has them: `[{"t":…,"d":…},…]`. It is
    /// one request: all are stored or none.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// stream.insert_json(r#"[{"t":1464250199.934,"d":8},{"t":1464334179.605,"d":7}]"#).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`insert`](Self::insert), and when a time is earlier than the stream's last.
    pub async fn insert_json(&self, datapoints: impl Into<Bytes>) -> Result<()> {
        Ok(insert::send(self, false, false, None, datapoints.into()).await?)
    }

    /// [`insert_json`](Self::insert_json), but only if the first datapoint gets this index: if the
    /// stream holds just so many. So whatever is sent twice, since nobody knows whether it arrived
    /// the first time, is stored once.
    ///
    /// The original server does not look at the index.
    ///
    /// # Errors
    /// As [`insert_json`](Self::insert_json);
    /// [`OTHER_INDEX`](cdb_types::endpoint::OTHER_INDEX) when it would get another.
    pub async fn insert_json_at(&self, index: u64, datapoints: impl Into<Bytes>) -> Result<()> {
        Ok(insert::send(self, false, false, Some(index), datapoints.into()).await?)
    }

    /// Subscribes: awaited, a [`Subscription`], which gives what is inserted as soon as the server
    /// has stored it.
    ///
    /// All subscriptions of a connection share one websocket.
    ///
    /// ```no_run
    /// # async fn example(mood: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let mut good = mood.subscribe().transform("if $ > 8").await?;
    /// while let Some(batch) = good.next().await {
    ///     println!("So well: {:?}", batch?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such stream, it may not be read, the transform is none, or the server
    /// cannot be reached. Later the subscription is patient: see there.
    pub fn subscribe(&self) -> Subscribe {
        Subscribe::new(self.clone())
    }

    /// Calls a function with whatever is inserted, until what this returns is dropped.
    ///
    /// ```no_run
    /// # async fn example(mood: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let callback = mood.on_insert(async |batch| println!("{batch:?}")).await?;
    /// # callback.stop().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn on_insert<F, Fut>(&self, call: F) -> Result<Callback>
    where
        F: FnMut(DatapointArray) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.typed().on_insert(call).await
    }

    /// Takes what others ask of this stream's owner, which must be the device that is logged in:
    /// the stream's downlink, from now on. What they asked before is in `query().downlink()`.
    ///
    /// ```no_run
    /// # async fn example(light: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let mut requests = light.downlinks().await?;
    /// while let Some(request) = requests.next().await {
    ///     let request = request?;
    ///     println!("The light is to be {}", request.value());
    ///     request.accept().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotOwner`](crate::Error), or as [`subscribe`](Self::subscribe).
    pub async fn downlinks(&self) -> Result<Downlinks> {
        self.typed().downlinks().await
    }

    /// Calls a function with whatever others ask of this stream's owner, and acknowledges what it
    /// accepts, until what this returns is dropped.
    ///
    /// ```no_run
    /// # async fn example(light: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let callback = light.on_downlink(async |request| request.d.is_boolean()).await?;
    /// # callback.stop().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`downlinks`](Self::downlinks).
    pub async fn on_downlink<F, Fut>(&self, call: F) -> Result<Callback>
    where
        F: FnMut(Datapoint) -> Fut + Send + 'static,
        Fut: Future<Output: Into<Reply>> + Send + 'static,
    {
        self.typed().on_downlink(call).await
    }
}

impl<T: DeserializeOwned> From<Stream> for TypedStream<T> {
    fn from(stream: Stream) -> Self {
        Self::new(stream)
    }
}
