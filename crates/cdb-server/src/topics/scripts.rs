//! Runs the scripts of subscribers.
//!
//! A script belongs to the device that has subscribed. A short one runs on the threads that answer
//! requests, as long as the device has time left there. All others run where those of queries do, in
//! the device's slots, so that those of one device do not hold up those of others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cdb_pipescript::{Run, Script};
use tokio::time::Instant;

use crate::api_error::ApiError;
use crate::compute::{Caller, Compute};
use crate::query::{Pace, QueryFailure, read_point, write_point};
use crate::storage::Scan;

/// The maximum number of steps that a script takes on the threads that answer requests, about half
/// a millisecond. A script that needs more is started again elsewhere, because it cannot pause within
/// a datapoint.
const MAX_INLINE_STEPS: u64 = 50_000;

/// The steps that all scripts of a device may take on the threads that answer requests in each
/// [`PERIOD`]: about 5 ms.
const INLINE_STEPS_PER_PERIOD: u64 = 500_000;
const PERIOD: Duration = Duration::from_millis(100);

/// What a datapoint counts in addition to the steps of its script, and to one for each byte.
const STEPS_PER_POINT: u64 = 200;

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
    #[error("it could not be run: {0}")]
    Failed(String),
}

impl From<ApiError> for ScriptError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error.cause.unwrap_or_else(|| error.msg.into_owned()))
    }
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

/// Where scripts run. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Scripts {
    compute: Compute,
    inline: Arc<Mutex<Inline>>,
}

/// The steps that scripts have taken on the threads that answer requests in this period.
#[derive(Debug)]
struct Inline {
    since: Instant,
    steps: HashMap<Caller, u64>,
}

impl Scripts {
    pub(super) fn new(compute: Compute) -> Self {
        let inline = Inline { since: Instant::now(), steps: HashMap::new() };
        Self { compute, inline: Arc::new(Mutex::new(inline)) }
    }

    /// Runs a script of a caller over the datapoints of a text, which are a sequence of their own.
    ///
    /// # Cancel safety
    /// If the future is dropped, the script ends within some thousand steps, or at its next datapoint.
    pub(super) async fn run(&self, caller: Caller, script: &Script, text: Bytes) -> Output {
        if let Some(output) = self.run_inline(caller, script, &text).await {
            return output;
        }
        let mut run = script.start();
        let running = self.compute.run_for(caller, async move { run_over(&mut run, &text).await });
        let failed =
            |error: ApiError| Output { text: Vec::new(), count: 0, error: Some(error.into()) };
        running.await.unwrap_or_else(failed)
    }

    /// Runs a script of a caller over stored datapoints, which are a sequence of their own. They are
    /// read as the script takes them, so that few of them are in memory at a time.
    ///
    /// # Cancel safety
    /// As for [`run`](Self::run).
    pub(super) async fn run_stored(
        &self,
        caller: Caller,
        script: &Script,
        scan: Box<dyn Scan>,
    ) -> Result<Vec<u8>, ScriptError> {
        let mut run = script.start();
        let running =
            self.compute.run_for(caller, async move { run_over_scan(&mut run, scan).await });
        running.await?
    }

    /// Runs a script here. Returns `None` if it is not short, or if the caller has no time left.
    async fn run_inline(&self, caller: Caller, script: &Script, text: &Bytes) -> Option<Output> {
        if text.len() >= LARGE_TEXT_BYTES {
            return None;
        }
        // As many as it may take, so that those that begin at the same time are counted.
        let reserved = MAX_INLINE_STEPS + text.len() as u64;
        if !self.inline().take(caller, reserved, Instant::now()) {
            return None;
        }
        let mut run = script.start_within(MAX_INLINE_STEPS);
        let output = run_over(&mut run, text).await;
        let taken = run.steps() + text.len() as u64 + STEPS_PER_POINT * output.count;
        self.inline().give_back(caller, reserved.saturating_sub(taken));
        (output.error.is_none() || !run.is_out_of_steps()).then_some(output)
    }

