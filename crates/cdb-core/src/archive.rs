//! Archives: users, devices and streams as files.
//!
//! ```text
//! DIR/connectordb.json                    {"Version": 1, "ConnectorDB": "0.3.0"}
//! DIR/USER/user.json
//! DIR/USER/DEVICE/device.json
//! DIR/USER/DEVICE/STREAM/stream.json
//! DIR/USER/DEVICE/STREAM/data.json        [{"t": …, "d": …}, …]
//! DIR/USER/DEVICE/STREAM/downlink.json    if the stream is a downlink
//! ```
//!
//! It is the format of the Python client, and of the original server's own export, which can be read
//! as well (`"Version": 2`, with password hashes, which no client can set).

mod draft;
mod export;
mod file;
mod import;
mod plan;

use std::path::Path;

pub use export::Export;
pub use import::Import;

use crate::Error;

/// What the metadata of an archive lie in.
const VERSION: &str = "connectordb.json";
const USER: &str = "user.json";
const DEVICE: &str = "device.json";
const STREAM: &str = "stream.json";
const DATA: &str = "data.json";
const DOWNLINK: &str = "downlink.json";

/// How far an export or an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many users, devices and streams are done.
    pub objects: u64,
    /// Of how many.
    pub of_objects: u64,
    /// How many datapoints are done, those of downlinks included.
    pub datapoints: u64,
    /// Of how many.
    pub of_datapoints: u64,
    /// How many bytes of data were written or read.
    pub bytes: u64,
}

/// Why an archive cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
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
}

impl Error {
    fn archive(path: &Path, problem: impl Into<ArchiveError>) -> Self {
        Self::Archive { path: path.to_owned(), problem: problem.into() }
    }
}

/// Adds to each problem where it is.
trait At<T> {
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T, E: Into<ArchiveError>> At<T> for Result<T, E> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|problem| Error::archive(path, problem))
    }
}

/// Whom to tell of progress.
struct Reporter<'a> {
    progress: Progress,
    call: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

impl Reporter<'_> {
    fn note(&mut self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress);
        if let Some(call) = &mut self.call {
            call(self.progress);
        }
    }

    /// An object is done.
    fn object(&mut self) {
        self.note(|progress| progress.objects += 1);
    }
}
