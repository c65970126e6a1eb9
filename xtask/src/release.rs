//! `cargo xtask release`: releases all crates together.

mod changelog;
mod publish;
mod version;

use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::command::{Result, cargo, cargo_command, output, root, run};
use crate::metadata::Metadata;
use crate::{metadata, packages, web};
use changelog::Changelog;
use version::Version;

/// The files that a release changes.
const CHANGED: [&str; 3] = ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"];

/// Release all crates with the same version.
///
/// Refuses if the working tree has changes, `cargo xtask ci` fails, or the changelog has no
/// unreleased changes. Sets the version of every crate, dates the changelog, checks the public API
/// against the last release, builds each crate from its package, commits and tags. Then asks for
/// confirmation and publishes the crates in order. If a step before the commit fails, the files are
/// restored. If publishing fails, `--resume` continues it.
#[derive(Debug, Args)]
pub(crate) struct Release {
    /// The part of the version to increase [default: release the current version].
    part: Option<Part>,

    /// Do everything up to the commit, and restore the files.
    #[arg(long)]
    dry_run: bool,

    /// Continue publishing a release that is committed and tagged.
    #[arg(long, conflicts_with_all = ["part", "dry_run"])]
    resume: bool,

    /// Publish without asking for confirmation.
    #[arg(long)]
    yes: bool,

    /// The command that must succeed before the release.
    #[arg(long, hide = true, default_value = "cargo xtask ci")]
    gate: String,
}

/// A part of a version.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Part {
    Major,
    Minor,
    Patch,
}

impl Release {
    pub(crate) fn run(self) -> Result {
        if self.resume {
            return publish::resume(self.yes);
        }
        refuse_changes()?;
        let changelog = Changelog::read()?;
        metadata::check()?;
        pass(&self.gate)?;
        web::require()?;
        let old = Version::read()?;
        let new = self.part.map_or(old, |part| old.bumped(part));
        let tag = new.tag();
        if !git(&["tag", "--list", &tag])?.trim().is_empty() {
            return Err(format!("the tag {tag} exists already").into());
        }

        let changes = Changes;
        old.replace_by(new)?;
        changelog.release(new)?;
        cargo(&["update", "--quiet", "--workspace", "--offline"])?;
        compare_with_last_release()?;
        packages::check()?;
        if self.dry_run {
            drop(changes);
            println!("{tag} can be released. The files are restored.");
            return Ok(());
        }
        git(&[&["commit", "--quiet", "--message", &format!("Release {new}"), "--"], &CHANGED[..]]
            .concat())?;
        changes.keep();
        git(&["tag", "--annotate", "--message", &format!("Release {new}"), &tag])?;
        publish::all(&Metadata::read()?, self.yes)?;
        println!("{tag} is released. To push it: git push origin HEAD {tag}");
        Ok(())
    }
}

/// The changes of a release that is not committed. Dropping it restores the files.
struct Changes;

impl Changes {
    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if let Err(error) = git(&[&["checkout", "--quiet", "--"], &CHANGED[..]].concat()) {
            eprintln!("xtask: the changes of the release could not be undone: {error}");
        }
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    output(Command::new("git").args(arguments))
}

fn refuse_changes() -> Result {
    let changed = git(&["status", "--porcelain"])?;
    match changed.is_empty() {
        true => Ok(()),
        false => Err(format!("the working tree has changes:\n{changed}").into()),
    }
}

fn pass(gate: &str) -> Result {
    let mut words = gate.split_whitespace();
    let program = words.next().ok_or("--gate is empty")?;
    run(Command::new(program).args(words)).map_err(|_| format!("`{gate}` failed").into())
}

/// Refuses a breaking change of the public API that the new version does not allow.
fn compare_with_last_release() -> Result {
    let tags = git(&["tag", "--list", "v*", "--sort", "-version:refname"])?;
    let Some(last) = tags.lines().next() else {
        println!("The public API is not checked: there is no earlier release.");
        return Ok(());
    };
    let version = cargo_command(&["semver-checks", "--version"]).stderr(Stdio::null()).output()?;
    if !version.status.success() {
        println!("The public API is not checked against {last}: cargo-semver-checks is missing.");
        return Ok(());
    }
    cargo(&["semver-checks", "--baseline-rev", last])
}

/// The path of the changelog.
fn changelog_file() -> std::path::PathBuf {
    root().join("CHANGELOG.md")
}
