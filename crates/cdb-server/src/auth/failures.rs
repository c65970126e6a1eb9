//! How often logins have failed, per account and per network, and how long the next one waits.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use hashlink::LruCache;
use tokio::time::Instant;

/// The maximum number of accounts, and of networks, whose failures are remembered. Those that have
/// not failed for the longest time are forgotten first.
const MAX_REMEMBERED: usize = 16_384;

/// The number of failures that count is halved after so long without a failure.
const HALVED_AFTER: Duration = Duration::from_secs(60);

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Further failures change nothing.
const MAX_COUNT: u32 = 32;

/// The account that a login names. Names that no user has are kept as a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    User(i64),
    Unknown(u64),
}

/// The part of the internet that one client can be expected to send from: an address of IPv4, or
/// the 64 bits of a network of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        })
    }
}

/// Counts the failures of each key.
pub(super) struct Failures<K> {
    counts: LruCache<K, Count>,
    delays: Delays,
}

/// How long the next login waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delays {
    /// So many failures have no delay.
    pub(super) free: u32,
    /// The delay after the first failure that is not free. It doubles with each further one.
    pub(super) first: Duration,
    pub(super) max: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    last: Instant,
}

impl Count {
    fn at(self, now: Instant) -> u32 {
        let halvings = now.saturating_duration_since(self.last).as_secs() / HALVED_AFTER.as_secs();
        u32::try_from(halvings).ok().and_then(|by| self.failures.checked_shr(by)).unwrap_or(0)
    }
}

impl<K: Hash + Eq> Failures<K> {
    pub(super) fn new(delays: Delays) -> Self {
        Self { counts: LruCache::new(MAX_REMEMBERED), delays }
    }

    pub(super) fn record(&mut self, key: K, now: Instant) {
        let before = self.counts.get(&key).map_or(0, |count| count.at(now));
        let failures = (before + 1).min(MAX_COUNT);
        self.counts.insert(key, Count { failures, last: now });
    }

    /// Returns the number of failures, of which old ones count less.
    pub(super) fn count(&self, key: &K, now: Instant) -> u32 {
        self.counts.peek(key).map_or(0, |count| count.at(now))
    }

    /// Returns the time before which no further login is tried.
    pub(super) fn open_at(&self, key: &K, now: Instant) -> Instant {
        let Some(count) = self.counts.peek(key) else { return now };
        let Delays { free, first, max } = self.delays;
        let Some(doublings) = count.at(now).checked_sub(free.saturating_add(1)) else { return now };
        let delay = first.saturating_mul(2_u32.saturating_pow(doublings)).min(max);
        // A delay that is too long for the clock counts as a year.
        count.last.checked_add(delay).unwrap_or(now + YEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(times: u32) -> (Failures<u32>, Instant) {
        let first = Duration::from_millis(250);
        let mut failures = Failures::new(Delays { free: 3, first, max: Duration::from_secs(8) });
        let now = Instant::now();
        for _ in 0..times {
            failures.record(1, now);
        }
        (failures, now)
    }

    #[test]
    fn the_delay_doubles_up_to_its_maximum() {
        for (times, delay) in
            [(0, 0), (3, 0), (4, 250), (5, 500), (6, 1000), (9, 8000), (10, 8000), (1000, 8000)]
        {
            let (failures, now) = failed(times);
            let open = failures.open_at(&1, now);
            assert_eq!(open - now, Duration::from_millis(delay), "{times}");
            assert_eq!(failures.open_at(&2, now), now);
        }
    }

    #[test]
    fn failures_are_forgotten() {
        let (failures, now) = failed(8);
        for (minutes, count) in [(0, 8), (1, 4), (2, 2), (3, 1), (4, 0), (1_000_000, 0)] {
            assert_eq!(failures.count(&1, now + minutes * HALVED_AFTER), count, "{minutes}");
        }
    }

    #[test]
    fn memory_is_bounded_and_those_under_attack_are_remembered() {
        let (mut failures, now) = failed(9);
        for key in 10..(10 + 4 * u32::try_from(MAX_REMEMBERED).expect("a small number")) {
            failures.record(key, now);
            if key % 1000 == 0 {
                failures.record(1, now);
            }
        }
        assert_eq!(failures.counts.len(), MAX_REMEMBERED);
        assert_eq!(failures.count(&1, now), MAX_COUNT);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1:2:3"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
