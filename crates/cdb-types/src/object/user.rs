//! Users.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::update::{UpdateError, flag, setters, text};
use super::{DeviceCreate, Kind, StreamCreate, Update};
use crate::{Password, UserPath};

/// The [`Kind`] of users. It has no values and is only used as a type parameter.
#[derive(Debug, Clone, Copy)]
pub enum UserKind {}

impl Kind for UserKind {
    type Path = UserPath;
    type Info = UserInfo;
    type Create = UserCreate;
    type Update = UserUpdate;
    const ROUTE: &'static str = "crud/{user}";
    const WORD: &'static str = "user";
}

/// The description of a user. A field that the caller may not read is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserInfo {
    /// The name, which is also the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The description, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The user role: `user`, or `admin`, who may change all users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether other users may see this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
}

/// The body of a request that creates a user, optionally with devices and streams.
///
/// ```
/// use cdb_types::{DeviceCreate, StreamCreate, UserCreate};
/// use serde_json::json;
/// let user = UserCreate::new("me@example.com", "secret")
///     .description("I like trains.")
///     .device("train", DeviceCreate::new()
///         .stream("speed", StreamCreate::new().schema(json!({"type": "number"}))));
/// assert_eq!(serde_json::to_value(&user)?["devices"]["train"]["streams"]["speed"]["schema"],
///            r#"{"type":"number"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserCreate {
    /// The e-mail address. The server requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The password. The server requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// The user role; the server's default is `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether other users may see this user; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The description, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Devices to create with the user, by name. The server always adds `user` and `meta`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub devices: BTreeMap<String, DeviceCreate>,
    /// Streams to create on the device `user`, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub streams: BTreeMap<String, StreamCreate>,
}

impl UserCreate {
    /// Creates the body with an e-mail address and a password; all else has the server's defaults.
    #[must_use]
    pub fn new(email: impl Into<String>, password: impl Into<Password>) -> Self {
        Self { email: Some(email.into()), password: Some(password.into()), ..Self::default() }
    }

    setters! {
        /// Sets the user role: `user` or `admin`.
        role: String;
        /// Sets whether other users may see this user.
        public: bool;
        /// Sets the display name.
        nickname: String;
        /// Sets the description.
        description: String;
        /// Sets the icon.
        icon: String;
    }

    /// Adds a device that is created with the user.
    #[must_use]
    pub fn device(mut self, name: impl Into<String>, device: DeviceCreate) -> Self {
        self.devices.insert(name.into(), device);
        self
    }

    /// Adds a stream that is created on the device `user`.
    #[must_use]
    pub fn stream(mut self, name: impl Into<String>, stream: StreamCreate) -> Self {
        self.streams.insert(name.into(), stream);
        self
    }
}

/// The body of a request that changes a user. A field that is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UserUpdate {
    /// The current name. The server refuses any other name, because names cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The description, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The user role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether other users may see this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

impl UserUpdate {
    /// Creates an update that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Changes the display name.
        nickname: String;
        /// Changes the e-mail address.
        email: String;
        /// Changes the description.
        description: String;
        /// Changes the icon.
        icon: String;
        /// Changes the user role.
        role: String;
        /// Changes whether other users may see this user.
        public: bool;
        /// Changes the password.
        password: Password;
    }
}

impl Update for UserUpdate {
    fn from_object(object: Map<String, Value>) -> Result<Self, UpdateError> {
        let mut update = Self::default();
        for (field, value) in object {
            match field.as_str() {
                "name" => update.name = text(&field, value)?,
                "nickname" => update.nickname = text(&field, value)?,
                "email" => update.email = text(&field, value)?,
                "description" => update.description = text(&field, value)?,
                "icon" => update.icon = text(&field, value)?,
                "role" => update.role = text(&field, value)?,
                "public" => update.public = flag(&field, &value)?,
                "password" => update.password = text(&field, value)?.map(Password::from),
                _ => return Err(UpdateError::Unrecognized(field)),
            }
        }
        Ok(update)
    }
}
