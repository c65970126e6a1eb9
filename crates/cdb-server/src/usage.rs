//! What each caller uses of something that is limited.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::auth::Network;
use crate::identity::Principal;

/// The party that limits are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// A device that is logged in.
    Device(i64),
    /// A network without a login.
    Anonymous(Network),
}

impl Caller {
    pub(crate) fn new(principal: &Principal, network: Network) -> Self {
        match principal.identity() {
            Some(identity) => Self::Device(identity.device.id),
            None => Self::Anonymous(network),
        }
    }

    fn is_anonymous(self) -> bool {
        matches!(self, Self::Anonymous(_))
    }
}

/// How much each caller, and all together, may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub(crate) per_device: usize,
    pub(crate) per_address: usize,
    /// All callers without a login.
    pub(crate) anonymous: usize,
    pub(crate) total: usize,
}

/// Which part of a [`Quota`] is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// That of the caller.
    Caller,
    /// That of all callers, or of all without a login.
    All,
}

/// Counts what is used, for each caller.
#[derive(Debug)]
pub(crate) struct Usage {
    quota: Quota,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    /// Without callers that use nothing.
    callers: HashMap<Caller, usize>,
    anonymous: usize,
    total: usize,
}

impl Usage {
    pub(crate) fn new(quota: Quota) -> Arc<Self> {
        Arc::new(Self { quota, used: Mutex::default() })
    }

    /// Begins to use something: nothing as yet.
    pub(crate) fn begin(self: &Arc<Self>, caller: Caller) -> Share {
        Share { usage: Arc::clone(self), caller, amount: 0 }
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one use takes. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    usage: Arc<Usage>,
    caller: Caller,
    amount: usize,
}

impl Share {
    /// Takes more, or nothing if that is more than the quota has left.
    pub(crate) fn take(&mut self, more: usize) -> Result<(), Exhausted> {
        let Quota { per_device, per_address, anonymous, total } = self.usage.quota;
        let is_anonymous = self.caller.is_anonymous();
        let per_caller = if is_anonymous { per_address } else { per_device };
        let mut used = self.usage.used();
        let by_caller = used.callers.get(&self.caller).copied().unwrap_or_default();
        let by_anonymous = if is_anonymous { used.anonymous } else { 0 };
        if by_caller.saturating_add(more) > per_caller {
            return Err(Exhausted::Caller);
        }
        if used.total.saturating_add(more) > total
            || (is_anonymous && by_anonymous.saturating_add(more) > anonymous)
        {
            return Err(Exhausted::All);
        }
        if more > 0 {
            *used.callers.entry(self.caller).or_default() += more;
            used.anonymous += if is_anonymous { more } else { 0 };
            used.total += more;
            self.amount += more;
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.amount == 0 {
            return;
        }
        let mut used = self.usage.used();
        used.total -= self.amount;
        if self.caller.is_anonymous() {
            used.anonymous -= self.amount;
        }
        if let Some(by_caller) = used.callers.get_mut(&self.caller) {
            *by_caller -= self.amount;
            if *by_caller == 0 {
                used.callers.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(text: &str) -> Caller {
        Caller::Anonymous(text.parse::<IpAddr>().expect("an address").into())
    }

    #[test]
    fn each_part_of_a_quota_is_kept_and_given_back() {
        let usage = Usage::new(Quota { per_device: 5, per_address: 3, anonymous: 4, total: 8 });
        let mut device = usage.begin(Caller::Device(1));
        assert_eq!(device.take(5), Ok(()));
        assert_eq!(device.take(1), Err(Exhausted::Caller));
        // A second use of the same caller.
        assert_eq!(usage.begin(Caller::Device(1)).take(1), Err(Exhausted::Caller));
        let mut anonymous = usage.begin(address("192.0.2.1"));
        assert_eq!(anonymous.take(4), Err(Exhausted::Caller));
        assert_eq!(anonymous.take(3), Ok(()));
        assert_eq!(usage.begin(Caller::Device(2)).take(1), Err(Exhausted::All));
        drop(device);
        assert_eq!(usage.begin(address("192.0.2.2")).take(2), Err(Exhausted::All));
        assert_eq!(usage.begin(address("192.0.2.2")).take(1), Ok(()));
        drop(anonymous);
        assert_eq!(usage.begin(address("192.0.2.2")).take(3), Ok(()));
        let used = usage.used();
        assert!(used.callers.is_empty());
        assert_eq!((used.total, used.anonymous), (0, 0));
    }
}
