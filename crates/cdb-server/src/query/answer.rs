//! Datapoints as the text of an answer.

use cdb_pipescript::{Point, RunError, Value};
use cdb_types::{Datapoint, Timestamp};

use super::{QueryFailure, Rows};
use crate::storage::Scan;

/// How large a piece of an answer is, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// A JSON array of datapoints, piece by piece.
#[derive(Debug)]
pub(crate) enum Answer {
    /// As they are stored.
    Stored(Box<dyn Scan>),
    /// As they are made.
    Made(Made),
}

impl Answer {
    pub(crate) fn of(rows: Rows) -> Self {
        Self::Made(Made { rows, begun: false, done: false })
    }

    /// The next piece; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, QueryFailure> {
        match self {
            Self::Stored(reader) => Ok(reader.next().await?),
            Self::Made(made) => made.next().await,
        }
    }

    /// Whether the last piece has been given.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Stored(reader) => reader.is_done(),
            Self::Made(made) => made.done,
        }
    }
}

/// Datapoints that become text.
#[derive(Debug)]
pub(crate) struct Made {
    rows: Rows,
    begun: bool,
    done: bool,
}

impl Made {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, QueryFailure> {
        if self.done {
            return Ok(None);
        }
        let mut text = Vec::new();
        while text.len() < PIECE_BYTES {
            let Some(point) = self.rows.next().await? else {
                text.extend_from_slice(if self.begun { b"]" } else { b"[]" });
                self.done = true;
                break;
            };
            text.push(if self.begun { b',' } else { b'[' });
            self.begun = true;
            write_point(&mut text, point)?;
        }
        Ok(Some(text))
    }
}

/// Writes a datapoint; it has no origin any more.
pub(crate) fn write_point(text: &mut Vec<u8>, Point { t, d }: Point) -> Result<(), RunError> {
    let t = Timestamp::new(t).ok_or_else(|| RunError::not_json(t))?;
    let datapoint = Datapoint::<Value> { t, d, o: None };
    // Only what JSON cannot say cannot be written.
    serde_json::to_writer(text, &datapoint).map_err(RunError::unwritable)
}
