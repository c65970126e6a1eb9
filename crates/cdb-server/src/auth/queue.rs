//! The order in which passwords are hashed, one at a time.
//!
//! First come logins from where the same account has logged in before. The others are slowed down:
//! after failures, neither the account nor the network is tried again for a while. Of those that may
//! be tried, networks with fewer failures come first, then the one that was served the longest time
//! ago. Of a network, accounts with fewer failures come first, and of an account the newest login,
//! since those of somebody who guesses have waited for long. So a correct login waits for at most the
//! two delays, and mostly not at all.
//!
//! New passwords and logins alternate while both wait, so that neither holds up the other for longer
//! than one turn. Users who set passwords take turns.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hashlink::LruCache;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::failures::{Account, Delays, Failures, Network};
use crate::limits::Limits;

/// The maximum number of logins and new passwords that wait. If there are more, the one that has waited
/// for the longest time is refused, of the network or user with the most of them.
const MAX_WAITING: usize = 1024;

/// The maximum number of known pairs of account and network, and of networks and users whose turn is
/// known.
const MAX_KNOWN: usize = 4096;

/// A known pair is slowed down like others after so many failures in a row.
const MAX_KNOWN_FAILURES: u32 = 5;

/// A login that is to be tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) account: Account,
    pub(crate) network: Network,
}

/// What a turn is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Login(Attempt),
    /// A user sets a password; `None` for somebody who has not logged in.
    NewPassword(Option<i64>),
}

/// Who shares the room for those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Network(Network),
    User(Option<i64>),
}

impl Purpose {
    fn attempt(self) -> Option<Attempt> {
        match self {
            Self::Login(attempt) => Some(attempt),
            Self::NewPassword(_) => None,
        }
    }

    fn source(self) -> Source {
        match self {
            Self::Login(attempt) => Source::Network(attempt.network),
            Self::NewPassword(user) => Source::User(user),
        }
    }
}

/// Too many logins wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused;

/// Gives one turn after the other. Clones share it.
#[derive(Clone)]
pub(super) struct LoginQueue(Arc<Shared>);

struct Shared {
    runtime: Handle,
    state: Mutex<State>,
}

struct State {
    /// Whether somebody has the turn.
    busy: bool,
    waiting: Vec<Waiting>,
    /// The number of logins and turns so far.
    serial: u64,
    accounts: Failures<Account>,
    networks: Failures<Network>,
    /// Pairs that have logged in, with their failures since.
    known: LruCache<(Account, Network), u32>,
    /// When each network, and each user who sets passwords, had its last turn.
    served: LruCache<Source, u64>,
    /// Whether the last turn was that of a login.
    last_was_login: bool,
    /// The next time at which a task looks whether somebody may be tried.
    alarm: Option<Instant>,
}

struct Waiting {
    purpose: Purpose,
    serial: u64,
    turn: oneshot::Sender<Turn>,
}

/// The right to hash a password. Dropping it gives the next turn.
pub(super) struct Turn {
    queue: Option<LoginQueue>,
    purpose: Purpose,
}

impl LoginQueue {
    /// Creates a queue whose delays run on the current runtime.
    pub(super) fn new(limits: &Limits) -> Self {
        let state = Mutex::new(State::new(limits));
        Self(Arc::new(Shared { runtime: Handle::current(), state }))
    }

    /// Waits for the turn of a login, or of a new password.
    ///
    /// Cancel safety: if the future is dropped, the next one has the turn.
    pub(super) async fn turn(&self, purpose: Purpose) -> Result<Turn, Refused> {
        let (turn, granted) = oneshot::channel();
        {
            let mut state = self.lock();
            // Those that were given up must not count as waiting.
            state.waiting.retain(|waiting| !waiting.turn.is_closed());
            state.enter(purpose, turn);
        }
        self.advance();
        granted.await.map_err(|_| Refused)
    }

    /// Gives the turn to the next one if nobody has it.
    fn advance(&self) {
        let mut state = self.lock();
        state.waiting.retain(|waiting| !waiting.turn.is_closed());
        while !state.busy {
            let now = Instant::now();
            let Some(Waiting { purpose, turn, .. }) = state.take_next(now) else { break };
            state.busy = true;
            if let Err(mut unused) = turn.send(Turn { queue: Some(self.clone()), purpose }) {
                // The login was given up in this moment. Dropped as it is, it would lock the state.
                unused.queue = None;
                state.busy = false;
            }
        }
        if !state.busy {
            self.set_alarm(&mut state);
        }
    }

