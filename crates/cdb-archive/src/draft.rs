//! Directories that are written beside where they will be, and moved there when they are whole.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::At;
use crate::{ArchiveError, ArchiveProblem, create_directory};

/// A directory that is being written, beside where it will be. Dropped before it is finished, it is
/// removed.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    target: PathBuf,
    is_finished: bool,
}

impl Draft {
    /// Begins to write what will be at `target`; until then it is beside `beside`, usually the same.
    ///
    /// # Errors
    /// When there is something at `target`, or nothing can be written beside it.
    pub fn begin(target: &Path, beside: &Path) -> Result<Self, ArchiveError> {
        if target.symlink_metadata().is_ok() {
            return Err(ArchiveError::new(target, ArchiveProblem::Exists));
        }
        let named = |path: &Path| path.file_name().map(std::ffi::OsStr::to_owned);
        let (Some(name), Some(directory)) = (named(target), named(beside)) else {
            return Err(ArchiveError::new(target, ArchiveProblem::Foreign("it has no name")));
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(directory);
        hidden.push("-");
        hidden.push(name);
        hidden.push(".partial");
        let path = beside.with_file_name(hidden);
        // What an export has left that was killed.
        if path.exists() {
            fs::remove_dir_all(&path).at(&path)?;
        }
        create_directory(&path)?;
        Ok(Self { path, target: target.to_owned(), is_finished: false })
    }

    /// Where it is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to where it will be.
    ///
    /// # Errors
    /// When it cannot be moved; then it is removed.
    pub fn finish(mut self) -> Result<(), ArchiveError> {
        fs::rename(&self.path, &self.target).at(&self.target)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "half an export is left");
        }
    }
}
