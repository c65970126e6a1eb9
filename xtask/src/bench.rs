//! `cargo xtask bench`: runs the package `bench` in release mode.

use std::process::Command;

use crate::command::{self, Result, cargo, root};
use crate::{interop, web};

/// Which benchmarks to run.
#[derive(Debug, clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The ratios that the README states, without other databases.
    All,
    /// The same questions to this server, and to InfluxDB and VictoriaMetrics where they are installed.
    Peers,
    /// How times grow with the length of a stream and with the number of streams.
    Growth,
    /// What the web app reaches in a browser; see its tests for what it needs.
    Web,
}

/// Builds the server and the benchmarks, and runs some of them.
pub(crate) fn run(part: Part) -> Result {
    let name = match part {
        Part::All => "all",
        Part::Peers => "peers",
        Part::Growth => "growth",
        Part::Web => return web::bench(),
    };
    let python = interop::environment()?;
    cargo(&["build", "--release", "--package", "cdb-cli", "--package", "bench"])?;
    let release = root().join("target/release");
    let mut bench = Command::new(release.join("bench"));
    command::run(bench.arg(name).env("CDB", release.join("cdb")).env("PYTHON", python))
}
