//! The file in which datapoints wait.

mod commit;
mod file;
mod outgoing;
mod rows;
mod sent;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cdb_types::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};
use tokio::sync::{Mutex, mpsc, oneshot};

pub(crate) use commit::NewRow;
pub(crate) use file::remove;
pub(crate) use outgoing::Outgoing;
pub(crate) use rows::{CachedRow, Chunk};
pub(crate) use sent::Sent;

use crate::error::FileError;
use crate::{Durability, Error, SetAside};
use commit::Pending;

/// How many inserts wait at most; further ones wait for their turn to wait.
const MOST_PENDING: usize = 256;

/// The file in which datapoints wait. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    file: Arc<Path>,
    open: Arc<Mutex<Open>>,
    inserts: mpsc::Sender<Pending>,
    counts: Arc<Counts>,
}

/// What only one task has at a time.
#[derive(Debug)]
struct Open {
    /// `None` once it is closed.
    connection: Option<SqliteConnection>,
    /// The time of the last datapoint that each stream has got.
    last: HashMap<Arc<str>, f64>,
}

/// How much there is.
#[derive(Debug, Default)]
struct Counts {
    /// The datapoints that the server has not got.
    cached: AtomicU64,
    /// The length of the longest value.
    longest: AtomicU64,
    set_aside: AtomicU64,
}

/// The one row of `metadata`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Metadata {
    pub(crate) apikey: String,
    pub(crate) serverurl: String,
    pub(crate) lastsynctime: f64,
    pub(crate) syncperiod: f64,
    pub(crate) userdatajson: String,
}

/// A file that was opened.
pub(crate) struct Opened {
    pub(crate) cache: Cache,
    pub(crate) metadata: Metadata,
    /// The streams, with their schemas as JSON.
    pub(crate) streams: Vec<(String, String)>,
    /// Whether what is to be done for a new file has not been done.
    pub(crate) is_new: bool,
}

