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

    /// Ends the process as a person would, and waits for it.
    pub(crate) fn stop(&mut self) -> Result {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
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

/// A process that says nothing when it is ready. Dropping it kills the process.
pub(crate) struct Background(Child);

impl Background {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Ok(Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
    }

    /// Ends the process as a person would, and waits for it.
    pub(crate) fn stop(mut self) -> Result {
        Command::new("kill").arg(self.0.id().to_string()).status()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended already.
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            eprintln!("a process could not be stopped: {error}");
        }
    }
}
