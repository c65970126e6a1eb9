//! Reading the files of an archive.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use cdb_types::{Datapoint, DatapointParseError, DatapointParser, Name};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::At;
use crate::{ArchiveError, ArchiveProblem, VERSION, Version};

/// How large a file with metadata may be: an icon is the most of it.
const MAX_OBJECT_BYTES: u64 = 16 * 1024 * 1024;

/// How large a datapoint may be: the server takes 10 MiB.
const MAX_DATAPOINT_BYTES: usize = 16 * 1024 * 1024;

/// How much is read at once.
const PIECE: usize = 64 * 1024;

type Result<T> = std::result::Result<T, ArchiveError>;

/// A datapoint whose value nobody looks into.
pub type ArchivedDatapoint = Datapoint<Box<RawValue>>;

/// The version of an archive; `None` if it does not say.
///
/// # Errors
/// When it is of a version that is not known, or cannot be read.
pub fn read_version(directory: &Path) -> Result<Option<Version>> {
    #[derive(Deserialize)]
    struct VersionFile {
        #[serde(rename = "Version")]
        version: u64,
    }
    let path = directory.join(VERSION);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    match object(&path)? {
        VersionFile { version: 1 } => Ok(Some(Version::One)),
        VersionFile { version: 2 } => Ok(Some(Version::Two)),
        VersionFile { version } => Err(ArchiveError::new(&path, ArchiveProblem::Version(version))),
    }
}

/// Reads a file with metadata.
pub(crate) fn object<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let mut text = Vec::new();
    open(path)?.take(MAX_OBJECT_BYTES + 1).read_to_end(&mut text).at(path)?;
    if text.len() as u64 > MAX_OBJECT_BYTES {
        return Err(ArchiveError::new(path, ArchiveProblem::TooLarge));
    }
    serde_json::from_slice(&text).at(path)
}

/// Opens a file that is none but a file: no link may lead elsewhere.
fn open(path: &Path) -> Result<File> {
    if !path.symlink_metadata().at(path)?.is_file() {
        return Err(ArchiveError::new(path, ArchiveProblem::Foreign("this is no file")));
    }
    File::open(path).at(path)
}

/// The directories in a directory that hold something with this file, by their names.
pub(crate) fn directories(directory: &Path, file: &str) -> Result<Vec<(Name, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).at(directory)? {
        let entry = entry.at(directory)?;
        let path = entry.path();
        // Links are not followed.
        if !entry.file_type().at(&path)?.is_dir() {
            continue;
        }
        if path.join(file).symlink_metadata().is_err() {
            return Err(ArchiveError::new(&path, ArchiveProblem::Foreign("it holds no metadata")));
        }
        let name = entry.file_name();
        let name = Name::new(&*name.to_string_lossy()).at(&path)?;
        found.push((name, path));
    }
    found.sort();
    Ok(found)
}

/// The datapoints of a file, piece by piece.
#[derive(Debug)]
pub struct DataReader {
    path: PathBuf,
    /// `None` at the end.
    file: Option<File>,
    parser: DatapointParser,
    buffer: Vec<u8>,
}

impl DataReader {
    /// Begins to read a file.
    ///
    /// # Errors
    /// When it is not there, or is no file.
    pub fn open(path: &Path) -> Result<Self> {
        let (file, buffer) = (Some(open(path)?), vec![0; PIECE]);
        Ok(Self { path: path.to_owned(), file, parser: DatapointParser::new(), buffer })
    }

    /// The next datapoints, and how many bytes they took; `None` at the end.
    ///
    /// # Errors
    /// When it cannot be read, or is not an array of datapoints.
    pub fn read(&mut self) -> Result<Option<(Vec<ArchivedDatapoint>, u64)>> {
        let Some(file) = &mut self.file else { return Ok(None) };
        let mut found = Vec::new();
        let read = file.read(&mut self.buffer).at(&self.path)?;
        let parsed = if read == 0 {
            self.file = None;
            self.parser.finish(&mut found)
        } else {
            self.parser.feed(&self.buffer[..read], &mut found)
        };
        parsed
            .map_err(|error| match error {
                DatapointParseError::Json(error) => ArchiveProblem::Json(error),
                _ => ArchiveProblem::Incomplete,
            })
            .at(&self.path)?;
        if self.parser.pending() > MAX_DATAPOINT_BYTES {
            return Err(ArchiveError::new(&self.path, ArchiveProblem::TooLarge));
        }
        Ok(Some((found, read as u64)))
    }
}
