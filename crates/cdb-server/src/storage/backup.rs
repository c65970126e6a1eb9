//! A copy of everything that a storage holds.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;

use tokio::sync::OwnedMutexGuard;

/// How much is read at a time, in bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// A copy of everything, in a temporary file that is deleted when this is dropped. As long as it exists,
/// no other copy is made.
#[derive(Debug)]
pub(crate) struct Backup {
    file: File,
    length: u64,
    _temporary: Temporary,
}

impl Backup {
    pub(super) fn open(temporary: Temporary) -> io::Result<Self> {
        let file = File::open(&temporary.path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length, _temporary: temporary })
    }

    /// Returns the length, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Reads the next piece. It is empty after the last one. It waits for the disk.
    pub(crate) fn next_piece(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        (&mut self.file).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        Ok(piece)
    }
}

/// A file that is deleted when this is dropped.
#[derive(Debug)]
pub(super) struct Temporary {
    pub(super) path: PathBuf,
    /// The right to make a copy.
    _running: OwnedMutexGuard<()>,
}

impl Temporary {
    /// Takes over a file, which may not exist yet.
    pub(super) fn new(path: PathBuf, running: OwnedMutexGuard<()>) -> Self {
        Self { path, _running: running }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, file = %self.path.display(), "a temporary file is left");
        }
    }
}
