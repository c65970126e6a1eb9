//! Putting the crates where everybody finds them. What is there once stays there.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::Stdio;

use super::version::Version;
use super::{git, refuse_changes};
use crate::command::{Result, cargo, cargo_command};
use crate::metadata::{Metadata, Package};

/// Goes on where publishing has failed.
pub(super) fn resume(yes: bool) -> Result {
    refuse_changes()?;
    let tag = Version::read()?.tag();
    let here = git(&["tag", "--points-at", "HEAD"])?;
    if !here.lines().any(|found| found == tag) {
        return Err(format!("this is not {tag}: there is nothing to go on with").into());
    }
    all(&Metadata::read()?, yes)
}

/// Publishes those that are not there yet, each after those that it needs.
pub(super) fn all(metadata: &Metadata, yes: bool) -> Result {
    let mut unpublished = Vec::new();
    for package in metadata.published()? {
        if is_published(package)? {
            println!("{} {} is there already.", package.name, package.version);
        } else {
            unpublished.push(package);
        }
    }
    if unpublished.is_empty() {
        println!("Everything is published.");
        return Ok(());
    }
    if !yes && !confirmed(&unpublished)? {
        return Err("nothing was published: `cargo xtask release --resume` goes on".into());
    }
    for package in unpublished {
        // Returns when the index has it.
        cargo(&["publish", "--package", &package.name, "--locked"]).map_err(|error| {
            format!("{error}; `cargo xtask release --resume` goes on with {}", package.name)
        })?;
    }
    Ok(())
}

/// Whether this version is in the registry.
fn is_published(package: &Package) -> Result<bool> {
    let which = format!("{}@{}", package.name, package.version);
    let mut info = cargo_command(&["info", "--quiet", "--registry", "crates-io", &which]);
    // Elsewhere, since cargo would tell of the crate that lies here.
    info.current_dir(std::env::temp_dir()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(info.status()?.success())
}

fn confirmed(packages: &[&Package]) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err("nobody can be asked whether to publish: say --yes, with --resume".into());
    }
    let names: Vec<_> = packages.iter().map(|package| &*package.name).collect();
    print!("Publish {}? There is no way back. [y/N] ", names.join(", "));
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
