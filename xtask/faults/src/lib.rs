//! For tests: what happens to programs in the world. A [`Proxy`] on loopback breaks connections in
//! all the ways networks do, [`Again`] and [`Served`] are processes that can be killed at any
//! moment, and [`Chance`] does the same thing again for the same seed.

mod again;
mod chance;
mod proxy;
mod served;

pub use again::Again;
pub use chance::Chance;
pub use proxy::{Fault, Proxy};
pub use served::{Served, serve_until_killed};
