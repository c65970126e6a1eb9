//! Programs to learn from and to start from: `cargo run --example NAME`.
//!
//! - `tutorial`: a server, users, devices, streams, their data and questions about it, step by step.
//! - `mood_and_temperature`: two streams as tables, as CSV and Parquet files, and as a picture.
