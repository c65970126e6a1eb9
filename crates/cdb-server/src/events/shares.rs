//! How much memory the events of each owner of streams take while they wait for subscribers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::model::ObjectId;

/// Shares memory among the owners of streams. Each may take as much as is left after that: half of it
/// if nobody else takes any. So one owner, whatever waits for its subscribers, leaves room for others.
#[derive(Debug)]
pub(crate) struct Shares {
    max_bytes: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    total: usize,
    /// Without owners that take nothing.
    owners: HashMap<ObjectId, usize>,
}

/// What one event takes. Dropping it makes room for others.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Arc<Shares>,
    owner: ObjectId,
    bytes: usize,
}

impl Shares {
    pub(crate) fn new(max_bytes: usize) -> Arc<Self> {
        Arc::new(Self { max_bytes, used: Mutex::default() })
    }

    /// Takes memory for an event of an owner. Returns `None` if that is more than its share.
    ///
    /// An event larger than the share of a single owner counts as that: if nothing else waits, one is
    /// taken however large it is. If there is no memory at all, none is taken.
    pub(crate) fn take(self: &Arc<Self>, owner: ObjectId, bytes: usize) -> Option<Share> {
        let bytes = bytes.min(self.max_bytes / 2).max(1);
        let mut used = self.used();
        let total = used.total + bytes;
        let of_owner = used.owners.get(&owner).copied().unwrap_or_default() + bytes;
        if of_owner > self.max_bytes.saturating_sub(total) {
            return None;
        }
        used.total = total;
        used.owners.insert(owner, of_owner);
        Some(Share { shares: Arc::clone(self), owner, bytes })
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut used = self.shares.used();
        used.total -= self.bytes;
        if let Some(of_owner) = used.owners.get_mut(&self.owner) {
            *of_owner -= self.bytes;
            if *of_owner == 0 {
                used.owners.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_leaves_as_much_as_it_takes() {
        let shares = Shares::new(1000);
        let take = |owner, bytes| shares.take(ObjectId::User(owner), bytes);
        let first: Vec<_> = (0..5).map(|_| take(1, 100).expect("room")).collect();
        assert!(take(1, 100).is_none());
        let second = [take(2, 200).expect("room"), take(2, 50).expect("room")];
        assert!(take(2, 1).is_none());
        let third = take(3, 125).expect("room");
        assert!(take(3, 1).is_none());
        drop((first, second, third));
        let large = take(1, 5000).expect("it is taken however large it is");
        assert!(take(1, 1).is_none());
        drop(large);
        assert!(Shares::new(0).take(ObjectId::User(1), 0).is_none());
        let used = shares.used();
        assert!(used.owners.is_empty());
        assert_eq!(used.total, 0);
    }
}
