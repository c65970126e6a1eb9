//! Streams.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::update::{UpdateError, count, flag, schema, setters, text};
use super::{Kind, Update};
use crate::{Schema, StreamPath};

/// The [`Kind`] of streams. It has no values and is only used as a type parameter.
#[derive(Debug, Clone, Copy)]
pub enum StreamKind {}

impl Kind for StreamKind {
    type Path = StreamPath;
    type Info = StreamInfo;
    type Create = StreamCreate;
    type Update = StreamUpdate;
    const ROUTE: &'static str = "crud/{user}/{device}/{stream}";
    const WORD: &'static str = "stream";
}

/// The description of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamInfo {
    /// The name, unique within the device.
    pub name: String,
    /// The display name.
    pub nickname: String,
    /// The description, free text.
    pub description: String,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    pub icon: String,
    /// The JSON Schema that values must match.
    pub schema: Schema,
    /// The meaning of the values, such as `rating.stars`.
    pub datatype: String,
    /// Whether datapoints are only sent to subscribers and not stored.
    pub ephemeral: bool,
    /// Whether other devices may send values to the stream's downlink, as requests to its owner.
    pub downlink: bool,
    /// For how long datapoints are kept, in seconds; 0 for ever. Older ones are deleted with later
    /// inserts, many at a time. The original server keeps all for ever.
    #[serde(skip_serializing_if = "is_zero")]
    pub keep: u64,
    /// The name of the device. Only set in the list of all streams of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The body of a request that creates a stream.
///
/// ```
/// use cdb_types::StreamCreate;
/// use serde_json::json;
/// let stream = StreamCreate::new().schema(json!({"type": "number"})).datatype("temperature");
/// assert_eq!(
///     serde_json::to_string(&stream)?,
///     r#"{"schema":"{\"type\":\"number\"}","datatype":"temperature"}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamCreate {
    /// The JSON Schema that values must match; the server's default is `{}`, which allows any
    /// value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The description, free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The icon: a name such as `material:star`, or an image as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The meaning of the values, such as `rating.stars`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datatype: Option<String>,
    /// Whether datapoints are only sent to subscribers and not stored; the server's default is
    /// false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral: Option<bool>,
    /// Whether other devices may send values to the downlink; the server's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downlink: Option<bool>,
    /// For how long datapoints are kept, in seconds; the server's default is 0, for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<u64>,
}

/// Copies all properties except the name. The stream gets no data.
impl From<StreamInfo> for StreamCreate {
    fn from(info: StreamInfo) -> Self {
        Self {
            schema: Some(info.schema),
            nickname: Some(info.nickname),
            description: Some(info.description),
            icon: Some(info.icon),
            datatype: Some(info.datatype),
            ephemeral: Some(info.ephemeral),
            downlink: Some(info.downlink),
            keep: Some(info.keep).filter(|keep| *keep > 0),
        }
    }
}

impl StreamCreate {
    /// Creates the body of a stream with the server's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets the JSON Schema that values must match.
        schema: Schema;
        /// Sets the display name.
        nickname: String;
        /// Sets the description.
        description: String;
        /// Sets the icon.
        icon: String;
        /// Sets the meaning of the values, such as `rating.stars`.
        datatype: String;
        /// Sets whether datapoints are only sent to subscribers and not stored.
        ephemeral: bool;
        /// Sets whether other devices may send values to the downlink.
        downlink: bool;
    }

    /// Sets for how long datapoints are kept, in whole seconds; [`Duration::ZERO`] for ever.
    #[must_use]
    pub fn keep(mut self, keep: impl Into<Duration>) -> Self {
        self.keep = Some(keep.into().as_secs());
        self
    }
}

/// The body of a request that changes a stream. A field that is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StreamUpdate {
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
    /// The JSON Schema that new values must match. Stored values are not checked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// The meaning of the values, such as `rating.stars`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datatype: Option<String>,
    /// Whether datapoints are only sent to subscribers and not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral: Option<bool>,
    /// Whether other devices may send values to the downlink. Turning it off deletes the datapoints
    /// of the downlink.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downlink: Option<bool>,
    /// For how long datapoints are kept, in seconds; 0 for ever. Those that are older are deleted with
    /// later inserts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<u64>,
}

impl StreamUpdate {
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
        /// Changes the JSON Schema that new values must match.
        schema: Schema;
        /// Changes the meaning of the values.
        datatype: String;
        /// Changes whether datapoints are only sent to subscribers and not stored.
        ephemeral: bool;
        /// Changes whether other devices may send values to the downlink.
        downlink: bool;
    }

    /// Changes for how long datapoints are kept, in whole seconds; [`Duration::ZERO`] for ever. Those that
    /// are older are deleted with later inserts, many at a time.
    #[must_use]
    pub fn keep(mut self, keep: impl Into<Duration>) -> Self {
        self.keep = Some(keep.into().as_secs());
        self
    }
}

impl Update for StreamUpdate {
    fn from_object(object: Map<String, Value>) -> Result<Self, UpdateError> {
        let mut update = Self::default();
        for (field, value) in object {
            match field.as_str() {
                "name" => update.name = text(&field, value)?,
                "nickname" => update.nickname = text(&field, value)?,
                "description" => update.description = text(&field, value)?,
                "icon" => update.icon = text(&field, value)?,
                "schema" => update.schema = schema(&field, value)?,
                "datatype" => update.datatype = text(&field, value)?,
                "ephemeral" => update.ephemeral = flag(&field, &value)?,
                "downlink" => update.downlink = flag(&field, &value)?,
                "keep" => update.keep = count(&field, &value)?,
                _ => return Err(UpdateError::Unrecognized(field)),
            }
        }
        Ok(update)
    }
}
