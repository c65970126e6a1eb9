//! Running cargo and other programs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The root directory of the workspace that xtask was started in.
pub(crate) fn root() -> PathBuf {
    // Set by `cargo run`. A test of a copy of the workspace sets it to the copy.
    let built_in = || env!("CARGO_MANIFEST_DIR").into();
    let xtask: PathBuf = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(built_in, Into::into);
    xtask.parent().map(Path::to_owned).unwrap_or(xtask)
}

/// A command that runs cargo in the root of the workspace.
pub(crate) fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs cargo.
pub(crate) fn cargo(arguments: &[&str]) -> Result {
    run(&mut cargo_command(arguments))
}

/// Runs cargo, and returns what it prints.
pub(crate) fn cargo_output(arguments: &[&str]) -> Result<String> {
    output(&mut cargo_command(arguments))
}

/// Runs a program in the root of the workspace, and returns what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.current_dir(root()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} failed", displayed(command)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program in the root of the workspace. Returns an error if it fails.
pub(crate) fn run(command: &mut Command) -> Result {
    eprintln!("$ {}", displayed(command));
    let status = command.current_dir(root()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{} failed", displayed(command)).into()) }
}

/// A command as it is typed in a shell.
fn displayed(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
