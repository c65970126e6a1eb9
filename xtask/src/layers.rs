//! Checks which crates depend on which, and which modules of the server.

mod rooms;

use crate::command::{Result, cargo_output};
use crate::metadata::Metadata;

/// For each crate, the crates of this workspace that it may depend on. Tests may use more.
const ALLOWED_DEPENDENCIES: [(&str, &[&str]); 13] = [
    ("cdb-types", &[]),
    ("cdb-archive", &["cdb-types"]),
    ("cdb-pipescript", &["cdb-types"]),
    ("cdb-http", &["cdb-types"]),
    ("cdb-core", &["cdb-archive", "cdb-http", "cdb-pipescript", "cdb-types"]),
    ("cdb-query", &["cdb-core", "cdb-pipescript", "cdb-types"]),
    ("cdb-logger", &["cdb-core", "cdb-http", "cdb-types"]),
    ("cdb-web", &[]),
    ("cdb-server", &["cdb-archive", "cdb-pipescript", "cdb-types", "cdb-web"]),
    (
        "connectordb",
        &[
            "cdb-archive",
            "cdb-core",
            "cdb-http",
            "cdb-logger",
            "cdb-pipescript",
            "cdb-query",
            "cdb-server",
            "cdb-types",
        ],
    ),
    ("cdb-cli", &["connectordb", "cdb-core", "cdb-http", "cdb-server", "cdb-types"]),
    ("examples", &["connectordb"]),
    ("ingest_gateway", &["cdb-types"]),
];

/// The crates that may depend on everything.
const AUTOMATION: [&str; 4] = ["xtask", "bench", "faults", "fuzz"];

/// The crates that must work anywhere: in a server, on a small device, in a web page.
const PORTABLE: [&str; 3] = ["cdb-types", "cdb-archive", "cdb-pipescript"];

/// The crates that must not be in their dependency trees, with all features enabled.
const FORBIDDEN_IN_PORTABLE: [&str; 5] = ["tokio", "reqwest", "hyper", "sqlx", "axum"];

/// The crates that must not be in any dependency tree: with a second provider of cryptography,
/// rustls panics in a handshake.
const FORBIDDEN: [&str; 2] = ["aws-lc-rs", "native-tls"];

pub(crate) fn check() -> Result {
    check_members()?;
    rooms::check()?;
    for package in PORTABLE {
        let tree = packages(&["--package", package, "--all-features"])?;
        refuse(&tree, &FORBIDDEN_IN_PORTABLE, &format!("the tree of {package}"))?;
    }
    let tree = packages(&["--workspace", "--all-features"])?;
    refuse(&tree, &FORBIDDEN, "the workspace")
}

/// Checks that each crate of the workspace depends only on the crates that it may depend on.
fn check_members() -> Result {
    let Metadata { packages } = Metadata::read()?;
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    for package in &packages {
        let name = &*package.name;
        let Some((_, allowed)) = ALLOWED_DEPENDENCIES.iter().find(|(member, _)| *member == name)
        else {
            if AUTOMATION.contains(&name) {
                continue;
            }
            return Err(format!("{name} is missing in xtask/src/layers.rs").into());
        };
        let used = package.dependencies.iter().filter(|used| used.kind.as_deref() != Some("dev"));
        for used in used.map(|used| &*used.name) {
            if is_ours(used) && !allowed.contains(&used) {
                return Err(format!("{name} must not depend on {used}").into());
            }
        }
    }
    Ok(())
}

/// The names of all packages in a dependency tree.
fn packages(selection: &[&str]) -> Result<Vec<String>> {
    let tree = ["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let tree = cargo_output(&[&tree, selection].concat())?;
    Ok(tree.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect())
}

fn refuse(tree: &[String], refused: &[&str], place: &str) -> Result {
    match refused.iter().find(|refused| tree.iter().any(|package| package == *refused)) {
        Some(found) => Err(format!("{found} must not be in {place}").into()),
        None => Ok(()),
    }
}
