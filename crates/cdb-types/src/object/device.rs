//! Devices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::update::{UpdateError, flag, setters, text};
use super::{Kind, StreamCreate, Update};
use crate::{ApiKey, DevicePath};

/// The kind of object that a device is.
#[derive(Debug, Clone, Copy)]
pub enum DeviceKind {}

impl Kind for DeviceKind {
    type Path = DevicePath;
    type Info = DeviceInfo;
    type Create = DeviceCreate;
    type Update = DeviceUpdate;
    const ROUTE: &'static str = "crud/{user}/{device}";
    const WORD: &'static str = "device";
}

/// What the server says of a device. What the asker may not read is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Its name within its user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A named icon (`material:star`) or an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The key with which it logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apikey: Option<ApiKey>,
    /// Whether it is in use. It tells others only: a disabled device can still log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether other users may see it and its streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Its device role: `none` (also empty), `reader`, `writer` or `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether it is shown in lists for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Whether its user is meant to edit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_editable: Option<bool>,
}

/// A device to be made, with its streams if wanted.
///
/// ```
/// use cdb_types::DeviceCreate;
/// let device = DeviceCreate::new().nickname("My train").public(false);
/// assert_eq!(serde_json::to_string(&device)?, r#"{"nickname":"My train","public":false}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeviceCreate {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A named icon or an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its key, if it should not be one made by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apikey: Option<ApiKey>,
    /// Whether it is in use; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether other users may see it; the server's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Its device role; the server's default is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether it is shown in lists for people; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Whether its user is meant to edit it; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_editable: Option<bool>,
    /// Streams to be made with it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub streams: BTreeMap<String, StreamCreate>,
}

/// One like it, with the same key, but without its streams.
impl From<DeviceInfo> for DeviceCreate {
    fn from(info: DeviceInfo) -> Self {
        Self {
            nickname: info.nickname,
            description: info.description,
            icon: info.icon,
            apikey: info.apikey,
            enabled: info.enabled,
            public: info.public,
            role: info.role,
            visible: info.visible,
            user_editable: info.user_editable,
            streams: BTreeMap::new(),
        }
    }
}

impl DeviceCreate {
    /// A device with the server's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Gives it a name for people.
        nickname: String;
        /// Describes it.
        description: String;
        /// Gives it an icon.
        icon: String;
        /// Gives it this key instead of one made by the server.
        apikey: ApiKey;
        /// Says whether it is in use.
        enabled: bool;
        /// Says whether other users may see it.
        public: bool;
        /// Gives it a device role: `none`, `reader`, `writer` or `user`.
        role: String;
        /// Says whether it is shown in lists for people.
        visible: bool;
        /// Says whether its user is meant to edit it.
        user_editable: bool;
    }

    /// Makes a stream with it.
    #[must_use]
    pub fn stream(mut self, name: impl Into<String>, stream: StreamCreate) -> Self {
        self.streams.insert(name.into(), stream);
        self
    }
}

/// What is to change of a device; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeviceUpdate {
    /// Its own name again, or a refusal: names do not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A named icon or an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its key; an empty one makes the server choose a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apikey: Option<ApiKey>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether other users may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Its device role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether it is shown in lists for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Whether its user is meant to edit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_editable: Option<bool>,
}

impl DeviceUpdate {
    /// An update that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Changes the name for people.
        nickname: String;
        /// Changes the description.
        description: String;
        /// Changes the icon.
        icon: String;
        /// Changes the key; an empty one makes the server choose a new one.
        apikey: ApiKey;
        /// Changes whether it is in use.
        enabled: bool;
        /// Changes whether other users may see it.
        public: bool;
        /// Changes the device role.
        role: String;
        /// Changes whether it is shown in lists for people.
        visible: bool;
        /// Changes whether its user is meant to edit it.
        user_editable: bool;
    }
}

impl Update for DeviceUpdate {
    fn from_object(object: Map<String, Value>) -> Result<Self, UpdateError> {
        let mut update = Self::default();
        for (field, value) in object {
            match field.as_str() {
                "name" => update.name = text(&field, value)?,
                "nickname" => update.nickname = text(&field, value)?,
                "description" => update.description = text(&field, value)?,
                "icon" => update.icon = text(&field, value)?,
                "apikey" => update.apikey = text(&field, value)?.map(ApiKey::from),
                "enabled" => update.enabled = flag(&field, &value)?,
                "public" => update.public = flag(&field, &value)?,
                "role" => update.role = text(&field, value)?,
                "visible" => update.visible = flag(&field, &value)?,
                "user_editable" => update.user_editable = flag(&field, &value)?,
                _ => return Err(UpdateError::Unrecognized(field)),
            }
        }
        Ok(update)
    }
}
