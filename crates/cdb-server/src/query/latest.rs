//! The last datapoints of many streams, as the text of a response.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::{AnswerError, read_text};
use crate::compute::Compute;
use crate::identity::Principal;
use crate::service::authorize::ReadPermit;
use crate::storage::{Array, Last, Latest, ReadError, Storage};

/// The number of streams that are read at once.
const STREAMS_AT_A_TIME: usize = 256;

/// The size of a piece of the response, in bytes. It is longer if its last datapoint is.
const PIECE_BYTES: usize = 64 * 1024;

/// Streams whose lengths and last datapoints are sent.
#[derive(Debug)]
pub(crate) struct LatestRows {
    /// `None` after an error, or while a piece is made.
    state: Option<Rows>,
    compute: Compute,
    principal: Principal,
}

#[derive(Debug)]
struct Rows {
    storage: Arc<dyn Storage>,
    /// What is still to be read.
    wanted: VecDeque<(String, ReadPermit)>,
    /// What was read, and is still to be sent.
    read: VecDeque<(String, ReadPermit, Latest)>,
    /// The streams that were added: each is listed once.
    added: HashSet<Array>,
    begun: bool,
    ended: bool,
}

impl LatestRows {
    /// Creates an empty list, which is made for a caller.
    pub(crate) fn new(storage: Arc<dyn Storage>, compute: Compute, principal: &Principal) -> Self {
        let (wanted, read, added) = Default::default();
        let rows = Rows { storage, wanted, read, added, begun: false, ended: false };
        Self { state: Some(rows), compute, principal: principal.clone() }
    }

    /// Adds a stream, unless it was added before.
    pub(crate) fn push(&mut self, path: String, permit: ReadPermit) {
        if let Some(rows) = &mut self.state
            && rows.added.insert(permit.array())
        {
            rows.wanted.push_back((path, permit));
        }
    }

    /// Returns whether the last piece has been returned.
    pub(crate) fn is_done(&self) -> bool {
        self.state.as_ref().is_none_or(|rows| rows.ended)
    }

    /// Returns the next piece of a JSON array, or `None` after the last.
    ///
    /// # Cancel safety
    /// If the future is dropped, the response ends.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, AnswerError> {
        let Some(mut rows) = self.state.take() else { return Ok(None) };
        let made = self.compute.run(&self.principal, async move {
            let piece = rows.next().await;
            (rows, piece)
        });
        let (rows, piece) = made.await.map_err(AnswerError::Compute)?;
        let piece = piece?;
        self.state = Some(rows);
        Ok(piece)
    }
}

impl Rows {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let mut text = Vec::new();
        while text.len() < PIECE_BYTES {
            if self.read.is_empty() {
                if self.wanted.is_empty() {
                    text.extend_from_slice(if self.begun { b"]" } else { b"[]" });
                    self.ended = true;
                    break;
                }
                self.read_more().await?;
            }
            if let Some((path, permit, latest)) = self.read.pop_front() {
                self.write(&mut text, &path, &permit, latest).await?;
            }
        }
        Ok(Some(text))
    }

    async fn read_more(&mut self) -> Result<(), ReadError> {
        let count = self.wanted.len().min(STREAMS_AT_A_TIME);
        let (paths, permits): (Vec<_>, Vec<_>) = self.wanted.drain(..count).unzip();
        let latest = self.storage.latest(&permits).await?;
        let read = paths.into_iter().zip(permits).zip(latest);
        self.read.extend(read.map(|((path, permit), latest)| (path, permit, latest)));
        Ok(())
    }

    /// Adds an element of the response.
    async fn write(
        &mut self,
        text: &mut Vec<u8>,
        path: &str,
        permit: &ReadPermit,
        latest: Latest,
    ) -> Result<(), ReadError> {
        let last = match latest.last {
            Last::Long => match read_text(&*self.storage, permit, latest.length - 1).await {
                Ok(text) => Last::Text(text),
                // It was deleted meanwhile.
                Err(ReadError::Gone) => return Ok(()),
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
        Ok(())
    }
}
