//! Measurements.

use clap::Args;

use crate::command::Result;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Bench {}

impl Bench {
    pub(crate) fn run(self) -> Result {
        Ok(())
    }
}
