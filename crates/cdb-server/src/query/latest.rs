//! The last datapoints of many streams, as the text of a response.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use crate::service::authorize::ReadPermit;
use crate::storage::{Last, PageSize, ReadError, Storage};

/// The number of streams that are read at once.
const STREAMS_AT_A_TIME: usize = 512;

/// Streams whose lengths and last datapoints are sent.
#[derive(Debug)]
pub(crate) struct LatestRows {
    storage: Arc<dyn Storage>,
    /// What is still to be sent.
    paths: VecDeque<String>,
    permits: VecDeque<ReadPermit>,
    begun: bool,
    ended: bool,
}

impl LatestRows {
    /// Creates an empty list.
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        let (paths, permits) = Default::default();
        Self { storage, paths, permits, begun: false, ended: false }
    }

    /// Adds a stream.
    pub(crate) fn push(&mut self, path: String, permit: ReadPermit) {
        self.paths.push_back(path);
        self.permits.push_back(permit);
    }

    /// Returns whether the last piece has been returned.
    pub(crate) fn is_done(&self) -> bool {
        self.ended
    }

    /// Returns the next piece of a JSON array, or `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let mut text = Vec::new();
        let count = self.permits.len().min(STREAMS_AT_A_TIME);
        let permits: Vec<_> = self.permits.drain(..count).collect();
        let paths: Vec<_> = self.paths.drain(..count).collect();
        let latest = self.storage.latest(&permits).await?;
        for ((path, permit), latest) in paths.iter().zip(&permits).zip(latest) {
            let last = match latest.last {
                Last::Long => match self.read(permit, latest.length).await {
                    Ok(text) => Last::Text(text),
                    // It was deleted meanwhile.
                    Err(ReadError::Gone) => continue,
                    Err(ReadError::Damaged(damage)) => Last::Damaged(damage),
                    Err(other) => return Err(other),
                },
                last => last,
            };
            text.push(if self.begun { b',' } else { b'[' });
            self.begun = true;
            // By hand, since the last datapoint is JSON already. A path has no characters to escape.
            text.extend_from_slice(br#"{"stream":""#);
            text.extend_from_slice(path.as_bytes());
            text.extend_from_slice(format!(r#"","length":{},"last":"#, latest.length).as_bytes());
            match &last {
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
        if self.permits.is_empty() {
            text.extend_from_slice(if self.begun { b"]" } else { b"[]" });
            self.ended = true;
        }
        Ok(Some(text))
    }

    /// Reads the last datapoint of a stream.
    async fn read(&self, permit: &ReadPermit, length: u64) -> Result<Vec<u8>, ReadError> {
        let mut scan = self.storage.scan(permit, length - 1..length, PageSize::Small);
        let mut text = scan.next().await?.unwrap_or_default();
        // Without the brackets.
        text.pop();
        text.drain(..1.min(text.len()));
        Ok(text)
    }
}
