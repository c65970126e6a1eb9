//! The logger, with a real server and a real file.

mod file;
mod support;
mod syncing;
