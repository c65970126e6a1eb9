//! Runs the scripts of subscribers.

use std::sync::Arc;

use bytes::Bytes;
use cdb_pipescript::{Run, Script};
use tokio::sync::{AcquireError, Semaphore};
use tokio::task::JoinError;

use crate::query::{QueryFailure, read_point, write_point};

/// The maximum number of steps that a script takes on the threads that answer requests, about half
/// a millisecond. A script that needs more runs on a thread of its own, because a script cannot
/// pause within a datapoint.
const MAX_INLINE_STEPS: u64 = 50_000;

/// Batches with more text are processed away from the threads that answer requests.
const LARGE_TEXT_BYTES: usize = 64 * 1024;

/// The maximum size of what a script makes of a batch, in bytes.
const MAX_OUTPUT_BYTES: usize = 16 * 1024 * 1024;

/// Why a script has no output for a batch.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScriptError {
    #[error(transparent)]
    Query(#[from] QueryFailure),
    #[error("the output is larger than {MAX_OUTPUT_BYTES} bytes")]
    TooLarge,
    #[error(transparent)]
    Stopped(#[from] AcquireError),
    #[error(transparent)]
    Panicked(#[from] JoinError),
}

/// What a script has made of the datapoints of a text.
#[derive(Debug)]
pub(super) struct Output {
    /// Datapoints, separated by commas. Empty if there are none.
    pub(super) text: Vec<u8>,
    /// The number of datapoints that were read, including the one at which the script has failed.
    pub(super) count: u64,
    pub(super) error: Option<ScriptError>,
}

/// The threads for scripts that take long. Clones share them.
///
/// A topic runs one script at a time and waits for a thread in the order of arrival, so that topics
/// take turns. The length of a turn is bounded by the budget of a script.
#[derive(Debug, Clone)]
pub(super) struct Scripts(Arc<Semaphore>);

impl Default for Scripts {
    /// Half of the processors are left for requests.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }
}

impl Scripts {
    /// Runs a script over the datapoints of a text, which are a sequence of their own.
    ///
    /// # Cancel safety
    /// If the future is dropped, the script stops after the datapoint that it is processing.
    pub(super) async fn run(&self, script: &Script, text: Bytes) -> Output {
        if text.len() < LARGE_TEXT_BYTES {
            let mut run = script.start_within(MAX_INLINE_STEPS);
            let output = run_over(&mut run, &text, || true);
            if output.error.is_none() || !run.is_out_of_steps() {
                return output;
            }
        }
        let failed = |error| Output { text: Vec::new(), count: 0, error: Some(error) };
        let permit = match Arc::clone(&self.0).acquire_owned().await {
            Ok(permit) => permit,
            Err(error) => return failed(error.into()),
        };
        let mut run = script.start();
        // Dropped together with this future.
        let waiting = Arc::new(());
        let waits = Arc::downgrade(&waiting);
        let running = tokio::task::spawn_blocking(move || {
            // Also held if nobody waits for the output any more.
            let _permit = permit;
            run_over(&mut run, &text, || waits.strong_count() > 0)
        });
        running.await.unwrap_or_else(|error| failed(error.into()))
    }
}

/// Stops before the end of the text when nobody wants the output any more.
fn run_over(run: &mut Run, text: &[u8], is_wanted: impl Fn() -> bool) -> Output {
    let mut output = Output { text: Vec::new(), count: 0, error: None };
    output.error = push_all(run, text, is_wanted, &mut output).err();
    output
}

fn push_all(
    run: &mut Run,
    mut rest: &[u8],
    is_wanted: impl Fn() -> bool,
    output: &mut Output,
) -> Result<(), ScriptError> {
    while !rest.is_empty() && is_wanted() {
        let (point, length) = read_point(rest).map_err(QueryFailure::from)?;
        // The comma, too.
        rest = rest.get(length + 1..).unwrap_or_default();
        output.count += 1;
        run.push(point).map_err(QueryFailure::from)?;
        if rest.is_empty() {
            run.end().map_err(QueryFailure::from)?;
        }
        while let Some(point) = run.pull() {
            if !output.text.is_empty() {
                output.text.push(b',');
            }
            let start = output.text.len();
            if let Err(error) = write_point(&mut output.text, point) {
                output.text.truncate(start.saturating_sub(1));
                return Err(QueryFailure::from(error).into());
            }
            if output.text.len() > MAX_OUTPUT_BYTES {
                return Err(ScriptError::TooLarge);
            }
        }
    }
    Ok(())
}
