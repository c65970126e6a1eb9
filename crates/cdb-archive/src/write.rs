//! Writes the files of an archive.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::error::At;
use crate::{ArchiveError, VERSION, Version};

/// The version of the original server whose archive format this is.
const ORIGINAL: &str = "0.3.0";

type Result<T = ()> = std::result::Result<T, ArchiveError>;

/// Creates a directory. On Unix only its owner may access it, because archives contain the keys of
/// devices.
///
/// # Errors
/// Returns an error if the path exists already, or if the directory cannot be created.
pub fn create_directory(path: &Path) -> Result {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).at(path)
}

/// Creates a file, which on Unix only its owner may access. It must not exist already.
fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).at(path)
}

/// Writes the file with the version of an archive. Call it last, so that an archive with this file
/// is complete.
///
/// # Errors
/// Returns an error if the file exists already or cannot be written.
pub fn write_version(directory: &Path, version: Version) -> Result {
    let number = match version {
        Version::One => 1,
        Version::Two => 2,
    };
    write_object(&directory.join(VERSION), &json!({"Version": number, "ConnectorDB": ORIGINAL}))
}

/// Writes the description of a user, device or stream as the original server does: indented with
/// tabs, and with `<`, `>` and `&` escaped for HTML.
///
/// # Errors
/// Returns an error if the file exists already or cannot be written.
pub fn write_object(path: &Path, object: &impl Serialize) -> Result {
    let mut text = Vec::new();
    let tabs = PrettyFormatter::with_indent(b"\t");
    object.serialize(&mut Serializer::with_formatter(&mut text, tabs)).at(path)?;
    let mut file = BufWriter::new(create(path)?);
    for byte in text {
        // In JSON these bytes only occur within strings.
        match byte {
            b'<' | b'>' | b'&' => write!(file, "\\u00{byte:02x}").at(path)?,
            _ => file.write_all(&[byte]).at(path)?,
        }
    }
    finish(file).at(path)
}

/// Writes a file of datapoints.
#[derive(Debug)]
pub struct DataWriter {
    path: PathBuf,
    file: BufWriter<File>,
}

impl DataWriter {
    /// Creates the file.
    ///
    /// # Errors
    /// Returns an error if the file exists already or cannot be created.
    pub fn create(path: PathBuf) -> Result<Self> {
        Ok(Self { file: BufWriter::new(create(&path)?), path })
    }

    /// Writes the next part of the JSON array. The caller writes its brackets and commas, too.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write(&mut self, text: &[u8]) -> Result {
        self.file.write_all(text).at(&self.path)
    }

    /// Writes the rest of the buffer, and waits until the file is on disk.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn finish(self) -> Result {
        finish(self.file).at(&self.path)
    }
}

fn finish(file: BufWriter<File>) -> std::io::Result<()> {
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}
