//! Streams.

mod callback;
mod correct;
mod datapoints;
mod downlink;
mod follow;
mod insert;
mod query;
mod subscribe;
mod summary;
mod typed;

use std::ops::RangeBounds;
use std::time::Duration;

use bytes::Bytes;
use cdb_types::endpoint::Length;
use cdb_types::{
    Datapoint, DatapointArray, Finite, Schema, StreamCreate, StreamInfo, StreamKind, StreamPath,
    StreamUpdate, Timestamp,
};
use serde::Serialize;
use serde_json::Value;

pub use callback::Callback;
pub use correct::{DeleteRange, InsertLate, RangeBound, ReplaceRange};
pub use datapoints::Datapoints;
pub use downlink::{Downlinks, Reply, Request};
pub use insert::InsertArray;
pub use query::{ByIndex, ByTime, Query, Whole};
pub use subscribe::{Subscribe, Subscription};
pub use summary::{ReadPlot, ReadStatistics};
pub use typed::TypedStream;

use crate::object::{Handle, getters, object_methods, setters};
use crate::{Device, Error, Result, User};

/// A stream of timestamped values that match one JSON Schema and are appended by one device.
///
/// Values are [`serde_json::Value`]s; [`typed`](Self::typed) returns a handle for values of another
/// type.
#[derive(Debug, Clone)]
pub struct Stream(pub(crate) Handle<StreamKind>);

object_methods!(Stream, "stream", StreamPath, StreamInfo, StreamUpdate);

/// Checks the schema of a stream to be created, if it has one.
pub(crate) fn check_schema(stream: &StreamCreate) -> Result<()> {
    stream.schema.as_ref().map_or(Ok(()), check)
}

/// Returns an error if a schema is not valid.
#[cfg(feature = "schema")]
fn check(schema: &Schema) -> Result<()> {
    Ok(schema.validator().map(drop)?)
}

/// Accepts any schema: without the feature `schema`, only the server checks it.
#[cfg(not(feature = "schema"))]
fn check(_: &Schema) -> Result<()> {
    Ok(())
}

impl Stream {
    /// Creates the stream.
    ///
    /// # Errors
    /// Returns an error if the schema is not valid (with the feature `schema`, nothing is sent
    /// then), the server refuses the call, or it cannot be reached.
    pub async fn create(&self, create: StreamCreate) -> Result<StreamInfo> {
        check_schema(&create)?;
        self.0.create(&create).await
    }

    /// Creates the stream if it does not exist, and returns its properties.
    ///
    /// Programs that do this at the same time all succeed. If the stream exists, only its schema is
    /// compared, and only if one is given; nothing is changed.
    ///
    /// ```no_run
    /// # async fn example(cdb: cdb_core::ConnectorDb) -> cdb_core::Result<()> {
    /// use cdb_core::StreamCreate;
    /// let mood = cdb.stream("mood")?;
    /// mood.ensure(StreamCreate::new().schema(serde_json::json!({"type": "integer"}))).await?;
    /// mood.insert(8).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::OtherSchema`] if the stream exists with another schema, and the errors of
    /// [`create`](Self::create).
    pub async fn ensure(&self, create: StreamCreate) -> Result<StreamInfo> {
        check_schema(&create)?;
        let info = self.0.ensure(&create).await?;
        match create.schema {
            Some(wanted) if wanted.to_value() != info.schema.to_value() => {
                let (stream, existing) = (self.path().clone(), info.schema);
                Err(Error::OtherSchema { stream, existing, wanted })
            }
            _ => Ok(info),
        }
    }

    /// Returns a handle to the device that owns the stream. Nothing is sent.
    #[must_use]
    pub fn device(&self) -> Device {
        Device(Handle::new(self.0.connection.clone(), self.path().device().clone()))
    }

    /// Returns a handle to the user whose device owns the stream. Nothing is sent.
    #[must_use]
    pub fn user(&self) -> User {
        User(Handle::new(self.0.connection.clone(), self.path().user().clone()))
    }

