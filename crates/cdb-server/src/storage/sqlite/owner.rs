//! One owner of a data file at a time, whatever its path.
//!
//! [`Lock`](super::lock::Lock) refuses a second server under the same path. The file may have other
//! names: hard links, or a new name that it was given while a server has it open. Three things
//! protect it then:
//!
//! - A server that opens a file first locks it for itself ([`prepare`]), which SQLite refuses while
//!   any other process has it open.
//! - The file stores under which path it is open, until it is closed. SQLite keeps what was
//!   committed last in a log beside that path. If the server was killed, the file is not opened
//!   under another name without this log.
//! - The file stores a random number, its *epoch*, which changes when it is opened. Each commit
//!   checks it in its own transaction. A server that finds another epoch stops writing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteLockingMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use uuid::Uuid;

use super::identify::{APPLICATION_ID, check_open};
use super::lock::beside;
use super::{OpenError, PAGE_BYTES};

/// How long another process that has the file open is waited for. A server in the same process may
/// be closing it.
const EXCLUSIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Checks that no other process has the file open and that no log of it is elsewhere, and marks a
/// new file as a data file. Returns the size of its pages.
pub(super) async fn prepare(file: &Path) -> Result<u32, OpenError> {
    let mut options = SqliteConnectOptions::new()
        .filename(file)
        .locking_mode(SqliteLockingMode::Exclusive)
        .busy_timeout(EXCLUSIVE_TIMEOUT)
        .page_size(PAGE_BYTES)
        .disable_statement_logging();
    if fs::metadata(file).map_or(0, |file| file.len()) == 0 {
        // Free pages are returned to the file system by `finish`. In other files this would write.
        options = options.auto_vacuum(SqliteAutoVacuum::Incremental);
    }
    // Before SQLite opens the file, which moves the log into it.
    let has_log = is_log(&beside(file, "-wal"));
    let mut connection = options.connect().await.map_err(in_use)?;
    let prepared = prepare_locked(&mut connection, file, has_log).await;
    let page_bytes = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut connection).await;
    connection.close().await?;
    prepared?;
    Ok(page_bytes?)
}

async fn prepare_locked(
    connection: &mut SqliteConnection,
    file: &Path,
    has_log: bool,
) -> Result<(), OpenError> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(in_use)?;
    check_open(connection).await?;
    if tables == 0 {
        // Before the file has a log, so that the mark is in the file itself.
        return mark(connection).await.map_err(OpenError::from);
    }
    let query = "SELECT count(*) FROM sqlite_schema WHERE name = 'owner'";
    let has_owner: i64 = sqlx::query_scalar(query).fetch_one(&mut *connection).await?;
    if has_owner == 0 {
        return Ok(());
    }
    let query = "SELECT path FROM owner";
    let path: Option<String> = sqlx::query_scalar(query).fetch_one(&mut *connection).await?;
    match path.map(PathBuf::from) {
        Some(other) if !has_log && other != file && is_log(&beside(&other, "-wal")) => {
            Err(OpenError::OtherName(other))
        }
        _ => Ok(()),
    }
}

/// Returns whether there is a log that is not empty.
fn is_log(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|log| log.len() > 0)
}

/// Marks the file as a data file.
pub(super) async fn mark(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
    sqlx::query(AssertSqlSafe(mark)).execute(connection).await.map(drop)
}

/// Becomes the owner of the file. Returns its new epoch.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    file: &Path,
) -> Result<i64, sqlx::Error> {
    let (epoch, _) = Uuid::new_v4().as_u64_pair();
    let epoch = epoch.cast_signed();
    sqlx::query("UPDATE owner SET epoch = ?, path = ?")
        .bind(epoch)
        .bind(file.to_string_lossy().into_owned())
        .execute(&mut *connection)
        .await?;
    // Moves it from the log into the file itself, where it is found if the file is moved away.
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(connection).await?;
    Ok(epoch)
}

/// Records that the file was closed by the owner with this epoch.
pub(super) async fn release(
    connection: &mut SqliteConnection,
    epoch: i64,
) -> Result<(), sqlx::Error> {
    let query = "UPDATE owner SET path = NULL WHERE epoch = ?";
    sqlx::query(query).bind(epoch).execute(connection).await.map(drop)
}

fn in_use(error: sqlx::Error) -> OpenError {
    const BUSY: &str = "5";
    match &error {
        sqlx::Error::Database(cause) if cause.code().as_deref() == Some(BUSY) => OpenError::InUse,
        _ => error.into(),
    }
}
