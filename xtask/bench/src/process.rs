//! Other processes, killed when they are not needed any more.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Result;

/// A process that serves something.
pub(crate) struct Process {
    /// The first line that it prints: where it serves.
    pub(crate) url: String,
    child: Child,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { url: line.trim().to_owned(), child })
    }

    /// This very program, doing something else.
    pub(crate) fn of_this(arguments: &[&std::ffi::OsStr]) -> Result<Self> {
        Self::start(Command::new(std::env::current_exe()?).args(arguments))
    }

    /// Its address: where it serves, without the scheme.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// How much memory it has, in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        memory_of(&self.child.id().to_string(), "VmRSS:")
    }
}

/// How much memory a process has, or had at most, in MiB.
pub(crate) fn memory_of(process: &str, what: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with(what)).ok_or("no such memory")?;
    let kib: f64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kib / 1024.0)
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("a process could not be stopped: {error}");
        }
    }
}
