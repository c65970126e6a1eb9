//! Features: each combination that makes sense builds by itself.

use crate::ci::Done;
use crate::command::{Result, cargo, output};

/// The crates with features, and combinations of them. One build of the whole workspace would not
/// tell: there, each crate gets what any other asks for.
const COMBINATIONS: [(&str, &[&str]); 5] = [
    ("cdb-types", &["", "schema", "jiff-1", "schema,jiff-1"]),
    ("cdb-core", &["", "schema", "pipescript", "schema,pipescript"]),
    ("cdb-logger", &[""]),
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
            "arrow",
            "logger,query",
            "logger,blocking",
            "logger,query,schema,blocking,server,arrow",
        ],
    ),
];

/// Where a page or a plug-in runs.
const WASM: &str = "wasm32-unknown-unknown";

/// What can be used there.
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

/// Whether there is a standard library for a target.
fn has_target(target: &str) -> Result<bool> {
    let mut rustc = std::process::Command::new("rustc");
    let directory = output(rustc.args(["--print", "target-libdir", "--target", target]))?;
    Ok(std::path::Path::new(directory.trim()).exists())
}
