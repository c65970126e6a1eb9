//! Errors of reading and writing archives.

use std::path::{Path, PathBuf};

/// An archive cannot be read, written or imported.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
#[non_exhaustive]
pub struct ArchiveError {
    /// The file or directory that has the problem.
    pub path: PathBuf,
    /// The problem.
    #[source]
    pub problem: ArchiveProblem,
}

/// The problem of an [`ArchiveError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveProblem {
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A file or directory exists already and is not overwritten.
    #[error("it exists already")]
    Exists,
    /// The directory is not an archive of the expected kind; the field says what is wrong with it.
    #[error("it is not an archive: {0}")]
    Foreign(&'static str),
    /// The version of the archive is not supported.
    #[error("version {0} of archives is not supported; supported are 1 and 2")]
    Version(u64),
    /// A file is not JSON, or not of the expected form.
    #[error("it cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The array of datapoints ends too early.
    #[error("its array of datapoints is incomplete")]
    Incomplete,
    /// A directory does not have the name of a user, device or stream.
    #[error(transparent)]
    Name(#[from] cdb_types::NameError),
    /// A file or datapoint is larger than the server accepts.
    #[error("it is larger than the server accepts")]
    TooLarge,
    /// A datapoint has an earlier timestamp than the one before it. The field is its index.
    #[error("the datapoint at index {0} is earlier than the one before it")]
    Order(u64),
    /// An interrupted import cannot go on, because the datapoints of the stream on the server are
    /// not the first ones of the archive.
    #[error("the datapoints on the server are not the first ones of this stream")]
    Different,
    /// A user, device or stream of the archive is not valid; the field is the message.
    #[error("{0}")]
    Refused(String),
}

impl ArchiveError {
    /// Creates an error from the path and its problem.
    pub fn new(path: impl AsRef<Path>, problem: impl Into<ArchiveProblem>) -> Self {
        Self { path: path.as_ref().to_owned(), problem: problem.into() }
    }
}

/// Adds a path to the error of a result.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, ArchiveError>;
}

impl<T, E: Into<ArchiveProblem>> At<T> for Result<T, E> {
    fn at(self, path: &Path) -> Result<T, ArchiveError> {
        self.map_err(|problem| ArchiveError::new(path, problem))
    }
}
