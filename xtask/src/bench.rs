//! `cargo xtask bench`: runs the package `bench` in release mode.

use std::process::Command;

use crate::command::{self, Result, cargo, root};
use crate::interop;

/// Which benchmarks to run.
#[derive(Debug, clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The ratios that the README states, without other databases.
    All,
    /// The same questions to this server, and to InfluxDB and VictoriaMetrics where they are installed.
    Peers,
    /// How times grow with the length of a stream and with the number of streams.
    Growth,
}

/// Builds the server and the benchmarks, and runs some of them.
pub(crate) fn run(part: Part) -> Result {
    let python = interop::environment()?;
    cargo(&["build", "--release", "--package", "cdb-cli", "--package", "bench"])?;
    let release = root().join("target/release");
    command::run(
        Command::new(release.join("bench"))
            .arg(match part {
                Part::All => "all",
                Part::Peers => "peers",
                Part::Growth => "growth",
            })
            .env("CDB", release.join("cdb"))
            .env("PYTHON", python),
    )
}