    getters! {
        /// Returns the nickname, which is shown to people instead of the name.
        nickname: String;
        /// Returns the description.
        description: String;
        /// Returns the icon.
        icon: String;
        /// Returns the datatype, which says what the values mean, such as `rating.stars`.
        datatype: String;
        /// Returns whether the stream is ephemeral: its datapoints are sent to subscribers, but not
        /// stored.
        ephemeral: bool;
        /// Returns whether the stream has a downlink, through which other devices send requests to
        /// its owner.
        downlink: bool;
    }

    /// Returns the JSON Schema that values must match, as a JSON value.
    ///
    /// # Errors
    /// Returns the same errors as [`data`](Self::data).
    pub async fn schema(&self) -> Result<Value> {
        Ok(self.data().await?.schema.to_value())
    }

    /// Returns the JSON Schema that values must match, as JSON text.
    ///
    /// # Errors
    /// Returns the same errors as [`data`](Self::data).
    pub async fn sschema(&self) -> Result<String> {
        Ok(self.data().await?.schema.as_str().to_owned())
    }

    /// Changes the JSON Schema. It applies to values that are inserted from now on.
    ///
    /// # Errors
    /// Returns an error if the schema is not valid (with the feature `schema`, nothing is sent
    /// then), and the same errors as [`set`](Self::set).
    pub async fn set_schema(&self, schema: impl Into<Schema>) -> Result<()> {
        let schema = schema.into();
        check(&schema)?;
        self.set(StreamUpdate::new().schema(schema)).await.map(drop)
    }

    setters! {
        StreamUpdate;
        /// Changes the datatype, which says what the values mean.
        set_datatype: datatype(String);
        /// Changes whether the stream is ephemeral: its datapoints are sent to subscribers, but not
        /// stored.
        set_ephemeral: ephemeral(bool);
        /// Changes whether the stream has a downlink, through which other devices send requests to
        /// its owner. Turning it off deletes the requests in it.
        set_downlink: downlink(bool);
        /// Changes for how long datapoints are kept, in whole seconds; [`Duration::ZERO`] for ever.
        /// Those that are older are deleted with later inserts, many at a time.
        set_keep: keep(Duration);
    }

    /// Returns for how long datapoints are kept; `None` if for ever.
    ///
    /// # Errors
    /// Returns the same errors as [`data`](Self::data).
    pub async fn keep(&self) -> Result<Option<Duration>> {
        let seconds = self.data().await?.keep;
        Ok(Some(Duration::from_secs(seconds)).filter(|keep| !keep.is_zero()))
    }

    /// Returns a handle to the same stream whose values are read and written as `T`.
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

    /// Returns the number of datapoints in the stream.
    ///
    /// # Errors
    /// Returns an error if the stream does not exist or may not be read, or the server cannot be
    /// reached.
    pub async fn len(&self) -> Result<u64> {
        self.length(false).await
    }

