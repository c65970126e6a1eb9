//! Users, devices, streams and the arrays of their datapoints, as storage knows them.

use cdb_types::ApiKey;
use sha2::{Digest, Sha256};

/// A user, device, stream or session. Ids are never used again.
///
/// A deleted object takes those in it with it, so whatever depends on a stream depends on its device
/// and user too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ObjectId {
    User(i64),
    Device(i64),
    Stream(i64),
    /// A session of a browser.
    Session(i64),
}

/// A user.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// Set by storage when the user is inserted.
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) email: String,
    pub(crate) description: String,
    pub(crate) icon: String,
    pub(crate) role: String,
    pub(crate) public: bool,
}

/// The hash of a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredPassword {
    pub(crate) scheme: String,
    pub(crate) salt: String,
    pub(crate) hash: String,
}

impl std::fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredPassword").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// A device.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    /// Set by storage when the device is inserted.
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) description: String,
    pub(crate) icon: String,
    /// Empty for a device that nobody can log in as.
    pub(crate) apikey: ApiKey,
    pub(crate) enabled: bool,
    pub(crate) public: bool,
    pub(crate) role: String,
    pub(crate) visible: bool,
    pub(crate) user_editable: bool,
}

impl Device {
    /// The objects whose change may change this device or its place.
    pub(crate) fn depends_on(&self) -> [ObjectId; 2] {
        [ObjectId::User(self.user_id), ObjectId::Device(self.id)]
    }
}

/// A stream.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// Set by storage when the stream is inserted.
    pub(crate) id: i64,
    pub(crate) device_id: i64,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) description: String,
    pub(crate) icon: String,
    pub(crate) schema: String,
    pub(crate) datatype: String,
    pub(crate) ephemeral: bool,
    pub(crate) downlink: bool,
    /// For how long datapoints are kept, in seconds; 0 for ever.
    pub(crate) keep: u64,
}

/// A stream, without its properties.
#[derive(Debug, Clone)]
pub(crate) struct StreamName {
    pub(crate) id: i64,
    pub(crate) device_id: i64,
    pub(crate) name: String,
}

/// One of a stream's two arrays of datapoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Array {
    pub(crate) stream: i64,
    pub(crate) downlink: bool,
}

/// The SHA-256 of an API key. Devices are found by it, so that the time of a comparison reveals
/// nothing about the keys that exist.
pub(crate) type KeyDigest = [u8; 32];

/// Returns the digest of a key.
pub(crate) fn key_digest(key: &ApiKey) -> KeyDigest {
    Sha256::digest(key.expose().as_bytes()).into()
}
