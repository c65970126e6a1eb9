//! For tests: what happens to programs in the world. A [`Proxy`] on loopback breaks connections in
//! all the ways networks do, [`TestProcess`] and [`ServerProcess`] are processes that can be killed at any
//! moment, and [`SeededRng`] does the same thing again for the same seed.

mod process;
mod proxy;
mod rng;
mod server;

pub use process::TestProcess;
pub use proxy::{Fault, Proxy};
pub use rng::SeededRng;
pub use server::{ServerProcess, serve_until_killed};
