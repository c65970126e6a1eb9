//! The task that brings what waits to the server.

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

/// The first pause while the server cannot be reached.
const INITIAL_RETRY_PAUSE: Duration = Duration::from_secs(1);

/// What came of a sync.
pub(crate) type SyncResult = Result<Synced, Arc<Error>>;

/// Something to be done.
#[derive(Debug)]
pub(crate) enum Request {
    /// Bring all that waits to the server, and say what came of it.
    Sync(oneshot::Sender<SyncResult>),
    /// Sync now, and again and again.
    Start,
    /// Stop that, and say when no sync is under way.
    Stop(oneshot::Sender<()>),
    /// Connect anew, since a setting has changed. A sync that is under way begins again.
    Reconnect(oneshot::Sender<()>),
    /// Throw away all that waits. A sync that is under way begins again after that: it would take
    /// datapoints that are logged then for those that it has seen.
    Clear(oneshot::Sender<Result<()>>),
    /// Give up a sync that is under way, and end.
    Close(oneshot::Sender<()>),
}

/// What a request means for a sync that is under way.
#[derive(Debug)]
enum Interruption {
    None,
    Reconnect(oneshot::Sender<()>),
    Clear(oneshot::Sender<Result<()>>),
    End,
}

/// The task that brings what waits to the server.
pub(crate) struct Uploader {
    shared: Arc<Shared>,
    callbacks: Callbacks,
    requests: mpsc::UnboundedReceiver<Request>,
    /// Who waits for a sync that has not begun.
    sync_waiters: Vec<oneshot::Sender<SyncResult>>,
    /// Who waits until no sync is under way.
    stop_waiters: Vec<oneshot::Sender<()>>,
    is_started: bool,
    /// When the next sync begins by itself. `None` also if that is beyond all times.
    next_sync: Option<Instant>,
    /// How long after a failure it is tried again; `None` after a success.
    retry_pause: Option<Duration>,
    backoff: Backoff,
}

impl Uploader {
    /// Starts the task. It ends when nobody can ask any more.
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
                    // The pause counts from now on.
                    Ok(()) = period.changed() => self.schedule(),
                }
            }
            if must_sync && !self.sync().await {
                return;
            }
        }
    }

    /// Syncs, and tells those who wait for it. Returns whether the task goes on.
    async fn sync(&mut self) -> bool {
        let waiters = std::mem::take(&mut self.sync_waiters);
        self.next_sync = None;
        self.shared.update_status(|status| status.syncing = true);
        let result = loop {
            match self.sync_until_interrupted().await {
                Ok(result) => break Some(result),
                // It has been dropped before this: it may be what is waited for.
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
                tracing::warn!(%error, "what was logged waits");
                self.retry_pause = Some(self.backoff.pause());
                self.backoff.failed();
            }
        }
        // Unless it was started meanwhile: then the next one is due at once.
        if self.next_sync.is_none() {
            self.schedule();
        }
        tokio::spawn(report_result(self.callbacks.clone(), result, waiters));
        true
    }

    /// Syncs until that is done, or a request ends it. Dropping a sync at any point loses nothing:
    /// what is done with the file is done to its end, and the server is asked the next time.
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

    /// Takes note of a request; `None` when nobody can ask any more.
    fn handle_request(&mut self, request: Option<Request>) -> Interruption {
        match request {
            Some(Request::Sync(reply)) => {
                // Those who have given up must not pile up.
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
            Some(Request::Close(reply)) => {
                send_reply(reply, ());
                return Interruption::End;
            }
            None => return Interruption::End,
        }
        Interruption::None
    }

    /// Does what interrupts a sync. Returns whether the task goes on.
    async fn handle_interruption(&self, interruption: Interruption) -> bool {
        match interruption {
            Interruption::None => {}
            Interruption::Reconnect(reply) => {
                self.shared.disconnect();
                send_reply(reply, ());
            }
            Interruption::Clear(reply) => {
                let cleared = self.shared.file.with(|queue| Box::pin(queue.clear())).await;
                self.shared.update_status(|_| {});
                send_reply(reply, cleared);
            }
            Interruption::End => return false,
        }
        true
    }

    /// Sets when the next sync begins by itself.
    fn schedule(&mut self) {
        let period = *self.shared.period.borrow();
        let pause = self.retry_pause.map_or(period, |retry| retry.min(period));
        self.next_sync = self.is_started.then(|| Instant::now().checked_add(pause)).flatten();
    }
}

/// Calls the program's callback, and answers those who wait for the result. In a task of its own: the
/// callback may use the logger, and may panic.
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
        tracing::error!(%error, "a callback of the logger failed");
    }
    waiters.into_iter().for_each(|reply| send_reply(reply, result.clone()));
}

fn send_reply<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("nobody waits for this any more");
    }
}
