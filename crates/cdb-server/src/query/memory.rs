//! The memory that the scripts of a query hold.

use std::sync::{Arc, Mutex, PoisonError};

use super::QueryFailure;
use crate::usage::Share;

/// A smaller change of what a script holds is not counted, so that counting takes no time.
const MIN_CHANGE_BYTES: usize = 1024;

/// How much is taken from what the caller may use at a time.
const STEP_BYTES: usize = 64 * 1024;

/// Counts what all scripts of a query hold together. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Memory(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    share: Share,
    /// How much the share has.
    taken: usize,
    held: usize,
}

/// What one script holds.
#[derive(Debug)]
pub(super) struct Held {
    memory: Memory,
    bytes: usize,
}

impl Memory {
    pub(crate) fn new(share: Share) -> Self {
        Self(Arc::new(Mutex::new(State { share, taken: 0, held: 0 })))
    }

    /// Counts for one more script, which holds nothing yet.
    pub(super) fn begin(&self) -> Held {
        Held { memory: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Notes how much the script holds now.
    ///
    /// # Errors
    /// Returns an error if the scripts of the caller hold too much.
    pub(super) fn set(&mut self, bytes: usize) -> Result<(), QueryFailure> {
        if bytes.abs_diff(self.bytes) < MIN_CHANGE_BYTES {
            return Ok(());
        }
        let mut state = self.memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.held = state.held - self.bytes + bytes;
        self.bytes = bytes;
        let Some(more) = state.held.checked_sub(state.taken).filter(|more| *more > 0) else {
            return Ok(());
        };
        let more = more.next_multiple_of(STEP_BYTES);
        state.share.take(more).map_err(QueryFailure::Memory)?;
        state.taken += more;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::{Caller, Exhausted, Quota, Usage};

    #[test]
    fn all_scripts_of_a_caller_share_what_it_may_use() {
        const MAX: usize = 4 * STEP_BYTES;
        let quota = Quota { per_device: MAX, per_address: 0, anonymous: 0, total: 10 * MAX };
        let usage = Usage::new(quota);
        let memory = || Memory::new(usage.begin(Caller::Device(1)));
        let (one, other) = (memory(), memory());
        let (mut first, mut second, mut third) = (one.begin(), one.begin(), other.begin());
        first.set(MAX / 2).expect("enough");
        second.set(MAX / 4).expect("enough");
        third.set(MAX / 4).expect("enough");
        assert!(matches!(second.set(MAX / 2), Err(QueryFailure::Memory(Exhausted::Caller))));
        // The share of a query is given back when the query has ended.
        drop((one, first, second));
        third.set(MAX).expect("enough");
        assert!(third.set(MAX + STEP_BYTES).is_err());
    }
}
