//! The order in which passwords are hashed, one at a time.
//!
//! First come new passwords and logins from where the same account has logged in before. The others
//! are slowed down: after failures, neither the account nor the network is tried again for a while.
//! Of those that may be tried, networks with fewer failures come first, then the one that was served
//! the longest time ago. Of a network, accounts with fewer failures come first, and of an account the
//! newest login, since those of somebody who guesses have waited for long. So a correct login waits
//! for at most the two delays, and mostly not at all.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hashlink::LruCache;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::failures::{Account, Delays, Failures, Network};
use crate::limits::Limits;

/// The maximum number of logins that wait. If there are more, the one that has waited for the longest
/// time is refused, of the network with the most of them.
const MAX_WAITING: usize = 1024;

/// The maximum number of known pairs of account and network, and of networks whose turn is known.
const MAX_KNOWN: usize = 4096;

/// A known pair is slowed down like others after so many failures in a row.
const MAX_KNOWN_FAILURES: u32 = 5;

/// A login that is to be tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) account: Account,
    pub(crate) network: Network,
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
    /// When each network had its last turn.
    served: LruCache<Network, u64>,
    /// The next time at which a task looks whether somebody may be tried.
    alarm: Option<Instant>,
}

struct Waiting {
    /// `None` for a new password.
    attempt: Option<Attempt>,
    serial: u64,
    turn: oneshot::Sender<Turn>,
}

