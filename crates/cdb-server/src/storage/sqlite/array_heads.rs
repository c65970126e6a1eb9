//! Where arrays end, and their newest datapoints: those that lie in the journal, not yet in blocks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::Array;
use crate::storage::format::block::{BLOCK_BYTES, Block};
use crate::storage::format::points::Points;

/// Arrays that are remembered at most beside those that have datapoints here.
const MAX_HEADS: usize = 10_000;

/// Blocks of fewer datapoints are crumbs, and so many crumbs are merged.
pub(super) const MIN_BLOCK_POINTS: usize = 64;

/// The ends of arrays, as the last commit left them. Clones share them.
///
/// The writer alone changes them, after its commits; what readers see is on disk.
#[derive(Debug, Clone, Default)]
pub(super) struct ArrayHeads(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    heads: HashMap<Array, ArrayHead>,
    /// How much text the journal holds, in bytes.
    journal: usize,
}

/// The end of an array: the last of its blocks, and what comes after them.
#[derive(Debug, Clone, Default)]
struct ArrayHead {
    blocks: Blocks,
    recent: Points,
}

impl ArrayHead {
    fn length(&self) -> u64 {
        self.blocks.length + self.recent.len() as u64
    }
}

/// How an array grows in a commit that is being prepared.
#[derive(Debug, Clone)]
pub(super) struct PendingAppend {
    pub(super) blocks: Blocks,
    /// What the journal gets.
    pub(super) appended: Points,
    /// How many datapoints of the array the journal holds already.
    in_journal: u64,
    /// The time of the last datapoint; before all times if there is none.
    pub(super) last_t: f64,
}

impl PendingAppend {
    /// Nothing yet, after blocks and nothing in the journal.
    pub(super) fn after(blocks: Blocks) -> Self {
        let last_t = blocks.last_t;
        Self { blocks, appended: Points::default(), in_journal: 0, last_t }
    }

    /// Whether further blocks can follow: they come before all that is in the journal.
    pub(super) fn takes_blocks(&self) -> bool {
        self.in_journal == 0 && self.appended.is_empty()
    }

    /// How many datapoints the array will have.
    pub(super) fn length(&self) -> u64 {
        self.blocks.length + self.in_journal + self.appended.len() as u64
    }
}

/// How far an array goes in blocks, and which of the last of them are worth merging.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    pub(super) length: u64,
    pub(super) last_t: f64,
    /// The blocks after the last full one, oldest first.
    small: Vec<PartialBlock>,
}

/// A block that is not full.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartialBlock {
    pub(super) first_index: u64,
    pub(super) count: usize,
    bytes: usize,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { length: 0, last_t: f64::NEG_INFINITY, small: Vec::new() }
    }
}

impl Blocks {
    /// Takes note of a block that is appended.
    pub(super) fn push(&mut self, block: &Block) {
        self.note(block.count, block.data.len(), block.last_t);
    }

    /// Takes note of an appended block of so many datapoints and bytes.
    pub(super) fn note(&mut self, count: usize, bytes: usize, last_t: f64) {
        self.last(PartialBlock { first_index: self.length, count, bytes });
        self.length += count as u64;
        self.last_t = last_t;
    }

    /// Takes note that the blocks from an index on have become one.
    pub(super) fn merged(&mut self, first_index: u64, block: &Block) {
        self.small.retain(|block| block.first_index < first_index);
        self.last(PartialBlock { first_index, count: block.count, bytes: block.data.len() });
    }

    fn last(&mut self, block: PartialBlock) {
        if block.bytes >= BLOCK_BYTES / 8 && block.count >= MIN_BLOCK_POINTS {
            self.small.clear();
        } else {
            self.small.push(block);
        }
    }

    /// The blocks at the end that should become one, if any: 64 crumbs, or slices (what crumbs
    /// were merged into) that make a full block together.
    pub(super) fn mergeable(&self) -> Option<&[PartialBlock]> {
        let crumbs =
            self.small.iter().rev().take_while(|block| block.count < MIN_BLOCK_POINTS).count();
        let run = &self.small[self.small.len() - crumbs..];
        let bytes: usize = run.iter().map(|block| block.bytes).sum();
        if crumbs >= MIN_BLOCK_POINTS || (crumbs > 1 && bytes >= BLOCK_BYTES) {
            return Some(run);
        }
        let slices = &self.small[..self.small.len() - crumbs];
        let bytes: usize = slices.iter().map(|block| block.bytes).sum();
        (crumbs == 0 && slices.len() > 1 && bytes >= BLOCK_BYTES / 4).then_some(slices)
    }
}

