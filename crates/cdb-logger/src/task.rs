//! Syncing in the background.

use std::sync::Arc;
use std::time::Duration;

use cdb_http::Backoff;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::inner::Inner;

/// The first pause while the server cannot be reached.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// What syncs in the background. It ends when this is dropped, after the sync that is under way.
#[derive(Debug)]
pub(crate) struct Task {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Task {
    pub(crate) fn start(inner: Arc<Inner>, runtime: &runtime::Handle) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, running: runtime.spawn(run(inner, stopped)) }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.running.is_finished()
    }

    /// Ends it; waits for the sync that is under way.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the background task did not end well");
        }
    }
}

async fn run(inner: Arc<Inner>, mut stopped: oneshot::Receiver<()>) {
    let mut period = inner.period.subscribe();
    let mut backoff = Backoff::new(FIRST_PAUSE, Duration::MAX);
    loop {
        let pause = match inner.sync().await {
            Ok(_) => {
                backoff.reset();
                None
            }
            Err(_) => {
                let pause = backoff.pause();
                backoff.failed();
                Some(pause)
            }
        };
        loop {
            let longest = *period.borrow_and_update();
            let pause = pause.map_or(longest, |pause| pause.min(longest));
            tokio::select! {
                _ = &mut stopped => return,
                () = tokio::time::sleep(pause) => break,
                // It counts from now on.
                _ = period.changed() => {}
            }
        }
    }
}
