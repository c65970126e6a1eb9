//! `cargo xtask release`, on a temporary clone of the repository.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Replaces cargo: `publish` writes the name of the crate to a file, and fails for one crate;
/// `info` looks it up there. `check` does nothing, since `cargo xtask ci packages` checks the packages. All
/// other commands run the real cargo.
const CARGO: &str = r#"#!/bin/sh
echo "$@" >> "$COPY/calls"
case "$1" in
info) grep -qx "${5%@*}" "$COPY/registry" ;;
check) ;;
publish)
    test "$3" != "$FAILING" || exit 101
    echo "$3" >> "$COPY/registry" ;;
*) exec "$REAL_CARGO" "$@" ;;
esac
"#;

const DIST: &str = "repository/crates/cdb-web/dist";

/// A clone of the repository at its last commit.
struct Throwaway {
    directory: TempDir,
}

/// The result of running xtask.
struct Finished {
    succeeded: bool,
    printed: String,
}

impl Throwaway {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let copy = Self { directory };
        let this = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let cloned = Command::new("git")
            .args(["clone", "--quiet", "--no-hardlinks"])
            .arg(this)
            .arg(copy.path("repository"))
            .status();
        assert!(cloned.expect("git").success());
        copy.git(&["config", "user.name", "Nobody"]);
        copy.git(&["config", "user.email", "nobody@example.com"]);
        for file in ["calls", "registry"] {
            fs::write(copy.path(file), "").expect("written");
        }
        fs::write(copy.path("cargo"), CARGO).expect("written");
        fs::set_permissions(copy.path("cargo"), fs::Permissions::from_mode(0o755)).expect("set");
        // What `cargo xtask web` builds.
        fs::create_dir(copy.path(DIST)).expect("created");
        fs::write(copy.path(DIST).join("index.html"), "<!doctype html>").expect("written");
        // An unreleased change, in case the last commit is a release.
        copy.edit("CHANGELOG.md", |text| {
            text.replacen("## [Unreleased]\n", "## [Unreleased]\n\n- Something else.\n", 1)
        });
        copy.commit();
        copy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// Changes a file of the repository.
    fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let file = self.path("repository").join(name);
        let text = fs::read_to_string(&file).expect("a file");
        fs::write(file, change(text)).expect("written");
    }

    fn git(&self, arguments: &[&str]) -> String {
        let git = Command::new("git").args(arguments).current_dir(self.path("repository")).output();
        let git = git.expect("git");
        assert!(git.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&git.stderr));
        String::from_utf8(git.stdout).expect("text")
    }

    fn commit(&self) {
        self.git(&["commit", "--quiet", "--all", "--message", "Change something"]);
    }

    /// Runs `cargo xtask release` with one crate that cannot be published.
    fn release_failing(&self, failing: &str, arguments: &[&str]) -> Finished {
        let finished = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("release")
            .args(arguments)
            .env("CARGO", self.path("cargo"))
            .env("CARGO_MANIFEST_DIR", self.path("repository/xtask"))
            .env("REAL_CARGO", env!("CARGO"))
            .env("COPY", self.directory.path())
            .env("FAILING", failing)
            .output()
            .expect("it runs");
        let printed = [finished.stdout, finished.stderr].concat();
        Finished {
            succeeded: finished.status.success(),
            printed: String::from_utf8(printed).expect("text"),
        }
    }

    fn release(&self, arguments: &[&str]) -> Finished {
        self.release_failing("", &[&["--gate", "true"], arguments].concat())
    }

    /// Asserts that the release is refused, and that it changes and publishes nothing.
    fn refuses(&self, arguments: &[&str], why: &str) {
        let before = (self.git(&["rev-parse", "HEAD"]), self.git(&["status", "--porcelain"]));
        let finished = self.release_failing("", arguments);
        assert!(!finished.succeeded && finished.printed.contains(why), "{}", finished.printed);
        let after = (self.git(&["rev-parse", "HEAD"]), self.git(&["status", "--porcelain"]));
        assert_eq!(before, after);
        assert_eq!(self.git(&["tag", "--list"]), "");
        assert!(!self.read("calls").contains("publish"));
    }
}

