//! Group commit: inserts that arrive at about the same time, from any connection, are written
//! together and answered when they are durable, or before that if the server is told so (`waiting`).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cdb_types::Timestamp;
use cdb_types::endpoint::OTHER_INDEX;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::SqliteStorage;
use super::array_heads::{ArrayHeads, PendingAppend};
use super::block_table::{BlockReadError, Row, insert_blocks};
use super::journal::{ENTRIES_PER_STATEMENT, JournalRow, delete_entries, insert_entries};
use super::writer::Writer;
use crate::bus::Bus;
use crate::events::{Appended, Event};
use crate::storage::format::batch::Batch;
use crate::storage::format::block::BlockError;
use crate::storage::{Append, Array, DamagedBlock, IfLate};

/// The number of inserts that wait. Senders beyond that wait for a free slot.
pub(super) const MAX_PENDING: usize = 256;

/// A datapoint is not moved further into the future than this, in seconds: one wrong clock would
/// carry all later datapoints with it.
const MAX_RESTAMP_SECS: f64 = 86_400.0;

/// Why a batch was not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("Greater timestamp already exists for the stream. Insert Failed.")]
    Order,
    /// The datapoints would be moved into the future, to the time of the last one of the array.
    #[error(
        "the stream's last datapoint has the time {last_t}, which is more than a day after the \
         server's clock ({now}), and datapoints would be moved to it; insert datapoints with times \
         that are not before it, or use another stream"
    )]
    Future { last_t: f64, now: f64 },
    /// The batch is large and has timestamps before the last one of the array, `last_t`.
    #[error("the batch must be restamped")]
    Late { batch: Box<Batch>, last_t: f64 },
    #[error("{OTHER_INDEX}")]
    Index,
    /// Users, devices or streams have changed since the insert was allowed, so that it must be
    /// checked again.
    #[error("the stream has changed meanwhile")]
    Stale,
    #[error(transparent)]
    Block(#[from] BlockError),
    #[error(transparent)]
    Damaged(#[from] DamagedBlock),
    /// Another server has opened the file. Nothing is written any more.
    #[error(
        "another server has opened the data file, so this one has stopped writing; stop one of them"
    )]
    Superseded,
    #[error("the insert could not be written: {0}")]
    Sqlite(#[from] sqlx::Error),
    /// The commit that the insert was to be part of failed.
    #[error(transparent)]
    Group(Arc<CommitError>),
}

/// An insert, and the way to its caller.
#[derive(Debug)]
pub(super) struct Pending {
    append: Append,
    done: oneshot::Sender<Result<(), CommitError>>,
}

/// Counts an insert for as long as it waits.
struct Waiter<'a>(&'a AtomicUsize);

impl<'a> Waiter<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl From<BlockReadError> for CommitError {
    fn from(error: BlockReadError) -> Self {
        match error {
            BlockReadError::Damaged(error) => error.into(),
            BlockReadError::Sqlite(error) => error.into(),
        }
    }
}

