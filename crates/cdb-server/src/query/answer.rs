//! Datapoints as the text of a response.

use cdb_pipescript::{Point, RunError, Value};
use cdb_types::{Datapoint, Timestamp};

use super::{LatestRows, QueryFailure, Rows};
use crate::api_error::ApiError;
use crate::compute::Compute;
use crate::identity::Principal;
use crate::storage::{ReadError, Scan};

/// The size of a piece of a computed response, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// A JSON array, piece by piece.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The datapoints as they are stored.
    Stored(Box<dyn Scan>),
    Computed(Computed),
}

/// What the elements of a computed answer are made of.
#[derive(Debug)]
pub(crate) enum Elements {
    /// Datapoints.
    Rows(Box<Rows>),
    /// The last datapoints of many streams.
    Latest(LatestRows),
}

/// Why a response ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error(transparent)]
    Query(#[from] QueryFailure),
    /// The computation of a piece failed.
    #[error("{}", .0.cause.as_deref().unwrap_or(&.0.msg))]
    Compute(ApiError),
}

impl From<ReadError> for AnswerError {
    fn from(error: ReadError) -> Self {
        Self::Query(error.into())
    }
}

impl Answer {
    /// Elements that are computed for a caller while they are sent.
    pub(crate) fn computed(elements: Elements, compute: Compute, principal: Principal) -> Self {
        let state = Some(Pieces { elements, begun: false, ended: false });
        Self::Computed(Computed { state, compute, principal })
    }

    /// Returns the next piece, or `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, AnswerError> {
        match self {
            Self::Stored(scan) => Ok(scan.next().await?),
            Self::Computed(computed) => computed.next().await,
        }
    }

    /// Returns whether the last piece has been returned.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Stored(scan) => scan.is_done(),
            Self::Computed(computed) => computed.state.as_ref().is_none_or(|state| state.ended),
        }
    }
}

/// A response that is computed.
#[derive(Debug)]
pub(crate) struct Computed {
    /// `None` after an error, or while a piece is computed.
    state: Option<Pieces>,
    compute: Compute,
    principal: Principal,
}

impl Computed {
    /// # Cancel safety
    /// If the future is dropped, the computation stops and the response ends.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, AnswerError> {
        let Some(mut state) = self.state.take() else { return Ok(None) };
        let computed = self.compute.run(&self.principal, async move {
            let piece = state.next().await;
            (state, piece)
        });
        let (state, piece) = computed.await.map_err(AnswerError::Compute)?;
        let piece = piece?;
        self.state = Some(state);
        Ok(piece)
    }
}

/// Elements that become text.
#[derive(Debug)]
struct Pieces {
    elements: Elements,
    begun: bool,
    ended: bool,
}

impl Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, QueryFailure> {
        if self.ended {
            return Ok(None);
        }
        let mut text = Vec::new();
        while text.len() < PIECE_BYTES {
            let separator = if self.begun { b',' } else { b'[' };
            if !self.elements.write_next(separator, &mut text).await? {
                text.extend_from_slice(if self.begun { b"]" } else { b"[]" });
                self.ended = true;
                break;
            }
            self.begun = true;
        }
        Ok(Some(text))
    }
}

impl Elements {
    /// Adds a separator and the next element to a text. Returns whether there was one.
    async fn write_next(
        &mut self,
        separator: u8,
        text: &mut Vec<u8>,
    ) -> Result<bool, QueryFailure> {
        match self {
            Self::Rows(rows) => {
                let Some(point) = rows.next().await? else { return Ok(false) };
                text.push(separator);
                write_point(text, point)?;
                Ok(true)
            }
            Self::Latest(latest) => Ok(latest.write_next(separator, text).await?),
        }
    }
}

/// Writes a datapoint. What is computed has no origin.
pub(crate) fn write_point(text: &mut Vec<u8>, Point { t, d }: Point) -> Result<(), RunError> {
    let t = Timestamp::new(t).ok_or_else(|| RunError::not_json(t))?;
    let datapoint = Datapoint::<Value> { t, d, o: None };
    // Fails only for values that JSON cannot represent.
    serde_json::to_writer(text, &datapoint).map_err(RunError::unwritable)
}
