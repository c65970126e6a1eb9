//! Automation of this workspace. `cargo xtask help` lists the commands.

mod bench;
mod ci;
mod command;
mod fuzz;
mod interop;
mod layers;
mod licences;
mod metadata;
mod newcomer;
mod packages;
mod release;
mod sizes;
mod web;

use std::process::ExitCode;

use clap::Parser;

/// Automation of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Run all checks and tests that a change must pass.
    Ci {
        /// The steps to run [default: all].
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(ci::names()))]
        steps: Vec<String>,
    },
    /// Run the tests of the workspace.
    Test,
    /// Test the official Python client with our server and next to our client.
    Interop,
    /// Run the benchmarks, and print ratios of two measurements in one run.
    Bench {
        /// The benchmarks to run.
        #[arg(value_enum, default_value_t = bench::Part::All)]
        part: bench::Part,
    },
    /// Measure the build time and the program size for each set of features.
    Sizes,
    /// Build the web app, which `cdb` then has. Needs Node.
    Web,
    /// Show the web app with a year of made-up data. Needs Node.
    Demo,
    Fuzz(fuzz::Fuzz),
    Newcomer(newcomer::Newcomer),
    Release(release::Release),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Ci { steps } => ci::run_steps(&steps),
        Task::Test => ci::tests(),
        Task::Interop => interop::run(),
        Task::Bench { part } => bench::run(part),
        Task::Sizes => sizes::run_all(),
        Task::Web => web::build(),
        Task::Demo => web::demo(),
        Task::Fuzz(fuzz) => fuzz.run(),
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
