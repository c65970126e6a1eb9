//! What is wrong with an archive.

use std::path::{Path, PathBuf};

/// What is wrong with an archive, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
#[non_exhaustive]
pub struct ArchiveError {
    /// A file or directory of the archive.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub problem: ArchiveProblem,
}

/// Why an archive cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveProblem {
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// There is something already where it would be written.
    #[error("it exists already")]
    Exists,
    /// It is not the archive of what is to be imported.
    #[error("this is not an archive: {0}")]
    Foreign(&'static str),
    /// It is an archive of a version that is not known here.
    #[error("archives of version {0} are not known")]
    Version(u64),
    /// A file is not the JSON that it should be.
    #[error("this cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Data end in the middle.
    #[error("the data end too early")]
    Incomplete,
    /// A directory has a name that nothing can have.
    #[error(transparent)]
    Name(#[from] cdb_types::NameError),
    /// Something is larger than a server takes.
    #[error("this is larger than a server takes")]
    TooLarge,
    /// The times of a stream's data fall.
    #[error("datapoint {0} is earlier than the one before")]
    Order(u64),
    /// A stream that was imported in part holds something else than the archive.
    #[error("the stream on the server is not the beginning of this one")]
    Different,
    /// What it says of a user, device or stream cannot be so.
    #[error("{0}")]
    Refused(String),
}

impl ArchiveError {
    /// A problem, and where it is.
    pub fn new(path: impl AsRef<Path>, problem: impl Into<ArchiveProblem>) -> Self {
        Self { path: path.as_ref().to_owned(), problem: problem.into() }
    }
}

/// Adds to each problem where it is.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, ArchiveError>;
}

impl<T, E: Into<ArchiveProblem>> At<T> for Result<T, E> {
    fn at(self, path: &Path) -> Result<T, ArchiveError> {
        self.map_err(|problem| ArchiveError::new(path, problem))
    }
}