/// What a reader finds here of what it looks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is here.
    Here(u64),
    /// If it is in no block, it is this.
    Else(u64),
    /// It is not here.
    Not,
}

impl ArrayHeads {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many datapoints an array has, if that is state.
    pub(super) fn length(&self, array: Array) -> Option<u64> {
        self.lock().heads.get(&array).map(ArrayHead::length)
    }

    /// The beginning of an array's growth, if its end is state.
    pub(super) fn pending(&self, array: Array) -> Option<PendingAppend> {
        let state = self.lock();
        let head = state.heads.get(&array)?;
        let pending = PendingAppend::after(head.blocks.clone());
        Some(PendingAppend {
            in_journal: head.recent.len() as u64,
            last_t: pending.last_t.max(head.recent.last_t()),
            ..pending
        })
    }

    /// How much text the journal holds, in bytes.
    pub(super) fn journal_bytes(&self) -> usize {
        self.lock().journal
    }

    /// All that the journal holds, and the blocks that come before it.
    pub(super) fn journal(&self) -> Vec<(Array, Blocks, Points)> {
        let state = self.lock();
        let heads = state.heads.iter().filter(|(_, head)| !head.recent.is_empty());
        heads.map(|(array, head)| (*array, head.blocks.clone(), head.recent.clone())).collect()
    }

    /// Takes note that the journal is empty, and how far its arrays go in blocks now.
    pub(super) fn flushed(&self, arrays: impl IntoIterator<Item = (Array, Blocks)>) {
        let mut state = self.lock();
        state.journal = 0;
        for (array, blocks) in arrays {
            state.heads.insert(array, ArrayHead { blocks, recent: Points::default() });
        }
    }

    /// Takes note of blocks that have become fewer.
    pub(super) fn merged(&self, arrays: impl IntoIterator<Item = (Array, Blocks)>) {
        let mut state = self.lock();
        for (array, blocks) in arrays {
            state.heads.entry(array).or_default().blocks = blocks;
        }
    }

    /// Takes note of what was committed.
    pub(super) fn applied(&self, appends: impl IntoIterator<Item = (Array, PendingAppend)>) {
        let mut state = self.lock();
        for (array, pending) in appends {
            state.journal += pending.appended.text().len();
            let head = state.heads.entry(array).or_default();
            head.blocks = pending.blocks;
            head.recent.append(&pending.appended);
        }
        if state.heads.len() > MAX_HEADS {
            state.heads.retain(|_, head| !head.recent.is_empty());
        }
    }

    /// Replaces everything.
    pub(super) fn replace(&self, other: &Self) {
        *self.lock() = std::mem::take(&mut *other.lock());
    }

    /// Adds to a text what is here of a range, after a separator: as much as fits into so many
    /// bytes, one datapoint at least. Says where to go on, or nothing if the range begins in a
    /// block.
    pub(super) fn read(
        &self,
        array: Array,
        range: &Range<u64>,
        bytes: usize,
        separator: u8,
        text: &mut Vec<u8>,
    ) -> Option<u64> {
        let state = self.lock();
        let head = state.heads.get(&array)?;
        let first = usize::try_from(range.start.checked_sub(head.blocks.length)?).ok()?;
        let most = usize::try_from(range.end - range.start)
            .ok()?
            .min(head.recent.len().saturating_sub(first));
        if most == 0 {
            return None;
        }
        let count = head.recent.fitting(first, bytes).min(most);
        text.push(separator);
        text.extend_from_slice(head.recent.part(first..first + count));
        Some(range.start + count as u64)
    }

    /// The index of the first datapoint later than a time.
    pub(super) fn index_after(&self, array: Array, t: f64) -> Found {
        let state = self.lock();
        match state.heads.get(&array) {
            Some(head) if !head.recent.is_empty() => {
                let index = head.blocks.length + head.recent.count_until(t) as u64;
                if head.recent.first_t() <= t { Found::Here(index) } else { Found::Else(index) }
            }
            _ => Found::Not,
        }
    }
}
