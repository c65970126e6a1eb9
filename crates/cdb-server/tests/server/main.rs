//! The server as those see it who talk to it.

mod accepted;
mod access;
mod backup;
mod bad_input;
mod corrections;
mod data;
mod data_file;
#[cfg(target_os = "linux")]
mod disk;
mod durability;
mod front;
mod http;
mod lifecycle;
mod limits;
mod live;
mod logins;
mod metrics;
mod queries;
mod recorded;
mod schemas;
mod sessions;
mod socket;
mod summaries;
mod support;
