//! A `cdb serve` process, and a directory for settings and files.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A `cdb serve` process, and the directory that holds its data file and the client's settings.
/// Dropping it kills the server.
pub(crate) struct TempHome {
    pub(crate) url: String,
    pub(crate) server: Child,
    pub(crate) directory: TempDir,
}

/// What a command printed, and its exit code.
pub(crate) struct Output {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

impl TempHome {
    pub(crate) fn start() -> Self {
        Self::with(tempfile::tempdir().expect("a directory"), &[])
    }

    /// A server with further arguments.
    pub(crate) fn with(directory: TempDir, arguments: &[&str]) -> Self {
        Self::with_admin("me", directory, arguments)
    }

    /// A server whose administrator has this name.
    pub(crate) fn with_admin(admin: &str, directory: TempDir, arguments: &[&str]) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_cdb"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(directory.path().join("data.db"))
            .args(arguments)
            .envs([("CDB_ADMIN", admin), ("CDB_ADMIN_PASSWORD", "secret"), ("RUST_LOG", "warn")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let mut url = String::new();
        BufReader::new(server.stdout.take().expect("its output"))
            .read_line(&mut url)
            .expect("a URL");
        Self { url: url.trim().to_owned(), server, directory }
    }

    /// A server on which the client is logged in as the administrator.
    pub(crate) fn logged_in() -> Self {
        let home = Self::start();
        let output = home.with_input("secret\n", &["login", &home.url, "--user", "me"]);
        assert_eq!(
            (output.out.as_str(), output.code),
            ("Logged in as me/user.\n", 0),
            "{}",
            output.err
        );
        home
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdb"));
        command
            .args(arguments)
            // What a command writes without being told where is not to land among the sources.
            .current_dir(self.directory.path())
            .env("CDB_CONFIG", self.file("config"))
            .env("TZ", "UTC")
            .env_remove("CDB_URL")
            .env_remove("CDB_APIKEY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn with_input(&self, input: &str, arguments: &[&str]) -> Output {
        let mut child = self.command(arguments).spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("its input");
        // A command that does not read standard input may have closed it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Output::new(child.wait_with_output().expect("it ends"))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.with_input("", arguments)
    }

    /// Runs a command that must succeed, and returns what it prints.
    pub(crate) fn out(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.err);
        output.out
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.out(&[arguments, &["--json"]].concat())).expect("JSON")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Output {
    pub(crate) fn new(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let code = output.status.code().expect("it ended by itself");
        Self { out: text(output.stdout), err: text(output.stderr), code }
    }
}

impl Drop for TempHome {
    fn drop(&mut self) {
        self.server.kill().expect("it is killed");
        self.server.wait().expect("it has ended");
    }
}
