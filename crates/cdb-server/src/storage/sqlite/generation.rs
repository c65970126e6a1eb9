//! How often users, devices or streams have changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// A number that grows with each change of users, devices or streams: what was read at an earlier
/// one may not be true any more. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Generation(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    number: AtomicU64,
    changed: Notify,
}

impl Generation {
    /// The present number.
    pub(crate) fn get(&self) -> u64 {
        self.0.number.load(Ordering::Acquire)
    }

    /// Takes note of a change.
    pub(super) fn advance(&self) {
        self.0.number.fetch_add(1, Ordering::AcqRel);
        self.0.changed.notify_waiters();
    }

    /// Waits for the next change after this call.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.0.changed.notified()
    }
}
