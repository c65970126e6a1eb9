//! Makes columns and summaries of full blocks, in the background: inserts and merges write text, since
//! that is faster.
//!
//! Blocks of columns are larger than those of text: columns of more datapoints are smaller, and faster to
//! read. So some blocks become one, and a block of columns takes up those that follow it until it is full.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, timeout, timeout_at};

use super::block_table::{
    BlockReadError, Replaced, Row, StoredBlock, header_columns, replace_blocks,
};
use super::commit::CommitError;
use super::writer::Writer;
use crate::runtime::message;
use crate::storage::Array;
use crate::storage::format::block::{BLOCK_BYTES, Block};
use crate::storage::format::columns::MAX_TEXT_BYTES;
use crate::storage::format::summary::BlockSummary;

/// How many blocks are replaced in one transaction, and how many bytes they may have, apart from the
/// last one: inserts wait for it.
const MAX_BLOCKS: usize = 16;
const MAX_BYTES: usize = 256 * 1024;

/// Columns are made when no blocks were written for so long. Until then, large inserts have the
/// processor and the disk to themselves, and what was just written is read as text, which is faster.
const IDLE_TIME: Duration = Duration::from_secs(60);

/// If blocks are written all the time, columns are made this often, for this long.
const BUSY_INTERVAL: Duration = Duration::from_secs(120);
const BUSY_TIME: Duration = Duration::from_secs(2);

/// The time until the next attempt after an error, such as a full disk.
const RETRY_DELAY: Duration = Duration::from_secs(60);

/// If there are so many blocks of text, messages say how far it is, this often. It takes about a second.
const MANY_BLOCKS: i64 = 1000;
const MESSAGE_INTERVAL: Duration = Duration::from_secs(10);

/// How many bytes of free pages are returned to the file system in one transaction, and how many pages are
/// kept for the next inserts.
const FREE_BYTES_AT_A_TIME: i64 = 1024 * 1024;
const MIN_FREE_PAGES: i64 = 2;

/// Makes columns whenever blocks were written, until the storage is closed or dropped.
///
/// `written` gets a message when blocks were written.
pub(super) async fn run(
    readers: SqlitePool,
    writer: Weak<Mutex<Option<Writer>>>,
    mut written: mpsc::Receiver<()>,
) {
    let mut finisher = Finisher::new(readers, writer);
    let mut progress = Progress::default();
    // First comes what an earlier process has left.
    loop {
        let Some(is_idle) = wait_until_idle(&mut written).await else { return };
        let until = Instant::now() + BUSY_TIME;
        progress.begin(&finisher.readers).await;
        // All of it, or for some time if blocks are written meanwhile.
        while (is_idle && written.is_empty()) || Instant::now() < until {
            match finisher.step().await {
                Ok(Step::More) => progress.show(&finisher.readers).await,
                Ok(Step::Done) => {
                    progress.end();
                    if written.recv().await.is_none() {
                        return;
                    }
                    break;
                }
                Ok(Step::Closed) => return,
                // The server goes on to answer reads, and needs this task to stay.
                Err(CommitError::Superseded) => {
                    while written.recv().await.is_some() {}
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, "no columns can be made at the moment");
                    if let Ok(None) = timeout(RETRY_DELAY, written.recv()).await {
                        return;
                    }
                }
            }
        }
    }
}

/// Waits until no blocks have been written for a while, or for [`BUSY_INTERVAL`]. Returns which of them
/// it was, or `None` if the storage is closed.
async fn wait_until_idle(written: &mut mpsc::Receiver<()>) -> Option<bool> {
    let last = Instant::now() + BUSY_INTERVAL;
    loop {
        let idle = Instant::now() + IDLE_TIME;
        match timeout_at(last.min(idle), written.recv()).await {
            Ok(Some(())) => {}
            Ok(None) => return None,
            Err(_) => return Some(idle <= last),
        }
    }
}

