//! How far an export or an import is.

use std::fmt;

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

/// Keeps count of progress, and tells somebody of it.
pub struct Reporter<'a> {
    progress: Progress,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

impl<'a> Reporter<'a> {
    /// Nothing is done yet; who is told, if anybody.
    #[must_use]
    pub fn new(call: Option<Box<dyn FnMut(Progress) + Send + 'a>>) -> Self {
        Self { progress: Progress::default(), call }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Changes how far it is, and tells.
    pub fn note(&mut self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress);
        if let Some(call) = &mut self.call {
            call(self.progress);
        }
    }

    /// An object is done.
    pub fn object(&mut self) {
        self.note(|progress| progress.objects += 1);
    }

    /// So many datapoints, so many bytes of them, are done.
    pub fn data(&mut self, datapoints: u64, bytes: u64) {
        self.note(|progress| {
            progress.datapoints += datapoints;
            progress.bytes += bytes;
        });
    }
}

impl fmt::Debug for Reporter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").field("progress", &self.progress).finish_non_exhaustive()
    }
}
