//! Programs to learn from and to start from: `cargo run --example NAME`.
//!
//! - `tutorial`: a server, users, devices, streams and their data, step by step.
