//! The command, as a person or a script runs it.

mod commands;
mod home;
mod insert;
