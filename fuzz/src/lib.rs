//! Fuzz targets for everything that reads untrusted input.
//!
//! A target takes any bytes. It panics if a reader accepts what it should not, rejects what it
//! should accept, or changes what it has read.
//!
//! `tests/corpus.rs` runs each target over the files in `corpus`, and `cargo xtask fuzz` over
//! inputs that libFuzzer derives from them.

mod archive;
#[cfg(feature = "server")]
mod batch;
#[cfg(feature = "server")]
mod block;
mod command;
mod datapoint;
mod json;
mod query;
mod script;

/// A target: its name, which is that of its directory in `corpus`, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("archive", archive::check),
    #[cfg(feature = "server")]
    ("batch", batch::check),
    #[cfg(feature = "server")]
    ("block", block::check),
    ("command", command::check),
    ("datapoint", datapoint::check),
    ("query", query::check),
    ("script", script::check),
];
