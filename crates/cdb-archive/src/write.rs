//! Writing the files of an archive.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::error::At;
use crate::{ArchiveError, VERSION, Version};

/// The version of the original whose archives look as ours do.
const ORIGINAL: &str = "0.3.0";

type Result<T = ()> = std::result::Result<T, ArchiveError>;

/// Makes a directory that only its owner may look into: archives hold the keys of devices.
///
/// # Errors
/// When there is something already, or it cannot be made.
pub fn create_directory(path: &Path) -> Result {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).at(path)
}

/// Makes a file that only its owner may read.
fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).at(path)
}

/// Writes of which version an archive is: last, since an archive without it is not finished.
///
/// # Errors
/// When it cannot be written.
pub fn write_version(directory: &Path, version: Version) -> Result {
    let number = match version {
        Version::One => 1,
        Version::Two => 2,
    };
    write_object(&directory.join(VERSION), &json!({"Version": number, "ConnectorDB": ORIGINAL}))
}

/// Writes a user, device or stream as the original does: with tabs, and without what a web page
/// might take for its own.
///
/// # Errors
/// When there is something already, or it cannot be written.
pub fn write_object(path: &Path, object: &impl Serialize) -> Result {
    let mut text = Vec::new();
    let tabs = PrettyFormatter::with_indent(b"\t");
    object.serialize(&mut Serializer::with_formatter(&mut text, tabs)).at(path)?;
    let mut file = BufWriter::new(create(path)?);
    for byte in text {
        // They are nowhere but in texts.
        match byte {
            b'<' | b'>' | b'&' => write!(file, "\\u00{byte:02x}").at(path)?,
            _ => file.write_all(&[byte]).at(path)?,
        }
    }
    finish(file).at(path)
}

/// A file of datapoints that is being written.
#[derive(Debug)]
pub struct DataWriter {
    path: PathBuf,
    file: BufWriter<File>,
}

impl DataWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// When there is something already, or it cannot be made.
    pub fn create(path: PathBuf) -> Result<Self> {
        Ok(Self { file: BufWriter::new(create(&path)?), path })
    }

    /// Writes more of the array that the file holds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, text: &[u8]) -> Result {
        self.file.write_all(text).at(&self.path)
    }

    /// Waits until all of it is on disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result {
        finish(self.file).at(&self.path)
    }
}

fn finish(file: BufWriter<File>) -> std::io::Result<()> {
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}
