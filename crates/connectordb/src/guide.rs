//! Longer reading, for when the tutorial is done.
//!
//! - [`coming_from_python`]: every line of the Python client's documentation, in Rust.
//! - [`deviations`]: what differs from the original on purpose, and why.
//! - [`pipescript_by_example`]: every transform and interpolator, and what it makes of data.
//! - [`running_a_server`]: first start, users and keys, backups, upgrades, TLS, limits.
//! - [`writing_a_device`]: keys, loggers, downlinks, and what to do when the network goes.

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

/// Writing a device
#[doc = include_str!("guide/writing_a_device.md")]
pub mod writing_a_device {}
