//! Where arrays end, and their newest datapoints, which are in the journal and not yet in blocks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::format::block::{BLOCK_BYTES, Block};
use crate::storage::format::points::Points;
use crate::storage::{Array, Extent};

/// The number of arrays that are remembered, apart from those that have datapoints here.
const MAX_HEADS: usize = 20_000;

/// A longer datapoint is not kept when it has become part of a block, in bytes.
const MAX_NEWEST_BYTES: usize = 512;

/// This many blocks of fewer datapoints each are merged.
pub(super) const MIN_BLOCK_POINTS: usize = 64;

/// A block with a longer text is not merged, whatever it holds, in bytes.
const FULL_BLOCK_BYTES: usize = BLOCK_BYTES / 2;

/// The ends of arrays, as the last commit left them. Clones share them.
///
/// The writer alone changes them, after its commits; what readers see is on disk.
#[derive(Debug, Clone, Default)]
pub(super) struct ArrayHeads(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    heads: HashMap<Array, ArrayHead>,
    /// The length of the text in the journal, in bytes.
    journal: usize,
}

/// The end of an array: the last of its blocks, and what comes after them.
#[derive(Debug, Clone, Default)]
struct ArrayHead {
    blocks: Blocks,
    recent: Points,
    /// The last datapoint, if it is in a block and short, since it is what is asked for most.
    newest: Option<Box<[u8]>>,
}

impl ArrayHead {
    fn extent(&self) -> Extent {
        let end = self.blocks.extent.end + self.recent.len() as u64;
        Extent { end, ..self.blocks.extent }
    }

    /// The same array when all of it is in these blocks.
    fn flushed(&self, blocks: Blocks) -> Self {
        let is_same = self.extent().end == blocks.extent.end;
        let newest = match self.recent.last() {
            Some(last) => (last.len() <= MAX_NEWEST_BYTES).then(|| last.into()),
            None => self.newest.clone(),
        };
        Self { blocks, recent: Points::default(), newest: newest.filter(|_| is_same) }
    }
}

/// What is known here of the last datapoint of an array.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KnownNewest {
    /// It is this text.
    Here { extent: Extent, text: Vec<u8> },
    /// It is not in a block, and longer than was asked for.
    Long { extent: Extent },
    /// It is in a block, if there is one.
    InBlocks,
}

/// How an array grows in a commit that is being prepared.
#[derive(Debug, Clone)]
pub(super) struct PendingAppend {
    pub(super) blocks: Blocks,
    /// What is to be written to the journal.
    pub(super) appended: Points,
    /// The number of datapoints that the journal holds already.
    in_journal: u64,
    /// Whether the datapoints that the journal holds are deleted from it in this commit: they become
    /// blocks, or the array is cleared.
    pub(super) clears_journal: bool,
    /// The time of the last datapoint; before all times if there is none.
    pub(super) last_t: f64,
}

impl PendingAppend {
    /// Nothing yet, in an array that has these blocks and nothing in the journal.
    pub(super) fn after(blocks: Blocks) -> Self {
        let last_t = blocks.last_t;
        let appended = Points::default();
        Self { blocks, appended, in_journal: 0, clears_journal: false, last_t }
    }

    /// Nothing, in an array whose blocks are deleted in this commit.
    pub(super) fn after_clearing() -> Self {
        Self { clears_journal: true, ..Self::after(Blocks::default()) }
    }

    /// Nothing, in an array that was corrected: all of it is in blocks.
    pub(super) fn after_correction(blocks: Blocks) -> Self {
        Self { clears_journal: true, ..Self::after(blocks) }
    }

    /// Takes the datapoints that are, or were to be, in the journal, since blocks are to follow
    /// them.
    pub(super) fn take_recent(&mut self, array: Array, heads: &ArrayHeads) -> Points {
        let mut points = Points::default();
        if self.in_journal > 0 {
            points = heads.recent(array);
            self.in_journal = 0;
            self.clears_journal = true;
        }
        points.append(&std::mem::take(&mut self.appended));
        points
    }

    /// Returns the place of the first datapoint of `appended`.
    pub(super) fn first_appended(&self) -> u64 {
        self.blocks.extent.end + self.in_journal
    }

    /// Returns where the array will end.
    pub(super) fn end(&self) -> u64 {
        self.first_appended() + self.appended.len() as u64
    }

