//! The task that owns the file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::queue::{AppendError, Counts, Mismatch, NewRow, Queue};
use crate::upload::Sent;
use crate::{Durability, Error};

/// The largest number of requests in the queue. Senders beyond that wait for a free slot.
const MAX_QUEUED_REQUESTS: usize = 256;

/// The shortest pause before a failed sync to disk is tried again.
const MIN_SYNC_RETRY: Duration = Duration::from_millis(100);

/// A request to the task.
enum Request {
    Append(Append),
    Work(Work),
}

/// Datapoints to be appended, all or none.
struct Append {
    rows: Vec<NewRow>,
    reply: oneshot::Sender<Result<(), AppendError>>,
}

/// Any other action on the queue. The closure sends its result to the caller.
type Work = Box<dyn for<'q> FnOnce(&'q mut Queue) -> BoxFuture<'q, ()> + Send>;

/// A handle to the task that owns the file. Clones share the task; the file is closed when the last
/// clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct FileHandle {
    path: Arc<Path>,
    requests: mpsc::Sender<Request>,
    counts: Arc<Counts>,
}

impl FileHandle {
    /// Starts the task.
    pub(crate) fn start(queue: Queue, durability: Durability) -> Self {
        let (requests, queued) = mpsc::channel(MAX_QUEUED_REQUESTS);
        let handle =
            Self { path: queue.file().into(), requests, counts: Arc::clone(queue.counts()) };
        tokio::spawn(run(queue, queued, durability));
        handle
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of pending datapoints.
    pub(crate) fn pending(&self) -> u64 {
        self.counts.pending.load(Ordering::Relaxed)
    }

    /// Returns the number of datapoints that are set aside.
    pub(crate) fn set_aside(&self) -> u64 {
        self.counts.set_aside.load(Ordering::Relaxed)
    }

    /// Appends datapoints, all or none. Returns when they are as safe as the [`Durability`] says.
    ///
    /// Cancel safety: once the request is in the queue, the datapoints are appended even if the
    /// future is dropped.
    pub(crate) async fn append(&self, rows: Vec<NewRow>) -> Result<(), Error> {
        let (reply, stored) = oneshot::channel();
        let request = Request::Append(Append { rows, reply });
        self.requests.send(request).await.map_err(|_| Error::Closed)?;
        match stored.await.map_err(|_| Error::Closed)? {
            Ok(()) => Ok(()),
            Err(AppendError::Order(stream)) => Err(Error::Order(stream.to_string())),
            Err(AppendError::Closed) => Err(Error::Closed),
            Err(AppendError::File(problem)) => Err(Error::file(&self.path, problem)),
        }
    }

    /// Calls `work` with the queue in the task, and returns its result.
    ///
    /// Cancel safety: once the request is in the queue, `work` runs to its end even if the future
    /// is dropped.
    pub(crate) async fn with<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'q> FnOnce(&'q mut Queue) -> BoxFuture<'q, Result<T, Error>> + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let work: Work = Box::new(move |queue| {
            let work = work(queue);
            Box::pin(async move {
                if reply.send(work.await).is_err() {
                    tracing::debug!("the caller of an action on the file has gone");
                }
            })
        });
        self.requests.send(Request::Work(work)).await.map_err(|_| Error::Closed)?;
        result.await.map_err(|_| Error::Closed)?
    }

    /// Deletes datapoints of a stream that the server has stored; see [`Queue::acknowledge`].
    pub(crate) async fn acknowledge(
        &self,
        stream: &str,
        sent: Sent,
    ) -> Result<Result<(), Mismatch>, Error> {
        let stream = stream.to_owned();
        self.with(move |queue| Box::pin(async move { queue.acknowledge(&stream, sent).await }))
            .await
    }
}

/// Handles requests in order, until all handles are dropped.
async fn run(mut queue: Queue, mut queued: mpsc::Receiver<Request>, durability: Durability) {
    let mut requests = Vec::with_capacity(MAX_QUEUED_REQUESTS);
    // With `Durability::Batched`: when the rows that were written must be synced to disk.
    let mut due: Option<Instant> = None;
    loop {
        let received = match due {
            Some(due) => {
                timeout_at(due, queued.recv_many(&mut requests, MAX_QUEUED_REQUESTS)).await.ok()
            }
            None => Some(queued.recv_many(&mut requests, MAX_QUEUED_REQUESTS).await),
        };
        let is_closed = received == Some(0);
        if received.is_some() && !is_closed {
            receive_more(&mut requests, &mut queued).await;
        }
        let mut appends = Vec::new();
        for request in requests.drain(..) {
            match request {
                Request::Append(append) => appends.push(append),
                Request::Work(work) => {
                    write(&mut queue, &mut appends).await;
                    work(&mut queue).await;
                }
            }
        }
        write(&mut queue, &mut appends).await;
        if let Durability::Batched(interval) = durability {
            due = match due {
                Some(time) if time <= Instant::now() || is_closed => {
                    match queue.sync_to_disk().await {
                        Ok(()) | Err(Error::Closed) => None,
                        Err(error) => {
                            tracing::error!(%error, "datapoints could not be synced to disk");
                            Some(Instant::now() + interval.max(MIN_SYNC_RETRY))
                        }
                    }
                }
                Some(time) => Some(time),
                None => received.is_some().then(|| Instant::now() + interval),
            };
        }
        if is_closed {
            return;
        }
    }
}

/// Yields and receives more requests until none arrive, so that one commit serves as many appends
/// as possible. A commit takes longer than this wait.
async fn receive_more(requests: &mut Vec<Request>, queued: &mut mpsc::Receiver<Request>) {
    loop {
        tokio::task::yield_now().await;
        let room = MAX_QUEUED_REQUESTS.saturating_sub(requests.len());
        if room == 0 || queued.is_empty() || queued.recv_many(requests, room).await == 0 {
            return;
        }
    }
}

/// Writes the appends in one commit, and replies to each caller.
async fn write(queue: &mut Queue, appends: &mut Vec<Append>) {
    if appends.is_empty() {
        return;
    }
    let (batches, replies): (Vec<_>, Vec<_>) =
        appends.drain(..).map(|Append { rows, reply }| (rows, reply)).unzip();
    let results = queue.append(batches).await;
    for (reply, result) in replies.into_iter().zip(results) {
        if reply.send(result).is_err() {
            tracing::debug!("the caller of an insert has gone");
        }
    }
}
