//! From server to client.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{DataPath, DatapointArray, ServerError};

/// What one insert gave, through one transform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message<D = DatapointArray> {
    /// Where it was inserted.
    pub stream: DataPath,
    /// The subscription's transform; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transform: String,
    /// What was inserted, through the transform.
    pub data: D,
    /// The index of the first datapoint that was inserted. Only where answers were asked for, and
    /// not for what is not kept (ephemeral streams).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The index after that of the last datapoint that was inserted; with `index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u64>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The number of the [`Request`](super::Request).
    #[serde(rename = "answer")]
    pub id: u64,
    /// The subscription that has begun, if it was `subscribe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Subscribed>,
    /// Why it was refused, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ServerError>,
}

/// A subscription that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The index of the first datapoint of which the subscription tells: all that are inserted
    /// later come in messages. Missing for what is not kept (ephemeral streams).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// What tells a stream from a later one of the same path.
    pub incarnation: i64,
    /// Whether what the transform gives for a datapoint depends on that datapoint alone; so it is
    /// without a transform.
    pub stateless: bool,
}

/// Word of a subscription that has ended without being unsubscribed: the stream is gone, or may not
/// be read any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// What was subscribed.
    pub stream: DataPath,
    /// The subscription's transform; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transform: String,
    /// Why.
    pub ended: ServerError,
}

/// Anything that a server says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// Something was inserted; its datapoints are not read yet.
    Message(Message<Box<RawValue>>),
    /// A command was answered.
    Answer(Answer),
    /// A subscription has ended.
    Ended(Ended),
}

/// A frame that is none of what a server says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownEvent {
    /// It is not JSON, or a key has a value of the wrong type.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is an object of another kind.
    #[error("this is neither a message nor an answer")]
    Kind,
}

/// The keys of all events together.
#[derive(Deserialize)]
struct Fields {
    stream: Option<DataPath>,
    #[serde(default)]
    transform: String,
    data: Option<Box<RawValue>>,
    index: Option<u64>,
    end: Option<u64>,
    answer: Option<u64>,
    joined: Option<Subscribed>,
    error: Option<ServerError>,
    ended: Option<ServerError>,
}

impl Event {
    /// Reads a frame.
    ///
    /// ```
    /// use cdb_types::websocket::Event;
    /// let event = Event::parse(r#"{"stream":"u/d/s","data":[{"t":1,"d":2}]}"#)?;
    /// let Event::Message(message) = event else { panic!() };
    /// assert_eq!(message.data.get(), r#"[{"t":1,"d":2}]"#);
    /// # Ok::<(), cdb_types::websocket::UnknownEvent>(())
    /// ```
    ///
    /// # Errors
    /// When it is no event.
    pub fn parse(text: &str) -> Result<Self, UnknownEvent> {
        let fields: Fields = serde_json::from_str(text)?;
        let Fields { transform, index, end, joined, error, .. } = fields;
        match (fields.answer, fields.stream, fields.data, fields.ended) {
            (Some(id), ..) => Ok(Self::Answer(Answer { id, joined, error })),
            (_, Some(stream), Some(data), _) => {
                Ok(Self::Message(Message { stream, transform, data, index, end }))
            }
            (_, Some(stream), _, Some(ended)) => {
                Ok(Self::Ended(Ended { stream, transform, ended }))
            }
            _ => Err(UnknownEvent::Kind),
        }
    }
}