    fn inline(&self) -> MutexGuard<'_, Inline> {
        self.inline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inline {
    /// Takes steps, if a caller has so many left in this period.
    fn take(&mut self, caller: Caller, steps: u64, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= PERIOD {
            self.steps.clear();
            self.since = now;
        }
        let taken = self.steps.entry(caller).or_default();
        let has_some = *taken + steps <= INLINE_STEPS_PER_PERIOD;
        if has_some {
            *taken += steps;
        }
        has_some
    }

    fn give_back(&mut self, caller: Caller, steps: u64) {
        if let Some(taken) = self.steps.get_mut(&caller) {
            *taken = taken.saturating_sub(steps);
        }
    }
}

async fn run_over(run: &mut Run, text: &[u8]) -> Output {
    let mut output = Output { text: Vec::new(), count: 0, error: None };
    output.error = push_all(run, text, true, &mut output, &mut Pace::default()).await.err();
    output
}

async fn run_over_scan(run: &mut Run, mut scan: Box<dyn Scan>) -> Result<Vec<u8>, ScriptError> {
    let mut output = Output { text: Vec::new(), count: 0, error: None };
    let mut pace = Pace::default();
    while let Some(mut piece) = scan.next().await.map_err(QueryFailure::from)? {
        if scan.is_done() {
            // The bracket after the last datapoint.
            piece.pop();
        }
        // Without the bracket or comma before the first datapoint.
        let points = piece.get(1..).unwrap_or_default();
        push_all(run, points, scan.is_done(), &mut output, &mut pace).await?;
    }
    Ok(output.text)
}

/// Pushes the datapoints of a text, which are the last ones if `is_end` is set.
async fn push_all(
    run: &mut Run,
    mut rest: &[u8],
    is_end: bool,
    output: &mut Output,
    pace: &mut Pace,
) -> Result<(), ScriptError> {
    while !rest.is_empty() {
        let (point, length) = read_point(rest).map_err(QueryFailure::from)?;
        // The comma, too.
        rest = rest.get(length + 1..).unwrap_or_default();
        output.count += 1;
        run.push(point).map_err(QueryFailure::from)?;
        if rest.is_empty() && is_end {
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
        pace.keep(run.steps() + STEPS_PER_POINT * output.count).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    /// An object of all words so far for each datapoint.
    const SLOW: &str = "imap($, count) | if last";

    fn words(count: usize) -> Bytes {
        let point = |index| format!(r#"{{"t":{index},"d":"word {index}"}}"#);
        (0..count).map(point).collect::<Vec<_>>().join(",").into()
    }

    #[test]
    fn steps_are_counted_for_each_caller_and_period() {
        let now = Instant::now();
        let mut inline = Inline { since: now, steps: HashMap::new() };
        assert!(inline.take(Some(1), INLINE_STEPS_PER_PERIOD, now));
        assert!(!inline.take(Some(1), 1, now));
        assert!(inline.take(Some(2), 1, now));
        inline.give_back(Some(1), 2);
        assert!(inline.take(Some(1), 2, now));
        assert!(!inline.take(Some(1), 1, now));
        assert!(inline.take(Some(1), 1, now + PERIOD));
        // Of the period before.
        inline.give_back(Some(2), 1);
        assert_eq!(inline.steps, HashMap::from([(Some(1), 1)]));
    }

    #[tokio::test]
    async fn slow_scripts_of_one_caller_do_not_hold_up_those_of_another() {
        let scripts = Scripts::new(Compute::start(1).expect("threads"));
        let script = Script::parse(SLOW).expect("a script");
        let (text, done) = (words(600), AtomicUsize::new(0));
        assert!(scripts.run_inline(Some(1), &script, &text).await.is_none(), "it is short");
        let run = async |caller| {
            let output = scripts.run(caller, &script, text.clone()).await;
            assert!(output.error.is_none(), "{:?}", output.error);
            done.fetch_add(1, Ordering::Relaxed)
        };
        let many = join_all((0..40).map(|_| run(Some(1))));
        // It comes last.
        let (_, before) = tokio::join!(many, run(Some(2)));
        assert!(before < 20, "{before} of the other caller came first");
    }

    #[tokio::test]
    async fn many_short_scripts_of_one_caller_run_elsewhere() {
        let scripts = Scripts::new(Compute::start(4).expect("threads"));
        let script = Script::parse("$ + 1").expect("a script");
        let text = Bytes::from_static(br#"{"t":1,"d":1}"#);
        let mut inline = 0;
        scripts.inline().since = Instant::now() + PERIOD;
        for _ in 0..10_000 {
            inline += usize::from(scripts.run_inline(Some(1), &script, &text).await.is_some());
        }
        assert!((1_000..5_000).contains(&inline), "{inline}");
        let output = scripts.run(Some(1), &script, text.clone()).await;
        assert_eq!(output.text, br#"{"t":1,"d":2}"#);
        assert!(scripts.run_inline(Some(2), &script, &text).await.is_some());
    }
}
