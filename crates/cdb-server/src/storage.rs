//! Storage of users, devices, streams and datapoints.

pub(crate) mod format;
pub(crate) mod sqlite;
