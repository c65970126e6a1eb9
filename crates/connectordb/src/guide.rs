//! Guides for particular tasks, to read after the tutorial.
//!
//! - [`coming_from_python`]: every method of the Python client, with its counterpart in Rust.
//! - [`deviations`]: the intended differences from the original ConnectorDB, and their reasons.
//! - [`pipescript_by_example`]: every transform and interpolator, with an example.
//! - [`running_a_server`]: first start, users and keys, backups, upgrades, TLS, limits.
//! - [`testing`]: a server for each test, outages, generated datapoints.
//! - [`writing_a_device`]: keys, loggers, downlinks, and failures of the network.

/// Coming from Python
#[doc = include_str!("guide/coming_from_python.md")]
pub mod coming_from_python {}

/// Deviations from the original
#[doc = include_str!("guide/deviations.md")]
pub mod deviations {}

/// PipeScript by example
#[doc = include_str!("guide/pipescript.md")]
#[doc = include_str!("guide/transforms.md")]
pub mod pipescript_by_example {}

/// Running a server
#[doc = include_str!("guide/running_a_server.md")]
pub mod running_a_server {}

/// Testing your program
#[doc = include_str!("guide/testing.md")]
pub mod testing {}

/// Writing a device
#[doc = include_str!("guide/writing_a_device.md")]
pub mod writing_a_device {}
