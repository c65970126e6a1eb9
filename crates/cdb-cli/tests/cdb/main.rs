//! Tests that run the `cdb` command as a person or a script does.

mod commands;
mod correct;
mod data_file;
#[cfg(unix)]
mod demo;
mod home;
mod insert;
mod log;
mod login;
mod read;
#[cfg(unix)]
mod serve;
