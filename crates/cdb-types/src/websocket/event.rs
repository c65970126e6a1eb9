//! Frames from the server to the client.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{DataPath, DatapointArray, ServerError};

/// The datapoints of one insert, as one subscription receives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message<D = DatapointArray> {
    /// The stream or downlink of the insert.
    pub stream: DataPath,
    /// The transform of the subscription; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transform: String,
    /// The inserted datapoints, or the output of the transform for them.
    pub data: D,
    /// The position of the first inserted datapoint, before the transform: its index, unless datapoints
    /// of the stream were removed or inserted among others. `None` if the client did not request
    /// answers, and for ephemeral streams, whose datapoints are not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The position after the last inserted datapoint. `None` if `index` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u64>,
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The number of the [`Request`](super::Request).
    #[serde(rename = "answer")]
    pub id: u64,
    /// The subscription, if the command was `subscribe` and succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Subscribed>,
    /// The error, if the command was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ServerError>,
}

/// A subscription that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The position of the first datapoint that the subscription delivers: this one and all later ones
    /// are sent in messages. `None` for ephemeral streams, whose datapoints are not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// A number that identifies the stream. If a stream is deleted and created again at the same
    /// path, the new one has another number.
    pub incarnation: i64,
    /// How often datapoints of the stream were removed, replaced or inserted among others. If it is
    /// more than it was when a client has read datapoints, these may be different now.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub corrections: u64,
    /// Whether the transform's output for a datapoint depends on that datapoint alone. True if
    /// there is no transform.
    pub stateless: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Datapoints of a stream were removed, replaced, or inserted among others. The server sends it to
/// clients that have requested answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplacedMessage {
    /// The stream or downlink of the subscription.
    pub stream: DataPath,
    /// The transform of the subscription; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transform: String,
    /// What was replaced.
    pub replaced: ReplacedRange,
}

/// The range of a stream that was replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplacedRange {
    /// The earliest time of the datapoints that were removed or inserted, in seconds since 1970.
    pub first: f64,
    /// The latest of these times. What is neither before `first` nor after `last` may be different now.
    pub last: f64,
    /// The position of the first datapoint after the range, or of the next one that is appended. It and
    /// those of later datapoints are what they were.
    pub after: u64,
    /// How many datapoints were removed.
    pub removed: u64,
    /// How many were inserted. Datapoints before the range are as many positions further down as there
    /// are more now, or further up.
    pub inserted: u64,
    /// Whether these are several corrections, told together because too many waited. What a subscriber
    /// had not got before `after` is not sent any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub several: bool,
    /// The position of the next datapoint that is appended. Corrections do not change it.
    pub end: u64,
    /// How often datapoints of the stream were corrected, as in [`Subscribed`].
    pub corrections: u64,
}

impl ReplacedRange {
    /// Returns where a subscriber goes on that was to go on at `position` before the correction: the same
    /// datapoint, or the one after the range if that was within the range.
    ///
    /// ```
    /// use cdb_types::websocket::ReplacedRange;
    /// // Ten datapoints at the positions from 10 to 19 have become four.
    /// let text =
    ///     r#"{"first":1,"last":2,"after":20,"removed":10,"inserted":4,"end":99,"corrections":1}"#;
    /// let range: ReplacedRange = serde_json::from_str(text)?;
    /// assert_eq!([0, 10, 11, 20, 30].map(|position| range.moved(position)), [6, 16, 20, 20, 30]);
    /// assert!(!range.skips_from(0));
    /// // Those that had positions below 0 are gone.
    /// let before_all = ReplacedRange { after: 0, removed: 9, inserted: 0, ..range };
    /// assert_eq!([0, 5].map(|position| before_all.moved(position)), [0, 5]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn moved(&self, position: u64) -> u64 {
        let moved = i128::from(position) + i128::from(self.removed) - i128::from(self.inserted);
        match i128::from(position) - self.start() {
            // Behind what was removed. At the place of what was inserted, that is to come.
            _ if position >= self.after && (self.removed > 0 || position > self.after) => position,
            1.. => self.after,
            0 if moved < 0 => self.after,
            _ => u64::try_from(moved.max(0)).unwrap_or(u64::MAX),
        }
    }

    /// Returns whether datapoints that were to be sent to a subscriber, from `position` on, are not sent any
    /// more although they are still there.
    #[must_use]
    pub fn skips_from(&self, position: u64) -> bool {
        let has_no_positions = i128::from(position) < self.start()
            && position.saturating_add(self.removed) < self.inserted;
        (self.several && position < self.after) || has_no_positions
    }

    /// The position at which the range began. Datapoints that were sorted in before all others have
    /// positions below 0, which are not used.
    fn start(&self) -> i128 {
        i128::from(self.after) - i128::from(self.removed)
    }

    /// Returns both as one. A subscriber goes on after their ranges.
    #[must_use]
    pub fn and(&self, later: &Self) -> Self {
        let (first, last) = (self.first.min(later.first), self.last.max(later.last));
        let after = self.after.max(later.after);
        Self { first, last, after, removed: after, inserted: 0, several: true, ..later.clone() }
    }
}

/// The server has ended a subscription, because the stream was deleted or may not be read any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The stream or downlink of the subscription.
    pub stream: DataPath,
    /// The transform of the subscription; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transform: String,
    /// The reason.
    pub ended: ServerError,
}

/// Any frame that a server sends.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// Datapoints were inserted. They are not parsed yet.
    Message(Message<Box<RawValue>>),
    /// The result of a command.
    Answer(Answer),
    /// The server has ended a subscription.
    Ended(Ended),
    /// Datapoints were removed, replaced, or inserted among others.
    Replaced(ReplacedMessage),
}

/// A frame is not one that a server sends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownEvent {
    /// The frame is not JSON, or a key has a value of the wrong type.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The frame is an object without the keys of any kind of event.
    #[error("the frame is not an event: it has none of the keys answer, data, ended and replaced")]
    Kind,
}

/// The keys of all kinds of events.
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
    replaced: Option<ReplacedRange>,
}

impl Event {
    /// Reads a frame of a server.
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
    /// Returns an error if the text is not an event.
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
            (_, Some(stream), ..) if let Some(replaced) = fields.replaced => {
                Ok(Self::Replaced(ReplacedMessage { stream, transform, replaced }))
            }
            _ => Err(UnknownEvent::Kind),
        }
    }
}
