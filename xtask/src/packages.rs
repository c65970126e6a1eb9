//! Whether each crate builds from what would be published of it.

use std::fs;
use std::path::PathBuf;

use crate::command::{Result, cargo};
use crate::metadata::{Metadata, Package};

/// Builds each crate from its package, with those that it needs from theirs.
pub(crate) fn build() -> Result {
    let metadata = Metadata::read()?;
    let published = metadata.published()?;
    forget(&published)?;
    let names = published.iter().flat_map(|package| ["--package", &*package.name]);
    let package = ["package", "--quiet", "--allow-dirty", "--locked"].into_iter().chain(names);
    cargo(&package.collect::<Vec<_>>())
}

/// Removes what cargo has unpacked of them before: it takes the same version for the same code.
fn forget(packages: &[&Package]) -> Result {
    let Some(registry) = registry() else { return Ok(()) };
    for kind in ["src", "cache"] {
        let Ok(directories) = fs::read_dir(registry.join(kind)) else { continue };
        for directory in directories {
            let directory = directory?;
            // Registries without a host are those that cargo makes for packages.
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

/// Where cargo keeps what it has from registries.
fn registry() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    Some(home?.join("registry"))
}
