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

/// A data file whose server is not running. It can be exported and imported with all users and their
/// passwords.
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

/// The error of an export from a data file or an import into it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataFileError {
    /// The file cannot be opened, or its server is running.
    #[error(transparent)]
    Open(#[from] StartError),
    /// The archive cannot be read or written, or something in it cannot be imported into this file.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The user to be exported does not exist.
    #[error("there is no user {0}")]
    NoUser(String),
    /// The file cannot be read or written.
    #[error("the data file cannot be used: {0}")]
    Data(Box<dyn Error + Send + Sync>),
}

impl DataFile {
    /// Returns a handle to the data file at a path. It is not opened yet.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// Exports users with their devices, streams and data to a new directory. Awaited, returns how much
    /// was written. All users are exported, unless [`Export::user`] chooses some.
    ///
    /// The archive has version 2: it contains the hashes of passwords and the keys of devices. On Unix,
    /// only its owner can read it. It is written to a directory beside `directory` first and moved when
    /// it is complete.
    ///
    /// # Errors
    /// Returns an error if the data file does not exist, cannot be read, or is in use by a server, if a
    /// chosen user does not exist, or if the archive cannot be written. Nothing is written then.
    pub fn export<'a>(&self, directory: impl AsRef<Path>) -> Export<'a> {
        Export::new(self.file.clone(), directory.as_ref())
    }

    /// Imports all users of an archive into the file. Awaited, returns how much was imported. The file
    /// is created if it does not exist.
    ///
    /// Users of an archive of version 2 can log in as before. An archive of version 1 has no passwords,
    /// so its users cannot log in with a password until one is set; see
    /// [`Import::passwords_are_names`]. The origins of datapoints are kept.
    ///
    /// # Errors
    /// Returns an error if the archive is not valid, a user exists in the file already, or the file
    /// cannot be used. Nothing is changed then.
    pub fn import<'a>(&self, directory: impl AsRef<Path>) -> Import<'a> {
        Import::new(self.file.clone(), directory.as_ref())
    }

    /// Returns whether the file has a user with the role `admin`. The file is created if it does not
    /// exist.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened or read.
    ///
    /// # Cancel safety
    /// If the future is dropped, a new data file may exist. Nothing else is changed.
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
