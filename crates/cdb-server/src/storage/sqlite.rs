//! What lies in the data file, and how it is read and written.
//!
//! Reads go through a pool of connections; writes, all of them, through the one connection that
//! [`Writer`] holds. Datapoints that arrive together are committed together (`commit`): many at once
//! as blocks, a few as entries of a `journal` that become blocks when they are many.

mod array_heads;
mod backend;
mod catalog;
mod commit;
mod compact;
mod error;
mod feed;
mod journal;
mod lock;
mod read;
mod sessions;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};

pub(crate) use commit::CommitError;
pub(crate) use feed::{Feed, FeedReceiver};
pub(crate) use read::Reader;

use crate::events::ChangeLog;
use array_heads::ArrayHeads;
use transaction::WriterGuard;
use writer::Writer;

/// How many connections read at a time. Each holds its own page cache.
const READERS: u32 = 4;

/// The page cache of a connection, in kibibytes (SQLite counts these as negative).
const CACHE_KIB: i64 = 512;

/// How many rows a reading connection prepares ahead; a row may hold a whole block.
const ROWS_AHEAD: usize = 8;

/// The data file of a running server. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    readers: SqlitePool,
    /// `None` once it is closed.
    writer: Arc<Mutex<Option<Writer>>>,
    heads: ArrayHeads,
    commits: mpsc::Sender<commit::Pending>,
    changes: ChangeLog,
    feed: Feed,
    /// Held until the last clone is gone.
    _lock: Arc<lock::Lock>,
}

/// Why a data file cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    InUse,
    File(std::io::Error),
    Service(sqlx::Error),
    Journal(CommitError),
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Service(error)
    }
}

impl From<CommitError> for OpenError {
    fn from(error: CommitError) -> Self {
        Self::Journal(error)
    }
}

impl From<sqlx::migrate::MigrateError> for OpenError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Service(error.into())
    }
}

impl Store {
    /// Opens a data file, making it if it is not there, and brings its tables up to date.
    /// The feed is told of what is appended.
    pub(crate) async fn open(file: &Path, feed: Feed) -> Result<Self, OpenError> {
        let lock = Arc::new(lock::Lock::take(file)?);
        lock::create_private(file)?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL may lose the last commits when the power goes.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .page_size(8192)
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(1)
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        // Through the pool: what migrates a single connection cannot be sent to another thread.
        sqlx::migrate!("src/storage/sqlite/migrations").run(&readers).await?;
        let changes = ChangeLog::default();
        let writer = Writer::open(options, changes.clone(), feed.clone()).await?;
        let heads = writer.heads.clone();
        let writer = Arc::new(Mutex::new(Some(writer)));
        let (commits, pending) = mpsc::channel(commit::MAX_PENDING);
        tokio::spawn(commit::run(Arc::clone(&writer), pending));
        Ok(Self { readers, writer, heads, commits, changes, feed, _lock: lock })
    }

    /// What tells of appended datapoints.
    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Waits until what is being written now has been written.
    pub(crate) async fn settled(&self) {
        drop(self.writer.lock().await);
    }

    async fn writer(&self) -> Result<WriterGuard, CommitError> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        let open = OwnedMutexGuard::try_map(writer, Option::as_mut);
        open.map_err(|_| sqlx::Error::PoolClosed.into())
    }

    /// Waits for what is being written, and closes the file. What is inserted later is refused.
    async fn close_file(&self) {
        self.readers.close().await;
        let writer = self.writer.lock().await.take();
        if let Some(writer) = writer {
            writer.close().await;
        }
    }
}
