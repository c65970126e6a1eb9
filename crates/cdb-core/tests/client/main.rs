//! The client against the embedded server.

mod connecting;
mod data;
mod objects;
mod support;
