//! Other processes that take part in a benchmark.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Result;

/// A process that prints a line when it is ready. Dropping it kills the process.
pub(crate) struct Process {
    /// The first line that the process prints, usually its URL.
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

    /// Starts this program with other arguments.
    pub(crate) fn of_this(arguments: &[&std::ffi::OsStr]) -> Result<Self> {
        Self::start(Command::new(std::env::current_exe()?).args(arguments))
    }

    /// The URL without the scheme.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The resident memory of the process, in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        memory_of(&self.child.id().to_string(), "VmRSS:")
    }
}

/// A memory figure of `/proc/PROCESS/status`, in MiB: `VmRSS:` (resident) or `VmHWM:` (peak).
pub(crate) fn memory_of(process: &str, what: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with(what)).ok_or("the figure is missing")?;
    let kib: f64 = line.split_whitespace().nth(1).ok_or("the figure has no number")?.parse()?;
    Ok(kib / 1024.0)
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("a process could not be stopped: {error}");
        }
    }
}
