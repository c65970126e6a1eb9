//! Scripts whose result follows from the summaries of blocks.

use std::ops::ControlFlow;

use cdb_pipescript::{Aggregate, Point};
use cdb_types::summary::{Sample, Spread, plotted_number};

use super::summarise::{Part, Stored};
use super::{QueryFailure, Source, read_point, read_text};
use crate::storage::{ReadError, Summarised, Visited};

/// The result of a script that a summary of numbers may answer.
#[derive(Debug)]
pub(crate) struct AggregateRow {
    aggregate: Aggregate,
    /// `None` when it was asked for.
    stored: Option<Stored>,
    /// The script, which runs if there are other values than numbers; `None` if it is not needed.
    source: Option<Source>,
}

impl AggregateRow {
    pub(crate) fn new(aggregate: Aggregate, stored: Stored, source: Source) -> Self {
        Self { aggregate, stored: Some(stored), source: Some(source) }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Point>, QueryFailure> {
        if let Some(stored) = self.stored.take()
            && let Aggregated::Known(point) = stored.aggregate(self.aggregate).await?
        {
            self.source = None;
            return Ok(point);
        }
        match &mut self.source {
            Some(source) => source.next().await,
            None => Ok(None),
        }
    }
}

/// What is known without running a script.
#[derive(Debug, PartialEq)]
pub(super) enum Aggregated {
    /// Its result; `None` if there are no datapoints.
    Known(Option<Point>),
    Unknown,
}

impl Stored {
    /// Computes what a script would, if all values are numbers or booleans.
    pub(super) async fn aggregate(self, aggregate: Aggregate) -> Result<Aggregated, ReadError> {
        let Some(last) = self.last().await? else { return Ok(Aggregated::Known(None)) };
        let at_end = |value: f64| Point::new(last.t.as_secs_f64(), value);
        if aggregate == Aggregate::Count {
            let count = self.range.end - self.range.start;
            return Ok(Aggregated::Known(Some(at_end(count as f64))));
        }
        let Some(numbers) = self.clone().numbers().await? else { return Ok(Aggregated::Unknown) };
        let extreme = match aggregate {
            Aggregate::Sum => return Ok(Aggregated::Known(Some(at_end(numbers.sum.value())))),
            Aggregate::Mean => return Ok(Aggregated::Known(Some(at_end(numbers.mean())))),
            Aggregate::Min => numbers.min.index,
            Aggregate::Max => numbers.max.index,
            _ => return Ok(Aggregated::Unknown),
        };
        // The datapoint itself, since its number may have more digits than a float.
        let text = read_text(&*self.storage, &self.permit, &self.extent, extreme).await?;
        let (point, _) = read_point(&text)?;
        Ok(Aggregated::Known(Some(point)))
    }

    /// Returns the spread of the numbers and booleans, if there are no other values.
    async fn numbers(self) -> Result<Option<Spread>, ReadError> {
        let (mut numbers, mut has_others) = (None, false);
        let part = |part: Part<'_>| {
            match part {
                Part::Summary(Summarised { summary, .. }) => {
                    let all = summary.value.drawn().filter(|all| all.count == summary.count);
                    has_others |= all.is_none();
                    all.iter().for_each(|all| all.merge_into(&mut numbers));
                }
                Part::Datapoints(index, page) => page.visit(|visited| {
                    let more = match visited {
                        Visited::Numbers(t, d) => Spread::of_numbers(*index, t, d),
                        Visited::Json(t, value) => {
                            let sample = |value| Sample { index: *index, t, value };
                            let value = plotted_number(value, None);
                            has_others |= value.is_none();
                            value.map(|value| Spread::of(sample(value)))
                        }
                    };
                    more.iter().for_each(|more| more.merge_into(&mut numbers));
                    *index += visited.count();
                })?,
            }
            Ok(if has_others { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        self.parts(|_| true, part).await?;
        Ok(numbers.filter(|_| !has_others))
    }
}
