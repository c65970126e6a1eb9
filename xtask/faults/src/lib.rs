//! For tests: a [`Proxy`] on loopback that breaks connections in all the ways networks do, and
//! [`Chance`], which does the same thing again for the same seed.

mod chance;
mod proxy;

pub use chance::Chance;
pub use proxy::{Fault, Proxy};
