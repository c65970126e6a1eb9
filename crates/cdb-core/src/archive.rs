//! Exports of users, devices and streams to files, and imports of such files into a server.

mod export;
mod import;

pub use export::Export;
pub use import::Import;
