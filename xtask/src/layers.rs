//! The order of the crates: who may depend on whom.

use serde_json::Value;

use crate::command::{Result, cargo_output};

/// For each crate, the crates of this workspace that it may depend on. Tests may use more.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("cdb-types", &[]),
    ("cdb-archive", &["cdb-types"]),
    ("cdb-pipescript", &["cdb-types"]),
    ("cdb-http", &["cdb-types"]),
    ("cdb-core", &["cdb-archive", "cdb-http", "cdb-pipescript", "cdb-types"]),
    ("cdb-query", &["cdb-core", "cdb-pipescript", "cdb-types"]),
    ("cdb-logger", &["cdb-core", "cdb-http", "cdb-types"]),
    ("cdb-server", &["cdb-archive", "cdb-pipescript", "cdb-types"]),
    (
        "connectordb",
        &[
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

/// What can be used anywhere, by a server, a small device or a page.
const USED_ANYWHERE: [&str; 2] = ["cdb-types", "cdb-pipescript"];

/// What must not be in the trees of these, with all their features.
const NOT_USED_ANYWHERE: [&str; 5] = ["tokio", "reqwest", "hyper", "sqlx", "axum"];

/// Who brings TLS: a second provider beside it makes handshakes panic.
const NOT_ANYWHERE: [&str; 2] = ["ring", "native-tls"];

pub(crate) fn check() -> Result {
    check_members()?;
    for package in USED_ANYWHERE {
        let tree = packages(&["--package", package, "--all-features"])?;
        refuse(&tree, &NOT_USED_ANYWHERE, &format!("the tree of {package}"))?;
    }
    let tree = packages(&["--workspace", "--all-features"])?;
    refuse(&tree, &NOT_ANYWHERE, "the workspace")
}

/// Whether every arrow between our crates points down.
fn check_members() -> Result {
    let metadata = cargo_output(&["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("no packages")?;
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    for package in packages {
        let name = package["name"].as_str().ok_or("a package without a name")?;
        // Automation may use everything.
        let Some((_, allowed)) = MAY_USE.iter().find(|(member, _)| *member == name) else {
            if ["xtask", "bench", "faults"].contains(&name) {
                continue;
            }
            return Err(format!("{name} has no place among the layers").into());
        };
        let dependencies = package["dependencies"].as_array().ok_or("no dependencies")?;
        for dependency in dependencies.iter().filter(|dependency| dependency["kind"] != "dev") {
            let used = dependency["name"].as_str().ok_or("a dependency without a name")?;
            if names.contains(&used) && !allowed.contains(&used) {
                return Err(format!("{name} must not depend on {used}").into());
            }
        }
    }
    Ok(())
}

/// The names of all packages that are built.
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
