//! What is needed for every insert and read, kept until a user, device or stream changes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How much is kept; then all is dropped, and what is needed is read again.
const MAX_ENTRIES: usize = 10_000;

/// Values that were read at one generation of the store.
pub(crate) struct Cache<K, V>(Mutex<Entries<K, V>>);

struct Entries<K, V> {
    generation: u64,
    values: HashMap<K, Arc<V>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Entries { generation: 0, values: HashMap::new() }))
    }
}

impl<K: Hash + Eq, V> Cache<K, V> {
    /// What was read at the store's present generation.
    pub(crate) fn get(&self, generation: u64, key: &K) -> Option<Arc<V>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.generation != generation {
            entries.generation = generation;
            entries.values.clear();
        }
        entries.values.get(key).cloned()
    }

    /// Keeps what was read after the store was seen at a generation.
    pub(crate) fn put(&self, generation: u64, key: K, value: Arc<V>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.generation == generation {
            if entries.values.len() == MAX_ENTRIES {
                entries.values.clear();
            }
            entries.values.insert(key, value);
        }
    }
}
