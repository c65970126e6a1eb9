//! The client against the embedded server.

mod archive;
mod connecting;
mod corrections;
mod data;
mod errors;
mod faults;
mod live;
mod objects;
mod support;
mod tls;
