//! Archives: users, devices and streams as files, exported from a server and imported into one.

mod export;
mod import;

pub use export::Export;
pub use import::Import;
