//! A data file without a server.

mod export;
mod import;

use std::error::Error;
use std::path::{Path, PathBuf};

use cdb_archive::ArchiveError;

pub use export::Export;
pub use import::Import;

use crate::error::StartError;
use crate::store::{Feed, Store};

/// A data file whose server is not running: what only its owner can do with it.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let [file, other] = ["a.db", "b.db"].map(|name| directory.path().join(name));
/// # let backup = directory.path().join("backup");
/// # cdb_server::Server::builder().data(&file).listen("127.0.0.1:0").admin("me", "pw").start().await?
/// #     .shutdown().await;
/// use cdb_server::DataFile;
///
/// // Everything, passwords included:
/// DataFile::at(&file).export(&backup).await?;
/// let imported = DataFile::at(&other).import(&backup).await?;
/// assert_eq!(imported.objects, 3);    // a user with its two devices
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DataFile {
    file: PathBuf,
}

/// Why a data file cannot be exported, or nothing imported into it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataFileError {
    /// The file cannot be opened, or its server is running.
    #[error(transparent)]
    Open(#[from] StartError),
    /// The archive cannot be read or written, or what it holds cannot be in this file.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// There is no such user.
    #[error("there is no user {0}")]
    NoUser(String),
    /// The file cannot be read or written.
    #[error("the data file cannot be used: {0}")]
    Data(Box<dyn Error + Send + Sync>),
}

impl DataFile {
    /// The data file at a path.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// Writes users with all that is theirs into a new directory when awaited, and says how much
    /// that was: all users, unless some are chosen.
    ///
    /// The archive is of version 2: it holds the hashes of passwords and the keys of devices, and
    /// can be seen by its owner alone. It is written beside the directory and moved there when it is
    /// whole.
    ///
    /// # Errors
    /// [`DataFileError`]; then nothing was written.
    pub fn export<'a>(&self, directory: impl AsRef<Path>) -> Export<'a> {
        Export::new(self.file.clone(), directory.as_ref())
    }

    /// Brings all users of an archive into the file when awaited, and says how much that was. The
    /// file is made if it is not there. None of the users may be there already.
    ///
    /// From an archive of version 2 everyone can log in as before. Users from one of version 1, which
    /// has no passwords, cannot log in with one until it is set; see
    /// [`Import::passwords_are_names`]. Data keep who wrote them.
    ///
    /// # Errors
    /// [`DataFileError`]; then nothing was changed.
    pub fn import<'a>(&self, directory: impl AsRef<Path>) -> Import<'a> {
        Import::new(self.file.clone(), directory.as_ref())
    }

    /// Whether there is a user who may do everything.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn has_administrator(&self) -> Result<bool, DataFileError> {
        let store = open(&self.file).await?;
        let query = "SELECT EXISTS (SELECT 1 FROM user WHERE role = 'admin')";
        let found = sqlx::query_scalar(query).fetch_one(store.readers()).await;
        store.close().await;
        found.map_err(failed)
    }
}

/// Opens a data file, making it if it is not there.
async fn open(file: &Path) -> Result<Store, DataFileError> {
    // Nobody hears of what changes.
    let (feed, _) = Feed::new();
    let store = Store::open(file, feed).await;
    Ok(store.map_err(|error| StartError::opening(file, error))?)
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> DataFileError {
    DataFileError::Data(error.into())
}
