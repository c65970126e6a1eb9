//! `cargo xtask bench`: runs the package `bench` in release mode.

use std::process::Command;

use crate::command::{self, Result, cargo, root};
use crate::interop;

/// Builds the server and the benchmarks, and runs all benchmarks.
pub(crate) fn run() -> Result {
    let python = interop::environment()?;
    cargo(&["build", "--release", "--package", "cdb-cli", "--package", "bench"])?;
    let release = root().join("target/release");
    command::run(
        Command::new(release.join("bench"))
            .arg("all")
            .env("CDB", release.join("cdb"))
            .env("PYTHON", python),
    )
}
