//! Where arrays end, and their newest datapoints: those that lie in the journal, not yet in blocks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Array;
use super::block::{BLOCK_BYTES, Block};
use super::points::Points;

/// Arrays that are remembered at most beside those that have datapoints here.
const MOST_TAILS: usize = 10_000;

/// Blocks of fewer datapoints are crumbs, and so many crumbs are merged.
pub(super) const CRUMB: usize = 64;

/// The ends of arrays, as the last commit left them. Clones share them.
///
/// The writer alone changes them, after its commits; what readers see is on disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Tails(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    tails: HashMap<Array, Tail>,
    /// How much text the journal holds, in bytes.
    journal: usize,
}

/// The end of an array: the last of its blocks, and what comes after them.
#[derive(Debug, Clone, Default)]
struct Tail {
    blocks: Blocks,
    recent: Points,
}

impl Tail {
    fn length(&self) -> u64 {
        self.blocks.length + self.recent.len() as u64
    }
}

/// How an array grows in a commit that is being prepared.
#[derive(Debug, Clone)]
pub(super) struct Growth {
    pub(super) blocks: Blocks,
    /// What the journal gets.
    pub(super) appended: Points,
    /// How many datapoints of the array the journal holds already.
    in_journal: u64,
    /// The time of the last datapoint; before all times if there is none.
    pub(super) last_t: f64,
}

impl Growth {
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
    small: Vec<Small>,
}

/// A block that is not full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Small {
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
        self.last(Small { first_index: self.length, count, bytes });
        self.length += count as u64;
        self.last_t = last_t;
    }

    /// Takes note that the blocks from an index on have become one.
    pub(super) fn merged(&mut self, first_index: u64, block: &Block) {
        self.small.retain(|block| block.first_index < first_index);
        self.last(Small { first_index, count: block.count, bytes: block.data.len() });
    }

    fn last(&mut self, block: Small) {
        if block.bytes >= BLOCK_BYTES / 8 && block.count >= CRUMB {
            self.small.clear();
        } else {
            self.small.push(block);
        }
    }

    /// The blocks at the end that should become one, if any: 64 crumbs, or slices (what crumbs
    /// were merged into) that make a full block together.
    pub(super) fn mergeable(&self) -> Option<&[Small]> {
        let crumbs = self.small.iter().rev().take_while(|block| block.count < CRUMB).count();
        let run = &self.small[self.small.len() - crumbs..];
        let bytes: usize = run.iter().map(|block| block.bytes).sum();
        if crumbs >= CRUMB || (crumbs > 1 && bytes >= BLOCK_BYTES) {
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

impl Tails {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many datapoints an array has, if that is known.
    pub(super) fn length(&self, array: Array) -> Option<u64> {
        self.known().tails.get(&array).map(Tail::length)
    }

    /// The beginning of an array's growth, if its end is known.
    pub(super) fn growth(&self, array: Array) -> Option<Growth> {
        let known = self.known();
        let tail = known.tails.get(&array)?;
        let growth = Growth::after(tail.blocks.clone());
        Some(Growth {
            in_journal: tail.recent.len() as u64,
            last_t: growth.last_t.max(tail.recent.last_t()),
            ..growth
        })
    }

    /// How much text the journal holds, in bytes.
    pub(super) fn journal_bytes(&self) -> usize {
        self.known().journal
    }

    /// All that the journal holds, and the blocks that come before it.
    pub(super) fn journal(&self) -> Vec<(Array, Blocks, Points)> {
        let known = self.known();
        let tails = known.tails.iter().filter(|(_, tail)| !tail.recent.is_empty());
        tails.map(|(array, tail)| (*array, tail.blocks.clone(), tail.recent.clone())).collect()
    }

    /// Takes note that the journal is empty, and how far its arrays go in blocks now.
    pub(super) fn flushed(&self, arrays: impl IntoIterator<Item = (Array, Blocks)>) {
        let mut known = self.known();
        known.journal = 0;
        for (array, blocks) in arrays {
            known.tails.insert(array, Tail { blocks, recent: Points::default() });
        }
    }

    /// Takes note of blocks that have become fewer.
    pub(super) fn merged(&self, arrays: impl IntoIterator<Item = (Array, Blocks)>) {
        let mut known = self.known();
        for (array, blocks) in arrays {
            known.tails.entry(array).or_default().blocks = blocks;
        }
    }

    /// Takes note of what was committed.
    pub(super) fn grown(&self, growths: impl IntoIterator<Item = (Array, Growth)>) {
        let mut known = self.known();
        for (array, growth) in growths {
            known.journal += growth.appended.text().len();
            let tail = known.tails.entry(array).or_default();
            tail.blocks = growth.blocks;
            tail.recent.append(&growth.appended);
        }
        if known.tails.len() > MOST_TAILS {
            known.tails.retain(|_, tail| !tail.recent.is_empty());
        }
    }

    /// Replaces everything.
    pub(super) fn replace(&self, other: &Self) {
        *self.known() = std::mem::take(&mut *other.known());
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
        let known = self.known();
        let tail = known.tails.get(&array)?;
        let first = usize::try_from(range.start.checked_sub(tail.blocks.length)?).ok()?;
        let most = usize::try_from(range.end - range.start)
            .ok()?
            .min(tail.recent.len().saturating_sub(first));
        if most == 0 {
            return None;
        }
        let count = tail.recent.fitting(first, bytes).min(most);
        text.push(separator);
        text.extend_from_slice(tail.recent.part(first..first + count));
        Some(range.start + count as u64)
    }

    /// The index of the first datapoint later than a time.
    pub(super) fn index_after(&self, array: Array, t: f64) -> Found {
        let known = self.known();
        match known.tails.get(&array) {
            Some(tail) if !tail.recent.is_empty() => {
                let index = tail.blocks.length + tail.recent.count_until(t) as u64;
                if tail.recent.first_t() <= t { Found::Here(index) } else { Found::Else(index) }
            }
            _ => Found::Not,
        }
    }
}
