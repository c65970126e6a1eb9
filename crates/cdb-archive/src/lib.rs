//! Archives: users, devices and streams as plain files, for whoever writes or reads them.
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
//! Version 1 is what a client can write and read. Version 2, that of a server's own export, holds
//! the hashes of passwords as well.
//!
//! A client's archives are exported and imported by the crate `cdb-core`, those of a data file by
//! `cdb-server`; both use this one, which knows files but neither servers nor networks.
//! [`read_users`] reads all of an archive, so that nothing need be changed before it is known to be
//! right; [`Draft`] writes beside and moves when all is there.
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

/// What says of which version an archive is.
const VERSION: &str = "connectordb.json";

/// What holds a user, in the user's directory.
pub const USER: &str = "user.json";
/// What holds a device, in the device's directory.
pub const DEVICE: &str = "device.json";
/// What holds a stream, in the stream's directory.
pub const STREAM: &str = "stream.json";
/// What holds a stream's datapoints, in the stream's directory.
pub const DATA: &str = "data.json";
/// What holds those that others have asked for, in the stream's directory.
pub const DOWNLINK: &str = "downlink.json";

/// Which kind of archive it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// That of a client: without passwords.
    One,
    /// That of a server: with the hashes of passwords.
    Two,
}

/// What a user's password is compared with, as the fields of `user.json` in version 2.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    /// The hash itself.
    #[serde(rename = "password")]
    pub hash: String,
    /// What was put to the password before it was hashed, if that is not part of the hash.
    #[serde(rename = "password_salt", default)]
    pub salt: String,
    /// How it was hashed: `bcrypt` and `SHA512` by the original, `argon2id` by this server.
    #[serde(rename = "password_scheme")]
    pub scheme: String,
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHash").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
