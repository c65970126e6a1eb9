//! The logger, with a real server and a real file.

mod crash;
mod file;
mod support;
mod syncing;