/// Says how far it is, if there are many blocks: those of a large import, or of a file of an earlier format.
#[derive(Default)]
struct Progress {
    /// How many blocks there were at first; `None` if they are too few to be worth a message.
    all: Option<i64>,
    shown: Option<Instant>,
}

impl Progress {
    async fn begin(&mut self, readers: &SqlitePool) {
        if self.all.is_none()
            && let Some(all) = unfinished(readers).await.filter(|all| *all >= MANY_BLOCKS)
        {
            tracing::info!(blocks = all, "making columns of blocks of text");
            (self.all, self.shown) = (Some(all), Some(Instant::now()));
        }
    }

    async fn show(&mut self, readers: &SqlitePool) {
        let (Some(all), Some(shown)) = (self.all, self.shown) else { return };
        if shown.elapsed() >= MESSAGE_INTERVAL
            && let Some(left) = unfinished(readers).await
        {
            tracing::info!(left, all, "making columns of blocks of text");
            self.shown = Some(Instant::now());
        }
    }

    fn end(&mut self) {
        if let Some(all) = self.all.take() {
            tracing::info!(blocks = all, "columns were made of all blocks of text");
        }
    }
}

/// Blocks of text of which columns can be made. The condition is word by word that of the index, so that the
/// index can be used.
macro_rules! from_unfinished {
    () => {
        "FROM block INDEXED BY block_unfinished
         WHERE encoding = 1 AND coalesce(text_bytes, 65536) BETWEEN 65536 AND 524288"
    };
}

/// Returns how many blocks there are of which columns are to be made, if the file can be read.
async fn unfinished(readers: &SqlitePool) -> Option<i64> {
    let count = sqlx::query_scalar(concat!("SELECT count(*) ", from_unfinished!()));
    count.fetch_one(readers).await.ok()
}

/// Makes columns, a few blocks at a time.
pub(super) struct Finisher {
    readers: SqlitePool,
    writer: Weak<Mutex<Option<Writer>>>,
    /// The row after which blocks are looked for.
    after: i64,
    /// The rows that cannot be finished, so that each is tried and logged once.
    failed: HashSet<i64>,
}

/// What a step has done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Something. There may be more to do.
    More,
    /// Nothing, since all is done.
    Done,
    /// Nothing, since the storage is closed.
    Closed,
}

/// A block that is to be replaced.
struct Part {
    id: i64,
    block: StoredBlock,
    checksum: Option<i64>,
    data: Vec<u8>,
}

/// Consecutive blocks of which one was made.
struct Finished {
    replaced: Vec<Replaced>,
    row: Row,
    summary: BlockSummary,
}

impl Finisher {
    pub(super) fn new(readers: SqlitePool, writer: Weak<Mutex<Option<Writer>>>) -> Self {
        Self { readers, writer, after: 0, failed: HashSet::new() }
    }

    /// Makes columns of some blocks. If there are none, makes the file smaller.
    pub(super) async fn step(&mut self) -> Result<Step, CommitError> {
        if self.readers.is_closed() {
            return Ok(Step::Closed);
        }
        let (finished, last) = match self.finish_some().await {
            Err(CommitError::Sqlite(sqlx::Error::PoolClosed)) => return Ok(Step::Closed),
            finished => finished?,
        };
        let Some(writer) = self.writer.upgrade() else { return Ok(Step::Closed) };
        let mut writer = writer.lock().await;
        let Some(writer) = writer.as_mut() else { return Ok(Step::Closed) };
        let Some(last) = last else {
            self.after = 0;
            return shrink(writer).await;
        };
        if !finished.is_empty() {
            let update = async |connection: &mut SqliteConnection| {
                for Finished { replaced, row, summary } in finished {
                    // Unless one was merged, moved or deleted meanwhile.
                    replace_blocks(connection, &replaced, row, &summary).await?;
                }
                Ok(())
            };
            writer.transaction(update).await?;
        }
        self.after = last;
        Ok(Step::More)
    }

