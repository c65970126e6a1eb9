//! Publishing the crates on crates.io, which cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::Stdio;

use super::version::Version;
use super::{git, refuse_changes};
use crate::command::{Result, cargo, cargo_command};
use crate::metadata::{Metadata, Package};

/// Continues after publishing has failed.
pub(super) fn resume(yes: bool) -> Result {
    refuse_changes()?;
    let tag = Version::read()?.tag();
    let here = git(&["tag", "--points-at", "HEAD"])?;
    if !here.lines().any(|found| found == tag) {
        return Err(format!("HEAD is not tagged {tag}: there is no release to resume").into());
    }
    all(&Metadata::read()?, yes)
}

/// Publishes the crates that are not published yet, each after the crates that it depends on.
pub(super) fn all(metadata: &Metadata, yes: bool) -> Result {
    let mut unpublished = Vec::new();
    for package in metadata.published()? {
        if is_published(package)? {
            println!("{} {} is published already.", package.name, package.version);
        } else {
            unpublished.push(package);
        }
    }
    if unpublished.is_empty() {
        println!("Everything is published.");
        return Ok(());
    }
    if !yes && !confirmed(&unpublished)? {
        return Err("nothing was published; run `cargo xtask release --resume` to continue".into());
    }
    for package in unpublished {
        // Returns when the registry's index has the package, so that the next one can depend on it.
        cargo(&["publish", "--package", &package.name, "--locked"]).map_err(|error| {
            format!("{error}; `cargo xtask release --resume` continues with {}", package.name)
        })?;
    }
    Ok(())
}

/// Whether this version of the crate is in the registry.
fn is_published(package: &Package) -> Result<bool> {
    let which = format!("{}@{}", package.name, package.version);
    let mut info = cargo_command(&["info", "--quiet", "--registry", "crates-io", &which]);
    // In another directory, because in the workspace cargo prints the local crate.
    info.current_dir(std::env::temp_dir()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(info.status()?.success())
}

fn confirmed(packages: &[&Package]) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err("confirmation needs a terminal: give --resume --yes to publish".into());
    }
    let names: Vec<_> = packages.iter().map(|package| &*package.name).collect();
    print!("Publish {}? This cannot be undone. [y/N] ", names.join(", "));
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
