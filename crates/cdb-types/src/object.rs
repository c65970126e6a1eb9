//! Users, devices and streams: their descriptions, and the bodies that create and change them.

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

/// A kind of object: user, device or stream. Code that works for all three is generic over it.
pub trait Kind: fmt::Debug + Send + Sync + 'static {
    /// The path of such an object.
    type Path: fmt::Display + Clone + fmt::Debug + Send + Sync;
    /// The description that the server returns.
    type Info: Serialize + DeserializeOwned + Clone + fmt::Debug + Send + Sync;
    /// The body of the request that creates one.
    type Create: Serialize + DeserializeOwned + Default + Send + Sync;
    /// The body of the request that changes one.
    type Update: Update;
    /// The route below `/api/v1/`, with the variable parts in braces.
    const ROUTE: &'static str;
    /// The English word for the kind: `user`, `device` or `stream`.
    const WORD: &'static str;
}

/// The body of an update. Fields that it does not contain stay as they are.
pub trait Update: Serialize + Default + fmt::Debug + Send + Sync {
    /// Reads an update from the JSON object of a request.
    ///
    /// # Errors
    /// Returns an error if a field is unknown or has a value of the wrong type. Its text is that of
    /// the original server.
    fn from_object(object: Map<String, Value>) -> Result<Self, UpdateError>;
}
