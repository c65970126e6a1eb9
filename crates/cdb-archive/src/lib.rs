//! Reads and writes archives: users, devices and streams with their data as JSON files.
//!
//! ```text
//! DIR/connectordb.json                    {"Version": 1, "ConnectorDB": "0.3.0"}
//! DIR/USER/user.json
//! DIR/USER/DEVICE/device.json
//! DIR/USER/DEVICE/STREAM/stream.json
//! DIR/USER/DEVICE/STREAM/data.json        [{"t": …, "d": …}, …]
//! DIR/USER/DEVICE/STREAM/downlink.json    if the stream has a downlink
//! ```
//!
//! Clients write version 1. An export from a data file has version 2, which also contains the
//! hashes of passwords.
//!
//! This crate only reads and writes files. The crate `cdb-core` exports from a server and imports
//! into one, and `cdb-server` does so for a data file.
//!
//! [`read_users`] reads and checks a complete archive, so that an import changes nothing if the
//! archive is not valid. [`Draft`] writes a directory under a temporary name and renames it when it
//! is complete.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let target = directory.path().join("backup");
//! use cdb_archive::{Draft, USER, Version, create_directory, read_users, write_object, write_version};
//! use cdb_types::UserInfo;
//!
//! let draft = Draft::begin(&target, &target)?;
//! let user = draft.path().join("me");
//! create_directory(&user)?;
//! write_object(&user.join(USER), &UserInfo::default())?;
//! write_version(draft.path(), Version::One)?;
//! draft.finish()?;
//!
//! assert_eq!(read_users(&target)?[0].name, "me");
//! # Ok(())
//! # }
//! ```

mod draft;
mod error;
mod plan;
mod progress;
mod read;
mod write;

use serde::{Deserialize, Serialize};

pub use draft::Draft;
pub use error::{ArchiveError, ArchiveProblem};
pub use plan::{
    ArchivedData, ArchivedDevice, ArchivedStream, ArchivedUser, read_device, read_stream,
    read_users,
};
pub use progress::{Progress, Reporter};
pub use read::{ArchivedDatapoint, DataReader, read_version};
pub use write::{DataWriter, create_directory, write_object, write_version};

/// The name of the file with the version, in the directory of the archive.
const VERSION: &str = "connectordb.json";

/// The name of the file that describes a user, in the user's directory.
pub const USER: &str = "user.json";
/// The name of the file that describes a device, in the device's directory.
pub const DEVICE: &str = "device.json";
/// The name of the file that describes a stream, in the stream's directory.
pub const STREAM: &str = "stream.json";
/// The name of the file with a stream's datapoints, in the stream's directory.
pub const DATA: &str = "data.json";
/// The name of the file with the datapoints of a stream's downlink, in the stream's directory.
pub const DOWNLINK: &str = "downlink.json";

/// The version of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Version 1, which clients write: without passwords.
    One,
    /// Version 2, which servers write: with the hashes of passwords.
    Two,
}

/// The hash of a user's password: additional fields of `user.json` in version 2.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    /// The hash.
    #[serde(rename = "password")]
    pub hash: String,
    /// The salt; empty if it is part of the hash.
    #[serde(rename = "password_salt", default)]
    pub salt: String,
    /// The algorithm: `bcrypt` or `SHA512` on the original server, `argon2id` on this one.
    #[serde(rename = "password_scheme")]
    pub scheme: String,
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHash").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
