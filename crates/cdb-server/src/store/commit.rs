//! Group commit: what arrives from all connections at about the same time is written together, and
//! answered when it is durable.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, QueryBuilder, Sqlite};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::block::{Batch, Block, BlockError};
use super::writer::{Tail, Writer};
use super::{Array, Store, compact};

/// How many inserts wait at most; further ones wait for their turn to wait.
pub(super) const MOST_PENDING: usize = 256;

/// How many blocks one statement writes at most, well below SQLite's limit of bound values.
const ROWS_PER_STATEMENT: usize = 1000;

/// Why a batch was not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("Greater timestamp already exists for the stream. Insert Failed.")]
    Order,
    /// Users, devices or streams have changed since the insert was allowed: it must be asked again.
    #[error("the stream has changed meanwhile")]
    Stale,
    #[error(transparent)]
    Block(#[from] BlockError),
    #[error("the insert could not be written: {0}")]
    Store(#[from] Arc<sqlx::Error>),
}

impl From<sqlx::Error> for CommitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// A batch that may be stored.
#[derive(Debug)]
pub(crate) struct Insert {
    pub(crate) array: Array,
    pub(crate) batch: Batch,
    /// Whether timestamps that are too early are moved, or the batch refused.
    pub(crate) restamp: bool,
    /// The store's generation at which it was allowed.
    pub(crate) generation: u64,
}

/// An insert, and who waits for it.
#[derive(Debug)]
pub(super) struct Pending {
    insert: Insert,
    done: oneshot::Sender<Result<(), CommitError>>,
}

/// A block with its place.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) array: Array,
    pub(super) first_index: u64,
    pub(super) block: Block,
}

impl Store {
    /// Appends a batch; returns when it is on disk.
    pub(crate) async fn insert(&self, insert: Insert) -> Result<(), CommitError> {
        let (done, answer) = oneshot::channel();
        let closed = || CommitError::from(sqlx::Error::PoolClosed);
        self.commits.send(Pending { insert, done }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// Writes what arrives until the store is dropped.
pub(super) async fn run(writer: Arc<Mutex<Writer>>, mut pending: mpsc::Receiver<Pending>) {
    let mut group = Vec::with_capacity(MOST_PENDING);
    while pending.recv_many(&mut group, MOST_PENDING).await > 0 {
        let mut writer = writer.lock().await;
        let arrays = write(&mut writer, &mut group).await;
        // Whoever waited has been answered; what comes in meanwhile makes the next group larger.
        if let Err(error) = compact::merge_small_blocks(&mut writer, &arrays).await {
            tracing::warn!(%error, "small blocks could not be merged");
        }
    }
}

/// Writes a group in one commit and answers each of it; says which arrays have grown.
async fn write(writer: &mut Writer, group: &mut Vec<Pending>) -> Vec<Array> {
    let (mut tails, mut rows) = (HashMap::new(), Vec::new());
    let mut waiting = Vec::with_capacity(group.len());
    for Pending { insert, done } in group.drain(..) {
        match place(writer, &mut tails, &insert, &mut rows).await {
            Ok(()) => waiting.push(done),
            Err(error) => answer(done, Err(error)),
        }
    }
    let arrays = tails.keys().copied().collect();
    let stored = store(writer, &rows, tails).await.map_err(Arc::new);
    for done in waiting {
        answer(done, stored.clone().map_err(CommitError::Store));
    }
    arrays
}

fn answer(done: oneshot::Sender<Result<(), CommitError>>, result: Result<(), CommitError>) {
    if done.send(result).is_err() {
        tracing::debug!("nobody waits for this insert any more");
    }
}

/// Gives a batch its place after what its array holds and will hold.
async fn place(
    writer: &mut Writer,
    tails: &mut HashMap<Array, Tail>,
    insert: &Insert,
    rows: &mut Vec<Row>,
) -> Result<(), CommitError> {
    if insert.generation != writer.generation() {
        return Err(CommitError::Stale);
    }
    let tail = match tails.entry(insert.array) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(writer.tail(insert.array).await?),
    };
    append(tail, insert.array, &insert.batch, insert.restamp, rows)
}

/// Puts a batch after the tail of its array.
pub(super) fn append(
    tail: &mut Tail,
    array: Array,
    batch: &Batch,
    restamp: bool,
    rows: &mut Vec<Row>,
) -> Result<(), CommitError> {
    let batch = if batch.first_t >= tail.last_t {
        Cow::Borrowed(batch)
    } else if restamp {
        Cow::Owned(batch.restamped(tail.last_t)?)
    } else {
        return Err(CommitError::Order);
    };
    for block in &batch.blocks {
        rows.push(Row { array, first_index: tail.length, block: block.clone() });
        tail.push(block.count, block.data.len(), block.last_t);
    }
    Ok(())
}

/// Writes rows in one commit.
async fn store(
    writer: &mut Writer,
    rows: &[Row],
    tails: HashMap<Array, Tail>,
) -> Result<(), sqlx::Error> {
    let connection = writer.connection()?;
    let stored = if rows.len() <= ROWS_PER_STATEMENT {
        // A statement alone is a transaction.
        insert_rows(connection, rows).await
    } else {
        let mut transaction = connection.begin().await?;
        match insert_rows(&mut transaction, rows).await {
            Ok(()) => transaction.commit().await,
            Err(error) => Err(error),
        }
    };
    match stored {
        Ok(()) => writer.remember(tails),
        // Nobody knows now what is in the file.
        Err(_) => writer.forget_tails(),
    }
    stored
}

pub(super) async fn insert_rows(
    connection: &mut SqliteConnection,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let mut statement = QueryBuilder::<Sqlite>::new(
            "INSERT INTO block
             (stream_id, substream, first_index, end_index, last_t, encoding, data) ",
        );
        statement.push_values(rows, |mut values, Row { array, first_index, block }| {
            let end_index = first_index + block.count as u64;
            values
                .push_bind(array.stream)
                .push_bind(array.downlink)
                .push_bind(first_index.cast_signed())
                .push_bind(end_index.cast_signed())
                .push_bind(block.last_t)
                .push_bind(block.encoding)
                .push_bind(block.data.as_slice());
        });
        // Statements of many rows come in too many lengths to be worth keeping.
        statement.build().persistent(rows.len() == 1).execute(&mut *connection).await?;
    }
    Ok(())
}
