//! What is left of what the server has acknowledged when its process is killed or the power is cut.
#![cfg(target_os = "linux")]

mod api;
mod contents;
mod history;
#[path = "../server/http.rs"]
mod http;
mod killed;
mod load;
mod power;
mod subscriber;
mod writer;

/// The test that is the server's process.
const SERVER: &str = "serves_until_it_is_killed";

#[test]
#[ignore = "run as a separate process by other tests"]
fn serves_until_it_is_killed() {
    faults::serve_until_killed();
}

/// How often a test repeats what it tests: as often as the environment variable `CDB_ROUNDS` says,
/// or `default` times.
fn rounds(default: usize) -> usize {
    let given = std::env::var("CDB_ROUNDS").ok().map(|rounds| rounds.parse().expect("a number"));
    given.unwrap_or(default)
}
