//! Example programs. Run one with `cargo run --package examples --example NAME`.
//!
//! - `tutorial`: users, devices, streams, queries, subscriptions and downlinks, step by step.
//! - `temperature_logger`: a sensor that logs values while its server cannot be reached.
//! - `dashboard`: the backend of a web page, with axum and an embedded server.
//! - `thermostat`: a device that receives requests in a downlink, and a user who sends them.
//! - `climate_analysis`: two streams as tables of hourly means, and as Parquet files.
//! - `mood_and_temperature`: two streams as tables, as CSV and Parquet files, and as a picture.
//! - `without_async`: a script without async.
//! - `low_battery`: a program with its tests.
//!
//! Each starts its own server on a temporary data file.
