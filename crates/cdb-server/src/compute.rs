//! Threads for scripts and other long computations, so that they never hold up the threads that
//! answer requests.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::api_error::ApiError;
use crate::identity::Principal;

/// The maximum number of computations at a time. They share as many threads as there are cores, and
/// take turns whenever they yield.
const MAX_TOTAL: usize = 64;

/// The stack of each thread, in bytes, of which only what is used takes memory. Checking a value takes
/// most: 32 schemas within each other ([`Validator::depth`](cdb_types::Validator::depth)) for each of
/// 100 levels.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// How much lower the priority of these threads is: it leaves them a quarter of the time of a core that
/// other threads of the server want as well.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// A runtime of its own for computations. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Compute(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` while it is dropped.
    runtime: Option<Runtime>,
    total: Arc<Semaphore>,
    max_per_caller: usize,
    /// The slots of callers that have computations or wait for one.
    callers: Mutex<HashMap<Caller, Arc<Semaphore>>>,
}

/// Who computes: a device, or nobody.
pub(crate) type Caller = Option<i64>;

/// A computation that runs. Dropping it aborts it when it yields next.
#[derive(Debug)]
struct Running<T>(JoinHandle<T>);

impl<T> Future for Running<T> {
    type Output = Result<T, ApiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(ApiError::internal)
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Compute {
    /// Starts as many threads as there are cores. Each caller may compute `max_per_caller` times at
    /// a time; further computations wait.
    pub(crate) fn start(max_per_caller: usize) -> io::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("cdb-compute")
            .thread_stack_size(STACK_BYTES)
            .on_thread_start(lower_priority)
            .enable_all()
            .build()?;
        Ok(Self(Arc::new(Inner {
            runtime: Some(runtime),
            total: Arc::new(Semaphore::new(MAX_TOTAL)),
            // With none, callers would wait forever.
            max_per_caller: max_per_caller.clamp(1, MAX_TOTAL),
            callers: Mutex::default(),
        })))
    }

    /// Runs a computation for a caller when it is its turn. The computation yields often, unless it
    /// is short.
    ///
    /// # Errors
    /// Returns an error if the computation panics.
    ///
    /// # Cancel safety
    /// If the future is dropped, the computation ends when it yields next.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        principal: &Principal,
        computation: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run_for(principal.device_id(), computation).await
    }

    /// The same for a device, or for callers without a login together.
    pub(crate) async fn run_for<T: Send + 'static>(
        &self,
        caller: Caller,
        computation: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let slots = self.slots(caller);
        // First the caller's own: a caller that has used up its slots takes none of the others'.
        let own = slots.acquire_owned().await.map_err(ApiError::internal)?;
        let total = Arc::clone(&self.0.total).acquire_owned().await.map_err(ApiError::internal)?;
        let Some(runtime) = &self.0.runtime else { return Err(ApiError::internal("stopped")) };
        let running = runtime.spawn(async move {
            let _slots = (own, total);
            computation.await
        });
        Running(running).await
    }

    /// The slots of a caller.
    fn slots(&self, caller: Caller) -> Arc<Semaphore> {
        let mut callers = self.0.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(self.0.max_per_caller));
        let slots = Arc::clone(callers.entry(caller).or_insert_with(new));
        if callers.len() > 2 * MAX_TOTAL {
            // Only those that nobody uses or waits for.
            callers.retain(|_, slots| Arc::strong_count(slots) > 1);
        }
        slots
    }
}

/// Lets the threads that answer requests come before this one, when there are more of them than cores.
fn lower_priority() {
    // Of this thread. Other systems mean the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "a thread for computations keeps its priority");
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A runtime must not wait for its threads within another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn computations_return_what_they_compute_and_fail_alone() {
        let compute = Compute::start(2).expect("threads");
        let nobody = Principal::default();
        assert_eq!(compute.run(&nobody, async { 1 + 1 }).await.expect("a result"), 2);
        let failed = compute.run(&nobody, async { panic!("on purpose") }).await;
        assert_eq!(failed.map(|()| 0).expect_err("a panic").status, 500);
        assert_eq!(compute.run(&nobody, async { 3 }).await.expect("a result"), 3);
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_ends_its_computation_and_frees_its_slots() {
        struct Ended(Option<oneshot::Sender<()>>);
        impl Drop for Ended {
            fn drop(&mut self) {
                let _ = self.0.take().map(|sender| sender.send(()));
            }
        }
        let compute = Compute::start(2).expect("threads");
        let nobody = Principal::default();
        for _ in 0..4 {
            let (sender, ended) = oneshot::channel();
            let guard = Ended(Some(sender));
            let endless = compute.run(&nobody, async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
            assert!(timeout(Duration::from_millis(20), endless).await.is_err());
            ended.await.expect("it ends");
        }
    }
}
