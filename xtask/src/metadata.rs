//! The metadata of the crates of this workspace.

use serde::Deserialize;

use crate::command::{Result, cargo_output};

/// The output of `cargo metadata`.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
}

/// A crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) readme: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
    /// The registries to which it may be published, or `None` for all.
    pub(crate) publish: Option<Vec<String>>,
    /// The table `package.metadata`, for other programs.
    pub(crate) metadata: Option<serde_json::Value>,
}

/// A dependency of a crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    /// The required version; `*` if the dependency has only a path.
    pub(crate) req: String,
}

impl Metadata {
    pub(crate) fn read() -> Result<Self> {
        let text = cargo_output(&["metadata", "--format-version", "1", "--no-deps"])?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The crates that are published, each after the crates that it depends on.
    pub(crate) fn published(&self) -> Result<Vec<&Package>> {
        let mut waiting: Vec<&Package> =
            self.packages.iter().filter(|package| package.is_published()).collect();
        let mut ordered = Vec::new();
        while !waiting.is_empty() {
            let is_free = |package: &&Package| {
                let mut others = waiting.iter().filter(|other| other.name != package.name);
                !others.any(|other| package.needs(&other.name))
            };
            let (free, rest): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(is_free);
            if free.is_empty() {
                return Err("the crates depend on each other in a circle".into());
            }
            ordered.extend(free);
            waiting = rest;
        }
        Ok(ordered)
    }
}

impl Package {
    pub(crate) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }

    /// Whether another crate must be published first. A dev-dependency counts if it has a version.
    fn needs(&self, name: &str) -> bool {
        self.dependencies.iter().any(|dependency| dependency.name == name && dependency.req != "*")
    }
}

/// Checks that each published crate has the metadata that crates.io and docs.rs need.
pub(crate) fn check() -> Result {
    let metadata = Metadata::read()?;
    for package in metadata.packages.iter().filter(|package| package.is_published()) {
        let documented = package
            .metadata
            .as_ref()
            .is_some_and(|metadata| metadata["docs"]["rs"]["all-features"] == true);
        let wants = [
            (package.description.is_some(), "a description"),
            (package.license.is_some(), "a licence"),
            (package.readme.is_some(), "a README"),
            (!package.keywords.is_empty(), "keywords"),
            (!package.categories.is_empty(), "categories"),
            (documented, "metadata for docs.rs"),
        ];
        if let Some((_, missing)) = wants.iter().find(|(has, _)| !has) {
            return Err(format!("{} lacks {missing}", package.name).into());
        }
    }
    Ok(())
}
