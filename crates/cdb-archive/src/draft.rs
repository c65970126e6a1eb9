//! Directories that appear at their path only when they are complete.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::At;
use crate::{ArchiveError, ArchiveProblem, create_directory};

/// A directory that is written under a temporary name and renamed when it is complete.
///
/// If the draft is dropped before [`finish`](Self::finish), the directory is deleted.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    target: PathBuf,
    is_finished: bool,
}

impl Draft {
    /// Creates the temporary directory that [`finish`](Self::finish) renames to `target`.
    ///
    /// It is created in the parent directory of `beside`, which must be on the file system of
    /// `target`. Usually both are the same path. To add a directory to an existing archive, pass
    /// the archive as `beside`, so that the temporary directory is not part of it.
    ///
    /// A temporary directory that an interrupted process left behind is deleted.
    ///
    /// # Errors
    /// Returns an error if `target` exists already, if one of the paths has no file name, or if the
    /// directory cannot be created.
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
        // An export that was killed has left its directory.
        if path.exists() {
            fs::remove_dir_all(&path).at(&path)?;
        }
        create_directory(&path)?;
        Ok(Self { path, target: target.to_owned(), is_finished: false })
    }

    /// Returns the path of the temporary directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Renames the temporary directory to the target.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be renamed. The temporary directory is then
    /// deleted.
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
            tracing::warn!(%error, path = %self.path.display(), "an incomplete export could not be deleted");
        }
    }
}
