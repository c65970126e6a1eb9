//! Directories that are written beside where they will be, and moved there when they are whole.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ArchiveError, At};
use crate::Error;

/// A directory that is being written. Dropped before it is finished, it is removed.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
    is_finished: bool,
}

impl Draft {
    /// Begins to write what will be at `target`; until then it is beside `beside`.
    pub(super) fn begin(target: &Path, beside: &Path) -> Result<Self, Error> {
        if target.symlink_metadata().is_ok() {
            return Err(Error::archive(target, ArchiveError::Exists));
        }
        let named = |path: &Path| path.file_name().map(std::ffi::OsStr::to_owned);
        let (Some(name), Some(directory)) = (named(target), named(beside)) else {
            return Err(Error::archive(target, ArchiveError::Foreign("it has no name")));
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
        fs::create_dir(&path).at(&path)?;
        Ok(Self { path, target: target.to_owned(), is_finished: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to where it will be.
    pub(super) fn finish(mut self) -> Result<(), Error> {
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
