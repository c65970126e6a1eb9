//! Subscriptions to what is inserted into a stream.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use cdb_http::websocket::{SubscriptionGuard, Topic};
use cdb_types::{DataPath, DatapointArray};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::follow::Follower;
use super::{Callback, Stream};
use crate::{Error, Result};

/// Subscribes when awaited; made by [`Stream::subscribe`].
///
/// # Cancel safety
/// If the future is dropped, nothing stays subscribed.
#[must_use = "nothing is subscribed until it is awaited"]
pub struct Subscribe<T = Value> {
    stream: Stream,
    topic: Topic,
    value: PhantomData<fn() -> T>,
}

impl<T> Subscribe<T> {
    pub(super) fn new(stream: Stream) -> Self {
        let path = DataPath::from(stream.path().clone());
        Self { stream, topic: Topic { path, transform: String::new() }, value: PhantomData }
    }

    /// Runs a PipeScript on the server over each insert separately. With the feature `pipescript`,
    /// text that is not a valid script is an error before anything is sent.
    ///
    /// A script may change the type of the values, so they are JSON from here on;
    /// [`typed`](Self::typed) gives them a type again.
    pub fn transform(mut self, script: impl Into<String>) -> Subscribe<Value> {
        self.topic.transform = script.into();
        self.typed()
    }

    /// Reads the values as `U`.
    pub fn typed<U>(self) -> Subscribe<U>
    where
        U: DeserializeOwned + Send + 'static,
    {
        Subscribe { stream: self.stream, topic: self.topic, value: PhantomData }
    }

    /// Subscribes to the stream's downlink instead: to the requests that other devices send to its
    /// owner.
    pub fn downlink(mut self) -> Self {
        self.topic.path.downlink = true;
        self
    }
}

impl<T: DeserializeOwned + Send + 'static> Subscribe<T> {
    async fn begin(self) -> Result<Subscription<T>> {
        #[cfg(feature = "pipescript")]
        if !self.topic.transform.is_empty() {
            cdb_pipescript::Script::parse(&self.topic.transform)?;
        }
        let Self { stream, topic, .. } = self;
        let (events, guard) = stream.0.connection.websocket().subscribe(topic.clone());
        let follower = Follower::begin(stream, topic, events).await?;
        let batches = stream::unfold(follower, |mut follower| async {
            let item = follower.next().await?;
            Some((item, follower))
        });
        Ok(Subscription { batches: batches.boxed(), guard })
    }
}

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Subscribe<T> {
    type Output = Result<Subscription<T>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

/// A subscription: a [`futures::Stream`](futures_core::Stream) of batches. A batch holds the
/// datapoints of one insert and arrives as soon as the server has stored it.
///
/// When awaiting [`Stream::subscribe`] returns, the server has the subscription, and everything
/// that is inserted later is delivered. Dropping the subscription unsubscribes.
///
/// # Delivery
/// A connection that is lost is opened again (see [`Reconnect`](crate::Reconnect)). Datapoints that
/// were inserted in the meantime are then read from the server and delivered first, in batches of
/// at most 5,000.
///
/// At most 256 batches, or 1 MiB of them, wait for a reader that is slower than the inserts. Later
/// datapoints are read from the server when the reader has taken those. So memory use is bounded,
/// and a reader that may have missed datapoints gets an error:
///
/// | server | without a transform, or with one that looks at each datapoint alone (`if $>5`) | other transforms, ephemeral streams |
/// |---|---|---|
/// | this project's | each datapoint exactly once, in order | each batch at most once, in order; [`Error::Lagged`] where some may be missing |
/// | the original | each datapoint once, in order, if time and value distinguish it from others | the same as above, and an [`Error::Lagged`] at each reconnection |
///
/// With the original server, a datapoint may be left out if it arrives within 10 seconds after
/// missed datapoints were read and has the same time and value as one of them: the two look like
/// one datapoint that was received twice. With that server, the client knows only with the feature
/// `pipescript` which transforms look at each datapoint alone; without the feature, the last
/// column applies to every transform.
///
/// # Items
/// An error is the last item, with three exceptions after which the subscription goes on:
///
/// - [`Error::Lagged`]: datapoints may be missing at this place.
/// - [`Error::Corrected`]: datapoints that were delivered before are not what they were. This project's
///   server tells it at once, or when the connection is there again.
/// - [`Error::Value`]: a value cannot be read as `T`. The other datapoints of its batch are delivered
///   before and after it.
///
/// The subscription ends when the stream is deleted or may not be read any more, or when the server
/// refuses the login. It does not end while the server cannot be reached.
#[must_use = "dropping it unsubscribes"]
pub struct Subscription<T = Value> {
    batches: Pin<Box<dyn futures_core::Stream<Item = Result<DatapointArray<T>>> + Send>>,
    guard: SubscriptionGuard,
}

impl<T> Subscription<T> {
    /// Waits for the next batch; returns `None` after the end.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, no batch is lost.
    pub async fn next(&mut self) -> Option<Result<DatapointArray<T>>> {
        self.batches.next().await
    }

    /// Unsubscribes, and returns when the server sends nothing more.
    ///
    /// # Cancel safety
    /// If the future is dropped, the subscription ends nevertheless.
    pub async fn unsubscribe(self) {
        self.guard.unsubscribe().await;
    }
}

impl<T: Send + 'static> Subscription<T> {
    /// Spawns a task that calls a function with each batch, one after the other, until the returned
    /// [`Callback`] is dropped.
    ///
    /// Where datapoints may be missing, only a warning is logged. To handle this case, call
    /// [`next`](Self::next) instead.
    ///
    /// # Panics
    /// Panics if called outside of a tokio runtime.
    pub fn on_insert<F, Fut>(self, call: F) -> Callback
    where
        F: FnMut(DatapointArray<T>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Callback::spawn(self, call)
    }
}

impl<T> futures_core::Stream for Subscription<T> {
    type Item = Result<DatapointArray<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for Subscribe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscribe").field(&self.topic).finish()
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.guard).finish()
    }
}
