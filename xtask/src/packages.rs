//! Checks that the crates compile from the packages that would be published.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::ci::Done;
use crate::command::{Result, cargo, output, root, run};
use crate::metadata::Metadata;

/// The crates with features, and the combinations to check.
const COMBINATIONS: [(&str, &[&str]); 6] = [
    ("cdb-types", &["", "schema", "jiff-1", "schemars", "schema,jiff-1,schemars"]),
    ("cdb-core", &["", "schema", "pipescript", "schemars", "schema,pipescript,schemars"]),
    ("cdb-logger", &[""]),
    ("cdb-server", &["", "fuzzing", "web"]),
    ("cdb-query", &["", "arrow"]),
    (
        "connectordb",
        &[
            "",
            "logger",
            "query",
            "schema",
            "blocking",
            "server",
            "testing",
            "arrow",
            "jiff-1",
            "schemars",
            "logger,query",
            "logger,blocking",
            "logger,query,schema,blocking,testing,arrow,jiff-1,schemars",
        ],
    ),
];

/// The target of web pages and plug-ins.
const WASM: &str = "wasm32-unknown-unknown";

/// The crates that support this target.
const FOR_WASM: [&str; 2] = ["cdb-types", "cdb-pipescript"];

/// Checks each crate as a user compiles it: from its package, with its dependencies from theirs, and
/// with each combination of its features.
///
/// Each is checked alone, because features are unified over all crates that are checked together.
pub(crate) fn check() -> Result<Done> {
    let unpacked = Unpacked::new()?;
    for name in &unpacked.names {
        unpacked.check(&["--package", name])?;
    }
    for (package, combinations) in COMBINATIONS {
        for features in combinations {
            let package = ["--package", package, "--no-default-features"];
            unpacked.check(&[&package[..], &["--features", features]].concat())?;
        }
    }
    if !has_target(WASM)? {
        return Ok(Done::Skipped(format!("the target {WASM} is not installed")));
    }
    for package in FOR_WASM {
        unpacked.check(&["--package", package, "--target", WASM])?;
    }
    Ok(Done::Passed)
}

/// The packages of all published crates, unpacked into a workspace of their own.
///
/// `cargo package` would verify each package apart, and build all dependencies again: the profiles of
/// this workspace do not apply there. It would also use the packages of an earlier run if their
/// versions are the same.
struct Unpacked {
    /// The names of the crates, each after those that it depends on.
    names: Vec<String>,
    directory: PathBuf,
}

impl Unpacked {
    /// Packs and unpacks the crates.
    fn new() -> Result<Self> {
        let metadata = Metadata::read()?;
        let published = metadata.published()?;
        let names = published.iter().flat_map(|package| ["--package", &*package.name]);
        let package = ["package", "--quiet", "--allow-dirty", "--locked", "--no-verify"];
        cargo(&package.into_iter().chain(names).collect::<Vec<_>>())?;

        let directory = root().join("target/packages");
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        let (mut members, mut patches) = (String::new(), String::new());
        for package in &published {
            let (name, unpacked) = (&package.name, format!("{}-{}", package.name, package.version));
            // Files in packages are years old. With `-m` they are new, so that they are compiled again.
            run(Command::new("tar")
                .args(["-x", "-z", "-m", "-C"])
                .arg(&directory)
                .arg("-f")
                .arg(root().join(format!("target/package/{unpacked}.crate"))))?;
            members.push_str(&format!("    {unpacked:?},\n"));
            patches.push_str(&format!("{name} = {{ path = {unpacked:?} }}\n"));
        }
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\n{members}]\n\n[patch.crates-io]\n{patches}"
        );
        fs::write(directory.join("Cargo.toml"), manifest)?;
        fs::copy(root().join("Cargo.lock"), directory.join("Cargo.lock"))?;
        let names = published.iter().map(|package| package.name.clone()).collect();
        Ok(Self { names, directory })
    }

    /// Runs `cargo check`. Dependencies are compiled as for the other steps, so that they are compiled
    /// once: with the profiles of this workspace, and into its target directory.
    fn check(&self, arguments: &[&str]) -> Result {
        let manifest = self.directory.join("Cargo.toml");
        let manifest = manifest.to_str().ok_or("the path of the workspace is not UTF-8")?;
        let workspace = ["--manifest-path", manifest, "--config", "Cargo.toml"];
        let check = ["check", "--quiet", "--target-dir", "target"];
        cargo(&[&check[..], &workspace, arguments].concat())
    }
}

/// Whether the standard library for a target is installed.
fn has_target(target: &str) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    let directory = output(rustc.args(["--print", "target-libdir", "--target", target]))?;
    Ok(std::path::Path::new(directory.trim()).exists())
}
