//! Fault injection for tests.
//!
//! - A [`Proxy`] on the loopback interface breaks connections in the ways that networks do.
//! - A [`FaultyDisk`] makes the writes and syncs of a process fail. Its [`Recording`] of them says
//!   what a power cut may leave of the files.
//! - A [`TestProcess`] or a [`ServerProcess`] can be killed at any moment.
//! - A [`SeededRng`] returns the same numbers for the same seed.

#[cfg(target_os = "linux")]
mod disk;
mod polled;
mod process;
mod proxy;
#[cfg(target_os = "linux")]
mod recording;
mod rng;
mod server;

#[cfg(target_os = "linux")]
pub use disk::{DiskError, FaultyDisk, fill, on_small_disk, small_disk, variables};
pub use polled::polled;
pub use process::TestProcess;
pub use proxy::{Fault, Outcome, Proxy};
#[cfg(target_os = "linux")]
pub use recording::Recording;
pub use rng::SeededRng;
pub use server::{ServerProcess, serve_until_killed};
