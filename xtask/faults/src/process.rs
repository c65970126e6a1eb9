//! A second process of the test program.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A process of the test program that runs one ignored test. Dropping it kills the process.
#[derive(Debug)]
pub struct TestProcess {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl TestProcess {
    /// Starts an ignored test, with these environment variables.
    ///
    /// # Panics
    /// Panics if the process cannot be started.
    #[must_use]
    pub fn start(test: &str, variables: &[(&str, &OsStr)]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a program"))
            .args(["--exact", test, "--ignored", "--nocapture"])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, output }
    }

    /// The number by which the system knows the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines that the process prints, until it ends.
    pub fn lines(&mut self) -> impl Iterator<Item = String> {
        (&mut self.output).lines().map_while(Result::ok)
    }

    /// Closes the input of the process, and waits until the process ends.
    ///
    /// # Panics
    /// Panics if it is not known how the process has ended.
    pub fn end(&mut self) -> ExitStatus {
        // What the process prints meanwhile must not keep it waiting.
        drop(self.child.stdin.take());
        self.lines().for_each(drop);
        self.child.wait().expect("it has ended")
    }

    /// Kills the process. The lines that it has printed can still be read.
    ///
    /// # Panics
    /// Panics if the process cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }
}

impl Drop for TestProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
