//! `cargo xtask web`: builds and tests the web app, which needs Node.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ci::Done;
use crate::command::{Result, cargo, root, run};

const SOURCES: &str = "crates/cdb-web/ui";

/// The picture of the README.
const PICTURE: &str = "crates/cdb-web/pictures/today.png";

/// Where Debian has the browser of the tests.
const CHROMIUM: &str = "/usr/bin/chromium";

fn built() -> PathBuf {
    root().join("crates/cdb-web/dist")
}

/// Installs what the app needs, and builds it into `crates/cdb-web/dist`. `cdb` has it when it is built
/// after that.
pub(crate) fn build() -> Result {
    npm(&["ci", "--no-progress"])?;
    npm(&["run", "--silent", "build"])
}

/// Builds the app, and shows it until Ctrl-C.
pub(crate) fn demo() -> Result {
    build()?;
    cargo(&["run", "--quiet", "--bin", "cdb", "--", "demo"])
}

/// Builds the app into a release of `cdb`, and measures it in a browser.
pub(crate) fn bench() -> Result {
    build()?;
    cargo(&["build", "--release", "--package", "cdb-cli"])?;
    let mut node = Command::new("node");
    let node = node.arg(root().join(SOURCES).join("bench/web.mjs"));
    run(node.env("CDB", root().join("target/release/cdb")).env("CHROMIUM", browser()))
}

/// Makes the picture of the README: one of those that the tests take of the demo.
pub(crate) fn picture() -> Result {
    build()?;
    cargo(&["build", "--bin", "cdb"])?;
    let taken = tempfile::tempdir()?;
    let mut demo = npm_command(&["run", "--silent", "e2e", "--", "e2e/demo.test.ts"]);
    demo.env("CDB", root().join("target/debug/cdb")).env("CHROMIUM", browser());
    run(demo.env("PICTURES", taken.path()).env("LOOKS", "all"))?;
    fs::copy(taken.path().join("demo-today-1280.png"), root().join(PICTURE))?;
    Ok(())
}

/// The browser of the tests.
fn browser() -> PathBuf {
    std::env::var_os("CHROMIUM").map_or_else(|| CHROMIUM.into(), PathBuf::from)
}

/// Checks and tests the app: types, style, its logic, that two builds are the same, and each page in a
/// browser.
pub(crate) fn check() -> Result<Done> {
    if !is_installed("npm") {
        return Ok(Done::Skipped("Node is not installed, which the web app needs".to_owned()));
    }
    build()?;
    // Beside everything else until the pages are tested: the compiler of types has one thread.
    let mut types = npm_command(&["run", "--silent", "check"]).current_dir(root()).spawn()?;
    let tested = test_and_build();
    if !types.wait()?.success() {
        return Err("the types or the style of the web app are wrong".into());
    }
    tested?;
    let browser = browser();
    if !browser.exists() {
        return Ok(Done::Skipped("Chromium is not installed, which tests the pages".to_owned()));
    }
    let mut pages = npm_command(&["run", "--silent", "e2e"]);
    run(pages.env("CDB", root().join("target/debug/cdb")).env("CHROMIUM", browser))?;
    Ok(Done::Passed)
}

/// Tests the app's logic, checks that another build of it is the same, and builds the command with it.
fn test_and_build() -> Result {
    let first = files(&built())?;
    npm(&["test", "--silent"])?;
    npm(&["run", "--silent", "build"])?;
    if files(&built())? != first {
        return Err("two builds of the web app differ".into());
    }
    // Not by package: features would be unified over fewer packages, and everything built again.
    cargo(&["build", "--bin", "cdb"])
}

/// Returns an error if the app is not built: a package would not have it.
pub(crate) fn require() -> Result {
    match built().join("index.html").exists() {
        true => Ok(()),
        false => Err("the web app is not built: run `cargo xtask web` first".into()),
    }
}

fn is_installed(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The files of a directory, with their content.
fn files(directory: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read(path)?))
    };
    fs::read_dir(directory)?.map(read).collect()
}

fn npm(arguments: &[&str]) -> Result {
    run(&mut npm_command(arguments))
}

fn npm_command(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(["--prefix", SOURCES]).args(arguments);
    command
}
