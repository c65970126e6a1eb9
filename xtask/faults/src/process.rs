//! The test program once more, doing something else.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A process of this very program that runs one ignored test; killed when dropped.
#[derive(Debug)]
pub struct TestProcess {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl TestProcess {
    /// Starts a test, with variables in its environment.
    ///
    /// # Panics
    /// When that is not possible.
    #[must_use]
    pub fn start(test: &str, variables: &[(&str, &OsStr)]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a program"))
            .args(["--exact", test, "--ignored", "--nocapture"])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, output }
    }

    /// What it prints, line by line, until it ends.
    pub fn lines(&mut self) -> impl Iterator<Item = String> {
        (&mut self.output).lines().map_while(Result::ok)
    }

    /// Kills it; what it has printed can still be read.
    ///
    /// # Panics
    /// When that is not possible.
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