#[test]
fn a_release_that_is_not_ready_is_refused() {
    let copy = Throwaway::new();
    copy.refuses(&["minor", "--gate", "false"], "`false` failed");
    copy.refuses(&["--resume"], "there is no release to resume");

    copy.edit("README.md", |text| text + "\nNot committed.\n");
    copy.refuses(&["minor", "--gate", "true"], "the working tree has changes");
    copy.git(&["checkout", "--quiet", "README.md"]);

    copy.edit("crates/cdb-http/Cargo.toml", |text| {
        text.replacen("keywords.workspace = true\n", "", 1)
    });
    copy.commit();
    copy.refuses(&["minor", "--gate", "true"], "cdb-http lacks keywords");
    copy.git(&["reset", "--quiet", "--hard", "HEAD^"]);

    copy.edit("CHANGELOG.md", |text| {
        text.replacen("## [Unreleased]\n", "## [Unreleased]\n\n## [0.0.1] - 1970-01-01\n", 1)
    });
    copy.commit();
    copy.refuses(&["minor", "--gate", "true"], "no unreleased changes");
    copy.git(&["reset", "--quiet", "--hard", "HEAD^"]);

    fs::remove_dir_all(copy.path(DIST)).expect("removed");
    copy.refuses(&["minor", "--gate", "true"], "the web app is not built");
}

#[test]
fn a_dry_run_changes_nothing() {
    let copy = Throwaway::new();
    let before = copy.git(&["rev-parse", "HEAD"]);
    let finished = copy.release(&["minor", "--dry-run"]);
    assert!(
        finished.succeeded && finished.printed.contains("can be released"),
        "{}",
        finished.printed
    );
    assert_eq!(copy.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(copy.git(&["status", "--porcelain"]), "");
    assert_eq!(copy.git(&["tag", "--list"]), "");
    assert_eq!(copy.read("registry"), "");
    assert!(copy.read("calls").contains("\npackage "));
}

#[test]
fn a_release_that_fails_can_be_resumed() {
    let copy = Throwaway::new();
    // Without a terminal it cannot ask for confirmation, and publishes nothing.
    let finished = copy.release(&["major"]);
    assert!(
        !finished.succeeded && finished.printed.contains("confirmation needs a terminal"),
        "{}",
        finished.printed
    );
    let tag = copy.git(&["tag", "--list"]);
    let version = tag.trim().strip_prefix('v').expect("a tag").to_owned();
    assert!(version.ends_with(".0.0"), "{version}");
    assert_eq!(copy.git(&["status", "--porcelain"]), "");
    assert_eq!(copy.git(&["log", "-1", "--format=%s"]), format!("Release {version}\n"));
    let changelog = copy.read("repository/CHANGELOG.md");
    let section = format!("## [Unreleased]\n\n## [{version}] - 20");
    assert!(changelog.contains(&section), "{}", &changelog[..400]);
    let lock = copy.read("repository/Cargo.lock");
    assert!(lock.contains(&format!("name = \"cdb-types\"\nversion = \"{version}\"")));

    let finished = copy.release_failing("cdb-core", &["--resume", "--yes"]);
    assert!(
        !finished.succeeded && finished.printed.contains("continues with cdb-core"),
        "{}",
        finished.printed
    );
    let published = copy.read("registry");
    assert!(published.lines().any(|name| name == "cdb-http"), "{published}");
    assert!(!published.contains("connectordb"), "{published}");

    let finished = copy.release_failing("", &["--resume", "--yes"]);
    assert!(finished.succeeded, "{}", finished.printed);
    assert!(
        finished.printed.contains(&format!("cdb-http {version} is published already.")),
        "{}",
        finished.printed
    );
    let published = copy.read("registry");
    let place = |name: &str| published.lines().position(|line| line == name).expect(name);
    for (before, after) in [
        ("cdb-types", "cdb-http"),
        ("cdb-archive", "cdb-server"),
        ("cdb-server", "cdb-core"),
        ("cdb-core", "connectordb"),
        ("cdb-logger", "connectordb"),
        ("connectordb", "cdb-cli"),
    ] {
        assert!(place(before) < place(after), "{published}");
    }
    assert_eq!(published.lines().count(), 11);
    let finished = copy.release_failing("", &["--resume", "--yes"]);
    assert!(
        finished.succeeded && finished.printed.contains("Everything is published."),
        "{}",
        finished.printed
    );
}