    /// Returns the position of the next datapoint.
    pub(super) fn end_position(&self) -> u64 {
        self.blocks.extent.position_of_place(self.end())
    }
}

/// How far an array goes in blocks, and which of the last ones may be merged.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    /// Without what is in the journal.
    pub(super) extent: Extent,
    pub(super) last_t: f64,
    /// The blocks after the last full one, in order.
    small: Vec<PartialBlock>,
}

/// A block that is not full.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartialBlock {
    /// The place of its first datapoint.
    pub(super) first: u64,
    pub(super) count: usize,
    /// The length of the text, in bytes: that of the compressed data does not bound the memory for a
    /// merge.
    text_bytes: usize,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { extent: Extent::default(), last_t: f64::NEG_INFINITY, small: Vec::new() }
    }
}

impl Blocks {
    /// Creates a value for blocks of which only is known where they begin and end.
    pub(super) fn within(extent: Extent) -> Self {
        Self { extent, ..Self::default() }
    }

    /// Appends a block.
    pub(super) fn push(&mut self, block: &Block) {
        self.note(block.count, block.text_bytes, block.last_t);
    }

    /// Appends a block with this number of datapoints and length of text.
    pub(super) fn note(&mut self, count: usize, text_bytes: usize, last_t: f64) {
        self.push_small(PartialBlock { first: self.extent.end, count, text_bytes });
        self.extent.end += count as u64;
        self.last_t = last_t;
    }

    /// Replaces the blocks from a place on by one.
    pub(super) fn merged(&mut self, first: u64, block: &Block) {
        self.small.retain(|block| block.first < first);
        let (count, text_bytes) = (block.count, block.text_bytes);
        self.push_small(PartialBlock { first, count, text_bytes });
    }

    /// Drops the blocks before a place.
    pub(super) fn begin_at(&mut self, first: u64) {
        self.small.retain(|block| block.first >= first);
        self.extent.first = first;
    }

    /// Excludes the present blocks from being merged.
    pub(super) fn forget_small(&mut self) {
        self.small.clear();
    }

    fn push_small(&mut self, block: PartialBlock) {
        if block.text_bytes >= FULL_BLOCK_BYTES {
            self.small.clear();
        } else {
            self.small.push(block);
        }
    }

    /// Returns the blocks at the end that should become one, if there are enough of them.
    ///
    /// A datapoint is written at most four times, whatever its size: to the journal, in a block of
    /// few datapoints, in a block of at least 64 (or of [`BLOCK_BYTES`], if these few are large), and
    /// in a full block. The text of the blocks that become one is shorter than 1.5 full blocks.
    pub(super) fn mergeable(&self) -> Option<&[PartialBlock]> {
        let few = self.small.iter().rev().take_while(|block| block.count < MIN_BLOCK_POINTS);
        let (many, few) = self.small.split_at(self.small.len() - few.count());
        let is_enough = |blocks: &[PartialBlock]| {
            let bytes: usize = blocks.iter().map(|block| block.text_bytes).sum();
            blocks.len() > 1 && bytes >= BLOCK_BYTES
        };
        if few.len() >= MIN_BLOCK_POINTS || is_enough(few) {
            return Some(few);
        }
        (few.is_empty() && is_enough(many)).then_some(many)
    }
}

/// What is known here of the place that a reader looks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The place, since the datapoint is here.
    Here(u64),
    /// The place, if the datapoint is in no block.
    Else(u64),
    /// Nothing is known here.
    Not,
}

impl ArrayHeads {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns where an array begins and ends, if it is known.
    pub(super) fn extent(&self, array: Array) -> Option<Extent> {
        self.lock().heads.get(&array).map(ArrayHead::extent)
    }

    /// Returns the last datapoints of arrays, unless they are longer than `max_bytes`.
    pub(super) fn newest(&self, arrays: &[Array], max_bytes: usize) -> Vec<KnownNewest> {
        let state = self.lock();
        let newest = |array| {
            let Some(head) = state.heads.get(array) else { return KnownNewest::InBlocks };
            let extent = head.extent();
            match head.recent.last().or(head.newest.as_deref()) {
                None => KnownNewest::InBlocks,
                Some(text) if text.len() > max_bytes => KnownNewest::Long { extent },
                Some(text) => KnownNewest::Here { extent, text: text.to_vec() },
            }
        };
        arrays.iter().map(newest).collect()
    }

