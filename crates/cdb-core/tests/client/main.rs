//! The client against the embedded server.

mod connecting;
mod data;
mod live;
mod objects;
mod support;
