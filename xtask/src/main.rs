//! Automation of this workspace: `cargo xtask help` lists what there is.

mod bench;
mod ci;
mod command;
mod features;
mod interop;
mod layers;
mod licences;
mod metadata;
mod newcomer;
mod packages;
mod release;
mod sizes;

use std::process::ExitCode;

use clap::Parser;

/// What can be done with this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// All that must hold before a change is taken in.
    Ci {
        /// Only these steps.
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(ci::names()))]
        steps: Vec<String>,
    },
    /// The tests of the workspace.
    Test,
    /// The official Python client against our server, and beside our client.
    Interop,
    /// Measures, and prints ratios taken in one run.
    Bench,
    /// How long each shape of the client takes to build, and how large it is.
    Sizes,
    Newcomer(newcomer::Newcomer),
    Release(release::Release),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Ci { steps } => ci::run_steps(&steps),
        Task::Test => ci::tests(),
        Task::Interop => interop::run(),
        Task::Bench => bench::run(),
        Task::Sizes => sizes::run_all(),
        Task::Newcomer(newcomer) => newcomer.run(),
        Task::Release(release) => release.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
