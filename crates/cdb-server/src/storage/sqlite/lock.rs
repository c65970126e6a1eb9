//! One server a data file, and nobody else's eyes on it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::OpenError;

/// The right to use a data file; other processes are kept out for as long as it lives.
///
/// It lies on a file beside the data file (`…-lock`): SQLite has its own locks on the file itself,
/// and would lose them.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(data: &Path) -> Result<Self, OpenError> {
        let mut path = data.as_os_str().to_owned();
        path.push("-lock");
        let file = private().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

/// Makes the file, if it is not there, so that only its owner can read it. SQLite gives the files
/// it puts beside it the same permissions.
pub(super) fn create_private(file: &Path) -> io::Result<()> {
    match private().create_new(true).write(true).open(file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        opened => opened.map(drop),
    }
}

/// Options that give a new file to its owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
