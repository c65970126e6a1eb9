//! Attacks on the server by clients without rights. Each test measures how much memory and CPU time
//! the server takes, in a process of its own, and how long the inserts of another client take
//! meanwhile. The limits are in [`support::effects`].

// The measurements come from `/proc`.
#![cfg(target_os = "linux")]

mod bodies;
mod changes;
mod connections;
mod fleets;
mod frames;
#[path = "../server/http.rs"]
#[allow(dead_code, reason = "the tests of the server use the rest")]
mod http;
mod listing;
mod logins;
mod peace;
mod schemas;
mod scripts;
mod sessions;
mod subscribers;
mod support;
mod together;
mod values;

/// The allocator of the `cdb` command, since how much freed memory a process keeps depends on it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
