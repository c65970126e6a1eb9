//! The data file: an SQLite database.
//!
//! Reads use a pool of connections. All writes use the one connection that [`Writer`] holds. Inserts
//! that arrive together are committed together (`commit`): large ones as blocks, small ones as rows
//! of a journal that become blocks when there are enough of them. See the
//! [description of the storage](crate::internals::storage).

mod array_heads;
mod array_table;
mod backend;
mod backup;
mod block_table;
mod catalog;
mod check;
mod commit;
mod compact;
mod correct;
mod error;
mod finish;
mod identify;
mod journal;
mod keep;
mod latest;
mod list;
mod lock;
mod moves;
mod moving;
mod owner;
mod read;
mod sessions;
mod summaries;
#[cfg(test)]
pub(crate) mod tests;
mod transaction;
mod waiting;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cdb_types::session::Durability;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, SqlSafeStr};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};

pub(crate) use commit::CommitError;
pub(crate) use read::Reader;

use crate::bus::{Bus, LocalBus};
use crate::error::StartError;
use crate::events::ChangeLog;
use crate::metrics::Metrics;
use crate::runtime::Runtime;
use crate::storage::StorageError;
use array_heads::ArrayHeads;
use moves::Moves;
use transaction::WriterGuard;
use writer::Writer;

/// The changes of the tables from one format to the next. The file keeps their names and checksums.
///
/// They are listed here rather than by the macro of sqlx: for its macros, everything that accesses a
/// database, SQLite among it, is built a second time.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let migrations = [
        ("initial", include_str!("sqlite/migrations/0001_initial.sql")),
        ("checksums", include_str!("sqlite/migrations/0002_checksums.sql")),
        ("session", include_str!("sqlite/migrations/0003_session.sql")),
        ("columns", include_str!("sqlite/migrations/0004_columns.sql")),
        ("summaries", include_str!("sqlite/migrations/0005_summaries.sql")),
        ("arrays", include_str!("sqlite/migrations/0006_arrays.sql")),
        ("slices", include_str!("sqlite/migrations/0007_slices.sql")),
    ];
    let migrations = (1..).zip(migrations).map(|(version, (name, statements))| {
        let statements = statements.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, statements, false)
    });
    Migrator::with_migrations(migrations.collect())
});

/// The number of connections that read. Each has its own page cache.
const READERS: u32 = 4;

/// The page cache of a connection, in kibibytes (SQLite counts these as negative).
const CACHE_KIB: i64 = 512;

/// The size of a page of a new file. The rows of blocks fill theirs to half a page on average, so that
/// larger ones waste more: with 8192 the file of a thermometer is a quarter larger. Commits are as fast.
const PAGE_BYTES: u32 = 2048;

/// The length of SQLite's log from which on it is moved into the file.
const LOG_BYTES: u32 = 8 * 1024 * 1024;

/// The number of rows that a reading connection prepares ahead. A row may hold a block.
const ROWS_AHEAD: usize = 8;

/// The data file of a running server. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct SqliteStorage {
    readers: SqlitePool,
    /// `None` once it is closed.
    writer: Arc<Mutex<Option<Writer>>>,
    heads: ArrayHeads,
    moves: Moves,
    commits: mpsc::Sender<commit::Pending>,
    changes: ChangeLog,
    durability: Durability,
    file: PathBuf,
    /// The epoch of the file while this is its owner; see [`owner`].
    epoch: i64,
    metrics: Arc<Metrics>,
    /// The number of inserts that wait to be committed.
    waiting: Arc<AtomicUsize>,
    /// Held by the one who makes or reads a copy.
    backups: Arc<Mutex<()>>,
    /// Held until the last clone is gone.
    _lock: Arc<lock::Lock>,
}

/// Why a data file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("another server or program has it open")]
    InUse,
    #[error("it is not a data file of ConnectorDB: {0}")]
    Foreign(&'static str),
    #[error(
        "it has format {version}, and this program reads formats up to {supported}; use a newer \
         version of ConnectorDB", supported = identify::format_version()
    )]
    Newer { version: i64 },
    #[error(
        "it was last open as {path}, and its last changes are in {path}-wal; open it under that path, \
         or move this log beside it, with the name of the file and -wal", path = .0.display()
    )]
    OtherName(PathBuf),
    #[error(
        "it is empty, and {path} holds changes of a database that was there; put that database \
         back, or move this log away", path = .0.display()
    )]
    LogOnly(PathBuf),
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Sqlite(#[from] sqlx::Error),
    #[error(transparent)]
    Journal(#[from] CommitError),
}

impl OpenError {
    /// The error of starting a server, or of using its file, that this one causes.
    pub(crate) fn at(self, file: &Path) -> StartError {
        match self {
            Self::InUse => StartError::InUse(file.to_owned()),
            error => StartError::data(file, error),
        }
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer { version },
            error => Self::Sqlite(error.into()),
        }
    }
}

