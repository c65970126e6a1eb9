//! The last datapoints of many streams, as the text of a response.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::read_text;
use crate::service::authorize::ReadPermit;
use crate::storage::{Array, Last, Latest, ReadError, Storage};

/// The number of streams that are read at once.
const STREAMS_AT_A_TIME: usize = 256;

/// How often the last datapoint of a stream is looked for again while the stream is corrected.
const MAX_TRIES: u32 = 3;

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
            if let Some((length, last)) = self.last(&permit, latest).await? {
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

    /// Returns the length and the last datapoint of a stream, or `None` if the stream was deleted meanwhile.
    async fn last(
        &self,
        permit: &ReadPermit,
        mut latest: Latest,
    ) -> Result<Option<(u64, Last)>, ReadError> {
        let mut tries = MAX_TRIES;
        loop {
            let length = latest.extent.length();
            if !matches!(latest.last, Last::Long) {
                return Ok(Some((length, latest.last)));
            }
            let last = length.saturating_sub(1);
            match read_text(&*self.storage, permit, &latest.extent, last).await {
                Ok(text) => return Ok(Some((length, Last::Text(text)))),
                Err(ReadError::Gone) => return Ok(None),
                Err(ReadError::Replaced) if tries > 0 => {
                    tries -= 1;
                    self.storage.settled().await;
                    let again = self.storage.latest(std::slice::from_ref(permit)).await?;
                    let Some(again) = again.into_iter().next() else { return Ok(None) };
                    latest = again;
                }
                Err(ReadError::Damaged(damage)) => {
                    return Ok(Some((length, Last::Damaged(damage))));
                }
                Err(other) => return Err(other),
            }
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
