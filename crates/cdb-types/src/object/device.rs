//! Devices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::update::{UpdateError, flag, setters, text};
use super::{Kind, StreamCreate, Update};
use crate::{ApiKey, DevicePath};

/// The [`Kind`] of devices. It has no values and is only used as a type parameter.
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

/// The description of a device. A field that the caller may not read is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// The name, unique within the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The description, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The key with which the device logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apikey: Option<ApiKey>,
    /// Whether the device is running. This is a status that the device itself reports, not a lock: a
    /// disabled device can still log in. A new key locks a device out, and ends its websockets at
    /// once; see [`DeviceUpdate::apikey`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether other users may see the device and its streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The device role, which determines what the device may do with other devices and streams, but
    /// never more than its user may do:
    ///
    /// - `none` or an empty text: nothing.
    /// - `reader`: read them and their data.
    /// - `writer`: also change them, and send values to downlinks.
    /// - `user`: also create and delete them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether user interfaces show the device in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Whether the user is expected to edit the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_editable: Option<bool>,
}

/// The body of a request that creates a device, optionally with streams.
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
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The description, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The key with which the device logs in; by default the server generates one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apikey: Option<ApiKey>,
    /// Whether the device is running, a status and not a lock; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether other users may see the device; the server's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The device role, see [`DeviceInfo::role`]; the server's default is `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether user interfaces show the device in lists; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Whether the user is expected to edit the device; the server's default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_editable: Option<bool>,
    /// Streams to create with the device, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub streams: BTreeMap<String, StreamCreate>,
}

/// Copies all properties, including the key, except the name. The device gets no streams.
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
    /// Creates the body of a device with the server's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets the display name.
        nickname: String;
        /// Sets the description.
        description: String;
        /// Sets the icon.
        icon: String;
        /// Sets the key, which the server otherwise generates.
        apikey: ApiKey;
        /// Sets whether the device is running. This is a status, not a lock.
        enabled: bool;
        /// Sets whether other users may see the device.
        public: bool;
        /// Sets the device role: `none`, `reader`, `writer` or `user`.
        role: String;
        /// Sets whether user interfaces show the device in lists.
        visible: bool;
        /// Sets whether the user is expected to edit the device.
        user_editable: bool;
    }

    /// Adds a stream that is created with the device.
    #[must_use]
    pub fn stream(mut self, name: impl Into<String>, stream: StreamCreate) -> Self {
        self.streams.insert(name.into(), stream);
        self
    }
}

/// The body of a request that changes a device. A field that is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeviceUpdate {
    /// The current name. The server refuses any other name, because names cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The description, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The key with which the device logs in; if it is empty, the server generates a new one.
    ///
    /// The server ends everything that is logged in with the old key at once, websockets and
    /// sessions of browsers included. This locks out a device that was stolen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apikey: Option<ApiKey>,
    /// Whether the device is running. This is a status, not a lock; see [`DeviceInfo::enabled`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether other users may see the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The device role; see [`DeviceInfo::role`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether user interfaces show the device in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Whether the user is expected to edit the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_editable: Option<bool>,
}

impl DeviceUpdate {
    /// Creates an update that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Changes the display name.
        nickname: String;
        /// Changes the description.
        description: String;
        /// Changes the icon.
        icon: String;
        /// Changes the key; if it is empty, the server generates a new one.
        apikey: ApiKey;
        /// Changes whether the device is running. This is a status, not a lock.
        enabled: bool;
        /// Changes whether other users may see the device.
        public: bool;
        /// Changes the device role.
        role: String;
        /// Changes whether user interfaces show the device in lists.
        visible: bool;
        /// Changes whether the user is expected to edit the device.
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
