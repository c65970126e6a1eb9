//! The file with the pending datapoints.
//!
//! The state in memory is a copy of what is in the file. It is read when the file is opened and
//! again after each error, and it never decides what is deleted. One task
//! ([`driver::file`](crate::driver::file)) owns the queue and runs each method to its end, so the
//! methods need not be cancel safe.

mod acknowledge;
mod append;
mod open;
mod outgoing;
mod peek;
mod restamp;
mod set_aside;
mod settings;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

pub(crate) use acknowledge::Mismatch;
pub(crate) use append::{AppendError, NewRow};
pub(crate) use open::{Contents, remove};
pub(crate) use outgoing::Outgoing;
pub(crate) use peek::{Chunk, Row};
pub(crate) use settings::{Metadata, Setting};

use crate::error::FileError;
use crate::{Durability, Error};

/// The file with the pending datapoints, and the state in memory that belongs to it.
#[derive(Debug)]
pub(crate) struct Queue {
    file: PathBuf,
    durability: Durability,
    connection: ConnectionState,
    last: LastTimes,
    counts: Arc<Counts>,
}

/// The time of the last datapoint of each stream. New datapoints get later times. An action may
/// change it before the commit; after an error it is read from the file again.
type LastTimes = HashMap<Arc<str>, f64>;

/// The connection to the file.
#[derive(Debug)]
enum ConnectionState {
    /// The file is open, no transaction is, and the state in memory matches the file.
    Open(SqliteConnection),
    /// An action failed, or is running. The file is opened again before the next one.
    Failed,
    /// The file was closed and is not opened again.
    Closed,
}

/// The numbers of datapoints, for the status, and the bound on the length of values.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// The number of pending datapoints.
    pub(crate) pending: AtomicU64,
    /// The number of datapoints that are set aside.
    pub(crate) set_aside: AtomicU64,
    /// The length in bytes of the longest value that was pending when the file was opened, or was
    /// appended since.
    longest_value: AtomicU64,
}

impl Queue {
    /// Opens a file, or creates it if it does not exist.
    pub(crate) async fn open(
        file: PathBuf,
        durability: Durability,
    ) -> Result<(Self, Contents), Error> {
        let opened = open::open(&file, durability).await;
        let (connection, contents) = opened.map_err(|problem| Error::file(&file, problem))?;
        let counts = Arc::new(Counts {
            pending: contents.pending.into(),
            set_aside: contents.set_aside.into(),
            longest_value: contents.longest_value.into(),
        });
        let connection = ConnectionState::Open(connection);
        let last = contents.last.clone();
        Ok((Self { file, durability, connection, last, counts }, contents))
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Runs an action on the file.
    ///
    /// After an error the connection is closed, and the file is opened and read again before the
    /// next action: SQLite may or may not have rolled the transaction back, and a commit that
    /// failed may be in the file or not.
    async fn with<T>(
        &mut self,
        action: impl AsyncFnOnce(&mut SqliteConnection, &mut LastTimes) -> sqlx::Result<T>,
    ) -> Result<T, Error> {
        let mut connection = match std::mem::replace(&mut self.connection, ConnectionState::Failed)
        {
            ConnectionState::Open(connection) => connection,
            ConnectionState::Failed => self.reopen().await?,
            ConnectionState::Closed => {
                self.connection = ConnectionState::Closed;
                return Err(Error::Closed);
            }
        };
        match action(&mut connection, &mut self.last).await {
            Ok(output) => {
                self.connection = ConnectionState::Open(connection);
                Ok(output)
            }
            Err(error) => {
                // The connection holds the lock of the file until `close` has returned.
                if let Err(error) = connection.close().await {
                    tracing::debug!(%error, "closing the file after an error failed");
                }
                Err(Error::file(&self.file, error))
            }
        }
    }

    /// Runs an action on the file in one transaction.
    async fn transaction<T>(
        &mut self,
        action: impl AsyncFnOnce(&mut SqliteConnection, &mut LastTimes) -> sqlx::Result<T>,
    ) -> Result<T, Error> {
        self.with(async |connection, last| {
            // SQLite refuses `BEGIN` inside a transaction, so this one is never nested.
            sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
            let output = action(connection, last).await?;
            sqlx::query("COMMIT").execute(connection).await?;
            Ok(output)
        })
        .await
    }

    /// Opens the file again after an error, and reads the state in memory from it.
    async fn reopen(&mut self) -> Result<SqliteConnection, Error> {
        let opened = open::reopen(&self.file, self.durability).await;
        let open::Reopened { connection, last, pending, set_aside } =
            opened.map_err(|problem| Error::file(&self.file, problem))?;
        self.last = last;
        self.counts.pending.store(pending, Ordering::Relaxed);
        self.counts.set_aside.store(set_aside, Ordering::Relaxed);
        Ok(connection)
    }

    /// Closes the file. Later calls return [`Error::Closed`].
    pub(crate) async fn close(&mut self) -> Result<(), Error> {
        let connection = std::mem::replace(&mut self.connection, ConnectionState::Closed);
        let ConnectionState::Open(connection) = connection else { return Ok(()) };
        let closed = connection.close().await.map_err(FileError::from);
        closed.map_err(|problem| Error::file(&self.file, problem))
    }
}
