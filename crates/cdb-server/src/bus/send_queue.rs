//! What waits to be sent over one socket.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

/// How much text may wait. What waits is shared by all who are sent it.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How many texts may wait.
const MAX_FRAMES: usize = 16 * 1024;

/// A text to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The subscription that it is for; `None` for an answer.
    pub(crate) subscription: Option<u64>,
    pub(crate) text: Utf8Bytes,
}

/// So much waited that it was thrown away: whoever was to read it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow;

/// What waits to be sent over one socket, oldest first.
#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    bytes: usize,
    overflowed: bool,
}

impl SendQueue {
    /// Puts a text last. However large it is, one is always taken.
    pub(crate) fn push(&self, frame: Frame) {
        let mut waiting = self.lock();
        if waiting.overflowed {
            return;
        }
        let bytes = waiting.bytes + frame.text.len();
        let room = bytes <= MAX_BYTES && waiting.frames.len() < MAX_FRAMES;
        if room || waiting.frames.is_empty() {
            waiting.bytes = bytes;
            waiting.frames.push_back(frame);
        } else {
            *waiting = Waiting { overflowed: true, ..Waiting::default() };
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// The text that has waited longest, if one waits.
    pub(crate) fn try_take(&self) -> Result<Option<Frame>, Overflow> {
        let mut waiting = self.lock();
        if waiting.overflowed {
            return Err(Overflow);
        }
        let frame = waiting.frames.pop_front();
        waiting.bytes -= frame.as_ref().map_or(0, |frame| frame.text.len());
        Ok(frame)
    }

    /// Waits for a text. Only one may wait.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Frame {
        Frame { subscription: None, text: "x".repeat(bytes).into() }
    }

    #[test]
    fn what_is_not_taken_overflows_and_is_thrown_away() {
        let send_queue = SendQueue::default();
        send_queue.push(frame(MAX_BYTES));
        send_queue.push(frame(1));
        assert!(matches!(send_queue.try_take(), Err(Overflow)));
        send_queue.push(frame(1));
        assert!(matches!(send_queue.try_take(), Err(Overflow)));
    }

    #[test]
    fn one_text_is_taken_however_large_it_is() {
        let send_queue = SendQueue::default();
        send_queue.push(frame(MAX_BYTES + 1));
        assert!(send_queue.try_take().is_ok_and(|frame| frame.is_some()));
        assert!(send_queue.try_take().is_ok_and(|frame| frame.is_none()));
    }
}