impl Cache {
    /// Opens a file, or makes it.
    pub(crate) async fn open(file: PathBuf, durability: Durability) -> Result<Opened, Error> {
        let opened = file::open(&file, durability).await;
        let opened = opened.map_err(|problem| Error::file(&file, problem))?;
        let file::Contents {
            connection,
            metadata,
            streams,
            is_new,
            last,
            cached,
            longest,
            set_aside,
        } = opened;
        let counts =
            Counts { cached: cached.into(), longest: longest.into(), set_aside: set_aside.into() };
        let open = Arc::new(Mutex::new(Open { connection: Some(connection), last }));
        let (inserts, pending) = mpsc::channel(MOST_PENDING);
        let cache = Self { file: file.into(), open, inserts, counts: Arc::new(counts) };
        tokio::spawn(commit::run(cache.open.clone(), pending, durability, cache.counts.clone()));
        Ok(Opened { cache, metadata, streams, is_new })
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// How many datapoints wait.
    pub(crate) fn len(&self) -> u64 {
        self.counts.cached.load(Ordering::Relaxed)
    }

    /// How many datapoints the server does not want.
    pub(crate) fn set_aside(&self) -> u64 {
        self.counts.set_aside.load(Ordering::Relaxed)
    }

    /// Stores datapoints, all or none; returns when they are as safe as the durability says.
    pub(crate) async fn insert(&self, rows: Vec<NewRow>) -> Result<(), Error> {
        let (done, stored) = oneshot::channel();
        self.inserts.send(Pending { rows, done }).await.map_err(|_| Error::Closed)?;
        match stored.await.map_err(|_| Error::Closed)? {
            Ok(()) => Ok(()),
            Err(commit::Refused::Order(stream)) => Err(Error::Order(stream.to_string())),
            Err(commit::Refused::Closed) => Err(Error::Closed),
            Err(commit::Refused::File(problem)) => Err(Error::file(&self.file, problem)),
        }
    }

    /// Does something with the file, in one transaction.
    async fn with<T, F>(&self, action: F) -> Result<T, Error>
    where
        F: AsyncFnOnce(&mut SqliteConnection, &mut HashMap<Arc<str>, f64>) -> sqlx::Result<T>,
    {
        let mut open = self.open.lock().await;
        let Open { connection, last } = &mut *open;
        let connection = connection.as_mut().ok_or(Error::Closed)?;
        let done = async {
            let mut transaction = connection.begin().await?;
            let done = action(&mut transaction, last).await?;
            transaction.commit().await?;
            Ok(done)
        };
        let done: sqlx::Result<T> = done.await;
        done.map_err(|problem| Error::file(&self.file, problem))
    }

    /// Reads something from the file, in one statement.
    async fn read<T, F>(&self, action: F) -> Result<T, Error>
    where
        F: AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
    {
        let mut open = self.open.lock().await;
        let connection = open.connection.as_mut().ok_or(Error::Closed)?;
        action(connection).await.map_err(|problem| Error::file(&self.file, problem))
    }

    /// Remembers a stream and its schema, as JSON.
    pub(crate) async fn add_stream(&self, stream: &str, schema: &str) -> Result<(), Error> {
        self.with(async |connection, _| {
            sqlx::query("INSERT OR REPLACE INTO streams VALUES (?, ?)")
                .bind(stream)
                .bind(schema)
                .execute(connection)
                .await
                .map(drop)
        })
        .await
    }

    /// Changes a column of `metadata`.
    pub(crate) async fn set(&self, change: Setting<'_>) -> Result<(), Error> {
        self.with(async |connection, _| {
            let query = match change {
                Setting::ApiKey(key) => sqlx::query("UPDATE metadata SET apikey = ?").bind(key),
                Setting::ServerUrl(url) => {
                    sqlx::query("UPDATE metadata SET serverurl = ?").bind(url)
                }
                Setting::LastSync(t) => sqlx::query("UPDATE metadata SET lastsynctime = ?").bind(t),
                Setting::SyncPeriod(seconds) => {
                    sqlx::query("UPDATE metadata SET syncperiod = ?").bind(seconds)
                }
                Setting::Data(json) => {
                    sqlx::query("UPDATE metadata SET userdatajson = ?").bind(json)
                }
            };
            query.execute(connection).await.map(drop)
        })
        .await
    }

    /// Takes note that what is to be done for a new file has been done.
    pub(crate) async fn created(&self) -> Result<(), Error> {
        self.with(async |connection, _| {
            sqlx::query("DELETE FROM cdb_creating").execute(connection).await.map(drop)
        })
        .await
    }

    /// Throws all datapoints away that wait, also those that are set aside.
    pub(crate) async fn clear(&self) -> Result<(), Error> {
        let counts = &self.counts;
        self.with(async |connection, _| {
            for table in ["cache", "cdb_sent", "cdb_set_aside", "cdb_restamped"] {
                let clear = sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}")));
                clear.execute(&mut *connection).await?;
            }
            counts.cached.store(0, Ordering::Relaxed);
            counts.set_aside.store(0, Ordering::Relaxed);
            Ok(())
        })
        .await
    }

    /// What the server does not want, and why.
    pub(crate) async fn list_set_aside(&self) -> Result<Vec<SetAside>, Error> {
        let rows = self.read(async |connection| {
            sqlx::query("SELECT stream, timestamp, jsondata, reason FROM cdb_set_aside")
                .map(|row: sqlx::sqlite::SqliteRow| SetAside {
                    stream: row.get(0),
                    t: Timestamp::new(row.get(1)).unwrap_or_default(),
                    json: row.get(2),
                    reason: row.get(3),
                })
                .fetch_all(connection)
                .await
        });
        rows.await
    }

    /// Closes the file; what comes later is [`Error::Closed`].
    pub(crate) async fn close(&self) -> Result<(), Error> {
        let Some(connection) = self.open.lock().await.connection.take() else { return Ok(()) };
        let closed = connection.close().await.map_err(FileError::from);
        closed.map_err(|problem| Error::file(&self.file, problem))
    }
}

/// A change of a column of `metadata`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Setting<'a> {
    ApiKey(&'a str),
    ServerUrl(&'a str),
    LastSync(f64),
    SyncPeriod(f64),
    Data(&'a str),
}
