//! What is said over the websocket: one JSON object a text frame.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{DataPath, Datapoint, DatapointArray, StreamPath};

/// From client to server.
///
/// Every key is always written: the original decodes each command over the one before it, so that
/// a missing key would keep its last value.
///
/// ```
/// use cdb_types::{websocket::Command, DataPath};
/// let path: DataPath = "u/d/s".parse()?;
/// let command = Command::Subscribe { arg: path, transform: "if $>8".to_owned() };
/// assert_eq!(serde_json::to_string(&command).unwrap(),
///            r#"{"cmd":"subscribe","arg":"u/d/s","transform":"if $>8"}"#);
/// # Ok::<(), cdb_types::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Command {
    /// Asks to be told of inserts.
    Subscribe {
        /// Of what.
        arg: DataPath,
        /// Through which PipeScript; empty for none.
        #[serde(default)]
        transform: String,
    },
    /// Asks to be told no more; both must be as they were subscribed.
    Unsubscribe {
        /// Of what.
        arg: DataPath,
        /// Through which PipeScript.
        #[serde(default)]
        transform: String,
    },
    /// Asks to be told of nothing any more.
    UnsubscribeAll,
    /// Inserts with restamp.
    Insert {
        /// Into which stream.
        arg: StreamPath,
        /// What.
        d: DatapointArray,
    },
}

/// From server to client: what one insert gave, through one transform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message<T = Value> {
    /// Where it was inserted.
    pub stream: DataPath,
    /// The subscription's transform; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transform: String,
    /// What was inserted, through the transform.
    pub data: Vec<Datapoint<T>>,
}
