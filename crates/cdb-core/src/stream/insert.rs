//! Appending datapoints.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use cdb_types::Datapoint;
use cdb_types::endpoint::Insert;
use futures_util::future;
use serde::Serialize;

use super::Stream;
use crate::{Error, Result};

/// The largest number of datapoints in one request.
const MAX_CHUNK_POINTS: usize = 5_000;

/// The number of datapoints that are serialised before the task yields.
const YIELD_EVERY: usize = 250;

/// The largest size of a request's body in bytes, unless one datapoint alone is larger. The server
/// accepts 10 MiB.
const MAX_CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// Appends datapoints when awaited, and returns how many were stored; made by
/// [`Stream::insert_array`].
///
/// # Cancel safety
/// If the future is dropped, the chunks that the server has acknowledged are stored. The chunk that
/// was being sent may or may not be stored, and later chunks are not sent.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct InsertArray<'a, T> {
    stream: Stream,
    datapoints: &'a [Datapoint<T>],
    restamp: bool,
    downlink: bool,
}

impl<'a, T: Serialize> InsertArray<'a, T> {
    pub(super) fn new(stream: Stream, datapoints: &'a [Datapoint<T>]) -> Self {
        Self { stream, datapoints, restamp: false, downlink: false }
    }

    /// Sets whether datapoints that are earlier than the stream's last get its time instead of
    /// being refused; the default is `false`. Their own times must be in ascending order in either
    /// case.
    pub fn restamp(mut self, restamp: bool) -> Self {
        self.restamp = restamp;
        self
    }

    /// Sets whether the datapoints are appended to the stream's downlink, even if this device owns
    /// the stream; the default is `false`.
    pub fn downlink(mut self, downlink: bool) -> Self {
        self.downlink = downlink;
        self
    }

    async fn send(self) -> Result<usize> {
        let mut stored = 0;
        let failed = |stored, error| match stored {
            0 => Error::Http(error),
            _ => Error::PartialInsert { stored, error },
        };
        let mut next = chunk(self.datapoints).await;
        while let Some((count, body)) = next.map_err(|error| failed(stored, error))? {
            let rest = &self.datapoints[stored + count..];
            // The next chunk is serialised while this one is sent.
            let (sent, following) = future::join(self.send_chunk(body), chunk(rest)).await;
            sent.map_err(|error| failed(stored, error))?;
            stored += count;
            next = following;
        }
        Ok(stored)
    }

    async fn send_chunk(&self, body: Vec<u8>) -> Result<(), cdb_http::Error> {
        send(&self.stream, self.downlink, self.restamp, None, body.into()).await
    }
}

/// Sends the JSON text of an array of datapoints in one request.
pub(super) async fn send(
    stream: &Stream,
    downlink: bool,
    restamp: bool,
    index: Option<u64>,
    body: Bytes,
) -> Result<(), cdb_http::Error> {
    let (session, stream) = (stream.0.session(), stream.path());
    // `call_with` sends `body` in place of these datapoints.
    let datapoints: &[Datapoint<()>] = &[];
    session.call_with(&Insert { stream, downlink, restamp, index, datapoints }, body).await
}

/// Serialises the datapoints of the next request, and returns how many they are with the body;
/// `None` if there are none left.
pub(super) async fn chunk<T: Serialize>(
    datapoints: &[Datapoint<T>],
) -> Result<Option<(usize, Vec<u8>)>, cdb_http::Error> {
    let mut body = Vec::new();
    let mut count = 0;
    for datapoint in datapoints.iter().take(MAX_CHUNK_POINTS) {
        if body.len() > MAX_CHUNK_BYTES {
            break;
        }
        if count % YIELD_EVERY == YIELD_EVERY - 1 {
            yield_now().await;
        }
        let before = body.len();
        body.push(if count == 0 { b'[' } else { b',' });
        serde_json::to_writer(&mut body, datapoint).map_err(cdb_http::Error::Unwritable)?;
        if count > 0 && body.len() > MAX_CHUNK_BYTES {
            body.truncate(before);
            break;
        }
        count += 1;
    }
    body.push(b']');
    Ok((count > 0).then_some((count, body)))
}

/// Yields to the other half of the `join`, which sends the chunk before, and to other tasks.
async fn yield_now() {
    let mut yielded = false;
    future::poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<'a, T: Serialize + Sync> IntoFuture for InsertArray<'a, T> {
    type Output = Result<usize>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
