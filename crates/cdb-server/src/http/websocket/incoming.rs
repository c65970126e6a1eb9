//! The bytes that come in over a websocket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes a message may come in, as a multiple of its maximum size. More are only needed for
/// tiny fragments, even empty ones, of which there could be any number.
const MAX_RATIO: usize = 2;

/// The number of bytes that a message may come in, however small it must be.
const MIN_BYTES: usize = 64 * 1024;

/// Counts the bytes that were received since the last message.
#[derive(Debug, Clone)]
pub(super) struct Received {
    max: usize,
    bytes: Arc<AtomicUsize>,
}

impl Received {
    pub(super) fn new(max_message_bytes: usize) -> Self {
        let max = max_message_bytes.saturating_mul(MAX_RATIO).max(MIN_BYTES);
        Self { max, bytes: Arc::default() }
    }

    /// Notes that a message is complete.
    pub(super) fn message(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// Returns an error if so many bytes have been received without a message being complete.
    fn add(&self, bytes: usize) -> io::Result<()> {
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.max {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "a message in too many fragments"))
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

    #[tokio::test]
    async fn no_more_is_received_than_the_largest_message_needs() {
        let received = Received::new(MIN_BYTES);
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
