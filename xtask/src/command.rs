//! Running other programs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The top of the workspace that xtask was started in.
pub(crate) fn root() -> PathBuf {
    // Cargo says it to what it runs.
    let built_in = || env!("CARGO_MANIFEST_DIR").into();
    let xtask: PathBuf = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(built_in, Into::into);
    xtask.parent().map(Path::to_owned).unwrap_or(xtask)
}

/// Cargo, at the top of the workspace.
pub(crate) fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs cargo.
pub(crate) fn cargo(arguments: &[&str]) -> Result {
    run(&mut cargo_command(arguments))
}

/// What cargo prints.
pub(crate) fn cargo_output(arguments: &[&str]) -> Result<String> {
    output(&mut cargo_command(arguments))
}

/// What a program prints at the top of the workspace.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.current_dir(root()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} failed", displayed(command)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program at the top of the workspace; that it fails is an error.
pub(crate) fn run(command: &mut Command) -> Result {
    eprintln!("$ {}", displayed(command));
    let status = command.current_dir(root()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{} failed", displayed(command)).into()) }
}

/// A command as one would type it.
fn displayed(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
