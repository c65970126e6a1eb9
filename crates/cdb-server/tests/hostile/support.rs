//! A server in a process of its own, its clients, and what an attack does to it.

pub(crate) mod caller;
pub(crate) mod effects;
pub(crate) mod inserts;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod socket;

pub(crate) use caller::Caller;
pub(crate) use effects::{Attack, over_and_over};
pub(crate) use server::ServerProcess;
pub(crate) use socket::Socket;

pub(crate) const MIB: u64 = 1024 * 1024;
