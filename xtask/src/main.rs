//! Automation of this workspace: `cargo xtask ci | test | interop | bench`.

mod bench;
mod ci;
mod command;
mod interop;
mod layers;

use std::process::ExitCode;

use clap::Parser;

/// What can be done with this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// All that must hold before a change is taken in, but for the tests.
    Ci,
    /// The tests of the workspace.
    Test,
    /// The official Python client against our server.
    Interop,
    /// Measures, and prints ratios taken in one run.
    Bench,
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Ci => ci::run(),
        Task::Test => command::cargo(&["test", "--workspace"]),
        Task::Interop => interop::run(),
        Task::Bench => bench::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
