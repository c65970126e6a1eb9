//! The lock that gives a data file to one server, and the permissions of new files.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::OpenError;

/// The right to use the data file at a path. Others are refused while it exists.
///
/// The lock is on a file beside the data file (`…-lock`). A lock on the data file itself would
/// interfere with those of SQLite: on POSIX, a process loses all its locks on a file when it closes
/// any descriptor of it.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a data file, creating the file of the lock.
    ///
    /// `data` is a path as [`locate`] returns it, so that all symbolic links to a file lead to the
    /// same lock. Hard links do not; see `owner.rs`.
    pub(super) fn take(data: &Path) -> Result<Self, OpenError> {
        let file = private().create(true).truncate(false).write(true).open(path(data))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Returns whether the data file at a path has been opened by a server before.
    pub(super) fn exists(data: &Path) -> bool {
        path(data).exists()
    }
}

fn path(data: &Path) -> PathBuf {
    beside(data, "-lock")
}

/// Returns the path of a file beside the data file.
pub(super) fn beside(data: &Path, suffix: &str) -> PathBuf {
    let mut path = data.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Returns the path of the data file without symbolic links, creating an empty file if there is
/// none. Only the owner of a new file can read it. SQLite gives the same permissions to the files
/// that it creates beside it.
pub(super) fn locate(file: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            private().create(true).truncate(false).write(true).open(file)?;
            fs::canonicalize(file)
        }
        path => path,
    }
}

/// Returns options with which new files can be read by their owner only.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