    /// Returns `true` if the stream has no datapoints.
    ///
    /// # Errors
    /// Returns the same errors as [`len`](Self::len).
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(self.len().await? == 0)
    }

    /// Returns the number of datapoints in the stream, or, if `downlink` is `true`, the number of
    /// requests in its downlink.
    ///
    /// # Errors
    /// Returns the same errors as [`len`](Self::len).
    pub async fn length(&self, downlink: bool) -> Result<u64> {
        Ok(self.0.session().call(&Length { stream: self.path(), downlink }).await?)
    }

    /// Returns the datapoint at `index`, or `None` if the stream is shorter. Index 0 is the first
    /// datapoint, −1 the last.
    ///
    /// # Errors
    /// Returns the same errors as [`len`](Self::len).
    pub async fn get(&self, index: i64) -> Result<Option<Datapoint>> {
        self.typed().get(index).await
    }

    /// Reads the datapoints in a range of indexes when awaited. All forms of Rust ranges are
    /// accepted, and negative indexes count from the end. Any part of the range outside the stream
    /// is ignored.
    ///
    /// Clippy takes a literal range such as `1..-1` for a reversed one; write
    /// `query().i1(1).i2(-1)` instead.
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

    /// Reads datapoints by time or by index when awaited. Without a range, all datapoints are read.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Timestamp;
    /// use std::time::Duration;
    /// let minute = Duration::from_secs(60);
    /// let last_minute = stream.query().t1(Timestamp::now() - minute).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(&self) -> Query<Value> {
        self.typed().query()
    }

    /// Reads what a plot of a range of time shows, in `columns` columns (at most 10,000), when awaited:
    /// the first, smallest, largest and last number of each column, and their mean. All forms of Rust
    /// ranges are accepted; an open range begins or ends with the datapoints.
    ///
    /// However many datapoints there are, no more than that is sent, and with one column for each pixel
    /// the [line](cdb_types::summary::Plot::line) through them is the same picture as one through all
    /// datapoints. The original server sends all datapoints, of which the plot is computed here.
    ///
    /// ```no_run
    /// # async fn example(temperature: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Timestamp;
    /// let year = Timestamp::now() - 365.0 * 86400.0..;
    /// for (t, celsius) in temperature.plot(year, 800).await?.line() {
    ///     println!("{t} {celsius}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Awaiting it returns an error if the stream does not exist or may not be read, there are too many
    /// columns or none, the end is not after the start, the transform is not valid, or the server cannot
    /// be reached.
    pub fn plot(&self, range: impl RangeBounds<Timestamp>, columns: usize) -> ReadPlot {
        ReadPlot::new(self.clone(), &range, columns)
    }

    /// Reads how many datapoints there are and what kinds of values, with minimum, maximum and mean of
    /// the numbers and the most frequent strings, when awaited.
    ///
    /// The original server sends all datapoints, of which the statistics are computed here.
    ///
    /// ```no_run
    /// # async fn example(temperature: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let statistics = temperature.statistics().await?;
    /// if let Some(numbers) = statistics.keys[""].number {
    ///     println!("from {} to {}", numbers.min, numbers.max);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Awaiting it returns the same errors as [`len`](Self::len).
    pub fn statistics(&self) -> ReadStatistics {
        ReadStatistics::new(self.clone())
    }

    /// Appends a value with the current time as its timestamp, and returns when the server has
    /// stored it.
    ///
    /// If the last timestamp of the stream is later, because another clock is ahead, the datapoint
    /// gets that timestamp. If the stream has a downlink and belongs to another device, the value
    /// is a request to that device.
    ///
    /// # Cancel safety
    /// If the future is dropped, the value may be stored or not.
    ///
    /// # Errors
    /// Returns an error if the value does not match the schema or contains NaN or an infinity, this
    /// device may not write to the stream, or the server cannot be reached.
    pub async fn insert(&self, value: impl Serialize) -> Result<()> {
        // The value is serialised before the first await, so that the future is `Send` even
        // if the value is not `Sync`.
        let value = serde_json::value::to_raw_value(&Finite(&value));
        let datapoint = Datapoint::now(value.map_err(cdb_http::Error::Unwritable)?);
        self.insert_array(&[datapoint]).restamp(true).await.map(drop)
    }

    /// Appends a value; another name for [`insert`](Self::insert).
    ///
    /// # Errors
    /// Returns the same errors as [`insert`](Self::insert).
    pub async fn append(&self, value: impl Serialize) -> Result<()> {
        self.insert(value).await
    }

    /// Appends datapoints with their own times, in ascending order. Awaited, returns how many were
    /// stored.
    ///
    /// The datapoints are sent in chunks of at most 5,000, fewer if they are large. Each chunk is
    /// stored completely or not at all.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// use cdb_core::Datapoint;
    /// let data = [Datapoint::new(1464250199.934, 8)?, Datapoint::new(1464334179.605, 7)?];
    /// assert_eq!(stream.insert_array(&data).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`insert`](Self::insert), and an error if a datapoint is earlier
    /// than the one before it or than the last one of the stream. If a chunk fails after others were
    /// stored, the error is [`Error::PartialInsert`](crate::Error::PartialInsert), which says how many
    /// datapoints were stored.
    pub fn insert_array<'a, T: Serialize + Sync>(
        &self,
        datapoints: &'a [Datapoint<T>],
    ) -> InsertArray<'a, T> {
        InsertArray::new(self.clone(), datapoints)
    }

    /// Appends datapoints given as the JSON text of the protocol, `[{"t":…,"d":…},…]`. They are
    /// sent in one request, so either all are stored or none.
    ///
    /// ```no_run
    /// # async fn example(stream: cdb_core::Stream) -> cdb_core::Result<()> {
    /// stream.insert_json(r#"[{"t":1464250199.934,"d":8},{"t":1464334179.605,"d":7}]"#).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`insert`](Self::insert), and an error if a time is earlier than
    /// the one before it or than the last of the stream.
    pub async fn insert_json(&self, datapoints: impl Into<Bytes>) -> Result<()> {
        Ok(insert::send(self, false, false, None, datapoints.into()).await?)
    }

    /// Appends datapoints like [`insert_json`](Self::insert_json), but only if the first of them
    /// gets the position `index`, that is, if that is the [`end`](Self::end) of the stream. So a retry
    /// after a lost answer stores nothing twice.
    ///
    /// The original server ignores the index.
    ///
    /// # Errors
    /// Returns the same errors as [`insert_json`](Self::insert_json), and an error of the kind
    /// [`Index`](crate::ErrorKind::Index) if the first datapoint would get another position.
    pub async fn insert_json_at(&self, index: u64, datapoints: impl Into<Bytes>) -> Result<()> {
        Ok(insert::send(self, false, false, Some(index), datapoints.into()).await?)
    }

    /// Subscribes to the stream when awaited. The [`Subscription`] receives what is inserted as
    /// soon as the server has stored it.
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
    /// Returns an error if the stream does not exist or may not be read, the transform is not
    /// valid, or the server cannot be reached. A connection that is lost later does not end the
    /// subscription; see [`Subscription`].
    pub fn subscribe(&self) -> Subscribe {
        Subscribe::new(self.clone())
    }

    /// Calls a function with each batch that is inserted, until the returned [`Callback`] is
    /// dropped.
    ///
    /// A closure that captures variables is written as `move |batch| { …; async move { … } }`. Rust
    /// accepts `async |batch| …` only without captured variables.
    ///
    /// ```no_run
    /// # async fn example(mood: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let callback = mood.on_insert(async |batch| println!("{batch:?}")).await?;
    /// # callback.stop().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`subscribe`](Self::subscribe).
    pub async fn on_insert<F, Fut>(&self, call: F) -> Result<Callback>
    where
        F: FnMut(DatapointArray) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.typed().on_insert(call).await
    }

    /// Subscribes to the requests that other devices send to this stream's downlink. Only the
    /// device that owns the stream can do so.
    ///
    /// Only requests that are sent from now on are received. Earlier ones can be read with
    /// `query().downlink()`.
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
    /// Returns [`Error::NotOwner`](crate::Error) if the stream belongs to another device, and the
    /// same errors as [`subscribe`](Self::subscribe).
    pub async fn downlinks(&self) -> Result<Downlinks> {
        self.typed().downlinks().await
    }

    /// Calls a function with each request in this stream's downlink, and acts on the [`Reply`] that
    /// it returns, until the returned [`Callback`] is dropped.
    ///
    /// A closure that captures variables is written as for [`on_insert`](Self::on_insert).
    ///
    /// ```no_run
    /// # async fn example(light: cdb_core::Stream) -> cdb_core::Result<()> {
    /// let callback = light.on_downlink(async |request| request.d.is_boolean()).await?;
    /// # callback.stop().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`downlinks`](Self::downlinks).
    pub async fn on_downlink<F, Fut>(&self, call: F) -> Result<Callback>
    where
        F: FnMut(Datapoint) -> Fut + Send + 'static,
        Fut: Future<Output: Into<Reply>> + Send + 'static,
    {
        self.typed().on_downlink(call).await
    }
}

impl<T> From<Stream> for TypedStream<T> {
    fn from(stream: Stream) -> Self {
        Self::new(stream)
    }
}
