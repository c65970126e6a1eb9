//! The bytes that come in over a websocket.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::usage::{Caller, Share, Usage};

/// How many bytes a message may come in, as a multiple of its maximum size. More are only needed for
/// tiny fragments, even empty ones, of which there could be any number.
const MAX_RATIO: usize = 2;

/// The number of bytes that a message may come in, however small it must be.
const MIN_BYTES: usize = 64 * 1024;

/// The first bytes of a message are only counted for its socket. Most messages have no more.
const FREE_BYTES: usize = 4 * 1024;

/// Counts the bytes that were received since the last message, and counts them as bodies of requests
/// of the caller, since they are in memory as well.
#[derive(Debug, Clone)]
pub(super) struct Received {
    max: usize,
    usage: Arc<Usage>,
    caller: Caller,
    current: Arc<Mutex<Current>>,
}

/// The message that is received.
#[derive(Debug, Default)]
struct Current {
    bytes: usize,
    share: Option<Share>,
}

impl Received {
    pub(super) fn new(max_message_bytes: usize, usage: Arc<Usage>, caller: Caller) -> Self {
        let max = max_message_bytes.saturating_mul(MAX_RATIO).max(MIN_BYTES);
        Self { max, usage, caller, current: Arc::default() }
    }

    /// Notes that a message is complete.
    pub(super) fn message(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Current::default();
    }

    /// Returns an error if so many bytes have been received without a message being complete, or if
    /// the caller has too many in memory.
    fn add(&self, bytes: usize) -> io::Result<()> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.bytes += bytes;
        let refused = |why| Err(io::Error::new(io::ErrorKind::InvalidData, why));
        if current.bytes > self.max {
            return refused("a message in too many fragments");
        }
        let counted = bytes.min(current.bytes.saturating_sub(FREE_BYTES));
        if counted == 0 {
            return Ok(());
        }
        let share = current.share.get_or_insert_with(|| self.usage.begin(self.caller));
        match share.take(counted) {
            Ok(()) => Ok(()),
            Err(_) => refused("the caller sends too much at a time"),
        }
    }
}

/// The connection below a websocket. After each read it lets other tasks go on: what is read at once
/// may be hundreds of frames.
pub(super) struct Incoming<S> {
    stream: S,
    received: Received,
    others_first: Option<BoxFuture<'static, ()>>,
}

impl<S> Incoming<S> {
    pub(super) fn new(stream: S, received: Received) -> Self {
        Self { stream, received, others_first: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Incoming<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(others) = &mut self.others_first {
            ready!(others.poll_unpin(context));
            self.others_first = None;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.received.add(buffer.filled().len() - before)?;
        self.others_first = Some(tokio::task::yield_now().boxed());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Incoming<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::usage::Quota;

    fn usage(per_device: usize) -> Arc<Usage> {
        Usage::new(Quota { per_device, per_address: 0, anonymous: 0, total: usize::MAX })
    }

    #[tokio::test]
    async fn messages_of_all_sockets_of_a_caller_are_limited_together() {
        let usage = usage(MIN_BYTES);
        let socket = || Received::new(MIN_BYTES, Arc::clone(&usage), Caller::Device(1));
        let (first, second) = (socket(), socket());
        first.add(MIN_BYTES).expect("it is the only one");
        second.add(FREE_BYTES).expect("a small message");
        second.add(FREE_BYTES).expect("as much as the first one has left");
        second.add(1).expect_err("nothing is left");
        first.message();
        second.add(MIN_BYTES / 2).expect("the first one is complete");
        drop(second);
        first.add(MIN_BYTES).expect("the second one is gone");
    }

    #[tokio::test]
    async fn no_more_is_received_than_the_largest_message_needs() {
        let received = Received::new(MIN_BYTES, usage(usize::MAX), Caller::Device(1));
        let mut incoming = Incoming::new(tokio::io::repeat(0), received.clone());
        let mut message = vec![0; MAX_RATIO * MIN_BYTES];
        for _ in 0..2 {
            incoming.read_exact(&mut message).await.expect("read");
            received.message();
        }
        incoming.read_exact(&mut message).await.expect("read");
        assert!(incoming.read_u8().await.is_err());
    }
}
