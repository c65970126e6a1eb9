//! Receiving and answering the requests in a stream's downlink.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cdb_types::{Datapoint, Timestamp};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::datapoints::value_error;
use super::{Callback, Stream, Subscription};
use crate::{Error, Result};

/// A [`futures::Stream`](futures_core::Stream) of the [`Request`]s that other devices send to the
/// owner of a stream; made by [`Stream::downlinks`].
///
/// It is a [`Subscription`] to the downlink with the same guarantees: requests that are sent while
/// the connection is lost are delivered when it is open again.
#[must_use = "dropping it unsubscribes"]
pub struct Downlinks<T = Value> {
    stream: Stream,
    batches: Subscription<Box<RawValue>>,
    /// The rest of the last batch, not returned yet.
    ready: VecDeque<Datapoint<Box<RawValue>>>,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Downlinks<T> {
    pub(super) async fn of(stream: Stream) -> Result<Self> {
        // Other devices may subscribe to the downlink as well, but cannot accept a request: what
        // they insert is another request.
        if stream.path().device() != stream.0.connection.device() {
            return Err(Error::NotOwner(stream.path().clone()));
        }
        let batches = stream.typed().subscribe().downlink().await?;
        Ok(Self { stream, batches, ready: VecDeque::new(), value: PhantomData })
    }

    /// Waits for the next request; returns `None` after the end.
    ///
    /// A request that cannot be read as `T` is an `Err` item, after which the next request follows.
    /// Other errors are those of a [`Subscription`].
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, no request is lost.
    pub async fn next(&mut self) -> Option<Result<Request<T>>> {
        StreamExt::next(self).await
    }

    /// Unsubscribes, and returns when the server sends nothing more.
    ///
    /// # Cancel safety
    /// If the future is dropped, the subscription ends nevertheless.
    pub async fn unsubscribe(self) {
        self.batches.unsubscribe().await;
    }
}

impl<T: DeserializeOwned + Serialize + Send + 'static> Downlinks<T> {
    /// Spawns a task that calls a function with each request, one after the other, and acts on the
    /// reply, until the returned [`Callback`] is dropped.
    ///
    /// A reply is a [`Reply`], or a `bool` that says whether to accept. If the server refuses a
    /// reply or cannot be reached, a warning is logged.
    ///
    /// # Panics
    /// Panics if called outside of a tokio runtime.
    pub fn on_request<F, Fut>(self, mut call: F) -> Callback
    where
        F: FnMut(Datapoint<T>) -> Fut + Send + 'static,
        Fut: Future<Output: Into<Reply<T>>> + Send + 'static,
    {
        Callback::spawn(self, move |request: Request<T>| {
            let Request { stream, raw, value } = request;
            let reply = call(Datapoint { t: raw.t, d: value, o: raw.o.clone() });
            async move {
                let result = match reply.await.into() {
                    Reply::Accept => accept(&stream, raw).await,
                    Reply::AcceptWith(value) => stream.insert(value).await,
                    Reply::Ignore => Ok(()),
                };
                if let Err(error) = result {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, stream = %stream.path(), "the reply was not stored");
                }
            }
        })
    }
}

impl<T: DeserializeOwned> futures_core::Stream for Downlinks<T> {
    type Item = Result<Request<T>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(raw) = this.ready.pop_front() {
                return Poll::Ready(Some(Request::read(&this.stream, raw)));
            }
            match ready!(this.batches.poll_next_unpin(cx)) {
                Some(Ok(batch)) => this.ready.extend(batch),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// A value that another device asks a stream's owner to set.
///
/// After acting on it, call [`accept`](Self::accept), or [`accept_with`](Self::accept_with) if
/// another value was set. The value is then inserted into the stream, where other devices see that
/// the request was handled. Dropping a request ignores it.
#[must_use = "a request that is not accepted is ignored"]
pub struct Request<T = Value> {
    stream: Stream,
    raw: Datapoint<Box<RawValue>>,
    value: T,
}

impl<T: DeserializeOwned> Request<T> {
    fn read(stream: &Stream, raw: Datapoint<Box<RawValue>>) -> Result<Self> {
        let value = serde_json::from_str(raw.d.get());
        let value = value.map_err(|error| value_error::<T>(stream.path(), raw.t, &error))?;
        Ok(Self { stream: stream.clone(), raw, value })
    }
}

impl<T> Request<T> {
    /// Returns the requested value.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the path of the device that sent the request: `user/device`.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.raw.o.as_deref()
    }

    /// Returns the time of the request.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.raw.t
    }

    /// Inserts the requested value into the stream, with the time of the request, or the time of
    /// the stream's last datapoint if that is later.
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::insert`].
    pub async fn accept(self) -> Result<()> {
        accept(&self.stream, self.raw).await
    }

    /// Inserts the value that was set instead of the requested one into the stream, with the current
    /// time.
    ///
    /// # Errors
    /// Returns the same errors as [`Stream::insert`].
    pub async fn accept_with(self, value: impl Into<T>) -> Result<()>
    where
        T: Serialize,
    {
        let value: T = value.into();
        self.stream.insert(value).await
    }
}

async fn accept(stream: &Stream, request: Datapoint<Box<RawValue>>) -> Result<()> {
    // The origin is the device that sent the request; this device inserts the answer.
    let datapoint = Datapoint { o: None, ..request };
    stream.insert_array(&[datapoint]).restamp(true).await.map(drop)
}

/// What to do with a request. `true` converts to [`Accept`](Self::Accept), `false` to
/// [`Ignore`](Self::Ignore).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reply<T = Value> {
    /// Call [`Request::accept`].
    Accept,
    /// Call [`Request::accept_with`] with this value.
    AcceptWith(T),
    /// Do nothing.
    Ignore,
}

impl<T> From<bool> for Reply<T> {
    fn from(accept: bool) -> Self {
        if accept { Self::Accept } else { Self::Ignore }
    }
}

impl<T> fmt::Debug for Downlinks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Downlinks").field(&self.batches).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("stream", self.stream.path())
            .field("time", &self.raw.t)
            .field("origin", &self.raw.o)
            .field("value", &self.value)
            .finish()
    }
}