impl SqliteStorage {
    /// Appends a batch. Returns when it is as durable as inserts are to be.
    pub(crate) async fn insert(&self, append: Append) -> Result<(), CommitError> {
        let (done, answer) = oneshot::channel();
        let closed = || CommitError::from(sqlx::Error::PoolClosed);
        let _waiter = Waiter::new(&self.waiting);
        self.commits.send(Pending { append, done }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// Writes what arrives until the storage is dropped.
pub(super) async fn run(writer: Arc<Mutex<Option<Writer>>>, mut pending: mpsc::Receiver<Pending>) {
    let mut group = Vec::with_capacity(MAX_PENDING);
    // When inserts that were answered must be written, if there are any.
    let mut due = None;
    loop {
        match until(due, pending.recv_many(&mut group, MAX_PENDING)).await {
            Some(0) => break,
            Some(_) => gather(&mut group, &mut pending).await,
            None => {}
        }
        let mut writer = writer.lock().await;
        let Some(writer) = writer.as_mut() else {
            let closed = || Err(sqlx::Error::PoolClosed.into());
            group.drain(..).for_each(|Pending { done, .. }| answer(done, closed()));
            due = None;
            continue;
        };
        if !group.is_empty() {
            let applied = write(writer, &mut group).await;
            // The callers have been answered. Inserts that arrive meanwhile make the next group larger.
            if let Err(error) = writer.tidy(&applied).await {
                tracing::warn!(%error, "small blocks could not be merged");
            }
        }
        due = writer.write_if_due().await;
    }
    // The storage was dropped without being closed.
    if let Some(writer) = writer.lock().await.as_mut()
        && let Err(error) = writer.write_waiting().await
    {
        tracing::error!(%error, "inserts that were answered could not be stored");
    }
}

/// Waits for a future, or until a time, if there is one. Returns `None` if the time came first.
async fn until<T>(time: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match time {
        Some(time) => timeout_at(time, future).await.ok(),
        None => Some(future.await),
    }
}

/// Waits for inserts that are about to arrive, since a commit costs more than that.
async fn gather(group: &mut Vec<Pending>, pending: &mut mpsc::Receiver<Pending>) {
    loop {
        tokio::task::yield_now().await;
        let room = MAX_PENDING - group.len();
        if room == 0 || pending.is_empty() || pending.recv_many(group, room).await == 0 {
            return;
        }
    }
}

/// Writes a group in one commit and answers each insert. Returns the arrays that have new blocks.
async fn write(writer: &mut Writer, group: &mut Vec<Pending>) -> Vec<Array> {
    if let Err(error) = writer.make_room().await.map_err(Arc::new) {
        for Pending { done, .. } in group.drain(..) {
            answer(done, Err(CommitError::Group(Arc::clone(&error))));
        }
    }
    let mut commit = writer.prepare();
    let mut waiting = Vec::with_capacity(group.len());
    for Pending { append, done } in group.drain(..) {
        match place(writer, &mut commit, append).await {
            Ok(()) => waiting.push(done),
            Err(error) => answer(done, Err(error)),
        }
    }
    let applied = commit.arrays_with_blocks();
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

/// Adds an insert to a commit, after what its array holds and will hold.
async fn place(
    writer: &mut Writer,
    commit: &mut Commit,
    append: Append,
) -> Result<(), CommitError> {
    let Append { permit, batch, late, index } = append;
    if permit.is_stale(&writer.changes) {
        return Err(CommitError::Stale);
    }
    let array = permit.array();
    if let Entry::Vacant(unknown) = commit.appends.entry(array) {
        unknown.insert(writer.pending(array).await?);
    }
    let pending = commit.appends.get(&array);
    if let Some(last_t) = pending.map(|pending| pending.last_t)
        && late != IfLate::Refuse
        && batch.points.first_t() < last_t
    {
        let now = Timestamp::now().as_secs_f64();
        if last_t > now + MAX_RESTAMP_SECS {
            return Err(CommitError::Future { last_t, now });
        }
        if late == IfLate::RestampSmall && batch.blocks.is_some() {
            return Err(CommitError::Late { batch: Box::new(batch), last_t });
        }
    }
    let end = pending.map(PendingAppend::end_position);
    if index.is_some_and(|index| end != Some(index)) {
        return Err(CommitError::Index);
    }
    commit.append(array, batch, late != IfLate::Refuse)
}

/// What is to be written together.
#[derive(Debug)]
pub(super) struct Commit {
    /// What is appended to each array.
    pub(super) appends: HashMap<Array, PendingAppend>,
    /// The events to publish when it is written.
    pub(super) events: Vec<Event>,
    /// The number of datapoints that are appended.
    pub(super) datapoints: u64,
    rows: Vec<Row>,
    bus: Arc<dyn Bus>,
    heads: ArrayHeads,
    epoch: i64,
}

impl Commit {
    pub(super) fn new(bus: Arc<dyn Bus>, heads: ArrayHeads, epoch: i64) -> Self {
        let (appends, events, rows) = Default::default();
        Self { appends, events, datapoints: 0, rows, bus, heads, epoch }
    }

    /// Appends a batch to an array that is in `appends`.
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
        self.datapoints += batch.points.len() as u64;
        if self.bus.wants(array) {
            let (position, points) = (Some(pending.end_position()), batch.points.clone());
            self.events.push(Event::Appended(Appended { array, position, points }));
        }
        let Some(blocks) = batch.blocks else {
            pending.appended.append(&batch.points);
            return Ok(());
        };
        // Blocks come before all that is in the journal.
        let mut recent = pending.take_recent(array, &self.heads);
        for block in recent.blocks().into_iter().chain(blocks) {
            let place = pending.blocks.extent.end;
            pending.blocks.push(&block);
            self.rows.push(Row::new(array, place, block));
        }
        Ok(())
    }

    /// Returns the arrays that get blocks.
    pub(super) fn arrays_with_blocks(&self) -> Vec<Array> {
        self.rows.iter().map(|row| row.array).collect()
    }

    /// Returns whether blocks are to be written.
    pub(super) fn has_blocks(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Returns whether one statement writes all of it, which needs no transaction around it.
    pub(super) fn is_one_statement(&self) -> bool {
        self.rows.is_empty() && self.appends.len() <= ENTRIES_PER_STATEMENT
    }

    /// Writes it: within a transaction, unless it is one statement.
    ///
    /// It must not be written again if that fails.
    pub(super) async fn write(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), CommitError> {
        for (array, pending) in &self.appends {
            if pending.clears_journal {
                delete_entries(connection, *array).await?;
            }
        }
        insert_blocks(connection, std::mem::take(&mut self.rows)).await?;
        let is_owner = insert_entries(connection, &self.entries(), self.epoch).await?;
        if is_owner { Ok(()) } else { Err(CommitError::Superseded) }
    }

    /// Returns what is to be written to the journal.
    fn entries(&self) -> Vec<JournalRow<'_>> {
        let appends = self.appends.iter();
        let appends = appends.filter(|(_, pending)| !pending.appended.is_empty());
        appends
            .map(|(array, pending)| JournalRow {
                array: *array,
                first_index: pending.first_appended(),
                points: &pending.appended,
            })
            .collect()
    }
}