    /// Makes columns of the next blocks. Also returns the row of the last one that was looked at; `None`
    /// if no blocks are left.
    async fn finish_some(&mut self) -> Result<(Vec<Finished>, Option<i64>), CommitError> {
        let ids: Vec<i64> = sqlx::query_scalar(concat!(
            "SELECT rowid ",
            from_unfinished!(),
            " AND rowid > ? ORDER BY rowid LIMIT ?",
        ))
        .bind(self.after)
        .bind(MAX_BLOCKS as i64)
        .fetch_all(&self.readers)
        .await?;
        let (mut finished, mut last, mut bytes) = (Vec::new(), None, 0);
        // Blocks that became part of another one.
        let mut done = HashSet::new();
        for id in ids {
            if bytes >= MAX_BYTES {
                break;
            }
            last = Some(id);
            if self.failed.contains(&id) || !done.insert(id) {
                continue;
            }
            match self.finish(id, &done).await {
                Ok(Some(block)) => {
                    done.extend(block.replaced.iter().map(|replaced| replaced.id));
                    bytes += block.row.block.data.len();
                    finished.push(block);
                }
                // It is gone, or it has a large value.
                Ok(None) => {
                    self.failed.insert(id);
                }
                Err(error) if error.is_damage() => {
                    tracing::error!(%error, "a block stays as it is");
                    self.failed.insert(id);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok((finished, last))
    }

    /// Makes columns of a block, and of those around it, if they fit in one.
    async fn finish(
        &self,
        id: i64,
        done: &HashSet<i64>,
    ) -> Result<Option<Finished>, BlockReadError> {
        // What a block of format 1 holds is not known, but its data may be a large value.
        let row = sqlx::query(concat!(
            "SELECT rowid, stream_id, substream, ",
            header_columns!(),
            ", data FROM block WHERE rowid = ? AND encoding = 1 AND length(data) <= 524288",
        ))
        .bind(id)
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let array =
            Array { stream: row.try_get("stream_id")?, downlink: row.try_get("substream")? };
        let part = Part::from_row(array, &row)?;
        let parts = self.with_neighbours(array, part, done).await?;
        let finish = move || catch_unwind(AssertUnwindSafe(|| finish_parts(array, parts, id)));
        // It takes some milliseconds.
        match tokio::task::spawn_blocking(finish).await {
            Ok(Ok(finished)) => finished,
            // A fault of compressing leaves the block as it is, and the server running.
            Ok(Err(panic)) => {
                tracing::error!(id, message = message(&*panic), "a block cannot be compressed");
                Ok(None)
            }
            // The runtime ends.
            Err(_) => Ok(None),
        }
    }

    /// Returns the block and those around it that fit in one with it and are not done: first the one before,
    /// which may be one of columns already, then those that follow. Of a stream whose datapoints are kept for
    /// a time, blocks stay small, since they go as a whole.
    async fn with_neighbours(
        &self,
        array: Array,
        part: Part,
        done: &HashSet<i64>,
    ) -> Result<Vec<Part>, BlockReadError> {
        // Of blocks of format 1 the length of the text is not known.
        if part.checksum.is_none() {
            return Ok(vec![part]);
        }
        let rows = sqlx::query(concat!(
            "SELECT rowid, ",
            header_columns!(),
            ", data FROM block WHERE stream_id = ?1 AND substream = ?2 AND end_index >= ?3
             AND (encoding = 2 OR encoding = 1 AND text_bytes BETWEEN 65536 AND ?4)
             AND checksum IS NOT NULL AND text_bytes <= ?4
             AND NOT EXISTS (SELECT 1 FROM stream WHERE id = ?1 AND keep > 0)
             ORDER BY end_index LIMIT ?5",
        ))
        .bind(array.stream)
        .bind(array.downlink)
        .bind(part.block.range.start.cast_signed())
        .bind(MAX_TEXT_BYTES as i64)
        .bind((2 + MAX_TEXT_BYTES / BLOCK_BYTES) as i64)
        .fetch_all(&self.readers)
        .await?;
        let mut bytes = part.block.text_bytes;
        let mut parts = vec![part];
        for row in rows {
            // A damaged one stays as it is.
            let Ok(neighbour) = Part::from_row(array, &row) else { break };
            let (range, text_bytes) = (&neighbour.block.range, neighbour.block.text_bytes);
            let (Some(first), Some(last)) = (parts.first(), parts.last()) else { break };
            let is_before = range.end == first.block.range.start;
            let is_after = range.start == last.block.range.end;
            // Their brackets become commas.
            if bytes + text_bytes > MAX_TEXT_BYTES
                || !(is_before || is_after)
                || done.contains(&neighbour.id)
            {
                continue;
            }
            bytes += text_bytes;
            if is_before {
                parts.insert(0, neighbour);
            } else {
                parts.push(neighbour);
            }
        }
        Ok(parts)
    }
}

impl Part {
    fn from_row(array: Array, row: &SqliteRow) -> Result<Self, BlockReadError> {
        let block = StoredBlock::from_row(array, row)?;
        let (id, checksum) = (row.try_get("rowid")?, row.try_get("checksum")?);
        Ok(Self { id, block, checksum, data: row.try_get("data")? })
    }

    fn replaced(&self) -> Replaced {
        let (id, checksum, range) = (self.id, self.checksum, self.block.range.clone());
        Replaced { id, checksum, range }
    }
}

/// Makes one block of some, or only of the one with an id.
fn finish_parts(
    array: Array,
    parts: Vec<Part>,
    id: i64,
) -> Result<Option<Finished>, BlockReadError> {
    if let [first, _, ..] = &*parts
        && let Some((row, summary)) = joined(array, first.block.range.start, &parts)
    {
        let replaced = parts.iter().map(Part::replaced).collect();
        return Ok(Some(Finished { replaced, row, summary }));
    }
    let Some(part) = parts.into_iter().find(|part| part.id == id) else { return Ok(None) };
    let finished = part.block.finished(&part.data)?;
    Ok(finished.map(|(row, summary)| Finished { replaced: vec![part.replaced()], row, summary }))
}

/// Makes columns of all datapoints of some blocks, if that is possible and saves enough.
fn joined(array: Array, first: u64, parts: &[Part]) -> Option<(Row, BlockSummary)> {
    let (mut text, mut max_bytes) = (Vec::new(), 0);
    for Part { block, data, .. } in parts {
        block.decode_onto(&mut text, b',', data).ok()?;
        max_bytes += block.max_columns(data).ok()?;
    }
    *text.first_mut()? = b'[';
    text.push(b']');
    let count = parts.iter().map(|part| part.block.count()).sum();
    let last_t = parts.last()?.block.last_t;
    let block = Block::of_columns(&text, count, last_t);
    let block = block.filter(|block| block.data.len() < max_bytes)?;
    let summary = BlockSummary::of(block.stored(), first).ok()?;
    Some((Row::new(array, first, block), summary))
}

/// Returns some pages that are free to the file system.
///
/// Files of earlier formats only use their free pages again.
async fn shrink(writer: &mut Writer) -> Result<Step, CommitError> {
    let shrink = async |connection: &mut SqliteConnection| {
        let free: Option<(i64, i64)> = sqlx::query_as(
            "SELECT freelist_count, page_size
             FROM pragma_freelist_count, pragma_page_size, pragma_auto_vacuum
             WHERE auto_vacuum = 2",
        )
        .fetch_optional(&mut *connection)
        .await?;
        let (free, page_bytes) = free.unwrap_or((0, 1));
        let pages = (free - MIN_FREE_PAGES).min(FREE_BYTES_AT_A_TIME / page_bytes);
        if pages <= 0 {
            return Ok(Step::Done);
        }
        let shrink = format!("PRAGMA incremental_vacuum({pages})");
        sqlx::query(AssertSqlSafe(shrink)).fetch_all(&mut *connection).await?;
        Ok(Step::More)
    };
    writer.transaction(shrink).await
}
