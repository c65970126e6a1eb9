//! Memory that is limited in total.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts the bytes that wait somewhere, in kibibytes, up to a limit. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct ByteLimit {
    free: Arc<Semaphore>,
    max_kib: u32,
}

impl ByteLimit {
    pub(crate) fn new(max_bytes: usize) -> Self {
        let max_kib = (max_bytes / 1024).min(Semaphore::MAX_PERMITS);
        let max_kib = u32::try_from(max_kib).unwrap_or(u32::MAX);
        Self { free: Arc::new(Semaphore::new(max_kib as usize)), max_kib }
    }

    /// Takes room for this many bytes if it is free, until the permit is dropped.
    pub(crate) fn try_take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_many_owned(self.kib(bytes)).ok()
    }

    /// Waits for room for this many bytes, in the order of the calls.
    pub(crate) async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_many_owned(self.kib(bytes)).await.ok()
    }

    /// Returns how many bytes wait, in steps of 1024.
    pub(crate) fn used(&self) -> u64 {
        let free = u64::try_from(self.free.available_permits()).unwrap_or(u64::MAX);
        u64::from(self.max_kib).saturating_sub(free) * 1024
    }

    /// What this many bytes count. More than the limit counts as all of it; if the limit is 0, there
    /// is room for nothing.
    fn kib(&self, bytes: usize) -> u32 {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        kib.min(self.max_kib).max(1)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_is_taken_is_limited_and_given_back() {
        let limit = ByteLimit::new(3 * 1024);
        let two = limit.try_take(1025).expect("room");
        assert!(limit.try_take(1025).is_none());
        assert!(limit.take(2048).now_or_never().is_none());
        let one = limit.try_take(1).expect("room");
        assert!(limit.try_take(1).is_none());
        drop((one, two));
        // More than there ever is.
        let all = limit.try_take(1 << 40).expect("room");
        assert!(limit.try_take(1).is_none());
        drop(all);
        assert!(limit.take(3072).now_or_never().flatten().is_some());
    }

    #[test]
    fn a_limit_of_nothing_has_room_for_nothing() {
        assert!(ByteLimit::new(0).try_take(0).is_none());
        assert!(ByteLimit::new(usize::MAX).try_take(usize::MAX).is_some());
    }
}
