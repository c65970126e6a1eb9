//! A connection that is closed when its client takes too long.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::{Phase, Slot};
use crate::limits::Limits;

/// A connection with deadlines: for the headers of a request, for the next request, and for reading
/// some more of a response. Bodies of requests and websockets have deadlines of their own.
#[derive(Debug)]
pub(super) struct Transport<S> {
    stream: S,
    slot: Slot,
    limits: Arc<Limits>,
    reading: Deadline,
    writing: Deadline,
    /// The time from which on the client has not read more of a response.
    stalled: Option<Instant>,
}

/// A timer that is created when it is first needed.
#[derive(Debug, Default)]
struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Is ready when the time has come; otherwise the task is woken then.
    fn poll(&mut self, context: &mut Context<'_>, time: Instant) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(time)));
        if sleep.deadline() != time {
            sleep.as_mut().reset(time);
        }
        sleep.as_mut().poll(context)
    }
}

impl<S> Transport<S> {
    pub(super) fn new(stream: S, slot: Slot, limits: Arc<Limits>) -> Self {
        let (reading, writing) = Default::default();
        Self { stream, slot, limits, reading, writing, stalled: None }
    }

    /// The result of a read that waits for the client.
    fn poll_read_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (phase, since) = self.slot.connection.phase();
        let allowed = match phase {
            Phase::Head => self.limits.header_timeout,
            Phase::Idle => self.limits.idle_timeout,
            Phase::Busy => {
                // The response may end without another read: the timer must run by then.
                let allowed = self.limits.idle_timeout;
                if self.reading.poll(context, since + allowed).is_ready() {
                    // It has not ended yet.
                    let _ = self.reading.poll(context, Instant::now() + allowed);
                }
                return Poll::Pending;
            }
            Phase::Upgraded => {
                // A timer holds on to the task that has polled it last, which was the connection's before it
                // became a websocket: several KiB until the timer ends.
                (self.reading, self.writing) = Default::default();
                return Poll::Pending;
            }
        };
        ready!(self.reading.poll(context, since + allowed));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn note_progress(&self, written: &Poll<io::Result<usize>>) {
        if written.is_ready() {
            self.slot.connection.sent();
        }
    }

    /// Passes on the result of a write, unless the client has read nothing for too long.
    fn poll_written<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        if self.slot.connection.phase().0 == Phase::Upgraded {
            return Poll::Pending;
        }
        let stalled = *self.stalled.get_or_insert_with(Instant::now);
        ready!(self.writing.poll(context, stalled + self.limits.write_timeout));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending => self.poll_read_deadline(context),
            read => {
                if buffer.filled().len() > before {
                    self.slot.connection.received();
                }
                read
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_progress(&written);
        self.poll_written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note_progress(&written);
        self.poll_written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.poll_written(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.poll_written(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use futures_util::FutureExt;
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::http::connections::Connections;

    #[tokio::test]
    async fn a_websocket_has_no_timers_of_requests() {
        let limits = Limits::default();
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let slot = Connections::new(&limits).admit(peer).expect("room");
        let (stream, _client) = tokio::io::duplex(16);
        let mut transport = Transport::new(stream, slot, Arc::new(limits));
        assert!(transport.read_u8().now_or_never().is_none());
        assert!(transport.reading.0.is_some());
        transport.slot.connection.enter(Phase::Upgraded);
        assert!(transport.read_u8().now_or_never().is_none());
        assert!(transport.reading.0.is_none());
    }
}
