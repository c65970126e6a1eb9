//! What all open websockets share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::limits::Limits;
use crate::runtime::State;

/// How often a client is pinged, unless told otherwise.
pub(crate) const PING: Duration = Duration::from_secs(54);

/// The bounds of the interval of pings.
pub(crate) const MIN_PING: Duration = Duration::from_millis(10);
pub(crate) const MAX_PING: Duration = Duration::from_secs(24 * 60 * 60);

/// The number of bytes that a subscription counts in addition to the text of its transform.
const SUBSCRIPTION_BYTES: usize = 256;

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
    /// The number of open websockets.
    open: Arc<PerDevice>,
    /// The bytes of open subscriptions.
    subscriptions: Arc<PerDevice>,
}

/// Counts something of each device, and of all callers without a login together.
#[derive(Debug)]
struct PerDevice {
    used: Mutex<HashMap<Option<i64>, usize>>,
    max: usize,
}

/// What a websocket or a subscription counts. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Room {
    of: Arc<PerDevice>,
    device: Option<i64>,
    amount: usize,
}

impl Sockets {
    pub(crate) fn new(ping: Duration, stop: watch::Receiver<State>, limits: &Limits) -> Self {
        let rechecks = Arc::new(Semaphore::new(1));
        let open = PerDevice::new(limits.websockets_per_device);
        let subscriptions = PerDevice::new(limits.subscription_bytes_per_device);
        Self { ping, stop, rechecks, open, subscriptions }
    }

    /// Counts a websocket of a device, or of nobody. Returns `None` if it has too many.
    pub(crate) fn open(&self, device: Option<i64>) -> Option<Room> {
        self.open.take(device, 1)
    }

    /// Returns the number of open websockets.
    pub(crate) fn count(&self) -> usize {
        self.open.used().values().sum()
    }

    /// Counts a subscription of a device, or of nobody, with a transform of so many bytes. Returns
    /// `None` if it has too many.
    pub(crate) fn subscribe(&self, device: Option<i64>, transform_bytes: usize) -> Option<Room> {
        self.subscriptions.take(device, transform_bytes + SUBSCRIPTION_BYTES)
    }

    /// How long a client may be silent: a little longer than it takes to be pinged.
    pub(crate) fn idle_timeout(&self) -> Duration {
        self.ping * 10 / 9
    }
}

impl PerDevice {
    fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { used: Mutex::default(), max })
    }

    fn take(self: &Arc<Self>, device: Option<i64>, amount: usize) -> Option<Room> {
        let mut used = self.used();
        let total = used.get(&device).copied().unwrap_or_default() + amount;
        if total > self.max {
            return None;
        }
        used.insert(device, total);
        Some(Room { of: Arc::clone(self), device, amount })
    }

    fn used(&self) -> MutexGuard<'_, HashMap<Option<i64>, usize>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Entry::Occupied(mut used) = self.of.used().entry(self.device) {
            *used.get_mut() -= self.amount;
            if *used.get() == 0 {
                used.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_limited_number_of_websockets() {
        let limits = Limits::default().websockets_per_device(3);
        let sockets = Sockets::new(PING, watch::channel(State::Running).1, &limits);
        let mut open: Vec<_> = (0..3).map(|_| sockets.open(Some(1)).expect("room")).collect();
        assert!(sockets.open(Some(1)).is_none());
        assert!(sockets.open(None).is_some());
        open.pop();
        assert!(sockets.open(Some(1)).is_some());
        drop(open);
        assert!(sockets.open.used().is_empty());
    }

    #[test]
    fn subscriptions_of_a_device_have_a_limited_number_of_bytes() {
        let limits = Limits::default().subscription_bytes_per_device(1000 + 2 * SUBSCRIPTION_BYTES);
        let sockets = Sockets::new(PING, watch::channel(State::Running).1, &limits);
        let first = sockets.subscribe(None, 600).expect("room");
        assert!(sockets.subscribe(None, 401).is_none());
        let _second = sockets.subscribe(None, 400).expect("room");
        // However short its transform is.
        assert!(sockets.subscribe(None, 0).is_none());
        let _other = sockets.subscribe(Some(1), 600).expect("room");
        drop(first);
        sockets.subscribe(None, 600).expect("room again");
    }
}
