//! The texts of messages to subscribers.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use cdb_types::DataPath;
use tokio::sync::OwnedSemaphorePermit;

use crate::limits::ByteLimit;

/// A text to be sent, shared by all who are sent it.
#[derive(Debug)]
pub(crate) struct Text {
    /// UTF-8.
    bytes: Bytes,
    /// What it counts in the total of all messages.
    _room: Option<OwnedSemaphorePermit>,
}

impl Text {
    /// The answer to a command, which does not count in the total.
    pub(crate) fn answer(text: String) -> Arc<Self> {
        Arc::new(Self { bytes: text.into(), _room: None })
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

/// Limits the memory of all messages that wait to be sent. Clones share the limit.
#[derive(Debug, Clone)]
pub(super) struct Texts(ByteLimit);

/// Room for a text.
#[derive(Debug)]
pub(super) struct Room(OwnedSemaphorePermit);

impl Texts {
    /// Limits all messages together to so many bytes. A text that many subscribers share counts
    /// once.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self(ByteLimit::new(max_bytes))
    }

    /// Returns how many bytes wait.
    pub(super) fn waiting_bytes(&self) -> u64 {
        self.0.used()
    }

    /// Takes room for so many bytes if it is free.
    pub(super) fn try_room(&self, bytes: usize) -> Option<Room> {
        self.0.try_take(bytes).map(Room)
    }

    /// Waits for room for so many bytes, in the order of the calls.
    pub(super) async fn room(&self, bytes: usize) -> Option<Room> {
        self.0.take(bytes).await.map(Room)
    }
}

impl Room {
    /// Fills the room with a text.
    pub(super) fn fill(self, text: String) -> Arc<Text> {
        Arc::new(Text { bytes: text.into(), _room: Some(self.0) })
    }
}

/// The parts of a message.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) path: &'a DataPath,
    pub(super) transform: &'a str,
    /// The indices of the inserted datapoints, for clients that receive them.
    pub(super) range: Option<Range<u64>>,
    /// The datapoints, separated by commas.
    pub(super) data: &'a [u8],
}

impl Message<'_> {
    pub(super) fn write(&self) -> String {
        let mut text = String::with_capacity(self.max_len());
        text.push_str(r#"{"stream":""#);
        text.push_str(&self.path.to_string());
        text.push('"');
        if !self.transform.is_empty() {
            text.push_str(r#","transform":"#);
            text.push_str(&serde_json::Value::from(self.transform).to_string());
        }
        if let Some(Range { start, end }) = self.range {
            text.push_str(&format!(r#","index":{start},"end":{end}"#));
        }
        text.push_str(r#","data":["#);
        text.push_str(&String::from_utf8_lossy(self.data));
        text.push_str("]}\n");
        text
    }

    /// Returns a number of bytes that the text does not exceed by much.
    pub(super) fn max_len(&self) -> usize {
        self.data.len() + self.transform.len() + 256
    }
}
