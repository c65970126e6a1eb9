//! Questions that need a script or several streams: datapoints are read, pushed through, and leave
//! as they are made.

mod aggregate;
mod answer;
mod dataset;
pub(crate) mod documentation;
mod latest;
mod memory;
mod merge;
mod source;
mod summarise;

pub(crate) use aggregate::AggregateRow;
pub(crate) use answer::{Answer, AnswerError, Elements, write_point};
pub(crate) use dataset::{Dataset, Times};
pub(crate) use latest::LatestRows;
pub(crate) use memory::Memory;
pub(crate) use merge::Merged;
pub(crate) use source::{Source, read_point};
pub(crate) use summarise::{Stored, plot_results};

use cdb_pipescript::{Point, RunError};

use crate::service::authorize::ReadPermit;
use crate::storage::{Extent, PageSize, ReadError, Storage};
use crate::usage::Exhausted;

/// Reads the text of one datapoint, which must exist.
async fn read_text(
    storage: &dyn Storage,
    permit: &ReadPermit,
    extent: &Extent,
    index: u64,
) -> Result<Vec<u8>, ReadError> {
    let mut scan = storage.scan(permit, extent, index..index + 1, PageSize::Small);
    let mut text = scan.next().await?.unwrap_or_default();
    // Without the brackets.
    text.pop();
    text.drain(..1.min(text.len()));
    Ok(text)
}

/// Why a question has no further answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryFailure {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("The scripts of your requests hold too much memory. Wait until they are answered.")]
    Memory(Exhausted),
}

/// How many steps scripts take before others may go on: a tenth of a millisecond or so.
const STEPS_AT_A_TIME: u64 = 10_000;

/// Lets other tasks go on when scripts have taken many steps.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// How many steps had been taken when it last did.
    steps: u64,
}

impl Pace {
    /// Takes note of the steps that have been taken so far.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(crate) async fn keep(&mut self, steps: u64) {
        if steps.saturating_sub(self.steps) >= STEPS_AT_A_TIME {
            self.steps = steps;
            tokio::task::yield_now().await;
        }
    }
}

/// What datapoints come from.
#[derive(Debug)]
pub(crate) enum Rows {
    Source(Source),
    Aggregate(AggregateRow),
    Merged(Merged),
    Dataset(Dataset),
}

impl Rows {
    pub(crate) async fn next(&mut self) -> Result<Option<Point>, QueryFailure> {
        match self {
            Self::Source(source) => source.next().await,
            Self::Aggregate(row) => row.next().await,
            Self::Merged(merged) => merged.next().await,
            Self::Dataset(dataset) => dataset.next().await,
        }
    }
}
