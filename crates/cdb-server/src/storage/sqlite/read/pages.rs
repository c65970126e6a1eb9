//! Reading ranges of an array for a computation: blocks come as they are in the file, and are decoded one
//! after the other.

use std::collections::VecDeque;
use std::ops::Range;

use futures_util::TryStreamExt;
use sqlx::Row as _;

use super::super::block_table::StoredBlock;
use super::{Reader, check_corrections, gap_before, select_blocks};
use crate::storage::{Page, ReadError};

/// The number of blocks that are read at once for a script, as they are in the file.
const MAX_AHEAD: usize = 16;

/// If the next datapoints that are wanted are so many blocks away, those between are not read.
const FAR_BLOCKS: u64 = 4;

/// A block whose data is not decoded yet.
#[derive(Debug)]
pub(super) struct Ahead {
    block: StoredBlock,
    /// The places of the datapoints that are wanted, in ascending order.
    wanted: VecDeque<Range<u64>>,
    data: Vec<u8>,
}

impl Reader {
    /// Returns the next datapoints for a script, with the index of the first one, or `None` after the last
    /// ones. It is not to be mixed with [`next_piece`](Self::next_piece).
    pub(in super::super) async fn next_page(&mut self) -> Result<Option<(u64, Page)>, ReadError> {
        if self.ahead.is_empty() {
            self.skip_to_next_range();
            loop {
                // Corrections may leave nothing.
                if self.range.is_empty() {
                    return Ok(None);
                }
                let before = self.range.clone();
                let (array, bytes) = (self.array, self.page_bytes);
                let mut text = Vec::new();
                let (first, corrections) = (self.next_index(), self.extent.corrections);
                if let Some(next) =
                    self.heads.read(array, corrections, &self.range, bytes, b'[', &mut text)
                {
                    self.skip_to(next);
                    return Ok(Some((first, Page::Text(text))));
                }
                match self.read_ahead().await {
                    Err(ReadError::Replaced) if self.range == before && self.follow().await? => {}
                    read => break read?,
                }
            }
        }
        let Some(mut ahead) = self.ahead.pop_front() else { return Ok(None) };
        let Some(places) = ahead.wanted.pop_front() else { return Ok(None) };
        let page = ahead.block.page(ahead.block.rows_of(&places), &ahead.data)?;
        if !ahead.wanted.is_empty() {
            self.ahead.push_front(ahead);
        }
        self.read.inc_by(places.end - places.start);
        Ok(Some((places.start - self.extent.first, page)))
    }

    fn skip_to_next_range(&mut self) {
        while self.range.is_empty()
            && let Some(next) = self.further.pop_front()
        {
            self.range = next;
        }
    }

    /// Reads some blocks as they are in the file, at most one of which is large.
    async fn read_ahead(&mut self) -> Result<(), ReadError> {
        let blocks = self.page_blocks;
        self.page_blocks = (2 * blocks).min(MAX_AHEAD);
        let mut rows = select_blocks(self.array, self.range.start, blocks).fetch(&self.readers);
        let mut bytes = 0;
        while bytes < self.page_bytes && !self.range.is_empty() {
            let Some(row) = rows.try_next().await? else { break };
            check_corrections(&row, &self.extent)?;
            let block = StoredBlock::from_row(self.array, &row)?;
            if !self.ahead.is_empty() && block.range.end <= self.range.start {
                // Nothing is wanted of it.
                continue;
            }
            if let Some(gap) = gap_before(&block, self.range.start)? {
                drop(rows);
                return Err(self.missing(gap).await);
            }
            let Some(data) = row.try_get::<Option<Vec<u8>>, _>("data")? else { break };
            bytes += data.len();
            let mut wanted = VecDeque::new();
            while !self.range.is_empty() && self.range.start < block.range.end {
                let end = block.range.end.min(self.range.end);
                wanted.push_back(self.range.start..end);
                self.range.start = end;
                self.skip_to_next_range();
            }
            let far = FAR_BLOCKS.saturating_mul(block.count() as u64);
            let is_far = self.range.start > block.range.end.saturating_add(far);
            self.ahead.push_back(Ahead { block, wanted, data });
            if is_far {
                self.page_blocks = 1;
                break;
            }
        }
        drop(rows);
        if self.ahead.is_empty() {
            return Err(self.missing(self.range.clone()).await);
        }
        Ok(())
    }
}
