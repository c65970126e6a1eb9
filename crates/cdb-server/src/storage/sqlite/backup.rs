//! Copies of the whole file while the server runs.
//!
//! `VACUUM INTO` reads the file in one transaction, which neither waits for inserts nor holds them up. (The
//! log cannot be moved into the file meanwhile, so it grows by what is written.)

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use super::SqliteStorage;
use super::lock::{beside, private};
use crate::storage::StorageError;
use crate::storage::backup::{Backup, Temporary};

/// How often SQLite asks whether it is to go on, in instructions of its virtual machine.
const INSTRUCTIONS: i32 = 1000;

impl SqliteStorage {
    /// Makes a copy of the file.
    pub(super) async fn copy(&self) -> Result<Backup, StorageError> {
        let running = Arc::clone(&self.backups).try_lock_owned();
        let running = running.map_err(|_| StorageError::BackupRunning)?;
        // What was answered is in the copy.
        self.writer().await?.write_waiting().await?;
        let options = self.readers.connect_options();
        let path = beside(options.get_filename(), SUFFIX);
        let temporary = Temporary::new(path, running);
        let path = &temporary.path;
        remove(path).map_err(StorageError::failed)?;
        // SQLite writes into a file that is empty, and nobody else may read it.
        private().create_new(true).write(true).open(path).map_err(StorageError::failed)?;
        // A connection of its own, so that readers need not wait for one.
        let mut connection = options.connect().await?;
        let readers = self.readers.clone();
        let goes_on = move || !readers.is_closed();
        connection.lock_handle().await?.set_progress_handler(INSTRUCTIONS, goes_on);
        let copied = sqlx::query("VACUUM INTO ?")
            .bind(path.to_string_lossy().into_owned())
            .execute(&mut connection)
            .await;
        connection.close().await?;
        copied?;
        release(path).await?;
        Backup::open(temporary).map_err(StorageError::failed)
    }
}

/// What the name of a copy ends with, which lies beside the data file until it is sent.
const SUFFIX: &str = "-backup";

/// Deletes the copy that a server has left that was killed.
pub(super) fn remove_left(data: &Path) -> io::Result<()> {
    remove(&beside(data, SUFFIX))
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Notes in a copy that no server has it open.
async fn release(copy: &Path) -> Result<(), sqlx::Error> {
    // If this is interrupted, the copy is deleted.
    let options = SqliteConnectOptions::new()
        .filename(copy)
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    let released = sqlx::query("UPDATE owner SET path = NULL").execute(&mut connection).await;
    connection.close().await?;
    released.map(drop)
}
