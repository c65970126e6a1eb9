//! Reads the files of an archive.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use cdb_types::{Datapoint, DatapointParseError, DatapointParser, Name};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::At;
use crate::{ArchiveError, ArchiveProblem, VERSION, Version};

/// The maximum size of a file that describes an object. The icon is the largest part of it.
const MAX_OBJECT_BYTES: u64 = 16 * 1024 * 1024;

/// The maximum size of a datapoint. The server accepts 10 MiB.
const MAX_DATAPOINT_BYTES: usize = 16 * 1024 * 1024;

/// The size of the read buffer.
const PIECE: usize = 64 * 1024;

type Result<T> = std::result::Result<T, ArchiveError>;

/// A datapoint whose value is not parsed.
pub type ArchivedDatapoint = Datapoint<Box<RawValue>>;

/// Returns the version of an archive, or `None` if it has no file `connectordb.json`.
///
/// # Errors
/// Returns an error if the file cannot be read, or if the version is not supported.
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

/// Reads a file that describes an object.
pub(crate) fn object<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let mut text = Vec::new();
    open(path)?.take(MAX_OBJECT_BYTES + 1).read_to_end(&mut text).at(path)?;
    if text.len() as u64 > MAX_OBJECT_BYTES {
        return Err(ArchiveError::new(path, ArchiveProblem::TooLarge));
    }
    serde_json::from_slice(&text).at(path)
}

/// Opens a regular file. Symbolic links are refused, because they could lead out of the archive.
fn open(path: &Path) -> Result<File> {
    if !path.symlink_metadata().at(path)?.is_file() {
        return Err(ArchiveError::new(path, ArchiveProblem::Foreign("it is not a regular file")));
    }
    File::open(path).at(path)
}

/// Returns the subdirectories of a directory, sorted by name. Each must contain `file`, and have a
/// valid name. Other files and symbolic links are ignored.
pub(crate) fn directories(directory: &Path, file: &str) -> Result<Vec<(Name, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).at(directory)? {
        let entry = entry.at(directory)?;
        let path = entry.path();
        // This is false for a symbolic link to a directory.
        if !entry.file_type().at(&path)?.is_dir() {
            continue;
        }
        if path.join(file).symlink_metadata().is_err() {
            let problem = ArchiveProblem::Foreign("it has no file with its description");
            return Err(ArchiveError::new(&path, problem));
        }
        let name = entry.file_name();
        let name = Name::new(&*name.to_string_lossy()).at(&path)?;
        found.push((name, path));
    }
    found.sort();
    Ok(found)
}

/// Reads a file of datapoints in pieces.
#[derive(Debug)]
pub struct DataReader {
    path: PathBuf,
    /// `None` after the end of the file.
    file: Option<File>,
    parser: DatapointParser,
    buffer: Vec<u8>,
}

impl DataReader {
    /// Opens a file.
    ///
    /// # Errors
    /// Returns an error if the file does not exist, cannot be opened or is not a regular file.
    pub fn open(path: &Path) -> Result<Self> {
        let (file, buffer) = (Some(open(path)?), vec![0; PIECE]);
        Ok(Self { path: path.to_owned(), file, parser: DatapointParser::new(), buffer })
    }

    /// Reads the next piece of the file. Returns the datapoints that it completes, which may be
    /// none, and the number of bytes read; `None` after the end of the file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is not an array of datapoints, or has a
    /// datapoint of more than 16 MiB.
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
                DatapointParseError::Json(error) | DatapointParseError::Value { error, .. } => {
                    ArchiveProblem::Json(error)
                }
                _ => ArchiveProblem::Incomplete,
            })
            .at(&self.path)?;
        if self.parser.pending() > MAX_DATAPOINT_BYTES {
            return Err(ArchiveError::new(&self.path, ArchiveProblem::TooLarge));
        }
        Ok(Some((found, read as u64)))
    }
}
