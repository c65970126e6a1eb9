//! Sends frames over a websocket.
//!
//! Large messages are sent in fragments, so that the write buffer has a small bound, and so that a
//! client that reads slowly is told apart from one that does not read.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use super::socket::End;
use super::upgrade::WebSocketSink;

/// The maximum size of a frame. Larger messages are sent in several.
pub(super) const MAX_FRAME_BYTES: usize = 16 * 1024;

/// The maximum size of the write buffer, including pongs.
pub(super) const MAX_BUFFERED_BYTES: usize = 4 * MAX_FRAME_BYTES;

/// A client may be silent for longer while it has to read what was sent since it was heard: it is
/// expected to read so many bytes in a second.
const MIN_BYTES_PER_SECOND: u64 = 16 * 1024;

/// Sends frames. Each must be written within the timeout, which requires that the client reads.
pub(super) struct Sender<'a> {
    sink: WebSocketSink,
    /// The number of bytes that were written into the buffer since it was empty.
    buffered: usize,
    timeout: Duration,
    liveness: &'a Liveness,
}

impl<'a> Sender<'a> {
    pub(super) fn new(sink: WebSocketSink, timeout: Duration, liveness: &'a Liveness) -> Self {
        Self { sink, buffered: 0, timeout, liveness }
    }

    /// Sends a text, the end of which may stay in the buffer.
    pub(super) async fn send(&mut self, mut text: Bytes) -> Result<(), End> {
        let mut kind = Data::Text;
        loop {
            let fragment = text.split_to(text.len().min(MAX_FRAME_BYTES));
            let is_last = text.is_empty();
            self.feed(Message::Frame(Frame::message(fragment, OpCode::Data(kind), is_last)))
                .await?;
            if is_last {
                return Ok(());
            }
            kind = Data::Continue;
        }
    }

    pub(super) async fn ping(&mut self) -> Result<(), End> {
        self.feed(Message::Ping(Bytes::new())).await?;
        self.flush().await
    }

    /// Sends a close frame, if that is possible within the timeout.
    pub(super) async fn close(&mut self, close: Message, limit: Duration) -> Result<(), End> {
        self.timeout = limit;
        self.flush().await?;
        self.feed(close).await?;
        self.flush().await
    }

    async fn feed(&mut self, message: Message) -> Result<(), End> {
        // Until the buffer is empty, so that the frame fits.
        if self.buffered + message.len() > MAX_FRAME_BYTES {
            self.flush().await?;
        }
        self.buffered += message.len();
        Ok(timeout(self.timeout, self.sink.feed(message)).await.map_err(|_| unread())??)
    }

    /// Writes what is in the buffer.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        let sent = std::mem::take(&mut self.buffered);
        let mut flushed = self.sink.flush();
        match (&mut flushed).now_or_never() {
            Some(flushed) => flushed?,
            None => {
                timeout(self.timeout, flushed).await.map_err(|_| unread())??;
                self.liveness.progressed();
            }
        }
        self.liveness.sent(sent);
        Ok(())
    }
}

fn unread() -> End {
    End::because(CloseCode::Again, "What was sent has not been read.")
}

/// Knows whether there is a client at the other end.
#[derive(Debug)]
pub(super) struct Liveness(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The time of the last sign of life.
    last: Instant,
    /// The number of bytes that were sent since the client was heard.
    sent: u64,
}

impl Default for Liveness {
    fn default() -> Self {
        Self(Mutex::new(State { last: Instant::now(), sent: 0 }))
    }
}

impl Liveness {
    /// Notes that the client has sent a frame.
    pub(super) fn heard(&self) {
        *self.lock() = State { last: Instant::now(), sent: 0 };
    }

    /// Notes that the client has made room for further bytes by reading some.
    fn progressed(&self) {
        self.lock().last = Instant::now();
    }

    fn sent(&self, bytes: usize) {
        self.lock().sent += bytes as u64;
    }

    /// Returns the time at which the connection counts as lost unless there is a sign of life.
    pub(super) fn deadline(&self, timeout: Duration) -> Instant {
        let state = self.lock();
        state.last + timeout + Duration::from_millis(1000 * state.sent / MIN_BYTES_PER_SECOND)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
