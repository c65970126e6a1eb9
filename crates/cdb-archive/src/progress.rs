//! How far an export or an import is.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How far an export or an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many users, devices and streams are done.
    pub objects: u64,
    /// Of how many.
    pub of_objects: u64,
    /// How many datapoints are done, those of downlinks included.
    pub datapoints: u64,
    /// Of how many.
    pub of_datapoints: u64,
    /// How many bytes of data were written or read.
    pub bytes: u64,
}

/// Counts progress, and calls a function with it. May be used by several tasks at a time.
pub struct Reporter<'a>(Mutex<State<'a>>);

struct State<'a> {
    progress: Progress,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

impl<'a> Reporter<'a> {
    /// Starts with nothing done, and with what is called after each change.
    #[must_use]
    pub fn new(call: Option<Box<dyn FnMut(Progress) + Send + 'a>>) -> Self {
        Self(Mutex::new(State { progress: Progress::default(), call }))
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.state().progress
    }

    /// Changes how far it is, and calls.
    pub fn note(&self, change: impl FnOnce(&mut Progress)) {
        let State { progress, call } = &mut *self.state();
        change(progress);
        if let Some(call) = call {
            call(*progress);
        }
    }

    /// An object is done.
    pub fn object(&self) {
        self.note(|progress| progress.objects += 1);
    }

    /// So many datapoints, so many bytes of them, are done.
    pub fn data(&self, datapoints: u64, bytes: u64) {
        self.note(|progress| {
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