/// The right to hash a password. Dropping it gives the next turn.
pub(super) struct Turn {
    queue: Option<LoginQueue>,
    attempt: Option<Attempt>,
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
    pub(super) async fn turn(&self, attempt: Option<Attempt>) -> Result<Turn, Refused> {
        let (turn, granted) = oneshot::channel();
        {
            let mut state = self.lock();
            // Those that were given up must not count as waiting.
            state.waiting.retain(|waiting| !waiting.turn.is_closed());
            state.enter(attempt, turn);
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
            let Some(Waiting { attempt, turn, .. }) = state.take_next(now) else { break };
            state.busy = true;
            if let Err(mut unused) = turn.send(Turn { queue: Some(self.clone()), attempt }) {
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
        let attempts = state.waiting.iter().filter_map(|waiting| waiting.attempt);
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
            alarm: None,
        }
    }

    fn enter(&mut self, attempt: Option<Attempt>, turn: oneshot::Sender<Turn>) {
        self.serial += 1;
        self.waiting.push(Waiting { attempt, serial: self.serial, turn });
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
        let rank = |waiting: &Waiting| match waiting.attempt {
            None => Some((false, 0, 0, 0, Reverse(waiting.serial))),
            Some(attempt) => (self.open_at(attempt, now) <= now).then(|| {
                let known = self.is_known(attempt);
                let failures = if known { 0 } else { self.networks.count(&attempt.network, now) };
                let served = self.served.peek(&attempt.network).copied().unwrap_or(0);
                let of_account = self.accounts.count(&attempt.account, now);
                (!known, failures, served, of_account, Reverse(waiting.serial))
            }),
        };
        let ranked = self.waiting.iter().enumerate();
        let ranked = ranked.filter_map(|(index, waiting)| Some((rank(waiting)?, index)));
        let (_, index) = ranked.min()?;
        let next = self.waiting.swap_remove(index);
        if let Some(Attempt { network, .. }) = next.attempt {
            self.serial += 1;
            self.served.insert(network, self.serial);
        }
        Some(next)
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
        let network = |waiting: &Waiting| waiting.attempt.map(|attempt| attempt.network);
        let mut counts = HashMap::<_, usize>::new();
        for waiting in &self.waiting {
            *counts.entry(network(waiting)).or_default() += 1;
        }
        let largest =
            counts.into_iter().max_by_key(|(_, count)| *count).map(|(network, _)| network);
        let of_largest = self.waiting.iter().enumerate();
        let of_largest = of_largest.filter(|(_, waiting)| Some(network(waiting)) == largest);
        if let Some((oldest, _)) = of_largest.min_by_key(|(_, waiting)| waiting.serial) {
            self.waiting.swap_remove(oldest);
        }
    }
}

impl Turn {
    /// Records whether the password was right, and gives the next turn.
    pub(super) fn finish(self, fits: bool) {
        if let (Some(queue), Some(attempt)) = (&self.queue, self.attempt) {
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::IpAddr;
    use std::pin::Pin;
    use std::task::Poll;
    use std::time::Duration;

    use super::*;

    /// The longest delays, of an account and of a network.
    fn max_delays() -> (Duration, Duration) {
        let limits = Limits::default();
        (limits.login_delay_per_account, limits.login_delay_per_address)
    }

    fn attempt(account: i64, network: u8) -> Attempt {
        let network = Network::from(IpAddr::from([192, 0, 2, network]));
        Attempt { account: Account::User(account), network }
    }

    /// A state and a clock that only moves when it is told to.
    struct Simulation {
        state: State,
        now: Instant,
    }

    impl Simulation {
        fn new() -> Self {
            Self::with(&Limits::default())
        }

        fn with(limits: &Limits) -> Self {
            Self { state: State::new(limits), now: Instant::now() }
        }

        fn enter(&mut self, attempt: Attempt) -> oneshot::Receiver<Turn> {
            let (turn, granted) = oneshot::channel();
            self.state.enter(Some(attempt), turn);
            granted
        }

        /// Moves the clock to the next turn, and returns who has it.
        fn next(&mut self) -> Attempt {
            let open = |waiting: &Waiting| {
                waiting.attempt.map_or(self.now, |attempt| self.state.open_at(attempt, self.now))
            };
            let first = self.state.waiting.iter().map(open).min().expect("somebody waits");
            self.now = self.now.max(first);
            self.state.take_next(self.now).and_then(|next| next.attempt).expect("a turn")
        }

        /// Tries a password while nobody else waits. Returns how long it waited.
        fn attempt(&mut self, attempt: Attempt, fits: bool) -> Duration {
            let started = self.now;
            drop(self.enter(attempt));
            let next = self.next();
            self.state.finish(next, fits, self.now);
            self.now - started
        }

        /// Has everybody who waits fail until a login has its turn. Returns how long that takes.
        fn until(&mut self, account: i64, network: u8) -> Duration {
            let (login, started) = (attempt(account, network), self.now);
            drop(self.enter(login));
            let newest = self.state.serial;
            while self.state.waiting.iter().any(|waiting| waiting.serial == newest) {
                let next = self.next();
                self.state.finish(next, false, self.now);
                // Who guesses goes on.
                drop(self.enter(next));
            }
            self.now - started
        }
    }

    #[test]
    fn guessing_is_slowed_down_per_account_and_per_network() {
        let mut one_account = Simulation::new();
        let waits = (0..100).map(|network| one_account.attempt(attempt(1, network), false));
        let waits: Vec<_> = waits.collect();
        assert!(waits[..5].iter().all(Duration::is_zero), "{waits:?}");
        assert!(waits[12..].iter().all(|wait| *wait == max_delays().0), "{waits:?}");
        let mut one_network = Simulation::new();
        let waits = (0..100).map(|account| one_network.attempt(attempt(account, 1), false));
        let waits: Vec<_> = waits.collect();
        assert!(waits[..10].iter().all(Duration::is_zero), "{waits:?}");
        assert!(waits[15..].iter().all(|wait| *wait == max_delays().1), "{waits:?}");
        // Somebody else logs in at once.
        assert!(one_network.attempt(attempt(200, 2), true).is_zero());
        assert!(one_account.attempt(attempt(2, 200), true).is_zero());
    }

    #[test]
    fn delays_are_those_of_the_limits() {
        let ms = Duration::from_millis;
        let limits = Limits::default().login_delay(ms(10));
        let of_account = limits.clone().failed_logins_per_account(1);
        let of_account = of_account.login_delay_per_account(ms(30));
        let mut one_account = Simulation::with(&of_account);
        let waits: Vec<_> =
            (0..5).map(|network| one_account.attempt(attempt(1, network), false)).collect();
        assert_eq!(waits, [0, 0, 10, 20, 30].map(ms));
        let of_address = limits.failed_logins_per_address(0).login_delay_per_address(ms(20));
        let mut one_network = Simulation::with(&of_address);
        let waits: Vec<_> =
            (0..4).map(|account| one_network.attempt(attempt(account, 1), false)).collect();
        assert_eq!(waits, [0, 10, 20, 20].map(ms));
    }

    #[test]
    fn who_has_logged_in_from_there_is_not_slowed_down() {
        let mut simulation = Simulation::new();
        simulation.attempt(attempt(1, 1), true);
        for other in 2..50 {
            simulation.attempt(attempt(1, other), false);
            simulation.attempt(attempt(other.into(), 1), false);
        }
        assert!(simulation.attempt(attempt(1, 1), true).is_zero());
        // Not for ever if it fails.
        for _ in 0..MAX_KNOWN_FAILURES {
            assert!(simulation.attempt(attempt(1, 1), false).is_zero());
        }
        assert!(!simulation.attempt(attempt(1, 1), false).is_zero());
    }

    #[test]
    fn a_correct_login_is_not_locked_out_by_a_hundred_networks() {
        let mut simulation = Simulation::new();
        for _ in 0..20 {
            simulation.attempt(attempt(1, 1), false);
        }
        for network in 1..=100 {
            drop(simulation.enter(attempt(1, network)));
        }
        // Once each guesser has failed, a network without failures comes first.
        for _ in 0..100 {
            let next = simulation.next();
            simulation.state.finish(next, false, simulation.now);
            drop(simulation.enter(next));
        }
        let wait = simulation.until(1, 200);
        assert!(wait <= max_delays().0, "{wait:?}");
    }

    #[test]
    fn a_correct_login_is_not_locked_out_by_guesses_from_its_own_network() {
        let mut simulation = Simulation::new();
        for _ in 0..64 {
            drop(simulation.enter(attempt(1, 1)));
        }
        for _ in 0..64 {
            let next = simulation.next();
            simulation.state.finish(next, false, simulation.now);
            drop(simulation.enter(next));
        }
        // The same account waits for the account, another one for the network only.
        let wait = simulation.until(1, 1);
        assert!(wait <= max_delays().0, "{wait:?}");
        let wait = simulation.until(2, 1);
        assert!(wait <= max_delays().1, "{wait:?}");
    }

    #[test]
    fn networks_take_turns_and_new_passwords_come_first() {
        let mut simulation = Simulation::new();
        drop(simulation.enter(attempt(1, 1)));
        simulation.next();
        for (account, network) in [(2, 1), (3, 1), (4, 2), (5, 3)] {
            drop(simulation.enter(attempt(account, network)));
        }
        simulation.state.enter(None, oneshot::channel().0);
        let first = simulation.state.take_next(simulation.now).expect("a turn");
        assert!(first.attempt.is_none());
        let order: Vec<_> = (0..4).map(|_| simulation.next().account).collect();
        assert_eq!(order, [5, 4, 3, 2].map(Account::User));
    }

    #[test]
    fn too_many_that_wait_are_refused_and_others_are_not() {
        let mut simulation = Simulation::new();
        let mut other = simulation.enter(attempt(2, 2));
        let guesses: Vec<_> =
            (0..2 * MAX_WAITING).map(|_| simulation.enter(attempt(1, 1))).collect();
        assert_eq!(simulation.state.waiting.len(), MAX_WAITING);
        let is_refused = |turn: &mut oneshot::Receiver<Turn>| {
            matches!(turn.try_recv(), Err(oneshot::error::TryRecvError::Closed))
        };
        let refused: Vec<_> = guesses.into_iter().map(|mut turn| is_refused(&mut turn)).collect();
        assert!(refused.iter().take(MAX_WAITING + 1).all(|refused| *refused));
        assert!(!refused.iter().skip(MAX_WAITING + 1).any(|refused| *refused));
        assert!(!is_refused(&mut other));
    }

    async fn is_pending<F: Future>(future: &mut Pin<Box<F>>) -> bool {
        poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
    }

    #[tokio::test]
    async fn a_login_that_is_given_up_leaves_its_turn() {
        let queue = LoginQueue::new(&Limits::default());
        let turn = async |account| queue.turn(Some(attempt(account, 1))).await.expect("a turn");
        let first = turn(1).await;
        let (mut given_up, mut second) = (Box::pin(turn(2)), Box::pin(turn(3)));
        for waiting in [&mut given_up, &mut second] {
            assert!(is_pending(waiting).await);
        }
        // The newest has the next turn: given up before it is given, or after.
        drop(first);
        drop(second);
        drop(given_up);
        let fourth = turn(4).await;
        let mut fifth = Box::pin(turn(5));
        assert!(is_pending(&mut fifth).await);
        drop(fifth);
        drop(fourth);
        drop(turn(6).await);
        assert!(!queue.lock().busy);
    }

    #[tokio::test]
    async fn a_login_that_is_slowed_down_is_tried_when_its_time_has_come() {
        let queue = LoginQueue::new(&Limits::default());
        let guess = async || {
            queue.turn(Some(attempt(1, 1))).await.expect("a turn").finish(false);
        };
        for _ in 0..=Limits::default().failed_logins_per_account {
            guess().await;
        }
        let started = Instant::now();
        guess().await;
        assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
    }
}
