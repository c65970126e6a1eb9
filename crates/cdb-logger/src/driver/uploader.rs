//! The task that runs the syncs, on request and in the background.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use cdb_http::Backoff;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::sync::sync_all;
use crate::builder::Callbacks;
use crate::shared::Shared;
use crate::{Error, Result, Synced};

/// The pause after the first failed sync, to which up to 20 % are added randomly.
const INITIAL_RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The result of a sync.
pub(crate) type SyncResult = Result<Synced, Arc<Error>>;

/// A request to the task.
#[derive(Debug)]
pub(crate) enum Request {
    /// Send all pending datapoints to the server, and reply with the result.
    Sync(oneshot::Sender<SyncResult>),
    /// Sync now, and then periodically.
    Start,
    /// Stop the periodic syncs, and reply when no sync is running.
    Stop(oneshot::Sender<()>),
    /// Open a new connection, because a setting has changed. A running sync starts again.
    Reconnect(oneshot::Sender<()>),
    /// Delete all pending datapoints and all that are set aside. A running sync is dropped before
    /// and starts again afterwards: it could otherwise mistake datapoints that are logged
    /// afterwards for those that it has read.
    Clear(oneshot::Sender<Result<()>>),
    /// Abort a running sync, and end the task.
    Close(oneshot::Sender<()>),
}

/// How a request interrupts a running sync.
#[derive(Debug)]
enum Interruption {
    None,
    Reconnect(oneshot::Sender<()>),
    Clear(oneshot::Sender<Result<()>>),
    Close(oneshot::Sender<()>),
    /// All senders have been dropped.
    End,
}

/// The state of the task.
pub(crate) struct Uploader {
    shared: Arc<Shared>,
    callbacks: Callbacks,
    requests: mpsc::UnboundedReceiver<Request>,
    /// The callers that wait for the next sync. Those that wait for the running sync are not here.
    sync_waiters: Vec<oneshot::Sender<SyncResult>>,
    /// The callers that wait until no sync is running.
    stop_waiters: Vec<oneshot::Sender<()>>,
    is_started: bool,
    /// When the next background sync begins. `None` if background syncs are not started, or that
    /// time is too late for an [`Instant`].
    next_sync: Option<Instant>,
    /// The pause after a failed sync; `None` after a successful one.
    retry_pause: Option<Duration>,
    backoff: Backoff,
}

impl Uploader {
    /// Starts the task. It ends when the last sender is dropped, or after [`Request::Close`].
    pub(crate) fn start(
        shared: Arc<Shared>,
        callbacks: Callbacks,
    ) -> mpsc::UnboundedSender<Request> {
        let (sender, requests) = mpsc::unbounded_channel();
        let uploader = Self {
            shared,
            callbacks,
            requests,
            sync_waiters: Vec::new(),
            stop_waiters: Vec::new(),
            is_started: false,
            next_sync: None,
            retry_pause: None,
            backoff: Backoff::new(INITIAL_RETRY_PAUSE, Duration::MAX),
        };
        tokio::spawn(uploader.run());
        sender
    }

