//! Tests of the logger with a real server and a real file.

mod crash;
#[cfg(target_os = "linux")]
mod disk;
mod file;
mod interrupted;
mod offline;
mod races;
mod support;
mod syncing;
