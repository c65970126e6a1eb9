//! Running other programs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The top of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Runs cargo at the top of the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Result {
    run(Command::new(env!("CARGO")).args(arguments))
}

/// What cargo prints.
pub(crate) fn cargo_output(arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(env!("CARGO"));
    let output = command.args(arguments).current_dir(root()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program at the top of the workspace; that it fails is an error.
pub(crate) fn run(command: &mut Command) -> Result {
    eprintln!("$ {command:?}");
    let status = command.current_dir(root()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}
