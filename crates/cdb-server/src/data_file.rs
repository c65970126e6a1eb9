//! Operations on the data file of a server that is not running.

mod export;
mod import;

use std::error::Error;
use std::path::{Path, PathBuf};

use cdb_archive::ArchiveError;

pub use export::Export;
pub use import::Import;

use crate::error::StartError;
use crate::storage::Storage;
use crate::storage::check::Check;
use crate::storage::sqlite::SqliteStorage;

/// The data file of a server that is not running.
///
/// Each call opens the file and closes it again, and returns [`StartError::InUse`] if a server has
/// it open.
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
/// // All users with all their data, including the hashes of their passwords.
/// DataFile::at(&file).export(&backup).await?;
/// let imported = DataFile::at(&other).import(&backup).await?;
/// assert_eq!(imported.objects, 3);    // the user and its devices `user` and `meta`
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DataFile {
    file: PathBuf,
}

/// An export from a data file, an import into it, or another access to it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataFileError {
    /// The data file cannot be opened, or a server has it open.
    #[error(transparent)]
    Open(#[from] StartError),
    /// The archive cannot be read or written, or the data file cannot accept its content, for
    /// example because it has a user of the same name.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The data file has no user with this name.
    #[error("there is no user {0}")]
    NoUser(String),
    /// The data file cannot be read or written.
    #[error("the data file cannot be used: {0}")]
    Data(Box<dyn Error + Send + Sync>),
}

impl DataFile {
    /// Creates a handle to the data file at a path. Nothing is opened.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// Exports users, with their devices, streams and data, to an archive in a new directory. The
    /// call runs when it is awaited, and returns what was exported as a
    /// [`Progress`](crate::Progress).
    ///
    /// All users are exported, unless [`Export::user`] selects some. The archive has version 2: it
    /// contains the hashes of passwords and the API keys of devices. On Unix only its owner can
    /// access it. It is written to a temporary directory, which is renamed to `directory` when it
    /// is complete.
    ///
    /// # Errors
    /// Returns an error if
    ///
    /// - the data file does not exist, cannot be opened or read, or is in use,
    /// - `directory` exists already or cannot be written,
    /// - a selected user does not exist.
    ///
    /// The directory then does not exist, unless it existed before.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, `directory` does not exist, and the temporary
    /// directory is deleted.
    pub fn export<'a>(&self, directory: impl AsRef<Path>) -> Export<'a> {
        Export::new(self.file.clone(), directory.as_ref())
    }

    /// Imports all users of an archive into the data file, which is created if it does not exist.
    /// The call runs when it is awaited, and returns what was imported as a
    /// [`Progress`](crate::Progress).
    ///
    /// Users from an archive of version 2 keep their passwords. An archive of version 1 has no
    /// passwords, so its users cannot log in with one until an administrator has set it; see
    /// [`Import::passwords_are_names`]. Devices keep their API keys, unless [`Import::new_keys`] is
    /// set. Datapoints keep their origins.
    ///
    /// # Errors
    /// Returns an error if
    ///
    /// - the data file cannot be opened or written, or is in use,
    /// - the archive cannot be read or is not valid,
    /// - the data file has a user of the archive already.
    ///
    /// The data file is then unchanged, or removed if it did not exist before.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, nothing is imported. If the data file did not
    /// exist before, an empty one may be left.
    pub fn import<'a>(&self, directory: impl AsRef<Path>) -> Import<'a> {
        Import::new(self.file.clone(), directory.as_ref())
    }

    /// Reads all of the data file, and returns what is damaged.
    ///
    /// Each datapoint is read. The indexes of datapoints must have no gaps, and their times must be in
    /// order. The indexes of the file, the journal and all summaries must agree with them, and SQLite's
    /// own check of the file must find nothing. Nothing is repaired. A file of an earlier version is
    /// brought up to date, as when a server opens it.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let file = directory.path().join("a.db");
    /// # cdb_server::Server::builder().data(&file).listen("127.0.0.1:0").admin("me", "pw").start().await?
    /// #     .shutdown().await;
    /// let check = cdb_server::DataFile::at(&file).check().await?;
    /// for problem in &check.problems {
    ///     println!("{problem}"); // me/user/temperature, indexes 4096 to 8191: the block cannot be read
    /// }
    /// assert!(check.problems.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the data file does not exist, cannot be opened or read, or is in use. It may
    /// be so damaged that it cannot be opened.
    ///
    /// # Cancel safety
    /// The future can be dropped at any time.
    pub async fn check(&self) -> Result<Check, DataFileError> {
        // Opening it would create it.
        if let Err(error) = std::fs::metadata(&self.file) {
            return Err(StartError::data(&self.file, error).into());
        }
        let checked = SqliteStorage::check(&self.file).await;
        Ok(checked.map_err(|error| error.at(&self.file))?)
    }

    /// Returns whether the data file has a user with the role `admin`. The file is created if it
    /// does not exist.
    ///
    /// # Errors
    /// Returns an error if the data file cannot be opened or read, or is in use.
    ///
    /// # Cancel safety
    /// The future can be dropped at any time. A data file that did not exist before may then exist.
    pub async fn has_administrator(&self) -> Result<bool, DataFileError> {
        let storage = open(&self.file).await?;
        let found = match storage.catalog().await {
            Ok(mut db) => db.has_user_with_role("admin").await,
            Err(error) => Err(error),
        };
        storage.close().await;
        found.map_err(failed)
    }
}

/// Opens a data file, or creates it if it does not exist.
async fn open(file: &Path) -> Result<Box<dyn Storage>, DataFileError> {
    let storage = SqliteStorage::open(file).await;
    Ok(Box::new(storage.map_err(|error| error.at(file))?))
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> DataFileError {
    DataFileError::Data(error.into())
}
