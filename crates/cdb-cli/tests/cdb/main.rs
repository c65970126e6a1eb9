//! Tests that run the `cdb` command as a person or a script does.

mod commands;
mod home;
mod insert;
#[cfg(unix)]
mod serve;
