//! Checks that each crate builds from the package that would be published.

use std::fs;
use std::path::PathBuf;

use crate::command::{Result, cargo};
use crate::metadata::{Metadata, Package};

/// Builds each crate from its package, with its dependencies from their packages.
pub(crate) fn build() -> Result {
    let metadata = Metadata::read()?;
    let published = metadata.published()?;
    remove_unpacked(&published)?;
    let names = published.iter().flat_map(|package| ["--package", &*package.name]);
    let package = ["package", "--quiet", "--allow-dirty", "--locked"].into_iter().chain(names);
    cargo(&package.collect::<Vec<_>>())
}

/// Removes packages that cargo has unpacked before: it does not unpack a version again although its
/// code has changed.
fn remove_unpacked(packages: &[&Package]) -> Result {
    let Some(registry) = registry() else { return Ok(()) };
    for kind in ["src", "cache"] {
        let Ok(directories) = fs::read_dir(registry.join(kind)) else { continue };
        for directory in directories {
            let directory = directory?;
            // The local registries that `cargo package` creates have no host in their name.
            if !directory.file_name().to_string_lossy().starts_with('-') {
                continue;
            }
            for Package { name, version, .. } in packages {
                let unpacked = directory.path().join(format!("{name}-{version}"));
                let packed = directory.path().join(format!("{name}-{version}.crate"));
                if unpacked.exists() {
                    fs::remove_dir_all(unpacked)?;
                }
                if packed.exists() {
                    fs::remove_file(packed)?;
                }
            }
        }
    }
    Ok(())
}

/// The directory in which cargo keeps packages of registries.
fn registry() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    Some(home?.join("registry"))
}