    /// Returns where the blocks of an array end, if it is known.
    pub(super) fn end_of_blocks(&self, array: Array) -> Option<u64> {
        self.lock().heads.get(&array).map(|head| head.blocks.extent.end)
    }

    /// Returns what can be appended to, if the end of the array is known.
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

    /// Returns the length of the text in the journal, in bytes.
    pub(super) fn journal_bytes(&self) -> usize {
        self.lock().journal
    }

    /// Returns all that the journal holds of an array.
    fn recent(&self, array: Array) -> Points {
        self.lock().heads.get(&array).map(|head| head.recent.clone()).unwrap_or_default()
    }

    /// Returns all that the journal holds, with the blocks that come before it.
    pub(super) fn journal(&self) -> Vec<(Array, Blocks, Points)> {
        let state = self.lock();
        let heads = state.heads.iter().filter(|(_, head)| !head.recent.is_empty());
        heads.map(|(array, head)| (*array, head.blocks.clone(), head.recent.clone())).collect()
    }

    /// Records that the journal is empty, and how far its arrays go in blocks.
    pub(super) fn flushed(&self, arrays: impl IntoIterator<Item = (Array, Blocks)>) {
        let mut state = self.lock();
        state.journal = 0;
        for (array, blocks) in arrays {
            let head = state.heads.entry(array).or_default();
            *head = head.flushed(blocks);
        }
    }

    /// Records that blocks were merged.
    pub(super) fn merged(&self, arrays: impl IntoIterator<Item = (Array, Blocks)>) {
        let mut state = self.lock();
        for (array, blocks) in arrays {
            state.heads.entry(array).or_default().blocks = blocks;
        }
    }

    /// Records what was committed.
    pub(super) fn applied(&self, appends: impl IntoIterator<Item = (Array, PendingAppend)>) {
        let mut state = self.lock();
        for (array, pending) in appends {
            let head = state.heads.entry(array).or_default();
            let before = head.recent.text().len();
            head.blocks = pending.blocks;
            head.newest = None;
            if pending.clears_journal {
                head.recent = Points::default();
            }
            head.recent.append(&pending.appended);
            let after = head.recent.text().len();
            state.journal = state.journal + after - before;
        }
        if state.heads.len() > MAX_HEADS {
            state.heads.retain(|_, head| !head.recent.is_empty());
        }
    }

    /// Forgets streams that were deleted.
    pub(super) fn forget(&self, streams: &[i64]) {
        let mut state = self.lock();
        let arrays = streams
            .iter()
            .flat_map(|stream| [false, true].map(|downlink| Array { stream: *stream, downlink }));
        for array in arrays {
            if let Some(head) = state.heads.remove(&array) {
                state.journal -= head.recent.text().len();
            }
        }
    }

    /// Replaces everything.
    pub(super) fn replace(&self, other: &Self) {
        *self.lock() = std::mem::take(&mut *other.lock());
    }

    /// Adds a separator and the datapoints at some places to a text: as many as `bytes` have room for,
    /// but at least one. Returns the place after the last one, or `None` if they begin in a block, or if
    /// there were not so many `corrections`.
    pub(super) fn read(
        &self,
        array: Array,
        corrections: u64,
        range: &Range<u64>,
        bytes: usize,
        separator: u8,
        text: &mut Vec<u8>,
    ) -> Option<u64> {
        let state = self.lock();
        let head = state.heads.get(&array)?;
        if head.blocks.extent.corrections != corrections {
            return None;
        }
        let first = usize::try_from(range.start.checked_sub(head.blocks.extent.end)?).ok()?;
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

    /// Returns the place of the first datapoint later than `t`, if there were so many `corrections`.
    pub(super) fn place_after(&self, array: Array, corrections: u64, t: f64) -> Found {
        let state = self.lock();
        match state.heads.get(&array) {
            Some(head)
                if !head.recent.is_empty() && head.blocks.extent.corrections == corrections =>
            {
                let place = head.blocks.extent.end + head.recent.count_until(t) as u64;
                if head.recent.first_t() <= t { Found::Here(place) } else { Found::Else(place) }
            }
            _ => Found::Not,
        }
    }
}
