//! Reading ranges of an array for a computation: blocks come as they are in the file, and are decoded one
//! after the other.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::pin::Pin;

use futures_util::future::{BoxFuture, MaybeDone, maybe_done};
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Row as _, Sqlite};

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

/// Blocks that are being read. They hold a connection until they are used.
pub(super) struct Coming(Pin<Box<MaybeDone<BoxFuture<'static, Rows>>>>);

type Rows = Result<Vec<SqliteRow>, sqlx::Error>;

impl Coming {
    /// Starts a query. Its rows wait where the connection puts them, and nobody is woken for each.
    fn start(query: Query<'static, Sqlite, SqliteArguments>, readers: SqlitePool) -> Self {
        let rows = async move { query.fetch_all(&readers).await };
        let mut rows = Box::pin(maybe_done(rows.boxed()));
        rows.as_mut().now_or_never();
        Self(rows)
    }

    async fn rows(mut self) -> Rows {
        self.0.as_mut().await;
        self.0.as_mut().take_output().unwrap_or_else(|| Ok(Vec::new()))
    }
}

impl fmt::Debug for Coming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coming").finish_non_exhaustive()
    }
}

impl Reader {
    /// Reads more while what was read is used, for a computation that waits for nothing else.
    pub(in super::super) fn reading_on(self) -> Self {
        Self { reads_on: true, ..self.in_small_pieces() }
    }

    /// Returns the next datapoints for a script, with the index of the first one, or `None` after the last
    /// ones. It is not to be mixed with [`next_piece`](Self::next_piece).
    pub(in super::super) async fn next_page(&mut self) -> Result<Option<(u64, Page)>, ReadError> {
        if self.ahead.is_empty() {
            self.skip_to_next_range();
            if self.range.is_empty() {
                return Ok(None);
            }
            let (array, bytes) = (self.array, self.page_bytes);
            let mut text = Vec::new();
            let (first, corrections) = (self.next_index(), self.extent.corrections);
            if let Some(next) =
                self.heads.read(array, corrections, &self.range, bytes, b'[', &mut text)
            {
                self.range.start = next;
                self.coming = None;
                return Ok(Some((first, Page::Text(text))));
            }
            self.read_ahead().await?;
        }
        let Some(mut ahead) = self.ahead.pop_front() else { return Ok(None) };
        let Some(places) = ahead.wanted.pop_front() else { return Ok(None) };
        let page = ahead.block.page(ahead.block.rows_of(&places), &ahead.data)?;
        if !ahead.wanted.is_empty() {
            self.ahead.push_front(ahead);
        }
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
        let mut rows = match self.coming.take() {
            Some(coming) => stream::iter(coming.rows().await?).map(Ok).boxed(),
            None => select_blocks(self.array, self.range.start, blocks).fetch(&self.readers),
        };
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
            let is_far = self.range.start > block.range.end + FAR_BLOCKS * block.count() as u64;
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
        if self.reads_on && !self.range.is_empty() {
            let next = select_blocks(self.array, self.range.start, self.page_blocks);
            self.coming = Some(Coming::start(next, self.readers.clone()));
        }
        Ok(())
    }
}
