//! Makes columns of full blocks, in the background: inserts and merges write text, since that is
//! faster.

#[cfg(test)]
use std::sync::Arc;
use std::sync::Weak;
use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, timeout_at};

use super::block_table::{Row, StoredBlock, header_columns, update_block};
use super::commit::CommitError;
use super::writer::Writer;
use crate::storage::Array;

/// The number of blocks that are replaced in one transaction. Inserts wait for it for a few
/// milliseconds.
const BLOCKS_AT_A_TIME: i64 = 16;

/// Nothing is done before no blocks were written for so long, so that large inserts have the
/// processor and the disk to themselves.
const QUIET: Duration = Duration::from_secs(1);

/// If blocks are written all the time, nothing is done for so long.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The pause after an error, such as a full disk.
const PAUSE: Duration = Duration::from_secs(60);

/// The number of free pages that are returned to the file system in one transaction, and the number
/// that is kept for the next inserts.
const PAGES_AT_A_TIME: i64 = 128;
const SPARE_PAGES: i64 = 512;

/// Makes columns whenever blocks were written, until the storage is closed or dropped.
///
/// `written` gets a message when blocks were written.
pub(super) async fn run(
    readers: SqlitePool,
    writer: Weak<Mutex<Option<Writer>>>,
    mut written: mpsc::Receiver<()>,
) {
    let mut finisher = Finisher { readers, writer, after: 0 };
    // What an earlier process has left.
    let mut has_more = true;
    loop {
        if !has_more && written.recv().await.is_none() {
            return;
        }
        if !is_quiet(&mut written).await {
            return;
        }
        has_more = match finisher.step().await {
            Ok(Some(has_more)) => has_more,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "blocks stay as text for now");
                tokio::time::sleep(PAUSE).await;
                true
            }
        };
    }
}

/// Waits until nothing has been written for a while. Returns whether the storage is still open.
async fn is_quiet(written: &mut mpsc::Receiver<()>) -> bool {
    let last = Instant::now() + MAX_WAIT;
    loop {
        match timeout_at(last.min(Instant::now() + QUIET), written.recv()).await {
            Ok(Some(())) => {}
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

/// Makes columns, a few blocks at a time.
pub(super) struct Finisher {
    readers: SqlitePool,
    writer: Weak<Mutex<Option<Writer>>>,
    /// The row after which blocks are looked for. Those before it are damaged.
    after: i64,
}

/// A block of which columns were made.
struct Finished {
    id: i64,
    checksum: Option<i64>,
    row: Row,
}

impl Finisher {
    #[cfg(test)]
    pub(super) fn new(readers: SqlitePool, writer: &Arc<Mutex<Option<Writer>>>) -> Self {
        Self { readers, writer: Arc::downgrade(writer), after: 0 }
    }

    /// Makes columns of some blocks, or makes the file smaller if there are none. Returns whether there
    /// may be more to do, or `None` if the storage is closed.
    pub(super) async fn step(&mut self) -> Result<Option<bool>, CommitError> {
        if self.readers.is_closed() {
            return Ok(None);
        }
        let finished = self.finish_some().await?;
        let Some(writer) = self.writer.upgrade() else { return Ok(None) };
        let mut writer = writer.lock().await;
        let Some(writer) = writer.as_mut() else { return Ok(None) };
        let Some(finished) = finished else {
            self.after = 0;
            return Ok(Some(shrink(writer).await?));
        };
        writer
            .transaction(async |connection: &mut SqliteConnection| {
                for Finished { id, checksum, row } in finished {
                    // If it is gone, so is what was made of it.
                    update_block(connection, id, checksum, row).await?;
                }
                Ok(())
            })
            .await?;
        Ok(Some(true))
    }

    /// Makes columns of the next blocks. Returns `None` if there are none.
    async fn finish_some(&mut self) -> Result<Option<Vec<Finished>>, CommitError> {
        let rows = sqlx::query(concat!(
            "SELECT rowid AS id, stream_id, substream, ",
            header_columns!(),
            ", data FROM block INDEXED BY block_unfinished
             WHERE encoding = 1 AND coalesce(text_bytes, 65536) BETWEEN 65536 AND 524288
                 AND rowid > ? ORDER BY rowid LIMIT ?",
        ))
        .bind(self.after)
        .bind(BLOCKS_AT_A_TIME)
        .fetch_all(&self.readers)
        .await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.after = last.try_get("id")?;
        // It takes a millisecond for each block.
        let finished = tokio::task::spawn_blocking(move || {
            let finish = |row: &sqlx::sqlite::SqliteRow| {
                let (id, checksum) = (row.try_get("id")?, row.try_get("checksum")?);
                let (stream, downlink) = (row.try_get("stream_id")?, row.try_get("substream")?);
                let block = StoredBlock::from_row(Array { stream, downlink }, row)?;
                let row = block.finished(row.try_get("data")?)?;
                Ok::<_, CommitError>(Finished { id, checksum, row })
            };
            let finished = rows.iter().filter_map(|row| match finish(row) {
                Ok(finished) => Some(finished),
                Err(error) => {
                    tracing::error!(%error, "a block stays as it is");
                    None
                }
            });
            finished.collect()
        });
        match finished.await {
            Ok(finished) => Ok(Some(finished)),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

/// Returns some pages that are free to the file system. Returns whether there may be more.
///
/// Files of earlier versions only use their free pages again.
async fn shrink(writer: &mut Writer) -> Result<bool, CommitError> {
    writer
        .transaction(async |connection: &mut SqliteConnection| {
            let pragma = "SELECT freelist_count FROM pragma_freelist_count, pragma_auto_vacuum
                          WHERE auto_vacuum = 2";
            let free: Option<i64> =
                sqlx::query_scalar(pragma).fetch_optional(&mut *connection).await?;
            let pages = (free.unwrap_or(0) - SPARE_PAGES).min(PAGES_AT_A_TIME);
            if pages <= 0 {
                return Ok(false);
            }
            let shrink = format!("PRAGMA incremental_vacuum({pages})");
            sqlx::query(sqlx::AssertSqlSafe(shrink)).fetch_all(&mut *connection).await?;
            Ok(true)
        })
        .await
}
