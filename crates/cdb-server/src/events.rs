//! Which users, devices and streams have changed, for everything that remembers something of them.
//!
//! Caches, permits and subscriptions remember the [version](ChangeLog::now) at which they were read
//! and the objects that they depend on. [`ChangeLog::changed_since`] says whether they are still
//! true, so that a change costs only those that depend on what was changed.

mod data;
mod shares;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::storage::model::ObjectId;

pub(crate) use data::{Appended, Counted, EVENT_BYTES, Event, EventQueue, QueuedEvent, Replaced};
pub(crate) use shares::Shares;

/// The maximum number of objects whose last change is remembered. When there are more, the older half
/// is forgotten, and what was read before is read again once.
const MAX_REMEMBERED: usize = 65_536;

/// Knows when each object was changed last. Clones share it.
///
/// Storage records a change after it is committed and before anything is written after it, so a
/// write that finds its permit unchanged is ordered before or after the whole change.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChangeLog(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The number of changes so far. Only changed while `state` is locked.
    version: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The version that the last change of an object led to.
    last_changed: HashMap<ObjectId, u64>,
    /// Changes up to this version have been forgotten.
    forgotten: u64,
    watchers: HashMap<ObjectId, HashMap<u64, Arc<Watcher>>>,
    last_watch: u64,
}

impl State {
    fn forget_older_half(&mut self) {
        let mut versions: Vec<u64> = self.last_changed.values().copied().collect();
        let middle = versions.len() / 2;
        let (_, newest_forgotten, _) = versions.select_nth_unstable(middle);
        self.forgotten = *newest_forgotten;
        self.last_changed.retain(|_, last| *last > *newest_forgotten);
    }
}

/// What one [`Watch`] has not been told yet.
#[derive(Debug, Default)]
struct Watcher {
    changed: Mutex<HashSet<ObjectId>>,
    notify: Notify,
}

impl ChangeLog {
    /// Returns the present version. What is read from storage after this call is at least as new.
    pub(crate) fn now(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Returns whether one of the objects has changed, or may have changed, after a version.
    pub(crate) fn changed_since(
        &self,
        version: u64,
        objects: impl IntoIterator<Item = ObjectId>,
    ) -> bool {
        if self.now() == version {
            return false;
        }
        let state = self.lock();
        let is_later = |object| state.last_changed.get(&object).is_some_and(|last| *last > version);
        version < state.forgotten || objects.into_iter().any(is_later)
    }

    /// Records one change of all these objects, and notifies their watchers.
    pub(crate) fn record(&self, objects: impl IntoIterator<Item = ObjectId>) {
        let mut state = self.lock();
        let version = self.0.version.load(Ordering::Relaxed) + 1;
        if state.last_changed.len() >= MAX_REMEMBERED {
            state.forget_older_half();
        }
        for object in objects {
            state.last_changed.insert(object, version);
            for watcher in state.watchers.get(&object).into_iter().flat_map(HashMap::values) {
                watcher.lock().insert(object);
                watcher.notify.notify_one();
            }
        }
        self.0.version.store(version, Ordering::Release);
    }

    /// Returns a watch of no objects.
    pub(crate) fn watch(&self) -> Watch {
        let mut state = self.lock();
        state.last_watch += 1;
        let id = state.last_watch;
        drop(state);
        Watch { log: self.clone(), id, watcher: Arc::default(), watched: HashMap::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    fn lock(&self) -> MutexGuard<'_, HashSet<ObjectId>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for changes of some objects. Dropping it ends the watch.
#[derive(Debug)]
pub(crate) struct Watch {
    log: ChangeLog,
    id: u64,
    watcher: Arc<Watcher>,
    /// How often each object was added.
    watched: HashMap<ObjectId, usize>,
}

impl Watch {
    /// Watches an object. An object that was added twice must be removed twice.
    ///
    /// A change before this call is not reported, so the object is added before it is read.
    pub(crate) fn add(&mut self, object: ObjectId) {
        let count = self.watched.entry(object).or_default();
        *count += 1;
        if *count == 1 {
            let mut state = self.log.lock();
            let watchers = state.watchers.entry(object).or_default();
            watchers.insert(self.id, Arc::clone(&self.watcher));
        }
    }

    /// Ends the watch of an object.
    pub(crate) fn remove(&mut self, object: ObjectId) {
        let Some(count) = self.watched.get_mut(&object) else { return };
        *count -= 1;
        if *count == 0 {
            self.watched.remove(&object);
            remove_watcher(&mut self.log.lock(), object, self.id);
        }
    }

    /// Returns the watched objects that have changed since they were last returned.
    pub(crate) fn take_changed(&self) -> HashSet<ObjectId> {
        std::mem::take(&mut *self.watcher.lock())
    }

    /// Returns a future that is ready after each change of watched objects, also if
    /// [`take_changed`](Self::take_changed) has returned it already. Only one may wait.
    pub(crate) fn notified(&self) -> impl Future<Output = ()> + use<> {
        let watcher = Arc::clone(&self.watcher);
        async move { watcher.notify.notified().await }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = self.log.lock();
        for object in self.watched.keys() {
            remove_watcher(&mut state, *object, self.id);
        }
    }
}

fn remove_watcher(state: &mut State, object: ObjectId, watch: u64) {
    if let Some(watchers) = state.watchers.get_mut(&object) {
        watchers.remove(&watch);
        if watchers.is_empty() {
            state.watchers.remove(&object);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const A: ObjectId = ObjectId::Device(1);
    const B: ObjectId = ObjectId::Stream(1);

    #[test]
    fn only_what_was_changed_is_changed() {
        let log = ChangeLog::default();
        let before = log.now();
        log.record([A]);
        assert!(log.changed_since(before, [A, B]));
        assert!(!log.changed_since(before, [B]));
        assert!(!log.changed_since(log.now(), [A]));
    }

    #[test]
    fn what_is_forgotten_may_have_changed() {
        let log = ChangeLog::default();
        let before = log.now();
        for id in 0..=MAX_REMEMBERED as i64 {
            log.record([ObjectId::User(id)]);
        }
        assert!(log.changed_since(before, [B]));
        // The newer half is not forgotten.
        let now = before + MAX_REMEMBERED as u64 / 2 + 10;
        assert!(!log.changed_since(now, [ObjectId::User(5)]));
        assert!(log.changed_since(now, [ObjectId::User(MAX_REMEMBERED as i64)]));
        let now = log.now();
        log.record([A]);
        assert!(!log.changed_since(now, [B]));
    }

    #[tokio::test]
    async fn a_watch_reports_what_it_watches() {
        let log = ChangeLog::default();
        let mut watch = log.watch();
        watch.add(A);
        watch.add(A);
        log.record([B]);
        assert_eq!(watch.notified().now_or_never(), None);
        log.record([A, B]);
        log.record([A]);
        watch.notified().await;
        assert_eq!(watch.take_changed(), HashSet::from([A]));
        assert_eq!(watch.notified().now_or_never(), None);
        watch.remove(A);
        log.record([A]);
        watch.notified().await;
        assert_eq!(watch.take_changed(), HashSet::from([A]));
        watch.remove(A);
        log.record([A]);
        assert_eq!(watch.notified().now_or_never(), None);
    }

    #[test]
    fn a_watch_that_ends_leaves_nothing() {
        let log = ChangeLog::default();
        let mut watch = log.watch();
        watch.add(A);
        watch.add(B);
        watch.remove(B);
        drop(watch);
        assert!(log.lock().watchers.is_empty());
    }
}
