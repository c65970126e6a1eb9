//! The file in which datapoints wait.
//!
//! The file is the only truth: what is here in memory is read from it when it is opened, again
//! after each error, and never decides what is deleted. One task owns the queue
//! ([`driver::file`](crate::driver::file)), so nothing here is interrupted half-way.

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

/// The file in which datapoints wait.
#[derive(Debug)]
pub(crate) struct Queue {
    file: PathBuf,
    durability: Durability,
    connection: ConnectionState,
    last: LastTimes,
    counts: Arc<Counts>,
}

/// The time of the last datapoint of each stream: times rise from there. An action may change it
/// before its commit: after an error it is read from the file again.
type LastTimes = HashMap<Arc<str>, f64>;

/// The connection to the file.
#[derive(Debug)]
enum ConnectionState {
    /// No transaction is open, and memory says what the file says.
    Open(SqliteConnection),
    /// Something has failed: the file is opened again before it is used.
    Failed,
    /// It was closed for good.
    Closed,
}

/// How much there is, for displays.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Datapoints that wait.
    pub(crate) pending: AtomicU64,
    /// Datapoints that are set aside.
    pub(crate) set_aside: AtomicU64,
    /// At least the length of the longest value, in bytes.
    longest_value: AtomicU64,
}

impl Queue {
    /// Opens a file, or creates it.
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

    /// Does something with the file. After an error the connection is closed, and the file opened
    /// and read again before anything else is done with it: SQLite may have rolled a transaction
    /// back, or not, and nobody knows what of a failed commit is in the file.
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
                // It holds the lock of the file until it is closed, which this waits for.
                if let Err(error) = connection.close().await {
                    tracing::debug!(%error, "a connection that has failed did not close");
                }
                Err(Error::file(&self.file, error))
            }
        }
    }

    /// Does something with the file, all of it or nothing.
    async fn transaction<T>(
        &mut self,
        action: impl AsyncFnOnce(&mut SqliteConnection, &mut LastTimes) -> sqlx::Result<T>,
    ) -> Result<T, Error> {
        self.with(async |connection, last| {
            // SQLite refuses this inside of another transaction: so this is one of its own.
            sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
            let output = action(connection, last).await?;
            sqlx::query("COMMIT").execute(connection).await?;
            Ok(output)
        })
        .await
    }

    /// Opens the file again after an error, and reads what memory is to say.
    async fn reopen(&mut self) -> Result<SqliteConnection, Error> {
        let opened = open::reopen(&self.file, self.durability).await;
        let open::Reopened { connection, last, pending, set_aside } =
            opened.map_err(|problem| Error::file(&self.file, problem))?;
        self.last = last;
        self.counts.pending.store(pending, Ordering::Relaxed);
        self.counts.set_aside.store(set_aside, Ordering::Relaxed);
        Ok(connection)
    }

    /// Closes the file; what comes later is [`Error::Closed`].
    pub(crate) async fn close(&mut self) -> Result<(), Error> {
        let connection = std::mem::replace(&mut self.connection, ConnectionState::Closed);
        let ConnectionState::Open(connection) = connection else { return Ok(()) };
        let closed = connection.close().await.map_err(FileError::from);
        closed.map_err(|problem| Error::file(&self.file, problem))
    }
}
