//! The paths of users, devices and streams: `user`, `user/device`, `user/device/stream`.

mod name;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use name::{MAX_NAME_LEN, Name, NameError};

/// A text is not a path of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// One of the names is not valid.
    #[error("{path:?} is not a path: {reason}")]
    Name {
        /// The text.
        path: String,
        /// The error of the first name that is not valid.
        reason: NameError,
    },
    /// The number of names is not that of this kind of path.
    #[error("{path:?} is not of the form {form}")]
    Depth {
        /// The text.
        path: String,
        /// The expected form, such as `user/device`.
        form: &'static str,
    },
}

/// Splits a path into exactly `N` names.
fn names<const N: usize>(path: &str, form: &'static str) -> Result<[Name; N], PathError> {
    let parts: Vec<&str> = path.split('/').collect();
    let parts: [&str; N] =
        parts.try_into().map_err(|_| PathError::Depth { path: path.to_owned(), form })?;
    let mut checked = Vec::with_capacity(N);
    for part in parts {
        let name = Name::new(part);
        checked.push(name.map_err(|reason| PathError::Name { path: path.to_owned(), reason })?);
    }
    checked.try_into().map_err(|_| PathError::Depth { path: path.to_owned(), form })
}

/// The path of a user: its name.
///
/// ```
/// use cdb_types::UserPath;
/// let path: UserPath = "myuser".parse()?;
/// assert_eq!(path.to_string(), "myuser");
/// # Ok::<(), cdb_types::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserPath {
    name: Name,
}

impl UserPath {
    /// Returns the user's name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Returns the path of the device with this name.
    #[must_use]
    pub fn device(&self, name: Name) -> DevicePath {
        DevicePath { user: self.clone(), name }
    }
}

impl From<Name> for UserPath {
    fn from(name: Name) -> Self {
        Self { name }
    }
}

impl fmt::Display for UserPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl FromStr for UserPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let [name] = names(text, "user")?;
        Ok(Self { name })
    }
}

/// The path of a device: `user/device`.
///
/// ```
/// use cdb_types::DevicePath;
/// let path: DevicePath = "myuser/phone".parse()?;
/// assert_eq!(path.name(), &"phone");
/// assert_eq!(path.user().to_string(), "myuser");
/// # Ok::<(), cdb_types::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DevicePath {
    user: UserPath,
    name: Name,
}

impl DevicePath {
    /// Returns the path of the user that owns the device.
    #[must_use]
    pub fn user(&self) -> &UserPath {
        &self.user
    }

    /// Returns the device's name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Returns the path of the stream with this name.
    #[must_use]
    pub fn stream(&self, name: Name) -> StreamPath {
        StreamPath { device: self.clone(), name }
    }
}

impl fmt::Display for DevicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.user, self.name)
    }
}

impl FromStr for DevicePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let [user, name] = names(text, "user/device")?;
        Ok(UserPath::from(user).device(name))
    }
}

/// The path of a stream: `user/device/stream`.
///
/// ```
/// use cdb_types::StreamPath;
/// let path: StreamPath = "myuser/phone/steps".parse()?;
/// assert_eq!(path.device().to_string(), "myuser/phone");
/// assert!("myuser/phone".parse::<StreamPath>().is_err());
/// # Ok::<(), cdb_types::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamPath {
    device: DevicePath,
    name: Name,
}

impl StreamPath {
    /// Returns the path of the user that owns the stream's device.
    #[must_use]
    pub fn user(&self) -> &UserPath {
        self.device.user()
    }

    /// Returns the path of the device that owns the stream.
    #[must_use]
    pub fn device(&self) -> &DevicePath {
        &self.device
    }

    /// Returns the stream's name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }
}

impl fmt::Display for StreamPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.device, self.name)
    }
}

impl FromStr for StreamPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let [user, device, name] = names(text, "user/device/stream")?;
        Ok(UserPath::from(user).device(device).stream(name))
    }
}

/// The path of one of a stream's two series of datapoints: its data (`user/device/stream`), or the
/// requests that other devices sent to it (`user/device/stream/downlink`).
///
/// Subscriptions, merges and datasets use such paths. The downlink of a stream is described in the
/// [crate's documentation](crate).
///
/// ```
/// use cdb_types::DataPath;
/// let path: DataPath = "myuser/lights/lamp/downlink".parse()?;
/// assert!(path.downlink);
/// assert_eq!(path.stream.to_string(), "myuser/lights/lamp");
/// # Ok::<(), cdb_types::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataPath {
    /// The stream.
    pub stream: StreamPath,
    /// Whether the path is that of the stream's downlink.
    pub downlink: bool,
}

impl From<StreamPath> for DataPath {
    fn from(stream: StreamPath) -> Self {
        Self { stream, downlink: false }
    }
}

impl fmt::Display for DataPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)?;
        f.write_str(if self.downlink { "/downlink" } else { "" })
    }
}

impl FromStr for DataPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        // In `u/d/downlink`, the third part is the name of a stream.
        match text.strip_suffix("/downlink") {
            Some(stream) if stream.matches('/').count() == 2 => {
                Ok(Self { stream: stream.parse()?, downlink: true })
            }
            _ => Ok(Self { stream: text.parse()?, downlink: false }),
        }
    }
}

/// The path of an object of any kind. The number of names determines the kind.
///
/// ```
/// use cdb_types::ObjectPath;
/// assert!(matches!("myuser/phone".parse()?, ObjectPath::Device(_)));
/// # Ok::<(), cdb_types::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ObjectPath {
    /// The path of a user: `user`.
    User(UserPath),
    /// The path of a device: `user/device`.
    Device(DevicePath),
    /// The path of a stream: `user/device/stream`.
    Stream(StreamPath),
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(path) => path.fmt(f),
            Self::Device(path) => path.fmt(f),
            Self::Stream(path) => path.fmt(f),
        }
    }
}

impl FromStr for ObjectPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        match text.matches('/').count() {
            0 => Ok(Self::User(text.parse()?)),
            1 => Ok(Self::Device(text.parse()?)),
            _ => Ok(Self::Stream(text.parse()?)),
        }
    }
}

macro_rules! path_conversions {
    ($($path:ty),*) => {$(
        impl TryFrom<String> for $path {
            type Error = PathError;

            fn try_from(text: String) -> Result<Self, PathError> {
                text.parse()
            }
        }

        impl TryFrom<&str> for $path {
            type Error = PathError;

            fn try_from(text: &str) -> Result<Self, PathError> {
                text.parse()
            }
        }

        impl From<$path> for String {
            fn from(path: $path) -> Self {
                path.to_string()
            }
        }
    )*};
}

path_conversions!(UserPath, DevicePath, StreamPath, DataPath, ObjectPath);
