//! Several streams as one.

use cdb_pipescript::{Point, earliest};

use super::{QueryFailure, Source};
use crate::storage::NumberCells;

/// The datapoints of several streams, by timestamp.
#[derive(Debug)]
pub(crate) struct Merged {
    sources: Vec<Source>,
    /// The next datapoint of each, once all are known.
    heads: Option<Vec<Option<Point>>>,
}

impl Merged {
    pub(crate) fn new(sources: Vec<Source>) -> Self {
        Self { sources, heads: None }
    }

    /// Returns the next datapoints if they are many, of one stream, whose values are numbers.
    pub(super) async fn next_numbers(&mut self) -> Result<Option<NumberCells>, QueryFailure> {
        match self.sources.as_mut_slice() {
            [source] => source.next_numbers().await,
            _ => Ok(None),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Point>, QueryFailure> {
        // Nothing needs to be compared.
        if let [source] = self.sources.as_mut_slice() {
            return source.next().await;
        }
        let heads = match &mut self.heads {
            Some(heads) => heads,
            None => {
                let mut heads = Vec::with_capacity(self.sources.len());
                for source in &mut self.sources {
                    heads.push(source.next().await?);
                }
                self.heads.insert(heads)
            }
        };
        let Some(index) = earliest(heads.iter().map(Option::as_ref)) else { return Ok(None) };
        let next = self.sources[index].next().await?;
        Ok(std::mem::replace(&mut heads[index], next))
    }
}
