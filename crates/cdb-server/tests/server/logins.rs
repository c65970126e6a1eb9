//! Logins by password while others guess.

use std::time::{Duration, Instant};

use cdb_server::Limits;
use futures_util::future::{join_all, select};
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestServer};

/// The number of connections that guess at the same time.
const GUESSING: usize = 64;

async fn log_in(server: &TestServer, user: &str, password: &str) -> Answer {
    let request = server.request(Method::GET, "?q=this").basic_auth(user, Some(password));
    Answer::of(request.send().await.expect("an answer")).await
}

/// How long a correct login takes. The password is the user's name.
async fn duration_of_login(server: &TestServer, user: &str) -> Duration {
    let started = Instant::now();
    assert_eq!(log_in(server, user, user).await.text, format!("{user}/user"));
    started.elapsed()
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations[durations.len() / 2]
}

/// Runs work while passwords are guessed. It begins after the first guess.
async fn during_guesses<T>(server: &TestServer, user: &str, work: impl Future<Output = T>) -> T {
    let guess = async |index: usize| {
        let guessed = log_in(server, user, &format!("guess {index}")).await;
        assert!([401, 429].contains(&guessed.status), "{guessed:?}");
    };
    let guesses = join_all((0..GUESSING).map(|index| async move {
        loop {
            guess(index).await;
        }
    }));
    guess(GUESSING).await;
    match select(Box::pin(guesses), Box::pin(work)).await {
        futures_util::future::Either::Left(_) => panic!("guessing never ends"),
        futures_util::future::Either::Right((done, _)) => done,
    }
}

#[tokio::test]
async fn correct_logins_do_not_queue_behind_wrong_ones() {
    let server = TestServer::start().await;
    let admin = server.key_of("test").await;
    let users = ["one", "two", "three", "four", "five", "target", "late"];
    for user in users {
        let body = format!(r#"{{"email":"{user}@example.com","password":"{user}"}}"#);
        let created = server.send(&admin, "POST", &format!("crud/{user}"), &body).await;
        assert_eq!(created.status, 200);
    }
    let mut idle = Vec::new();
    for user in &users[..6] {
        idle.push(duration_of_login(&server, user).await);
    }
    let idle = median(idle);
    for user in ["target", "nobody-of-this-name"] {
        let under_attack = during_guesses(&server, user, async {
            let mut durations = Vec::new();
            for _ in 0..20 {
                for user in ["target", "one"] {
                    durations.push(duration_of_login(&server, user).await);
                }
            }
            median(durations)
        });
        let under_attack = under_attack.await;
        println!("a correct login: {idle:?} idle, {under_attack:?} while {user} is guessed");
        assert!(under_attack < 5 * idle, "{under_attack:?}, {idle:?} idle");
    }
    // Who was never here waits for the delay of the network at most.
    let late = during_guesses(&server, "target", duration_of_login(&server, "late")).await;
    println!("a first login from the network that guesses: {late:?}");
    assert!(late < Duration::from_secs(10), "{late:?}");
}

#[tokio::test]
async fn guessing_is_slowed_down_on_however_many_connections() {
    let server = TestServer::start().await;
    let started = Instant::now();
    let guesses = (0..8).map(|index| {
        let server = &server;
        async move { log_in(server, "test", &format!("guess {index}")).await.status }
    });
    assert_eq!(join_all(guesses).await, [401; 8]);
    // Six failures have no delay. Then one waits for 250 ms and one for 500 ms, and each failure is
    // told after 300 ms.
    assert!(started.elapsed() >= Duration::from_millis(1_050), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_password_that_was_right_is_not_when_it_is_changed() {
    let server = TestServer::start().await;
    for _ in 0..2 {
        assert_eq!(log_in(&server, "test", "test").await.text, "test/user");
    }
    let key = server.key_of("test").await;
    let changed = server.send(&key, "PUT", "crud/test", r#"{"password":"new"}"#).await;
    assert_eq!(changed.status, 200);
    assert_eq!(log_in(&server, "test", "test").await.status, 401);
    assert_eq!(log_in(&server, "test", "new").await.text, "test/user");
}

#[tokio::test]
async fn only_who_may_set_a_password_has_it_looked_at() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let writer = server.create_device(&key, "test/writer", r#"{"role":"writer"}"#).await;
    let email = r#"{"email":"new@example.com"}"#;
    assert_eq!(server.send(&writer, "PUT", "crud/test", email).await.status, 200);
    // Nobody may have an empty one.
    let refused = server.send(&writer, "PUT", "crud/test", r#"{"password":""}"#).await;
    assert_eq!(refused.msg(), "This device does not have permissions to write password");
    let refused = server.send(&key, "PUT", "crud/test", r#"{"password":""}"#).await;
    assert_eq!(refused.msg(), "Incorrect Password");
}

#[tokio::test]
async fn a_login_that_waits_for_its_turn_holds_up_no_requests() {
    let delay = Duration::from_secs(4);
    let limits = Limits::default().requests_per_address(1).requests_anonymous(1);
    let limits = limits.failed_logins_per_account(0).login_delay(delay);
    let server = TestServer::with(limits).await;
    let post = async |user: &str, password: &str| {
        let body = json!({"user": user, "password": password}).to_string();
        let login = server.request(Method::POST, "login").body(body);
        login.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(post("other", "guess").await, 401);
    assert_eq!(post("test", "test").await, 200);
    let started = Instant::now();
    let guess = async {
        assert_eq!(post("other", "guess").await, 401);
        started.elapsed()
    };
    // Far more than could be answered before the guess arrives.
    let others = async {
        for _ in 0..20 {
            assert_eq!(post("test", "test").await, 200);
            let this = server.send("", "GET", "?q=this", "").await;
            assert_eq!((this.status, this.text.as_str()), (200, "nobody"));
        }
        started.elapsed()
    };
    let (guess, others) = tokio::join!(guess, others);
    assert!(guess >= delay / 2 && others < guess, "{others:?}, {guess:?} for the guess");
}
