//! Users.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::update::{UpdateError, flag, setters, text};
use super::{DeviceCreate, Kind, StreamCreate, Update};
use crate::{Password, UserPath};

/// The kind of object that a user is.
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

/// What the server says of a user. What the asker may not read is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserInfo {
    /// Its name, which is also its path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A named icon (`material:star`) or an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its user role, such as `user` or `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether other users may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
}

/// A user to be made, with a whole tree of devices and streams if wanted.
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
    /// Its e-mail address. Required by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its password. Required by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// Its user role; the server's default is `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether other users may see it; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A named icon or an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Devices to be made with it, by name; `user` and `meta` come by themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub devices: BTreeMap<String, DeviceCreate>,
    /// Streams of its `user` device to be made with it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub streams: BTreeMap<String, StreamCreate>,
}

impl UserCreate {
    /// A user with this e-mail address and password, and the server's defaults for the rest.
    #[must_use]
    pub fn new(email: impl Into<String>, password: impl Into<Password>) -> Self {
        Self { email: Some(email.into()), password: Some(password.into()), ..Self::default() }
    }

    setters! {
        /// Gives it a user role: `user` or `admin`.
        role: String;
        /// Says whether other users may see it.
        public: bool;
        /// Gives it a name for people.
        nickname: String;
        /// Describes it.
        description: String;
        /// Gives it an icon.
        icon: String;
    }

    /// Makes a device with it.
    #[must_use]
    pub fn device(mut self, name: impl Into<String>, device: DeviceCreate) -> Self {
        self.devices.insert(name.into(), device);
        self
    }

    /// Makes a stream of its `user` device with it.
    #[must_use]
    pub fn stream(mut self, name: impl Into<String>, stream: StreamCreate) -> Self {
        self.streams.insert(name.into(), stream);
        self
    }
}

/// What is to change of a user; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UserUpdate {
    /// Its own name again, or a refusal: names do not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A named icon or an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its user role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether other users may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

impl UserUpdate {
    /// An update that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Changes the name for people.
        nickname: String;
        /// Changes the e-mail address.
        email: String;
        /// Changes the description.
        description: String;
        /// Changes the icon.
        icon: String;
        /// Changes the user role.
        role: String;
        /// Changes whether other users may see it.
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
