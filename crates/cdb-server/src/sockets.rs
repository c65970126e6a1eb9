//! What all open websockets share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::runtime::State;

/// How often a client is pinged, unless told otherwise.
pub(crate) const PING: Duration = Duration::from_secs(54);

/// The bounds of the interval of pings.
pub(crate) const MIN_PING: Duration = Duration::from_millis(10);
pub(crate) const MAX_PING: Duration = Duration::from_secs(24 * 60 * 60);

/// How to treat open websockets.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    /// How often a client is pinged.
    pub(crate) ping: Duration,
    /// Changes when the server stops. The server waits until nobody has it.
    pub(crate) stop: watch::Receiver<State>,
    /// Checks of what is subscribed to that nobody waits for: one at a time, so that a change on
    /// which thousands of subscriptions depend does not hold up requests.
    pub(crate) rechecks: Arc<Semaphore>,
    /// The number of open websockets of each device, and of nobody.
    open: Arc<Mutex<HashMap<Option<i64>, usize>>>,
    max_per_device: usize,
}

/// A websocket that is open. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct OpenSocket {
    open: Arc<Mutex<HashMap<Option<i64>, usize>>>,
    device: Option<i64>,
}

impl Sockets {
    pub(crate) fn new(ping: Duration, stop: watch::Receiver<State>, max_per_device: usize) -> Self {
        let rechecks = Arc::new(Semaphore::new(1));
        Self { ping, stop, rechecks, open: Arc::default(), max_per_device }
    }

    /// Counts a websocket of a device, or of nobody. Returns `None` if it has too many.
    pub(crate) fn open(&self, device: Option<i64>) -> Option<OpenSocket> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&device).copied().unwrap_or_default() >= self.max_per_device {
            return None;
        }
        *open.entry(device).or_default() += 1;
        Some(OpenSocket { open: Arc::clone(&self.open), device })
    }

    /// How long a client may be silent: a little longer than it takes to be pinged.
    pub(crate) fn idle_timeout(&self) -> Duration {
        self.ping * 10 / 9
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = open.entry(self.device) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_limited_number_of_websockets() {
        let sockets = Sockets::new(PING, watch::channel(State::Running).1, 3);
        let mut open: Vec<_> = (0..3).map(|_| sockets.open(Some(1)).expect("room")).collect();
        assert!(sockets.open(Some(1)).is_none());
        assert!(sockets.open(None).is_some());
        open.pop();
        assert!(sockets.open(Some(1)).is_some());
        drop(open);
        assert!(sockets.open.lock().expect("it did not panic").is_empty());
    }
}