impl SqliteStorage {
    /// Opens a data file that has no subscribers, creating it if it does not exist, and brings its
    /// tables up to date.
    pub(crate) async fn open(file: &Path) -> Result<Self, OpenError> {
        Self::open_durably(file, Durability::Full).await
    }

    /// Opens a data file like [`open`](Self::open). Inserts are as durable as they are told to be.
    async fn open_durably(file: &Path, durability: Durability) -> Result<Self, OpenError> {
        let (bus, runtime) = (Arc::new(LocalBus::new(0)), Runtime::default());
        Self::open_in(file, durability, bus, Arc::default(), &runtime).await
    }

    /// Opens a data file like [`open`](Self::open), for a server. Events are published on `bus`.
    pub(crate) async fn open_in(
        file: &Path,
        durability: Durability,
        bus: Arc<dyn Bus>,
        metrics: Arc<Metrics>,
        runtime: &Runtime,
    ) -> Result<Self, OpenError> {
        let Tables { lock, options, readers } = Tables::open(file).await?;
        let changes = ChangeLog::default();
        let (blocks_written, written) = mpsc::channel(1);
        let (file, counted) = (options.get_filename().to_owned(), Arc::clone(&metrics));
        let writer =
            Writer::open(options, durability, changes.clone(), bus, counted, blocks_written);
        let writer = writer.await?;
        let (heads, moves, epoch) = (writer.heads.clone(), writer.moves.clone(), writer.epoch());
        let writer = Arc::new(Mutex::new(Some(writer)));
        let (commits, pending) = mpsc::channel(commit::MAX_PENDING);
        runtime.spawn("commit inserts", commit::run(Arc::clone(&writer), pending));
        let finish = finish::run(readers.clone(), Arc::downgrade(&writer), written);
        runtime.spawn("make columns", finish);
        let (backups, waiting) = Default::default();
        Ok(Self {
            readers,
            writer,
            heads,
            moves,
            commits,
            changes,
            durability,
            file,
            epoch,
            metrics,
            waiting,
            backups,
            _lock: lock,
        })
    }

    async fn writer(&self) -> Result<WriterGuard, CommitError> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        let open = OwnedMutexGuard::try_map(writer, Option::as_mut);
        open.map_err(|_| sqlx::Error::PoolClosed.into())
    }

    /// Returns an error if the file is not read, or has another owner.
    async fn check_owner(&self) -> Result<(), StorageError> {
        let epoch = sqlx::query_scalar("SELECT epoch FROM owner");
        let epoch: i64 = epoch.fetch_one(&self.readers).await?;
        if epoch == self.epoch { Ok(()) } else { Err(StorageError::Superseded) }
    }

    /// Waits for what is being written, and closes the file. Later inserts are refused.
    async fn close_file(&self) {
        self.readers.close().await;
        let writer = self.writer.lock().await.take();
        if let Some(writer) = writer {
            writer.close().await;
        }
    }
}

/// A data file whose tables are up to date, and which can be read. Nobody else has it open.
struct Tables {
    lock: Arc<lock::Lock>,
    /// How further connections are opened.
    options: SqliteConnectOptions,
    readers: SqlitePool,
}

impl Tables {
    /// Opens a data file, creating it if it does not exist, and brings its tables up to date.
    async fn open(file: &Path) -> Result<Self, OpenError> {
        let file = &lock::locate(file)?;
        // No file is created beside one that is not a data file.
        if !lock::Lock::exists(file) {
            identify::check(file).await?;
        }
        let lock = Arc::new(lock::Lock::take(file)?);
        identify::check(file).await?;
        let page_bytes = owner::prepare(file).await?;
        backup::remove_left(file)?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL may lose the last commits when the power fails.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .page_size(PAGE_BYTES)
            .pragma("wal_autocheckpoint", (LOG_BYTES / page_bytes).to_string())
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            // Pages whose cells do not fit together are errors.
            .pragma("cell_size_check", "ON")
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(1)
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        migrate(&readers).await?;
        Ok(Self { lock, options, readers })
    }
}

/// Brings the tables up to date, and marks the file with its format.
///
/// Each migration is a transaction. If the process is killed between two of them, or before the
/// mark, the next one continues.
async fn migrate(readers: &SqlitePool) -> Result<(), OpenError> {
    // Through the pool: what migrates a single connection cannot be sent to another thread.
    MIGRATIONS.run(readers).await?;
    let version = identify::format_version();
    let mut connection = readers.acquire().await?;
    let marked: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    if marked != version {
        owner::mark(&mut connection).await?;
        let mark = format!("PRAGMA user_version = {version}");
        sqlx::query(AssertSqlSafe(mark)).execute(&mut *connection).await?;
        // Moves it from the log into the file itself.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
    }
    Ok(())
}
