//! The last datapoints of many streams, as the text of a response.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::service::authorize::ReadPermit;
use crate::storage::{BlockError, Last, PageSize, ReadError, Storage};

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

/// An element of the response.
#[derive(Serialize)]
struct Row<'a> {
    stream: &'a str,
    length: u64,
    last: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
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
            let (mut last, mut error) = (None, None);
            match latest.last {
                Last::None => {}
                Last::Text(text) => last = Some(raw(text)?),
                Last::Long => match self.read(permit, latest.length).await {
                    Ok(text) => last = Some(text),
                    // It was deleted meanwhile.
                    Err(ReadError::Gone) => continue,
                    Err(damage @ ReadError::Damaged(_)) => error = Some(damage.to_string()),
                    Err(other) => return Err(other),
                },
                Last::Damaged(damage) => error = Some(damage.to_string()),
            }
            text.push(if self.begun { b',' } else { b'[' });
            self.begun = true;
            let last = last.as_deref();
            let row = Row { stream: path, length: latest.length, last, error };
            serde_json::to_writer(&mut text, &row).map_err(BlockError::from)?;
        }
        if self.permits.is_empty() {
            text.extend_from_slice(if self.begun { b"]" } else { b"[]" });
            self.ended = true;
        }
        Ok(Some(text))
    }

    /// Reads the last datapoint of a stream.
    async fn read(&self, permit: &ReadPermit, length: u64) -> Result<Box<RawValue>, ReadError> {
        let mut scan = self.storage.scan(permit, length - 1..length, PageSize::Small);
        let mut text = scan.next().await?.unwrap_or_default();
        // Without the brackets.
        text.pop();
        text.drain(..1.min(text.len()));
        raw(text)
    }
}

fn raw(text: Vec<u8>) -> Result<Box<RawValue>, ReadError> {
    let text = String::from_utf8(text).map_err(|_| BlockError::Content)?;
    Ok(RawValue::from_string(text).map_err(BlockError::from)?)
}
