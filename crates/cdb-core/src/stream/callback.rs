//! Subscriptions that call a function with each item.

use futures_core::Stream;
use futures_util::StreamExt;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use crate::Result;

/// A function that is called with each item of a subscription.
///
/// Dropping it unsubscribes: a call that is running finishes, and no further call starts.
#[derive(Debug)]
#[must_use = "dropping it unsubscribes"]
pub struct Callback {
    task: JoinHandle<Result<()>>,
    stop: oneshot::Sender<()>,
}

impl Callback {
    /// Spawns a task that calls a function with each item until the callback is stopped or the
    /// subscription ends.
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

    /// Unsubscribes, and returns when the last call has returned.
    ///
    /// If the future is dropped, a call that is running finishes all the same.
    ///
    /// # Errors
    /// Returns the error that ended the subscription, if one did before it was stopped.
    ///
    /// # Panics
    /// Panics if the function panicked.
    pub async fn stop(self) -> Result<()> {
        drop(self.stop);
        result(self.task.await)
    }

    /// Waits until the subscription ends by itself. Dropping the future unsubscribes.
    ///
    /// # Errors
    /// Returns the error that ended it.
    ///
    /// # Panics
    /// Panics if the function panicked.
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
    // An error directly before the end is the reason for the end.
    let mut last_error = None;
    loop {
        let item = tokio::select! {
            biased;
            _ = &mut stopped => return Ok(()),
            item = items.next() => item,
        };
        match item {
            Some(Ok(item)) => {
                last_error = None;
                call(item).await;
            }
            Some(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an item is missing");
                last_error = Some(error);
            }
            None => return last_error.map_or(Ok(()), Err),
        }
    }
}

fn result(joined: Result<Result<()>, JoinError>) -> Result<()> {
    match joined {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The task was cancelled because its runtime is shutting down.
        Err(_) => Ok(()),
    }
}
