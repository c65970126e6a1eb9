//! Users, devices and streams: what the server says of them, and what it is told.

mod device;
mod stream;
mod update;
mod user;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use device::{DeviceCreate, DeviceInfo, DeviceKind, DeviceUpdate};
pub use stream::{StreamCreate, StreamInfo, StreamKind, StreamUpdate};
pub use update::UpdateError;
pub use user::{UserCreate, UserInfo, UserKind, UserUpdate};

/// What users, devices and streams have in common, so that each call on them is written once.
pub trait Kind: fmt::Debug + Send + Sync + 'static {
    /// Where such an object is.
    type Path: fmt::Display + Clone + fmt::Debug + Send + Sync;
    /// What the server says of it.
    type Info: Serialize + DeserializeOwned + Clone + fmt::Debug + Send + Sync;
    /// What it is made from.
    type Create: Serialize + DeserializeOwned + Default + Send + Sync;
    /// What may be changed of it.
    type Update: Update;
    /// Its route below `/api/v1/`, with the names in braces.
    const ROUTE: &'static str;
    /// The word for it: `user`, `device` or `stream`.
    const WORD: &'static str;
}

/// The body of an update: only what it names is changed.
pub trait Update: Serialize + Default + fmt::Debug + Send + Sync {
    /// Reads an update from the JSON object that was sent.
    ///
    /// # Errors
    /// With the protocol's words, when a field is unknown or of the wrong type.
    fn from_object(object: Map<String, Value>) -> Result<Self, UpdateError>;
}
