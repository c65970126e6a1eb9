//! The version that all crates share.

use std::fmt;
use std::fs;

use super::Part;
use crate::command::{Result, root};
use crate::metadata::Metadata;

/// A version of three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// The version of the published crates, which must be the same for all.
    pub(super) fn read() -> Result<Self> {
        let metadata = Metadata::read()?;
        let published = metadata.published()?;
        let first = published.first().ok_or("there is nothing to publish")?;
        match published.iter().find(|package| package.version != first.version) {
            None => Self::parse(&first.version),
            Some(other) => Err(format!(
                "{} has the version {}, but {} has {}",
                other.name, other.version, first.name, first.version
            )
            .into()),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let numbers: Result<Vec<u32>> = text.split('.').map(|n| Ok(n.parse()?)).collect();
        match numbers?[..] {
            [major, minor, patch] => Ok(Self { major, minor, patch }),
            _ => Err(format!("{text:?} is not a version of three numbers").into()),
        }
    }

    /// The next version.
    pub(super) fn bumped(self, part: Part) -> Self {
        let Self { major, minor, patch } = self;
        match part {
            Part::Major => Self { major: major + 1, minor: 0, patch: 0 },
            Part::Minor => Self { minor: minor + 1, patch: 0, ..self },
            Part::Patch => Self { patch: patch + 1, ..self },
        }
    }

    /// The git tag of the version.
    pub(super) fn tag(self) -> String {
        format!("v{self}")
    }

    /// Sets the version of all crates.
    pub(super) fn replace_by(self, new: Self) -> Result {
        let file = root().join("Cargo.toml");
        let manifest = fs::read_to_string(&file)?;
        Ok(fs::write(&file, replaced(&manifest, self, new)?)?)
    }
}

/// The manifest of the workspace with a new version of the crates, and of the dependencies between
/// them.
fn replaced(manifest: &str, old: Version, new: Version) -> Result<String> {
    let own = |version| format!("[workspace.package]\nversion = \"{version}\"\n");
    if !manifest.contains(&own(old)) {
        return Err(format!("Cargo.toml has no [workspace.package] with version {old}").into());
    }
    let required = |version| format!("version = \"={version}\"");
    Ok(manifest.replace(&own(old), &own(new)).replace(&required(old), &required(new)))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bumping_a_part_resets_the_smaller_ones() {
        let version = Version::parse("1.2.3").expect("a version");
        let bumped = [Part::Major, Part::Minor, Part::Patch].map(|part| version.bumped(part));
        assert_eq!(bumped.map(|version| version.to_string()), ["2.0.0", "1.3.0", "1.2.4"]);
    }

    #[test]
    fn dependencies_between_crates_get_the_new_version() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n\n\
                        [workspace.dependencies]\na = { path = \"a\", version = \"=0.1.0\" }\n\
                        other = \"0.1.0\"\n";
        let [old, new] = ["0.1.0", "0.2.0"].map(|text| Version::parse(text).expect("a version"));
        let expected = "[workspace.package]\nversion = \"0.2.0\"\n\n\
                        [workspace.dependencies]\na = { path = \"a\", version = \"=0.2.0\" }\n\
                        other = \"0.1.0\"\n";
        assert_eq!(replaced(manifest, old, new).expect("replaced"), expected);
    }
}
