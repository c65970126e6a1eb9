//! Subscriptions for those who think in callbacks.

use futures_core::Stream;
use futures_util::StreamExt;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use crate::Result;

/// A function that is called with what a subscription brings.
///
/// Dropping it unsubscribes: a call under way is finished, and no other begins.
#[derive(Debug)]
#[must_use = "dropping it unsubscribes"]
pub struct Callback {
    task: JoinHandle<Result<()>>,
    stop: oneshot::Sender<()>,
}

impl Callback {
    /// Calls a function with each item, until it is stopped or the subscription ends.
    pub(super) fn spawn<S, T, F, Fut>(items: S, call: F) -> Self
    where
        S: Stream<Item = Result<T>> + Send + Unpin + 'static,
        T: Send + 'static,
        F: FnMut(T) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        Self { task: tokio::spawn(run(items, call, stopped)), stop }
    }

    /// Unsubscribes; returns when the last call has returned.
    ///
    /// # Errors
    /// When the subscription had ended before.
    ///
    /// # Panics
    /// When the function panicked.
    pub async fn stop(self) -> Result<()> {
        drop(self.stop);
        result(self.task.await)
    }

    /// Waits until the subscription ends by itself. Dropping the future unsubscribes.
    ///
    /// # Errors
    /// Why it ended.
    ///
    /// # Panics
    /// When the function panicked.
    pub async fn finished(self) -> Result<()> {
        let Self { task, stop: _stop } = self;
        result(task.await)
    }
}

async fn run<S, T, F, Fut>(
    mut items: S,
    mut call: F,
    mut stopped: oneshot::Receiver<()>,
) -> Result<()>
where
    S: Stream<Item = Result<T>> + Unpin,
    F: FnMut(T) -> Fut,
    Fut: Future<Output = ()>,
{
    // What is followed by the end is the reason for it.
    let mut failed = None;
    loop {
        let item = tokio::select! {
            biased;
            _ = &mut stopped => return Ok(()),
            item = items.next() => item,
        };
        match item {
            Some(Ok(item)) => {
                failed = None;
                call(item).await;
            }
            Some(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nothing to call with");
                failed = Some(error);
            }
            None => return failed.map_or(Ok(()), Err),
        }
    }
}

fn result(joined: Result<Result<()>, JoinError>) -> Result<()> {
    match joined {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime ends.
        Err(_) => Ok(()),
    }
}
