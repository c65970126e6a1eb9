//! Streams.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::update::{UpdateError, flag, schema, setters, text};
use super::{Kind, Update};
use crate::{Schema, StreamPath};

/// The kind of object that a stream is.
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

/// What the server says of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamInfo {
    /// Its name within its device.
    pub name: String,
    /// A name for people.
    pub nickname: String,
    /// What it is.
    pub description: String,
    /// A named icon (`material:star`) or an image.
    pub icon: String,
    /// What its values must fit.
    pub schema: Schema,
    /// How its values are meant, such as `rating.stars`.
    pub datatype: String,
    /// Whether its datapoints are only handed to subscribers, and not kept.
    pub ephemeral: bool,
    /// Whether other devices may ask its owner for values.
    pub downlink: bool,
    /// The name of its device; only in the list of all streams of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// A stream to be made.
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
    /// What its values must fit; the server's default is `{}`, anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A named icon or an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// How its values are meant, such as `rating.stars`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datatype: Option<String>,
    /// Whether its datapoints are not kept; the server's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral: Option<bool>,
    /// Whether others may ask its owner for values; the server's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downlink: Option<bool>,
}

/// One like it, without its data.
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
        }
    }
}

impl StreamCreate {
    /// A stream with the server's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Gives it a JSON Schema that its values must fit.
        schema: Schema;
        /// Gives it a name for people.
        nickname: String;
        /// Describes it.
        description: String;
        /// Gives it an icon.
        icon: String;
        /// Says how its values are meant.
        datatype: String;
        /// Says whether its datapoints are only handed to subscribers, and not kept.
        ephemeral: bool;
        /// Says whether other devices may ask its owner for values.
        downlink: bool;
    }
}

/// What is to change of a stream; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StreamUpdate {
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
    /// What new values must fit; what is already there is not checked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// How its values are meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datatype: Option<String>,
    /// Whether its datapoints are only handed to subscribers, and not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral: Option<bool>,
    /// Whether others may ask its owner for values; turning it off deletes what they asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downlink: Option<bool>,
}

impl StreamUpdate {
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
        /// Changes the schema for new values.
        schema: Schema;
        /// Changes how its values are meant.
        datatype: String;
        /// Changes whether its datapoints are kept.
        ephemeral: bool;
        /// Changes whether others may ask its owner for values.
        downlink: bool;
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
                _ => return Err(UpdateError::Unrecognized(field)),
            }
        }
        Ok(update)
    }
}
