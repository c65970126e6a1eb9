//! Checks the licences, advisories and sources of dependencies with `cargo deny`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::ci::Done;
use crate::command::{Result, cargo_command, root, run};

/// The version of cargo-deny that is used.
const VERSION: &str = "0.20.2";

pub(crate) fn check() -> Result<Done> {
    let deny = installed()?;
    let deny = || {
        let mut command = Command::new(&deny);
        // `cargo deny check bans` lists crates that are used in several versions.
        command.args(["--locked", "--log-level", "error", "check", "--allow", "duplicate"]);
        command
    };
    run(deny().args(["licenses", "bans", "sources"]))?;
    // This needs the advisory database, which may not be reachable.
    let advisories =
        deny().arg("advisories").current_dir(root()).stderr(Stdio::piped()).output()?;
    let errors = String::from_utf8_lossy(&advisories.stderr);
    eprint!("{errors}");
    match advisories.status.success() {
        true => Ok(Done::Passed),
        false if errors.contains("failed to fetch advisory database") => {
            Ok(Done::Skipped("the advisories could not be fetched".to_owned()))
        }
        false => Err("there are advisories".into()),
    }
}

/// The path of cargo-deny, which is installed into `target` if this version is missing.
fn installed() -> Result<PathBuf> {
    let is_there = |program: &PathBuf| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION))
    };
    let tools = root().join("target/tools");
    let own = tools.join("bin/cargo-deny");
    if let Some(program) = ["cargo-deny".into(), own.clone()].into_iter().find(is_there) {
        return Ok(program);
    }
    let tools = tools.to_str().ok_or("the path of the workspace is not UTF-8")?;
    let what = ["cargo-deny", "--version", VERSION, "--locked", "--no-default-features"];
    // Optimising it takes minutes, and it runs for seconds.
    let install = ["install", "--quiet", "--debug", "--root", tools];
    run(cargo_command(&[&install[..], &what].concat()).env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    Ok(own)
}
