//! `cargo xtask ci`: the checks and tests that a change must pass.

use std::fs::File;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Result, cargo, cargo_command, root, run};
use crate::{interop, layers, licences, metadata, packages, web};

/// A step: its name, a description, and the function that runs it.
type Step = (&'static str, &'static str, fn() -> Result<Done>);

/// The result of a step that did not fail.
pub(crate) enum Done {
    Passed,
    /// All or a part of the step was skipped, for this reason.
    Skipped(String),
}

/// All steps, the fastest first.
const STEPS: [Step; 11] = [
    ("format", "the code is formatted", || passed(cargo(&["fmt", "--all", "--check"]))),
    ("layers", "crates depend only on lower layers", || passed(layers::check())),
    ("metadata", "crates have the metadata of a registry", || passed(metadata::check())),
    ("licences", "licences, advisories and sources of dependencies", licences::check),
    ("packages", "each crate compiles from its package, with its features", packages::check),
    ("lints", "clippy has no warnings", || passed(lints())),
    ("docs", "the documentation has no warnings", || passed(docs())),
    ("tests", "all tests, including documentation tests", || passed(tests())),
    ("web", "the web app is built, and each page works in a browser", web::check),
    ("examples", "the examples run", || passed(examples())),
    ("interop", "Python with the server, next to the client, and reading files", || {
        passed(interop::run())
    }),
];

/// The names of the steps.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|(name, ..)| *name).collect()
}

fn passed(result: Result) -> Result<Done> {
    result.map(|()| Done::Passed)
}

/// Runs the chosen steps, or all if none is chosen, and prints a table of results.
pub(crate) fn run_steps(chosen: &[String]) -> Result {
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|step| step == name);
    let mut rows = Vec::new();
    for (name, about, step) in STEPS.iter().filter(|(name, ..)| is_chosen(name)) {
        eprintln!("\n== {name}: {about}");
        let begun = Instant::now();
        let done = step();
        if let Err(error) = &done {
            eprintln!("xtask: {error}");
        }
        rows.push((*name, done, begun.elapsed()));
    }
    println!("\n{}", table(&rows));
    let failed: Vec<_> =
        rows.iter().filter(|(_, done, _)| done.is_err()).map(|(name, ..)| *name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

fn table(rows: &[(&str, Result<Done>, Duration)]) -> String {
    let mut text = format!("{:<10} {:>8}  {}", "step", "seconds", "result");
    for (name, done, took) in rows {
        let result = match done {
            Ok(Done::Passed) => "passed".to_owned(),
            Ok(Done::Skipped(why)) => format!("passed, but {why}"),
            Err(error) => format!("FAILED: {}", error.to_string().lines().next().unwrap_or("")),
        };
        text.push_str(&format!("\n{name:<10} {:>8.1}  {result}", took.as_secs_f64()));
    }
    text
}

fn lints() -> Result {
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
}

fn docs() -> Result {
    // With an example, dependencies have the features that they have for clippy, and are not checked
    // again.
    let targets = ["--lib", "--bins", "--example", "tutorial"];
    let doc = ["doc", "--workspace", "--no-deps", "--all-features"];
    let mut doc = cargo_command(&[&doc[..], &targets].concat());
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

pub(crate) fn tests() -> Result {
    cargo(&["test", "--workspace"])
}

fn examples() -> Result {
    let examples = [
        "tutorial",
        "temperature_logger",
        "dashboard",
        "thermostat",
        "climate_analysis",
        "mood_and_temperature",
        "without_async",
        "low_battery",
    ];
    // Without `--package`, as the README says: with it, features are unified over fewer packages, and
    // everything is built again. So it is for a binary without an example.
    cargo(&["build", "--quiet", "--examples", "--bin", "ingest_gateway"])?;
    for example in examples {
        cargo(&["run", "--quiet", "--example", example])?;
    }
    let lines = File::open(root().join("examples/ingest_gateway/lines.txt"))?;
    run(Command::new(root().join("target/debug/ingest_gateway")).stdin(lines))
}
