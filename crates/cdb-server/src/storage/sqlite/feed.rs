//! Word of what has been appended, for those who want to hear of it.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::mpsc;

use crate::storage::Array;
use crate::storage::format::points::Points;

/// How many commits may wait to be sender of; then the writer waits.
const MAX_PENDING_COMMITS: usize = 64;

/// A batch that is on disk; or was only to be sender of.
#[derive(Debug)]
pub(crate) struct Appended {
    pub(crate) array: Array,
    /// The index of its first datapoint; `None` if it is not kept.
    pub(crate) index: Option<u64>,
    /// The datapoints, as they are stored.
    pub(crate) points: Points,
}

/// Which arrays somebody listens to, and the way there. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    wanted: Arc<RwLock<HashSet<Array>>>,
    sender: mpsc::Sender<Vec<Appended>>,
}

impl Feed {
    /// A feed, and its other end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Vec<Appended>>) {
        let (sender, receiver) = mpsc::channel(MAX_PENDING_COMMITS);
        (Self { wanted: Arc::default(), sender }, receiver)
    }

    /// Whether somebody listens to an array.
    pub(crate) fn wants(&self, array: Array) -> bool {
        self.wanted.read().unwrap_or_else(PoisonError::into_inner).contains(&array)
    }

    /// Begins or ends to tell of an array. A commit that is under way may not know yet.
    pub(crate) fn want(&self, array: Array, wanted: bool) {
        let mut arrays = self.wanted.write().unwrap_or_else(PoisonError::into_inner);
        if wanted {
            arrays.insert(array);
        } else {
            arrays.remove(&array);
        }
    }

    /// Tells of batches, in the order in which they were appended.
    pub(crate) async fn publish(&self, appended: Vec<Appended>) {
        // When the server stops, nobody listens any more.
        if !appended.is_empty() && self.sender.send(appended).await.is_err() {
            tracing::debug!("nobody is sender of an insert");
        }
    }
}