    async fn run(mut self) {
        let mut period = self.shared.period.subscribe();
        loop {
            self.stop_waiters.drain(..).for_each(|reply| send_reply(reply, ()));
            let mut must_sync = !self.sync_waiters.is_empty();
            if !must_sync {
                let next_sync = self.next_sync;
                let is_due = async {
                    match next_sync {
                        Some(due) => tokio::time::sleep_until(due).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = is_due => must_sync = true,
                    request = self.requests.recv() => {
                        let interruption = self.handle_request(request);
                        if !self.handle_interruption(interruption).await {
                            return;
                        }
                    }
                    // The pause starts again with the new period. A sync that is due stays due: it
                    // may be the first one after `Request::Start`.
                    Ok(()) = period.changed() => {
                        if self.next_sync.is_none_or(|next| next > Instant::now()) {
                            self.schedule();
                        }
                    }
                }
            }
            if must_sync && !self.sync().await {
                return;
            }
        }
    }

    /// Syncs, and reports the result. Returns `false` if the task must end.
    async fn sync(&mut self) -> bool {
        let waiters = std::mem::take(&mut self.sync_waiters);
        self.next_sync = None;
        self.shared.update_status(|status| status.syncing = true);
        let result = loop {
            match self.sync_until_interrupted().await {
                Ok(result) => break Some(result),
                // The sync has been dropped by now, so the interruption cannot wait for anything
                // that it held.
                Err(interruption) => {
                    if !self.handle_interruption(interruption).await {
                        break None;
                    }
                }
            }
        };
        self.shared.update_status(|status| {
            status.syncing = false;
            if let Some(result) = &result {
                status.last_error = result.as_ref().err().cloned();
            }
        });
        let Some(result) = result else { return false };
        match &result {
            Ok(_) => {
                self.backoff.reset();
                self.retry_pause = None;
            }
            Err(error) => {
                tracing::warn!(%error, "sync failed; the datapoints stay pending");
                self.retry_pause = Some(self.backoff.pause());
                self.backoff.failed();
            }
        }
        // If `Request::Start` arrived during the sync, the next sync is due at once.
        if self.next_sync.is_none() {
            self.schedule();
        }
        tokio::spawn(report_result(self.callbacks.clone(), result, waiters));
        true
    }

    /// Runs a sync until it ends or a request interrupts it. A sync can be dropped at any point:
    /// the task that owns the file completes each action that it has received, and the next sync
    /// asks the server what it has stored.
    async fn sync_until_interrupted(&mut self) -> Result<SyncResult, Interruption> {
        let shared = Arc::clone(&self.shared);
        let mut sync = pin!(sync_all(&shared));
        loop {
            tokio::select! {
                result = &mut sync => return Ok(result.map_err(Arc::new)),
                request = self.requests.recv() => match self.handle_request(request) {
                    Interruption::None => {}
                    interruption => return Err(interruption),
                },
            }
        }
    }

    /// Records a request, and returns how it interrupts a running sync. `request` is `None` if all
    /// senders have been dropped.
    fn handle_request(&mut self, request: Option<Request>) -> Interruption {
        match request {
            Some(Request::Sync(reply)) => {
                // Callers that have gone must not accumulate.
                self.sync_waiters.retain(|reply| !reply.is_closed());
                self.sync_waiters.push(reply);
            }
            Some(Request::Start) if !self.is_started => {
                self.is_started = true;
                self.next_sync = Some(Instant::now());
            }
            Some(Request::Start) => {}
            Some(Request::Stop(reply)) => {
                self.is_started = false;
                self.next_sync = None;
                self.stop_waiters.retain(|reply| !reply.is_closed());
                self.stop_waiters.push(reply);
            }
            Some(Request::Reconnect(reply)) => return Interruption::Reconnect(reply),
            Some(Request::Clear(reply)) => return Interruption::Clear(reply),
            Some(Request::Close(reply)) => return Interruption::Close(reply),
            None => return Interruption::End,
        }
        Interruption::None
    }

    /// Carries out an interruption. Returns `false` if the task must end.
    async fn handle_interruption(&self, interruption: Interruption) -> bool {
        match interruption {
            Interruption::None => {}
            Interruption::Reconnect(reply) => {
                // With another server or device, the next sync would send all of it again.
                self.acknowledge_aborted().await;
                self.shared.disconnect();
                send_reply(reply, ());
            }
            Interruption::Clear(reply) => {
                self.shared.set_unacknowledged("", &[]);
                let cleared = self.shared.file.with(|queue| Box::pin(queue.clear())).await;
                self.shared.update_status(|_| {});
                send_reply(reply, cleared);
            }
            Interruption::Close(reply) => {
                self.acknowledge_aborted().await;
                send_reply(reply, ());
                return false;
            }
            Interruption::End => {
                self.acknowledge_aborted().await;
                return false;
            }
        }
        true
    }

    async fn acknowledge_aborted(&self) {
        if let Err(error) = self.shared.acknowledge_aborted().await {
            tracing::warn!(%error, "what was sent could not be acknowledged; the server is asked");
        }
    }

    /// Sets when the next background sync begins, counted from now.
    fn schedule(&mut self) {
        let period = *self.shared.period.borrow();
        let pause = self.retry_pause.map_or(period, |retry| retry.min(period));
        self.next_sync = self.is_started.then(|| Instant::now().checked_add(pause)).flatten();
    }
}

/// Calls the program's callback, and then sends the result to the waiting callers. This runs in its
/// own task, because the callback may use the logger; the callback runs in another, because it may
/// panic.
async fn report_result(
    callbacks: Callbacks,
    result: SyncResult,
    waiters: Vec<oneshot::Sender<SyncResult>>,
) {
    let reported = result.clone();
    let call = tokio::spawn(async move {
        match (reported, callbacks.on_sync, callbacks.on_sync_fail) {
            (Ok(synced), Some(call), _) => call(synced).await,
            (Err(error), _, Some(call)) => call(error).await,
            _ => {}
        }
    });
    if let Err(error) = call.await {
        tracing::error!(%error, "a callback of the logger panicked");
    }
    waiters.into_iter().for_each(|reply| send_reply(reply, result.clone()));
}

fn send_reply<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("the caller of a request has gone");
    }
}
