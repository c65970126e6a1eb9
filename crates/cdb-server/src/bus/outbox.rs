//! What waits to be sent over one socket.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

/// How much text may wait. What waits is shared by all who are sent it.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How many texts may wait.
const MOST_PARCELS: usize = 16 * 1024;

/// A text to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// The subscription that it is for; `None` for an answer.
    pub(crate) subscription: Option<u64>,
    pub(crate) text: Utf8Bytes,
}

/// So much waited that it was thrown away: whoever was to read it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow;

/// What waits to be sent over one socket, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    parcels: VecDeque<Parcel>,
    bytes: usize,
    overflowed: bool,
}

impl Outbox {
    /// Puts a text last. However large it is, one is always taken.
    pub(crate) fn push(&self, parcel: Parcel) {
        let mut waiting = self.lock();
        if waiting.overflowed {
            return;
        }
        let bytes = waiting.bytes + parcel.text.len();
        let room = bytes <= MOST_BYTES && waiting.parcels.len() < MOST_PARCELS;
        if room || waiting.parcels.is_empty() {
            waiting.bytes = bytes;
            waiting.parcels.push_back(parcel);
        } else {
            *waiting = Waiting { overflowed: true, ..Waiting::default() };
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// The text that has waited longest, if one waits.
    pub(crate) fn try_take(&self) -> Result<Option<Parcel>, Overflow> {
        let mut waiting = self.lock();
        if waiting.overflowed {
            return Err(Overflow);
        }
        let parcel = waiting.parcels.pop_front();
        waiting.bytes -= parcel.as_ref().map_or(0, |parcel| parcel.text.len());
        Ok(parcel)
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

    fn parcel(bytes: usize) -> Parcel {
        Parcel { subscription: None, text: "x".repeat(bytes).into() }
    }

    #[test]
    fn what_is_not_taken_overflows_and_is_thrown_away() {
        let outbox = Outbox::default();
        outbox.push(parcel(MOST_BYTES));
        outbox.push(parcel(1));
        assert!(matches!(outbox.try_take(), Err(Overflow)));
        outbox.push(parcel(1));
        assert!(matches!(outbox.try_take(), Err(Overflow)));
    }

    #[test]
    fn one_text_is_taken_however_large_it_is() {
        let outbox = Outbox::default();
        outbox.push(parcel(MOST_BYTES + 1));
        assert!(outbox.try_take().is_ok_and(|parcel| parcel.is_some()));
        assert!(outbox.try_take().is_ok_and(|parcel| parcel.is_none()));
    }
}
