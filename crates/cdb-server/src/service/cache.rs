//! What is needed for every insert and read, kept as long as nothing that it depends on changes.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache as WeightedCache;

use crate::events::ChangeLog;
use crate::metrics::CacheCounters;
use crate::storage::model::ObjectId;

/// The number of values that a cache expects to hold.
const EXPECTED_VALUES: usize = 10_000;

/// The maximum weight of a cache, in bytes. The values used least go first.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What was read from storage at some time.
pub(crate) trait Remembered {
    /// The version of the change log before it was read.
    fn version(&self) -> u64;

    /// The objects that it was read from, and those that they belong to.
    fn depends_on(&self) -> impl IntoIterator<Item = ObjectId>;

    /// The memory that it takes, roughly, in bytes.
    fn bytes(&self) -> u64;
}

/// Values that were read from storage. It never returns one that may have changed.
pub(crate) struct Cache<K, V> {
    values: WeightedCache<K, Arc<V>, ByBytes>,
    counters: CacheCounters,
}

#[derive(Debug, Clone)]
struct ByBytes;

impl<K, V: Remembered> Weighter<K, Arc<V>> for ByBytes {
    fn weight(&self, _: &K, value: &Arc<V>) -> u64 {
        value.bytes()
    }
}

impl<K: Hash + Eq, V: Remembered> Cache<K, V> {
    pub(crate) fn new(counters: CacheCounters) -> Self {
        let values = WeightedCache::with_weighter(EXPECTED_VALUES, MAX_BYTES, ByBytes);
        Self { values, counters }
    }

    /// Returns a value if it is still true.
    pub(crate) fn get(&self, changes: &ChangeLog, key: &K) -> Option<Arc<V>> {
        let value = self.current(changes, key);
        let CacheCounters { hits, misses } = &self.counters;
        if value.is_some() { hits } else { misses }.inc();
        value
    }

    fn current(&self, changes: &ChangeLog, key: &K) -> Option<Arc<V>> {
        let value = self.values.get(key)?;
        if changes.changed_since(value.version(), value.depends_on()) {
            self.values.remove(key);
            return None;
        }
        Some(value)
    }

    pub(crate) fn insert(&self, key: K, value: Arc<V>) {
        self.values.insert(key, value);
    }
}
