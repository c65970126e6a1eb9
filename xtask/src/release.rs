//! `cargo xtask release`: all crates together, from the gate to the registry.

mod changelog;
mod publish;
mod version;

use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::command::{Result, cargo, cargo_command, output, root, run};
use crate::metadata::Metadata;
use crate::{metadata, packages};
use changelog::Changelog;
use version::Version;

/// What a release changes.
const CHANGED: [&str; 3] = ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"];

/// Releases all crates together.
///
/// Refuses on a tree with changes, a red gate, or when nothing is unreleased. Gives every crate the
/// new version, dates the changelog, compares with the last release, builds each crate from its
/// package, commits and tags. Asks, and then publishes the crates in order. Until the commit, a
/// failure leaves everything as it was; when publishing fails, `--resume` goes on.
#[derive(Debug, Args)]
pub(crate) struct Release {
    /// Which part of the version grows; without it, the version is released as it stands.
    part: Option<Part>,

    /// Does everything up to the commit, and leaves everything as it was.
    #[arg(long)]
    dry_run: bool,

    /// Goes on to publish what was committed and tagged.
    #[arg(long, conflicts_with_all = ["part", "dry_run"])]
    resume: bool,

    /// Does not ask before it publishes.
    #[arg(long)]
    yes: bool,

    /// What must succeed first.
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
        let old = Version::read()?;
        let new = self.part.map_or(old, |part| old.bumped(part));
        let tag = new.tag();
        if !git(&["tag", "--list", &tag])?.trim().is_empty() {
            return Err(format!("{tag} is there already").into());
        }

        let changes = Changes;
        old.replace_by(new)?;
        changelog.release(new)?;
        cargo(&["update", "--quiet", "--workspace", "--offline"])?;
        compare_with_last_release()?;
        packages::build()?;
        if self.dry_run {
            drop(changes);
            println!("{tag} could be released. Everything is as it was.");
            return Ok(());
        }
        git(&[&["commit", "--quiet", "--message", &format!("Release {new}"), "--"], &CHANGED[..]]
            .concat())?;
        changes.keep();
        git(&["tag", "--annotate", "--message", &format!("Release {new}"), &tag])?;
        publish::all(&Metadata::read()?, self.yes)?;
        println!("{tag} is out. To push: git push origin HEAD {tag}");
        Ok(())
    }
}

/// The changes of a release that is not committed; dropped, they are taken back.
struct Changes;

impl Changes {
    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if let Err(error) = git(&[&["checkout", "--quiet", "--"], &CHANGED[..]].concat()) {
            eprintln!("xtask: the changes of the release are left: {error}");
        }
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    output(Command::new("git").args(arguments))
}

fn refuse_changes() -> Result {
    let changed = git(&["status", "--porcelain"])?;
    if changed.is_empty() { Ok(()) } else { Err(format!("there are changes:\n{changed}").into()) }
}

fn pass(gate: &str) -> Result {
    let mut words = gate.split_whitespace();
    let program = words.next().ok_or("no gate")?;
    run(Command::new(program).args(words)).map_err(|_| "the gate is red".into())
}

/// Refuses a change that breaks programs which the version says it does not.
fn compare_with_last_release() -> Result {
    let tags = git(&["tag", "--list", "v*", "--sort", "-version:refname"])?;
    let Some(last) = tags.lines().next() else {
        println!("There is no release to compare with.");
        return Ok(());
    };
    let version = cargo_command(&["semver-checks", "--version"]).stderr(Stdio::null()).output()?;
    if !version.status.success() {
        println!("cargo-semver-checks is not installed: nobody compares with {last}.");
        return Ok(());
    }
    cargo(&["semver-checks", "--baseline-rev", last])
}

/// Where the changelog is.
fn changelog_file() -> std::path::PathBuf {
    root().join("CHANGELOG.md")
}
