//! The last datapoints of many streams, as the text of a response.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::read_text;
use crate::service::authorize::ReadPermit;
use crate::storage::{Array, Last, Latest, ReadError, Storage};

/// The number of streams that are read at once.
const STREAMS_AT_A_TIME: usize = 256;

/// Streams whose lengths and last datapoints are sent.
#[derive(Debug)]
pub(crate) struct LatestRows {
    storage: Arc<dyn Storage>,
    /// What is still to be read.
    wanted: VecDeque<(String, ReadPermit)>,
    /// What was read, and is still to be sent.
    read: VecDeque<(String, ReadPermit, Latest)>,
    /// The streams that were added: each is listed once.
    added: HashSet<Array>,
}

impl LatestRows {
    /// Creates an empty list.
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        let (wanted, read, added) = Default::default();
        Self { storage, wanted, read, added }
    }

    /// Adds a stream, unless it was added before.
    pub(crate) fn push(&mut self, path: String, permit: ReadPermit) {
        if self.added.insert(permit.array()) {
            self.wanted.push_back((path, permit));
        }
    }

    /// Adds a separator and the next element of the response to a text. Returns whether there was one.
    pub(super) async fn write_next(
        &mut self,
        separator: u8,
        text: &mut Vec<u8>,
    ) -> Result<bool, ReadError> {
        loop {
            if self.read.is_empty() && !self.wanted.is_empty() {
                self.read_more().await?;
            }
            let Some((path, permit, latest)) = self.read.pop_front() else { return Ok(false) };
            let length = latest.extent.length();
            if let Some(last) = self.last(&permit, latest).await? {
                write(separator, text, &path, length, &last);
                return Ok(true);
            }
        }
    }

    async fn read_more(&mut self) -> Result<(), ReadError> {
        let count = self.wanted.len().min(STREAMS_AT_A_TIME);
        let (paths, permits): (Vec<_>, Vec<_>) = self.wanted.drain(..count).unzip();
        let latest = self.storage.latest(&permits).await?;
        let read = paths.into_iter().zip(permits).zip(latest);
        self.read.extend(read.map(|((path, permit), latest)| (path, permit, latest)));
        Ok(())
    }

    /// Returns the last datapoint of a stream, or `None` if the stream was deleted or corrected meanwhile.
    async fn last(&self, permit: &ReadPermit, latest: Latest) -> Result<Option<Last>, ReadError> {
        if !matches!(latest.last, Last::Long) {
            return Ok(Some(latest.last));
        }
        let extent = &latest.extent;
        let last = extent.length().saturating_sub(1);
        match read_text(&*self.storage, permit, extent, last).await {
            Ok(text) => Ok(Some(Last::Text(text))),
            Err(ReadError::Gone | ReadError::Replaced) => Ok(None),
            Err(ReadError::Damaged(damage)) => Ok(Some(Last::Damaged(damage))),
            Err(other) => Err(other),
        }
    }
}

/// Adds a separator and an element of the response to a text.
fn write(separator: u8, text: &mut Vec<u8>, path: &str, length: u64, last: &Last) {
    text.push(separator);
    // By hand, since the last datapoint is JSON already. A path has no characters to escape.
    text.extend_from_slice(br#"{"stream":""#);
    text.extend_from_slice(path.as_bytes());
    text.extend_from_slice(format!(r#"","length":{length},"last":"#).as_bytes());
    match last {
        Last::Text(datapoint) => text.extend_from_slice(datapoint),
        _ => text.extend_from_slice(b"null"),
    }
    if let Last::Damaged(damage) = last {
        text.extend_from_slice(br#","error":"#);
        let damage = Value::from(damage.to_string());
        text.extend_from_slice(damage.to_string().as_bytes());
    }
    text.push(b'}');
}
