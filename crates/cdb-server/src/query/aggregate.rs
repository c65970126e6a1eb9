//! Scripts whose result follows from the summaries of blocks.

use std::ops::ControlFlow;

use cdb_pipescript::{Aggregate, Point};
use cdb_types::summary::{Sample, Spread};

use super::summarise::{Part, Stored, drawn};
use super::{QueryFailure, Source, read_point};
use crate::storage::{PageSize, ReadError, Summarised, Visited};

/// The result of a script that a summary of numbers may answer.
#[derive(Debug)]
pub(crate) struct AggregateRow {
    aggregate: Aggregate,
    /// `None` when it was asked for.
    stored: Option<Stored>,
    /// The script, which runs if there are other values than numbers.
    source: Source,
    runs: bool,
}

impl AggregateRow {
    pub(crate) fn new(aggregate: Aggregate, stored: Stored, source: Source) -> Self {
        Self { aggregate, stored: Some(stored), source, runs: false }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Point>, QueryFailure> {
        if let Some(stored) = self.stored.take() {
            match stored.aggregate(self.aggregate).await? {
                Aggregated::Known(point) => return Ok(point),
                Aggregated::Unknown => self.runs = true,
            }
        }
        if self.runs { self.source.next().await } else { Ok(None) }
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
        let mut scan = self.storage.scan(&self.permit, extreme..extreme + 1, PageSize::Small);
        let text = scan.next().await?.unwrap_or_default();
        let (point, _) = read_point(text.get(1..).unwrap_or_default())?;
        Ok(Aggregated::Known(Some(point)))
    }

    /// Returns the spread of the numbers and booleans, if there are no other values.
    async fn numbers(self) -> Result<Option<Spread>, ReadError> {
        let (mut numbers, mut has_others) = (None, false);
        let merge = |numbers: &mut Option<Spread>, more: Option<Spread>| match (&mut *numbers, more)
        {
            (Some(numbers), Some(more)) => numbers.merge(&more),
            (None, more) => *numbers = more,
            (Some(_), None) => {}
        };
        let part = |part: Part<'_>| {
            match part {
                Part::Summary(Summarised { summary, .. }) => {
                    let all = summary.value.drawn().filter(|all| all.count == summary.count);
                    has_others |= all.is_none();
                    merge(&mut numbers, all);
                }
                Part::Datapoints(index, page) => page.visit(|visited| {
                    let more = match visited {
                        Visited::Numbers(t, d) => Spread::of_numbers(*index, t, d),
                        Visited::Json(t, value) => {
                            let sample = |value| Sample { index: *index, t, value };
                            let value = drawn(value, "");
                            has_others |= value.is_none();
                            value.map(|value| Spread::of(sample(value)))
                        }
                    };
                    merge(&mut numbers, more);
                    *index += visited.count();
                })?,
            }
            Ok(if has_others { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        self.parts(|_| true, part).await?;
        Ok(numbers.filter(|_| !has_others))
    }
}
