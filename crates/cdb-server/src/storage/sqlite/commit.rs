//! Group commit: what arrives from all connections at about the same time is written together, and
//! answered when it is durable.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use cdb_types::endpoint::OTHER_INDEX;
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::Store;
use super::array_heads::PendingAppend;
use super::feed::Feed;
use super::journal::{ENTRIES_PER_STATEMENT, insert_entries};
use super::writer::Writer;
use crate::events::{Appended, Event};
use crate::service::authorize::AppendPermit;
use crate::storage::Array;
use crate::storage::format::batch::Batch;
use crate::storage::format::block::{Block, BlockError};
use crate::storage::format::points::Points;

/// At most so many inserts wait; senders beyond that wait for a free slot.
pub(super) const MAX_PENDING: usize = 256;

/// How many blocks one statement writes at most, well below SQLite's limit of bound values.
const ROWS_PER_STATEMENT: usize = 1000;

/// Why a batch was not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("Greater timestamp already exists for the stream. Insert Failed.")]
    Order,
    #[error("{OTHER_INDEX}")]
    Index,
    /// Users, devices or streams have changed since the insert was allowed: it must be asked again.
    #[error("the stream has changed meanwhile")]
    Stale,
    #[error(transparent)]
    Block(#[from] BlockError),
    #[error("the insert could not be written: {0}")]
    Store(#[from] sqlx::Error),
    /// The commit that the insert was to be part of failed.
    #[error(transparent)]
    Group(Arc<CommitError>),
}

/// A batch that may be stored.
#[derive(Debug)]
pub(crate) struct Insert {
    pub(crate) permit: AppendPermit,
    pub(crate) batch: Batch,
    /// Whether timestamps that are too early are moved, or the batch refused.
    pub(crate) restamp: bool,
    /// The index that it must get, if that matters.
    pub(crate) index: Option<u64>,
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
pub(super) async fn run(writer: Arc<Mutex<Option<Writer>>>, mut pending: mpsc::Receiver<Pending>) {
    let mut group = Vec::with_capacity(MAX_PENDING);
    while pending.recv_many(&mut group, MAX_PENDING).await > 0 {
        gather(&mut group, &mut pending).await;
        let mut writer = writer.lock().await;
        let Some(writer) = writer.as_mut() else {
            let closed = || Err(sqlx::Error::PoolClosed.into());
            group.drain(..).for_each(|Pending { done, .. }| answer(done, closed()));
            continue;
        };
        let applied = write(writer, &mut group).await;
        // Whoever waited has been answered; what comes in meanwhile makes the next group larger.
        if let Err(error) = writer.tidy(&applied).await {
            tracing::warn!(%error, "small blocks could not be merged");
        }
    }
}

/// Lets those come in that are about to: a commit costs more than the wait for them.
async fn gather(group: &mut Vec<Pending>, pending: &mut mpsc::Receiver<Pending>) {
    loop {
        tokio::task::yield_now().await;
        let room = MAX_PENDING - group.len();
        if room == 0 || pending.is_empty() || pending.recv_many(group, room).await == 0 {
            return;
        }
    }
}

/// Writes a group in one commit and answers each of it; says which arrays have got blocks.
async fn write(writer: &mut Writer, group: &mut Vec<Pending>) -> Vec<Array> {
    if let Err(error) = writer.make_room().await.map_err(Arc::new) {
        for Pending { done, .. } in group.drain(..) {
            answer(done, Err(CommitError::Group(Arc::clone(&error))));
        }
    }
    let mut commit = writer.prepare();
    let mut waiting = Vec::with_capacity(group.len());
    for Pending { insert, done } in group.drain(..) {
        match place(writer, &mut commit, insert).await {
            Ok(()) => waiting.push(done),
            Err(error) => answer(done, Err(error)),
        }
    }
    let applied = commit.rows.iter().map(|row| row.array).collect();
    let stored = writer.commit(commit).await.map_err(Arc::new);
    for done in waiting {
        answer(done, stored.clone().map_err(CommitError::Group));
    }
    applied
}

fn answer(done: oneshot::Sender<Result<(), CommitError>>, result: Result<(), CommitError>) {
    if done.send(result).is_err() {
        tracing::debug!("nobody waits for this insert any more");
    }
}

/// Gives a batch its place after what its array holds and will hold.
async fn place(
    writer: &mut Writer,
    commit: &mut Commit,
    insert: Insert,
) -> Result<(), CommitError> {
    if insert.permit.is_stale(&writer.changes) {
        return Err(CommitError::Stale);
    }
    if let Entry::Vacant(unknown) = commit.appends.entry(insert.permit.array()) {
        unknown.insert(writer.pending(insert.permit.array()).await?);
    }
    let ends_at = commit.appends.get(&insert.permit.array()).map(PendingAppend::length);
    if insert.index.is_some_and(|index| ends_at != Some(index)) {
        return Err(CommitError::Index);
    }
    commit.append(insert.permit.array(), insert.batch, insert.restamp)
}

/// What is to be written at once.
#[derive(Debug)]
pub(super) struct Commit {
    /// How each array grows that is written to.
    pub(super) appends: HashMap<Array, PendingAppend>,
    /// The events to publish when it is written.
    pub(super) events: Vec<Event>,
    rows: Vec<Row>,
    feed: Feed,
}

impl Commit {
    pub(super) fn new(feed: Feed) -> Self {
        Self { appends: HashMap::new(), events: Vec::new(), rows: Vec::new(), feed }
    }

    /// Puts a batch after the end of an array whose growth has begun.
    pub(super) fn append(
        &mut self,
        array: Array,
        mut batch: Batch,
        restamp: bool,
    ) -> Result<(), CommitError> {
        let Some(pending) = self.appends.get_mut(&array) else { return Err(CommitError::Stale) };
        if batch.points.first_t() < pending.last_t {
            if !restamp {
                return Err(CommitError::Order);
            }
            batch = batch.restamped(pending.last_t)?;
        }
        pending.last_t = batch.points.last_t();
        if self.feed.wants(array) {
            let (index, points) = (Some(pending.length()), batch.points.clone());
            self.events.push(Event::Appended(Appended { array, index, points }));
        }
        match batch.blocks {
            Some(blocks) if pending.takes_blocks() => {
                for block in blocks {
                    let first_index = pending.blocks.length;
                    pending.blocks.push(&block);
                    self.rows.push(Row { array, first_index, block });
                }
            }
            _ => pending.appended.append(&batch.points),
        }
        Ok(())
    }

    /// Whether one statement writes it all, which needs no transaction around it.
    pub(super) fn is_one_statement(&self) -> bool {
        self.rows.is_empty() && self.appends.len() <= ENTRIES_PER_STATEMENT
    }

    /// Writes it: within a transaction, unless it is one statement.
    pub(super) async fn write(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        insert_blocks(connection, &self.rows).await?;
        insert_entries(connection, &self.entries()).await
    }

    /// What the journal gets.
    fn entries(&self) -> Vec<(Array, &Points)> {
        let applied = self.appends.iter().filter(|(_, pending)| !pending.appended.is_empty());
        applied.map(|(array, pending)| (*array, &pending.appended)).collect()
    }
}

pub(super) async fn insert_blocks(
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
        statement.build().persistent(rows.len() <= 4).execute(&mut *connection).await?;
    }
    Ok(())
}
