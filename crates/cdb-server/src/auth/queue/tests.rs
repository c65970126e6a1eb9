//! Tests with a clock that is moved by hand.

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
        self.state.enter(Purpose::Login(attempt), turn);
        granted
    }

    /// Moves the clock to the next turn, and returns who has it.
    fn next(&mut self) -> Attempt {
        let open = |waiting: &Waiting| {
            waiting
                .purpose
                .attempt()
                .map_or(self.now, |attempt| self.state.open_at(attempt, self.now))
        };
        let first = self.state.waiting.iter().map(open).min().expect("somebody waits");
        self.now = self.now.max(first);
        self.state.take_next(self.now).and_then(|next| next.purpose.attempt()).expect("a turn")
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
fn networks_take_turns() {
    let mut simulation = Simulation::new();
    drop(simulation.enter(attempt(1, 1)));
    simulation.next();
    for (account, network) in [(2, 1), (3, 1), (4, 2), (5, 3)] {
        drop(simulation.enter(attempt(account, network)));
    }
    let order: Vec<_> = (0..4).map(|_| simulation.next().account).collect();
    assert_eq!(order, [5, 4, 3, 2].map(Account::User));
}

#[test]
fn new_passwords_hold_up_neither_logins_nor_those_of_others() {
    let mut simulation = Simulation::new();
    // Somebody who is known, and somebody who is not and has failed.
    simulation.attempt(attempt(1, 1), true);
    simulation.attempt(attempt(2, 2), false);
    let new = |state: &mut State, user| {
        state.enter(Purpose::NewPassword(Some(user)), oneshot::channel().0);
    };
    for _ in 0..128 {
        new(&mut simulation.state, 7);
    }
    for login in [attempt(1, 1), attempt(2, 2)] {
        drop(simulation.enter(login));
    }
    new(&mut simulation.state, 8);
    let mut order = Vec::new();
    for _ in 0..6 {
        let next = simulation.state.take_next(simulation.now).expect("a turn");
        order.push(match next.purpose {
            Purpose::Login(attempt) => format!("login {:?}", attempt.account),
            Purpose::NewPassword(user) => format!("new {user:?}"),
        });
        // Who sets passwords goes on.
        new(&mut simulation.state, 7);
    }
    let expected = ["new Some(7)", "login User(1)", "new Some(8)", "login User(2)"];
    assert_eq!(order[..4], expected);
    assert_eq!(order[4..], ["new Some(7)", "new Some(7)"]);
}

#[test]
fn too_many_that_wait_are_refused_and_others_are_not() {
    let mut simulation = Simulation::new();
    let mut other = simulation.enter(attempt(2, 2));
    let guesses: Vec<_> = (0..2 * MAX_WAITING).map(|_| simulation.enter(attempt(1, 1))).collect();
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
    let turn =
        async |account| queue.turn(Purpose::Login(attempt(account, 1))).await.expect("a turn");
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
        queue.turn(Purpose::Login(attempt(1, 1))).await.expect("a turn").finish(false);
    };
    for _ in 0..=Limits::default().failed_logins_per_account {
        guess().await;
    }
    let started = Instant::now();
    guess().await;
    assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
}
