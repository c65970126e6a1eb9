//! The state of a running server, and the tasks that it cannot do without.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::watch;

use crate::error::RunError;

/// Whether a server runs.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// The file is opened, and may be closed again at once. Tasks may end then.
    Starting,
    Running,
    /// It was told to stop.
    Stopping,
    /// It stops because a task that it needs has ended.
    Failed(RunError),
}

/// Starts the tasks that a server cannot do without, and stops the server if one of them ends or
/// panics: a server without its commit task, for example, would accept inserts and never answer.
/// Clones share the state.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    state: Arc<watch::Sender<State>>,
}

impl Default for Runtime {
    fn default() -> Self {
        Self { state: Arc::new(watch::Sender::new(State::Starting)) }
    }
}

impl Runtime {
    /// Runs a future that ends only after the server was told to stop.
    pub(crate) fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let runtime = self.clone();
        tokio::spawn(async move {
            // Unwind safe: what the task used is not used after a panic, because the server stops.
            let ended = AssertUnwindSafe(task).catch_unwind().await;
            runtime.ended(name, ended);
        })
    }

    /// Runs a function on a thread of its own that returns only after the server was told to stop.
    pub(crate) fn spawn_blocking(&self, name: &'static str, task: impl FnOnce() + Send + 'static) {
        let runtime = self.clone();
        tokio::task::spawn_blocking(move || {
            let ended = catch_unwind(AssertUnwindSafe(task));
            runtime.ended(name, ended);
        });
    }

    /// From now on, the tasks must not end.
    pub(crate) fn started(&self) {
        self.state.send_if_modified(|state| {
            if matches!(state, State::Starting) {
                *state = State::Running;
            }
            // Those that watch wait for the end only.
            false
        });
    }

    /// Tells all tasks that the server stops. A failure that was reported before stays.
    pub(crate) fn stop(&self) {
        self.leave_running(State::Stopping);
    }

    /// Changes when the server stops.
    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Waits until all receivers of [`watch`](Self::watch) are dropped.
    pub(crate) async fn unwatched(&self) {
        self.state.closed().await;
    }

    /// Waits until the server stops.
    pub(crate) async fn wait(&self) -> Result<(), RunError> {
        let mut state = self.watch();
        // The sender is `self`, so there is no error.
        let stopped = state.wait_for(has_stopped).await;
        match stopped.as_deref() {
            Ok(State::Failed(error)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn ended(&self, task: &'static str, ended: Result<(), Box<dyn Any + Send>>) {
        let error = match ended {
            Ok(()) if matches!(*self.state.borrow(), State::Starting) => return,
            Ok(()) => RunError::TaskEnded { task },
            Err(panic) => RunError::TaskPanicked { task, message: message(&*panic) },
        };
        let text = error.to_string();
        if self.leave_running(State::Failed(error)) {
            tracing::error!("{text}; the server stops");
        }
    }

    fn leave_running(&self, next: State) -> bool {
        self.state.send_if_modified(|state| {
            let leaves = !has_stopped(state);
            if leaves {
                *state = next;
            }
            leaves
        })
    }
}

/// Waits until the server stops. Ready at once if it has stopped before.
pub(crate) async fn stopped(state: &mut watch::Receiver<State>) {
    // The error is that all senders are dropped, which is an end too.
    let _ = state.wait_for(has_stopped).await;
}

fn has_stopped(state: &State) -> bool {
    matches!(state, State::Stopping | State::Failed(_))
}

/// The message of a panic.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_or_panics_stops_the_server() {
        let runtime = Runtime::default();
        runtime.started();
        runtime.spawn("commits", async {});
        assert_eq!(runtime.wait().await, Err(RunError::TaskEnded { task: "commits" }));

        let runtime = Runtime::default();
        runtime.spawn("commits", async { panic!("no {}", "disk") });
        let panicked = RunError::TaskPanicked { task: "commits", message: "no disk".to_owned() };
        assert_eq!(runtime.wait().await, Err(panicked.clone()));
        // The first reason stays.
        runtime.stop();
        assert_eq!(runtime.wait().await, Err(panicked));

        let runtime = Runtime::default();
        runtime.spawn_blocking("passwords", || panic!("no memory"));
        let panicked = RunError::TaskPanicked { task: "passwords", message: "no memory".into() };
        assert_eq!(runtime.wait().await, Err(panicked));
    }

    #[tokio::test]
    async fn tasks_may_end_when_the_server_stops() {
        let runtime = Runtime::default();
        runtime.spawn("commits", async {}).await.expect("it ends");
        runtime.started();
        let mut stop = runtime.watch();
        let task = runtime.spawn("commits", async move {
            stop.changed().await.expect("the server stops");
        });
        runtime.stop();
        task.await.expect("it ends");
        assert_eq!(runtime.wait().await, Ok(()));
    }
}
