//! Where datapoints have gone in recent corrections, so that a read that has begun can go on.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::storage::{Array, Extent};

/// The number of corrections that are remembered. A read that meets an older one ends with an error.
const MAX_MOVES: usize = 4096;

/// The last corrections. Clones share them.
///
/// A correction is noted before it is committed: the file has none that is not known here, unless so many
/// followed that it was forgotten. One that was not committed is never asked for, since the file decides
/// how many there were, and the next one takes its number.
#[derive(Debug, Clone, Default)]
pub(super) struct Moves(Arc<Mutex<VecDeque<Move>>>);

/// A correction of an array.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) array: Array,
    /// How it was before.
    pub(super) before: Extent,
    /// The places of the datapoints that were replaced.
    pub(super) replaced: Range<u64>,
    /// How many datapoints there are more than before.
    pub(super) grown: i64,
    /// Which other datapoints went to other places.
    pub(super) moved: Moved,
}

/// The datapoints that a correction moves to other places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// Those before the range that was replaced, and the beginning of the array with them.
    Before,
    /// Those after it, and the end of the array with them.
    After,
}

impl Move {
    /// Returns how the array was afterwards.
    pub(super) fn after(&self) -> Extent {
        self.applied(self.before)
    }

    /// Changes the extent of the array at some moment before the correction, which may have ended earlier.
    fn applied(&self, extent: Extent) -> Extent {
        let grown = self.grown;
        let now = Extent { corrections: extent.corrections + 1, ..extent };
        match self.moved {
            Moved::Before => Extent { first: extent.first.saturating_add_signed(-grown), ..now },
            Moved::After => Extent {
                end: extent.end.saturating_add_signed(grown),
                shift: extent.shift + grown,
                ..now
            },
        }
    }

    /// Returns the places of what is to be read of a range. The correction is seen as a whole or not at
    /// all: `None` if the range begins or ends in the midst of what was replaced.
    fn followed(&self, range: &Range<u64>) -> Option<Range<u64>> {
        let Range { mut start, mut end } = *range;
        let replaced = &self.replaced;
        let (starts_after, ends_before) = (replaced.end <= start, replaced.start >= end);
        if replaced.start < start && !starts_after || replaced.end > end && !ends_before {
            return None;
        }
        match self.moved {
            Moved::Before if !starts_after => {
                start = start.saturating_add_signed(-self.grown);
                if ends_before {
                    end = end.saturating_add_signed(-self.grown);
                }
            }
            Moved::After if !ends_before => {
                end = end.saturating_add_signed(self.grown);
                if starts_after {
                    start = start.saturating_add_signed(self.grown);
                }
            }
            Moved::Before | Moved::After => {}
        }
        Some(start..end)
    }
}

impl Moves {
    /// Notes a correction that is about to be committed.
    pub(super) fn note(&self, correction: Move) {
        let mut moves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What had its number, or a later one, was not committed, or the array was cleared since.
        moves.retain(|other| {
            other.array != correction.array
                || other.before.corrections < correction.before.corrections
        });
        if moves.len() == MAX_MOVES {
            moves.pop_front();
        }
        moves.push_back(correction);
    }

    /// Returns how an array is after so many `corrections`, and where in it a range is that was to be read,
    /// if that is known.
    pub(super) fn follow(
        &self,
        array: Array,
        mut extent: Extent,
        mut range: Range<u64>,
        corrections: u64,
    ) -> Option<(Extent, Range<u64>)> {
        let moves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for correction in moves.iter().filter(|correction| correction.array == array) {
            if extent.corrections == corrections {
                break;
            }
            let before = &correction.before;
            if before.corrections < extent.corrections {
                continue;
            }
            // An array that was cleared begins to count anew.
            let is_next = before.corrections == extent.corrections
                && before.shift == extent.shift
                && before.end >= extent.end;
            if !is_next {
                return None;
            }
            range = correction.followed(&range)?;
            extent = correction.applied(extent);
        }
        (extent.corrections == corrections).then_some((extent, range))
    }
}
