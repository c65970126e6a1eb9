//! What waits to be sent over one socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::message::Text;

/// The number of bytes that a frame counts in addition to its text.
const FRAME_BYTES: usize = 64;

/// A text to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The number of the subscription that it is for; `None` for an answer.
    pub(crate) subscription: Option<u64>,
    pub(crate) text: Arc<Text>,
}

/// A message was not taken, because too much waits already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// What is to be done next for a socket.
#[derive(Debug)]
pub(crate) enum Next {
    Send(Frame),
    /// The subscription with this number has missed messages, and everything before them has been
    /// taken out of the queue.
    CatchUp(u64),
}

/// The texts that wait to be sent over one socket, oldest first, and the subscriptions that have
/// missed some.
#[derive(Debug)]
pub(crate) struct SendQueue {
    /// The maximum number of bytes of messages that wait. One message that is larger by itself may wait
    /// in addition, so that others, which arrive all the time, do not keep it out. When as many bytes of
    /// answers wait, no further command is read.
    max_bytes: usize,
    state: Mutex<State>,
    filled: Notify,
    answers_taken: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Frame>,
    /// Those of messages, without the large one.
    bytes: usize,
    /// Whether a message waits that is larger than all others may be together.
    has_large: bool,
    answer_bytes: usize,
    behind: VecDeque<u64>,
}

impl SendQueue {
    pub(crate) fn new(max_bytes: usize) -> Self {
        let (state, filled, answers_taken) = Default::default();
        Self { max_bytes, state, filled, answers_taken }
    }

    /// Appends a message, unless too much waits.
    pub(super) fn push(&self, frame: Frame) -> Result<(), Full> {
        let mut state = self.lock();
        let bytes = frame.text.len() + FRAME_BYTES;
        if bytes > self.max_bytes {
            if state.has_large {
                return Err(Full);
            }
            state.has_large = true;
        } else {
            if state.bytes + bytes > self.max_bytes {
                return Err(Full);
            }
            state.bytes += bytes;
        }
        state.frames.push_back(frame);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Appends an answer. How many wait is bounded by [`answers_taken`](Self::answers_taken).
    pub(crate) fn push_answer(&self, frame: Frame) {
        let mut state = self.lock();
        state.answer_bytes += frame.text.len() + FRAME_BYTES;
        state.frames.push_back(frame);
        drop(state);
        self.filled.notify_one();
    }

    /// Notes that a subscription has missed messages. The ones that wait are sent first.
    pub(crate) fn push_behind(&self, subscription: u64) {
        self.lock().behind.push_back(subscription);
        self.filled.notify_one();
    }

    /// Takes what is to be done next, if there is anything.
    pub(crate) fn try_next(&self) -> Option<Next> {
        let mut state = self.lock();
        let Some(frame) = state.frames.pop_front() else {
            return state.behind.pop_front().map(Next::CatchUp);
        };
        let bytes = frame.text.len() + FRAME_BYTES;
        match frame.subscription {
            Some(_) if bytes > self.max_bytes => state.has_large = false,
            Some(_) => state.bytes -= bytes,
            None => {
                state.answer_bytes -= bytes;
                self.answers_taken.notify_one();
            }
        }
        Some(Next::Send(frame))
    }

    /// Waits until something is to be done. Only one may wait.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Waits until so few answers wait that another command may be read. Only one may wait.
    pub(crate) async fn answers_taken(&self) {
        while self.lock().answer_bytes > self.max_bytes {
            self.answers_taken.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MAX_BYTES: usize = 1000;

    fn frame(bytes: usize) -> Frame {
        Frame { subscription: Some(1), text: Text::answer("x".repeat(bytes)) }
    }

    fn take(queue: &SendQueue) -> String {
        match queue.try_next() {
            Some(Next::Send(frame)) => frame.text.len().to_string(),
            Some(Next::CatchUp(number)) => format!("catch up {number}"),
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_until_there_is_room() {
        let queue = SendQueue::new(MAX_BYTES);
        assert_eq!(queue.push(frame(MAX_BYTES - FRAME_BYTES)), Ok(()));
        assert_eq!(queue.push(frame(1)), Err(Full));
        queue.push_behind(1);
        assert_eq!(take(&queue), (MAX_BYTES - FRAME_BYTES).to_string());
        assert_eq!(take(&queue), "catch up 1");
        assert_eq!(queue.push(frame(1)), Ok(()));
        assert_eq!(take(&queue), "1");
        assert_eq!(take(&queue), "nothing");
    }

    #[test]
    fn one_message_is_taken_however_large_it_is() {
        let queue = SendQueue::new(MAX_BYTES);
        assert_eq!(queue.push(frame(1)), Ok(()));
        assert_eq!(queue.push(frame(2 * MAX_BYTES)), Ok(()));
        assert_eq!(queue.push(frame(2 * MAX_BYTES)), Err(Full));
        assert_eq!(queue.push(frame(2)), Ok(()));
        assert_eq!(take(&queue), "1");
        assert_eq!(take(&queue), (2 * MAX_BYTES).to_string());
        assert_eq!(queue.push(frame(2 * MAX_BYTES)), Ok(()));
    }

    #[test]
    fn commands_wait_while_answers_are_not_taken() {
        let queue = SendQueue::new(MAX_BYTES);
        let answer = || Frame { subscription: None, ..frame(MAX_BYTES) };
        queue.push_answer(answer());
        assert_eq!(queue.answers_taken().now_or_never(), None);
        // They do not count with messages.
        assert_eq!(queue.state.lock().map(|state| state.bytes).ok(), Some(0));
        take(&queue);
        assert_eq!(queue.answers_taken().now_or_never(), Some(()));
    }
}
