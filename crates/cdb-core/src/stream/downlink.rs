//! Doing what others ask of a stream's owner.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cdb_http::ProtocolError;
use cdb_types::{Datapoint, Timestamp};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Callback, Stream, Subscription};
use crate::{Error, Result};

/// What others ask of a stream's owner: a [`futures::Stream`](futures_core::Stream) of
/// [`Request`]s; made by [`Stream::downlinks`].
///
/// It is a [`Subscription`] to the downlink, with the same promises: what is asked while the
/// connection is lost comes after it.
#[must_use = "dropping it unsubscribes"]
pub struct Downlinks<T = Value> {
    stream: Stream,
    batches: Subscription<Box<RawValue>>,
    /// What has come together and is still to be handed out.
    ready: VecDeque<Datapoint<Box<RawValue>>>,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Downlinks<T> {
    pub(super) async fn of(stream: Stream) -> Result<Self> {
        // Others may hear what is asked as well, but what they insert is a request again.
        if stream.path().device() != stream.0.connection.device() {
            return Err(Error::NotOwner(stream.path().clone()));
        }
        let batches = stream.typed().subscribe().downlink().await?;
        Ok(Self { stream, batches, ready: VecDeque::new(), value: PhantomData })
    }

    /// The next request; `None` after the end. Errors are as with a [`Subscription`]; one that says
    /// that a request is no `T` concerns that request only.
    ///
    /// If the future is dropped before it is ready, no request is lost.
    pub async fn next(&mut self) -> Option<Result<Request<T>>> {
        StreamExt::next(self).await
    }

    /// Unsubscribes; returns when the server will send nothing more.
    pub async fn unsubscribe(self) {
        self.batches.unsubscribe().await;
    }
}

impl<T: DeserializeOwned + Send + 'static> Downlinks<T> {
    /// Calls a function with each request, one after the other, from a task of its own, and does
    /// what it replies, until what this returns is dropped.
    ///
    /// Replies are `bool`s (whether to accept) or [`Reply`]s. One that the server refuses, or that
    /// does not reach it, is a warning in the log.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn on_request<F, Fut>(self, mut call: F) -> Callback
    where
        F: FnMut(Datapoint<T>) -> Fut + Send + 'static,
        Fut: Future<Output: Into<Reply>> + Send + 'static,
    {
        Callback::spawn(self, move |request: Request<T>| {
            let Request { stream, raw, value } = request;
            let reply = call(Datapoint { t: raw.t, d: value, o: raw.o.clone() });
            async move {
                let done = match reply.await.into() {
                    Reply::Accept => accept(&stream, raw).await,
                    Reply::AcceptWith(value) => stream.insert(value).await,
                    Reply::Ignore => Ok(()),
                };
                if let Err(error) = done {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, stream = %stream.path(), "a request is not acknowledged");
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

/// Something that somebody asks of a stream's owner.
///
/// [Accept](Self::accept) it when it is done, or as far as it is done: that puts it into the
/// stream, where all can see it. Dropped, it is left as it is.
#[must_use = "a request that is not accepted is ignored"]
pub struct Request<T = Value> {
    stream: Stream,
    raw: Datapoint<Box<RawValue>>,
    value: T,
}

impl<T: DeserializeOwned> Request<T> {
    fn read(stream: &Stream, raw: Datapoint<Box<RawValue>>) -> Result<Self> {
        let value = serde_json::from_str(raw.d.get());
        let value = value.map_err(|error| cdb_http::Error::from(ProtocolError::from(error)))?;
        Ok(Self { stream: stream.clone(), raw, value })
    }
}

impl<T> Request<T> {
    /// What is asked for.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The device that asks, as `user/device`.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.raw.o.as_deref()
    }

    /// When it was asked.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.raw.t
    }

    /// Puts the value that is asked for into the stream, with the time at which it was asked, or
    /// that of the stream's last datapoint if that is later.
    ///
    /// # Errors
    /// As [`Stream::insert`].
    pub async fn accept(self) -> Result<()> {
        accept(&self.stream, self.raw).await
    }

    /// Puts another value into the stream, with the present as its time: what is really done.
    ///
    /// # Errors
    /// As [`Stream::insert`].
    pub async fn accept_with(self, value: impl Serialize) -> Result<()> {
        self.stream.insert(value).await
    }
}

async fn accept(stream: &Stream, asked: Datapoint<Box<RawValue>>) -> Result<()> {
    // Who has asked is not who says it now.
    let datapoint = Datapoint { o: None, ..asked };
    stream.insert_array(&[datapoint]).restamp(true).await.map(drop)
}

/// What to do about a request; `true` accepts, `false` ignores.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reply {
    /// As [`Request::accept`].
    Accept,
    /// As [`Request::accept_with`].
    AcceptWith(Value),
    /// Nothing.
    Ignore,
}

impl From<bool> for Reply {
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
