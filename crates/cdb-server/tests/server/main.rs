//! The server as those see it who talk to it.

mod access;
mod bad_input;
mod data;
mod lifecycle;
mod queries;
mod recorded;
mod support;
