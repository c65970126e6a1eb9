//! For tests: what happens to programs in the world. A [`Proxy`] on loopback breaks connections in
//! all the ways networks do, a [`FaultyDisk`] fails to write, [`TestProcess`] and [`ServerProcess`]
//! can be killed at any moment, and [`SeededRng`] does the same thing again for the same seed.

#[cfg(target_os = "linux")]
mod disk;
mod polled;
mod process;
mod proxy;
mod rng;
mod server;

#[cfg(target_os = "linux")]
pub use disk::{DiskError, FaultyDisk, fill, on_small_disk, small_disk, variables};
pub use polled::polled;
pub use process::TestProcess;
pub use proxy::{Fault, Outcome, Proxy};
pub use rng::SeededRng;
pub use server::{ServerProcess, serve_until_killed};
