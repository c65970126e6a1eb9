//! Being told of inserts.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use cdb_http::websocket::{Membership, Topic};
use cdb_types::{DataPath, DatapointArray};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::follow::Follower;
use super::{Callback, Stream};
use crate::{Error, Result};

/// Subscribes when awaited; see [`Stream::subscribe`].
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

    /// Runs a PipeScript over what is inserted, on the server: over each insert by itself. With the
    /// feature `pipescript` what is no script is an error before anything is sent.
    pub fn transform(mut self, script: impl Into<String>) -> Self {
        self.topic.transform = script.into();
        self
    }

    /// Subscribes to the downlink instead: to what others ask the stream's owner for.
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
        let (events, membership) = stream.0.connection.websocket().join(topic.clone());
        let follower = Follower::begin(stream, topic, events).await?;
        let batches = stream::unfold(follower, |mut follower| async {
            let item = follower.next().await?;
            Some((item, follower))
        });
        Ok(Subscription { batches: batches.boxed(), membership })
    }
}

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Subscribe<T> {
    type Output = Result<Subscription<T>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

/// A subscription: a [`futures::Stream`](futures_core::Stream) of batches, each what one insert
/// gave, as soon as it is stored.
///
/// Awaiting [`Stream::subscribe`] means that the server has it: nothing that is inserted later is
/// missed. Dropping it unsubscribes.
///
/// # What is promised
/// When the connection is lost it is opened again (see [`Reconnect`](crate::Reconnect)), and what
/// was inserted meanwhile is read from the server and delivered first, in batches of up to 5,000.
/// The same happens when batches are not taken as fast as they come: 256 of them, or 1 MiB, wait
/// for who is to take them; what comes later is read from the server when those are taken. So
/// memory is bounded and nothing is lost without a word:
///
/// | | without a transform, or with one that looks at each datapoint alone (`if $>5`) | other transforms, ephemeral streams |
/// |---|---|---|
/// | this project's server | each datapoint exactly once, in order | each batch at most once, in order; [`Error::Lagged`] where some may be missing |
/// | the original server | each datapoint once, in order, as far as times and values tell them apart | the same, and an [`Error::Lagged`] at each reconnection |
///
/// On the original, two datapoints of the same time and value that two devices insert within
/// seconds of a reconnection cannot be told from one that is told of twice: one of them may be left
/// out. Whether a transform looks at each datapoint alone is known there only with the feature
/// `pipescript`.
///
/// # Items
/// An error is the last item, unless it is [`Error::Lagged`] or says that a batch is not of the
/// type `T` ([`ProtocolError::Unreadable`](cdb_http::ProtocolError)): those concern what would have
/// been in their place, and the subscription goes on. It ends when the stream is deleted or may not
/// be read any more, and when the login is refused; not when the server cannot be reached.
#[must_use = "dropping it unsubscribes"]
pub struct Subscription<T = Value> {
    batches: Pin<Box<dyn futures_core::Stream<Item = Result<DatapointArray<T>>> + Send>>,
    membership: Membership,
}

impl<T> Subscription<T> {
    /// The next batch; `None` after the end.
    ///
    /// If the future is dropped before it is ready, no batch is lost.
    pub async fn next(&mut self) -> Option<Result<DatapointArray<T>>> {
        self.batches.next().await
    }

    /// Unsubscribes; returns when the server will send nothing more.
    pub async fn unsubscribe(self) {
        self.membership.leave().await;
    }
}

impl<T: Send + 'static> Subscription<T> {
    /// Calls a function with each batch, one after the other, from a task of its own, until what
    /// this returns is dropped.
    ///
    /// Where datapoints may be missing there is a warning in the log; to be told, take the batches
    /// yourself.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
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
        f.debug_tuple("Subscription").field(&self.membership).finish()
    }
}
