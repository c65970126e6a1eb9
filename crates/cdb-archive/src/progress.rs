//! The progress of an export or import.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The progress of an export or import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of users, devices and streams that are done.
    pub objects: u64,
    /// The total number of users, devices and streams.
    pub total_objects: u64,
    /// The number of datapoints that are done, including those of downlinks.
    pub datapoints: u64,
    /// The total number of datapoints.
    pub total_datapoints: u64,
    /// The number of bytes of data that were written or read.
    pub bytes: u64,
}

/// Counts progress, and calls a function after each change. Several tasks may share a reporter.
pub struct Reporter<'a>(Mutex<State<'a>>);

struct State<'a> {
    progress: Progress,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

impl<'a> Reporter<'a> {
    /// Creates a reporter that calls this function, if any, after each change.
    ///
    /// The function is called while the reporter is locked, so it must not use the reporter itself.
    #[must_use]
    pub fn new(call: Option<Box<dyn FnMut(Progress) + Send + 'a>>) -> Self {
        Self(Mutex::new(State { progress: Progress::default(), call }))
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the current progress.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.state().progress
    }

    /// Changes the progress, and calls the function.
    pub fn update(&self, change: impl FnOnce(&mut Progress)) {
        let State { progress, call } = &mut *self.state();
        change(progress);
        if let Some(call) = call {
            call(*progress);
        }
    }

    /// Counts a user, device or stream as done.
    pub fn object(&self) {
        self.update(|progress| progress.objects += 1);
    }

    /// Counts datapoints, and their size in bytes, as done.
    pub fn data(&self, datapoints: u64, bytes: u64) {
        self.update(|progress| {
            progress.datapoints += datapoints;
            progress.bytes += bytes;
        });
    }
}

impl fmt::Debug for Reporter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").field("progress", &self.progress()).finish_non_exhaustive()
    }
}
