//! The open connections, and which of them is closed when there are too many.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::auth::Network;
use crate::limits::Limits;

/// The open connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    max: usize,
    max_per_address: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    open: HashMap<u64, Arc<Connection>>,
    /// The number of open connections of each address, without connections from the same machine.
    addresses: HashMap<Network, usize>,
    last_number: u64,
}

/// What the server knows of an open connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// `None` if it comes from the same machine.
    address: Option<Network>,
    state: Mutex<(Phase, Instant)>,
    evicted: Notify,
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has been opened, or is sending the headers of a request.
    Head,
    /// It waits for its next request.
    Idle,
    /// A request is answered.
    Busy,
    /// It has become a websocket.
    Upgraded,
}

impl Connection {
    fn state(&self) -> MutexGuard<'_, (Phase, Instant)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is doing, and since when.
    pub(super) fn phase(&self) -> (Phase, Instant) {
        *self.state()
    }

    /// It begins something else.
    pub(super) fn enter(&self, phase: Phase) {
        *self.state() = (phase, Instant::now());
    }

    /// The response was sent.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        if state.0 == Phase::Busy {
            *state = (Phase::Idle, Instant::now());
        }
    }

    /// Some bytes have come, which may be the first of a request.
    pub(super) fn received(&self) {
        let mut state = self.state();
        if state.0 == Phase::Idle {
            *state = (Phase::Head, Instant::now());
        }
    }

    /// Some bytes were sent: it is not idle as long as a response is read.
    pub(super) fn sent(&self) {
        let mut state = self.state();
        if state.0 == Phase::Idle {
            state.1 = Instant::now();
        }
    }

    /// Whether no request would be lost if it was closed.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.phase().0, Phase::Head | Phase::Idle)
    }

    /// Waits until it must be closed to make room for another.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

/// The place of an open connection in the table, which is free when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    number: u64,
    pub(super) connection: Arc<Connection>,
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            max: limits.effective_connections(),
            max_per_address: limits.connections_per_address,
            table: Mutex::default(),
        })
    }

    /// Adds a connection. If there are too many, the one that has waited longest for a request is
    /// closed. Returns `None` if none waits.
    pub(super) fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Slot> {
        let address = peer.ip().to_canonical();
        let address = (!address.is_loopback()).then(|| Network::from(address));
        let mut table = self.table();
        let of_address = address.and_then(|it| table.addresses.get(&it).copied());
        if of_address.unwrap_or_default() >= self.max_per_address && address.is_some() {
            table.evict(address)?;
        }
        if table.open.len() >= self.max {
            table.evict(None)?;
        }
        table.last_number += 1;
        let number = table.last_number;
        let connection = Arc::new(Connection {
            address,
            state: Mutex::new((Phase::Head, Instant::now())),
            evicted: Notify::new(),
        });
        table.open.insert(number, Arc::clone(&connection));
        if let Some(address) = address {
            *table.addresses.entry(address).or_default() += 1;
        }
        drop(table);
        Some(Slot { connections: Arc::clone(self), number, connection })
    }

    /// Closes the connection that has waited longest for a request, if there is one.
    pub(super) fn make_room(&self) {
        self.table().evict(None);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Closes the connection that has waited longest for a request, of an address if one is given.
    fn evict(&mut self, address: Option<Network>) -> Option<()> {
        let open = self.open.iter();
        let of_address = open.filter(|(_, it)| address.is_none() || it.address == address);
        let waiting = of_address.filter_map(|(number, connection)| {
            let (phase, since) = connection.phase();
            matches!(phase, Phase::Head | Phase::Idle).then_some((since, *number))
        });
        let (_, number) = waiting.min()?;
        if let Some(connection) = self.remove(number) {
            connection.evicted.notify_one();
        }
        Some(())
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Connection>> {
        let connection = self.open.remove(&number)?;
        if let Some(address) = connection.address
            && let Some(count) = self.addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&address);
            }
        }
        Some(connection)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // It is no longer there if it was closed to make room.
        self.connections.table().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn peer(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().expect("an address"), 1000)
    }

    fn table(max: usize, max_per_address: usize) -> Arc<Connections> {
        let limits = Limits::default().connections(max).connections_per_address(max_per_address);
        Connections::new(&limits)
    }

    fn is_evicted(slot: &Slot) -> bool {
        slot.connection.evicted().now_or_never().is_some()
    }

    #[test]
    fn the_connection_that_has_waited_longest_makes_room() {
        let connections = table(3, 3);
        let admit = |_| connections.admit(peer("127.0.0.1")).expect("room");
        let mut slots: Vec<_> = (0..3).map(admit).collect();
        slots[0].connection.enter(Phase::Busy);
        slots.push(connections.admit(peer("127.0.0.1")).expect("room"));
        assert_eq!(slots.iter().map(is_evicted).collect::<Vec<_>>(), [false, true, false, false]);
        // Its end frees no second place.
        slots.remove(1);
        slots[1].connection.enter(Phase::Upgraded);
        slots[2].connection.enter(Phase::Busy);
        assert!(connections.admit(peer("127.0.0.1")).is_none());
        slots[0].connection.enter(Phase::Idle);
        assert!(connections.admit(peer("127.0.0.1")).is_some());
        assert!(is_evicted(&slots[0]));
        assert_eq!(connections.table().open.len(), 2);
    }

    #[test]
    fn an_address_takes_room_from_itself() {
        let connections = table(100, 2);
        let other = connections.admit(peer("192.0.2.1")).expect("room");
        let first = connections.admit(peer("2001:db8::1")).expect("room");
        let second = connections.admit(peer("2001:db8::2")).expect("room");
        first.connection.enter(Phase::Idle);
        let third = connections.admit(peer("2001:db8::3")).expect("room");
        assert!(is_evicted(&second) && !is_evicted(&first) && !is_evicted(&other));
        first.connection.enter(Phase::Busy);
        third.connection.enter(Phase::Busy);
        assert!(connections.admit(peer("2001:db8::4")).is_none());
        drop((first, second, third, other));
        assert!(connections.table().addresses.is_empty());
    }
}
