//! One subscriber of a topic.

use std::ops::Range;
use std::sync::Arc;

use cdb_types::websocket::ReplacedRange;

use super::message::Text;
use super::send_queue::{Frame, SendQueue};

/// If a subscriber was not told of more corrections, the last ones are told together.
const MAX_REPLACED: usize = 8;

/// A subscriber, and its position in the array.
#[derive(Debug)]
pub(super) struct Listener {
    send_queue: Arc<SendQueue>,
    number: u64,
    pub(super) detailed: bool,
    /// The position of the first datapoint that was not put into the send queue.
    pub(super) next: u64,
    /// The corrections that it is still to be told of, oldest first.
    pub(super) replaced: Vec<ReplacedRange>,
    /// Whether messages did not fit into the send queue. Until it has caught up, it gets no others.
    pub(super) is_behind: bool,
    /// Whether it has missed messages that cannot be read.
    pub(super) has_lost: bool,
}

/// The texts of one message, for those who want indices and those who do not. A text that nobody
/// wanted, or for which there was no room, is `None`.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) plain: Option<Arc<Text>>,
    pub(super) detailed: Option<Arc<Text>>,
}

impl Messages {
    pub(super) fn of(&self, listener: &Listener) -> Option<&Arc<Text>> {
        if listener.detailed { self.detailed.as_ref() } else { self.plain.as_ref() }
    }
}

impl Listener {
    pub(super) fn new(send_queue: Arc<SendQueue>, number: u64, detailed: bool, next: u64) -> Self {
        let (is_behind, has_lost) = (false, false);
        Self { send_queue, number, detailed, next, replaced: Vec::new(), is_behind, has_lost }
    }

    /// Puts a message into its queue, or leaves it behind.
    pub(super) fn push(&mut self, text: Option<&Arc<Text>>) -> bool {
        let frame = text.map(|text| Frame { subscription: Some(self.number), text: text.clone() });
        let pushed = frame.is_some_and(|frame| self.send_queue.push(frame).is_ok());
        if !pushed {
            self.is_behind = true;
            self.send_queue.push_behind(self.number);
        }
        pushed
    }

    /// Takes note of a range that was replaced, about which there is a message.
    pub(super) fn replace(&mut self, replaced: &ReplacedRange, text: &Arc<Text>) {
        self.next = replaced.moved(self.next);
        if !self.detailed || (!self.is_behind && self.push(Some(text))) {
            return;
        }
        match self.replaced.pop() {
            Some(last) if self.replaced.len() + 1 == MAX_REPLACED => {
                let both = last.and(replaced);
                // Where it is taken to be by who is told of both at once.
                self.next = both.moved(self.next);
                self.replaced.push(both);
            }
            last => self.replaced.extend(last.into_iter().chain([replaced.clone()])),
        }
    }

    /// Takes the oldest correction that it was not told of.
    pub(super) fn take_replaced(&mut self) -> Option<ReplacedRange> {
        (!self.replaced.is_empty()).then(|| self.replaced.remove(0))
    }

    /// Delivers a message that is about the datapoints of a range, if it did not get it before.
    /// `None` if the transform has left nothing of them.
    pub(super) fn deliver(&mut self, range: &Range<u64>, messages: Option<&Messages>) {
        if self.is_behind || self.next >= range.end {
            return;
        }
        let delivered = match messages {
            // It joined within the range, and reads its part of it.
            _ if self.next != range.start => self.push(None),
            Some(messages) => self.push(messages.of(self)),
            None => true,
        };
        if delivered {
            self.next = range.end;
        }
    }
}