    /// Has a task look again when the first of those that wait may be tried.
    fn set_alarm(&self, state: &mut State) {
        let now = Instant::now();
        let attempts = state.waiting.iter().filter_map(|waiting| waiting.purpose.attempt());
        let Some(next) = attempts.map(|attempt| state.open_at(attempt, now)).min() else { return };
        if state.alarm.is_some_and(|alarm| alarm <= next) {
            return;
        }
        state.alarm = Some(next);
        let shared = Arc::downgrade(&self.0);
        self.0.runtime.spawn(async move {
            tokio::time::sleep_until(next).await;
            if let Some(queue) = Weak::upgrade(&shared).map(Self) {
                let mut state = queue.lock();
                if state.alarm == Some(next) {
                    state.alarm = None;
                }
                drop(state);
                queue.advance();
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(limits: &Limits) -> Self {
        let first = limits.login_delay;
        let account = Delays {
            free: limits.failed_logins_per_account,
            first,
            max: limits.login_delay_per_account,
        };
        // Several people may log in from one network.
        let network = Delays {
            free: limits.failed_logins_per_address,
            first,
            max: limits.login_delay_per_address,
        };
        Self {
            busy: false,
            waiting: Vec::new(),
            serial: 0,
            accounts: Failures::new(account),
            networks: Failures::new(network),
            known: LruCache::new(MAX_KNOWN),
            served: LruCache::new(MAX_KNOWN),
            last_was_login: false,
            alarm: None,
        }
    }

    fn enter(&mut self, purpose: Purpose, turn: oneshot::Sender<Turn>) {
        self.serial += 1;
        self.waiting.push(Waiting { purpose, serial: self.serial, turn });
        if self.waiting.len() > MAX_WAITING {
            self.refuse_one();
        }
    }

    fn is_known(&self, attempt: Attempt) -> bool {
        self.known.peek(&(attempt.account, attempt.network)).is_some()
    }

    /// Returns the time at which a login may be tried.
    fn open_at(&self, attempt: Attempt, now: Instant) -> Instant {
        if self.is_known(attempt) {
            return now;
        }
        let account = self.accounts.open_at(&attempt.account, now);
        account.max(self.networks.open_at(&attempt.network, now))
    }

    /// Removes the one that has the next turn, if there is one that may be tried now.
    fn take_next(&mut self, now: Instant) -> Option<Waiting> {
        let index = if self.last_was_login {
            self.next_new_password().or_else(|| self.next_login(now))
        } else {
            self.next_login(now).or_else(|| self.next_new_password())
        };
        let next = self.waiting.swap_remove(index?);
        self.last_was_login = next.purpose.attempt().is_some();
        self.serial += 1;
        self.served.insert(next.purpose.source(), self.serial);
        Some(next)
    }

    /// Returns the index of the login that comes first of those that may be tried now.
    fn next_login(&self, now: Instant) -> Option<usize> {
        let rank = |waiting: &Waiting| {
            let attempt = waiting.purpose.attempt()?;
            (self.open_at(attempt, now) <= now).then(|| {
                let known = self.is_known(attempt);
                let failures = if known { 0 } else { self.networks.count(&attempt.network, now) };
                let served = self.last_served(waiting);
                let of_account = self.accounts.count(&attempt.account, now);
                (!known, failures, served, of_account, Reverse(waiting.serial))
            })
        };
        let ranked = self.waiting.iter().enumerate();
        ranked.filter_map(|(index, waiting)| Some((rank(waiting)?, index))).min().map(|it| it.1)
    }

    /// Returns the index of the new password that comes first: the oldest one of the user who had no
    /// turn for the longest time.
    fn next_new_password(&self) -> Option<usize> {
        let new = self.waiting.iter().enumerate();
        let new = new.filter(|(_, waiting)| waiting.purpose.attempt().is_none());
        new.min_by_key(|(_, waiting)| (self.last_served(waiting), waiting.serial)).map(|it| it.0)
    }

    fn last_served(&self, waiting: &Waiting) -> u64 {
        self.served.peek(&waiting.purpose.source()).copied().unwrap_or(0)
    }

    fn finish(&mut self, Attempt { account, network }: Attempt, fits: bool, now: Instant) {
        let pair = (account, network);
        if fits {
            self.known.insert(pair, 0);
            return;
        }
        self.accounts.record(account, now);
        self.networks.record(network, now);
        if let Some(failures) = self.known.get_mut(&pair) {
            *failures += 1;
            if *failures >= MAX_KNOWN_FAILURES {
                self.known.remove(&pair);
            }
        }
    }

    fn refuse_one(&mut self) {
        let mut counts = HashMap::<_, usize>::new();
        for waiting in &self.waiting {
            *counts.entry(waiting.purpose.source()).or_default() += 1;
        }
        let largest = counts.into_iter().max_by_key(|(_, count)| *count).map(|(source, _)| source);
        let of_largest = self.waiting.iter().enumerate();
        let of_largest =
            of_largest.filter(|(_, waiting)| Some(waiting.purpose.source()) == largest);
        if let Some((oldest, _)) = of_largest.min_by_key(|(_, waiting)| waiting.serial) {
            self.waiting.swap_remove(oldest);
        }
    }
}

impl Turn {
    /// Records whether the password was right, and gives the next turn.
    pub(super) fn finish(self, fits: bool) {
        if let (Some(queue), Some(attempt)) = (&self.queue, self.purpose.attempt()) {
            queue.lock().finish(attempt, fits, Instant::now());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.lock().busy = false;
            queue.advance();
        }
    }
}
