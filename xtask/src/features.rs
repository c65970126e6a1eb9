//! Checks that combinations of features build.

use crate::ci::Done;
use crate::command::{Result, cargo, output};

/// The crates with features, and the combinations to build. Each is built alone, because a build of
/// the whole workspace unifies the features that any crate enables.
const COMBINATIONS: [(&str, &[&str]); 6] = [
    ("cdb-types", &["", "schema", "jiff-1", "schemars", "schema,jiff-1,schemars"]),
    ("cdb-core", &["", "schema", "pipescript", "schemars", "schema,pipescript,schemars"]),
    ("cdb-logger", &[""]),
    ("cdb-server", &["", "fuzzing"]),
    ("cdb-query", &["", "arrow"]),
    (
        "connectordb",
        &[
            "",
            "logger",
            "query",
            "schema",
            "blocking",
            "server",
            "testing",
            "arrow",
            "jiff-1",
            "schemars",
            "logger,query",
            "logger,blocking",
            "logger,query,schema,blocking,testing,arrow,jiff-1,schemars",
        ],
    ),
];

/// The target of web pages and plug-ins.
const WASM: &str = "wasm32-unknown-unknown";

/// The crates that support this target.
const FOR_WASM: [&str; 2] = ["cdb-types", "cdb-pipescript"];

pub(crate) fn check() -> Result<Done> {
    for (package, combinations) in COMBINATIONS {
        for features in combinations {
            let package = ["--package", package, "--no-default-features"];
            cargo(&[&["check", "--quiet"], &package[..], &["--features", features]].concat())?;
        }
    }
    if !has_target(WASM)? {
        return Ok(Done::Skipped(format!("the target {WASM} is not installed")));
    }
    for package in FOR_WASM {
        cargo(&["check", "--quiet", "--package", package, "--target", WASM])?;
    }
    Ok(Done::Passed)
}

/// Whether the standard library for a target is installed.
fn has_target(target: &str) -> Result<bool> {
    let mut rustc = std::process::Command::new("rustc");
    let directory = output(rustc.args(["--print", "target-libdir", "--target", target]))?;
    Ok(std::path::Path::new(directory.trim()).exists())
}
