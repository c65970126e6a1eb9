//! All that must hold before a change is taken in, but for the tests.

use std::process::Command;

use crate::command::{self, Result, cargo};
use crate::{interop, layers};

pub(crate) fn run() -> Result {
    cargo(&["fmt", "--all", "--check"])?;
    layers::check()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])?;
    // Without the features of others, which one build of all would share.
    for package in ["cdb-types", "cdb-core", "connectordb"] {
        cargo(&["check", "--package", package, "--no-default-features"])?;
    }
    let mut doc = Command::new(env!("CARGO"));
    doc.args(["doc", "--workspace", "--no-deps", "--all-features"]);
    command::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    for example in ["tutorial", "thermostat", "temperature_logger", "mood_and_temperature"] {
        cargo(&["run", "--quiet", "--package", "examples", "--example", example])?;
    }
    interop::run()
}
