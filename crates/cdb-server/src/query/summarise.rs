//! Plots and statistics: what is stored of blocks is used instead of their datapoints where it can be.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cdb_pipescript::{Point, RunError, Value as ScriptValue};
use cdb_types::summary::{Plot, PlotBuilder, Sample, Statistics, Summary, plotted_number};
use cdb_types::{Datapoint, PlotQuery};

use super::{QueryFailure, Source, read_text};
use crate::service::authorize::ReadPermit;
use crate::storage::{BlockError, Extent, Page, ReadError, Storage, Summarised, Visited, add_to};

/// How long others wait at most, apart from the time that one block takes.
const TIME_AT_A_TIME: Duration = Duration::from_micros(200);

/// Lets other tasks go on from time to time.
struct Pace(Instant);

impl Default for Pace {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Pace {
    async fn keep(&mut self) {
        if self.0.elapsed() >= TIME_AT_A_TIME {
            tokio::task::yield_now().await;
            self.0 = Instant::now();
        }
    }
}

/// A range of an array of which something is computed.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) permit: ReadPermit,
    pub(crate) extent: Extent,
    pub(crate) range: Range<u64>,
}

/// A part of a [`Stored`] range.
pub(super) enum Part<'a> {
    /// Many, in short.
    Summary(&'a Summarised),
    /// Each, with the index of the first one, which is to be moved to the one after the last.
    Datapoints(&'a mut u64, Page),
}

impl Stored {
    /// Calls a function with every part of the range, in any order, for as long as it wants more: with the summaries that are enough,
    /// and with the datapoints of which there is none.
    pub(super) async fn parts(
        self,
        is_enough: impl Fn(&Summarised) -> bool,
        mut part: impl FnMut(Part<'_>) -> Result<ControlFlow<()>, ReadError>,
    ) -> Result<(), ReadError> {
        let Self { storage, permit, extent, range } = self;
        let mut pace = Pace::default();
        let mut next = range.start;
        while next < range.end {
            // One after the other: a computation that holds a connection must not wait for another one.
            let summaries = storage.summaries(&permit, &extent, next..range.end).await?;
            let end = summaries.last().map_or(range.end, |last| last.range.end);
            let mut gaps = Vec::new();
            for summary in summaries {
                let used = match is_enough(&summary) {
                    true => vec![summary],
                    false => summary.parts().filter(&is_enough).collect(),
                };
                for summary in used {
                    if next < summary.range.start {
                        gaps.push(next..summary.range.start);
                    }
                    next = summary.range.end;
                    if part(Part::Summary(&summary))?.is_break() {
                        return Ok(());
                    }
                }
                pace.keep().await;
            }
            if next < end {
                gaps.push(next..end);
            }
            let mut scan = storage.scan_ranges(&permit, &extent, gaps);
            while let Some((mut index, page)) = scan.next_page().await? {
                if part(Part::Datapoints(&mut index, page))?.is_break() {
                    return Ok(());
                }
                pace.keep().await;
            }
            next = end;
        }
        Ok(())
    }

    /// Returns the datapoint with an index, if the range has it.
    async fn datapoint(&self, index: Option<u64>) -> Result<Option<Datapoint>, ReadError> {
        let Some(index) = index.filter(|index| self.range.contains(index)) else { return Ok(None) };
        let text = read_text(&*self.storage, &self.permit, &self.extent, index).await?;
        Ok(Some(serde_json::from_slice(&text).map_err(BlockError::from)?))
    }

    async fn first(&self) -> Result<Option<Datapoint>, ReadError> {
        self.datapoint(Some(self.range.start)).await
    }

    pub(super) async fn last(&self) -> Result<Option<Datapoint>, ReadError> {
        self.datapoint(self.range.end.checked_sub(1)).await
    }

    /// Returns the columns of a plot of the range. Without bounds, it has those of the datapoints.
    pub(crate) async fn columns(&self, query: &PlotQuery) -> Result<PlotBuilder, ReadError> {
        let t1 = match query.t1 {
            Some(t1) => t1,
            // A plot does not cover its start.
            None => match self.first().await? {
                Some(first) => first.t.as_secs_f64().next_down(),
                None => query.t2.unwrap_or_default(),
            },
        };
        let t2 = match query.t2 {
            Some(t2) => t2,
            None => self.last().await?.map_or(t1, |last| last.t.as_secs_f64()),
        };
        Ok(PlotBuilder::new(t1, t2, query.columns))
    }

    /// Returns the statistics of all datapoints.
    pub(crate) async fn statistics(self) -> Result<Statistics, ReadError> {
        let (first, last) = (self.first().await?, self.last().await?);
        Ok(Statistics::new(self.summary().await?, first, last))
    }

    /// Returns the summary of all datapoints.
    async fn summary(self) -> Result<Summary, ReadError> {
        let mut all = Summary::default();
        let part = |part: Part<'_>| match part {
            Part::Summary(block) => {
                all.merge(&block.summary);
                Ok(ControlFlow::Continue(()))
            }
            Part::Datapoints(index, page) => {
                add_to(&mut all, page, index)?;
                Ok(ControlFlow::Continue(()))
            }
        };
        self.parts(|_| true, part).await?;
        Ok(all)
    }

    /// Plots the numbers of all datapoints, or those of a key of objects.
    pub(crate) async fn plot(
        self,
        mut plot: PlotBuilder,
        key: Option<&str>,
    ) -> Result<Plot, ReadError> {
        let count = self.range.end - self.range.start;
        let key = key.unwrap_or_default();
        // Columns are compared before any of them is written to.
        let columns = plot.columns();
        let column_of = |block: &Summarised| {
            let first = columns.column_of(block.first_t);
            first.filter(|first| columns.column_of(block.last_t) == Some(*first))
        };
        let is_known = |block: &Summarised| key.is_empty() || block.summary.keys.is_some();
        let part = |part: Part<'_>| {
            match part {
                Part::Summary(block) => {
                    let numbers = block.summary.key(key).and_then(|values| values.drawn());
                    if let (Some(column), Some(numbers)) = (column_of(block), numbers) {
                        plot.merge(column, &numbers);
                    }
                }
                Part::Datapoints(index, page) => page.visit(|visited| {
                    match visited {
                        Visited::Numbers(t, d) if key.is_empty() => plot.add_numbers(*index, t, d),
                        Visited::Numbers(..) => {}
                        Visited::Json(t, value) => {
                            let key = Some(key).filter(|key| !key.is_empty());
                            if let Some(value) = plotted_number(value, key) {
                                plot.add(Sample { index: *index, t, value });
                            }
                        }
                    }
                    *index += visited.count();
                })?,
            }
            Ok(ControlFlow::Continue(()))
        };
        let is_enough = |block: &Summarised| is_known(block) && column_of(block).is_some();
        self.parts(is_enough, part).await?;
        Ok(plot.finish(count))
    }
}

/// Plots what a script makes of datapoints.
pub(crate) async fn plot_results(
    mut source: Source,
    mut plot: PlotBuilder,
    key: Option<&str>,
) -> Result<Plot, QueryFailure> {
    let columns = plot.columns();
    let mut count = 0;
    while let Some(point) = source.next().await? {
        let Point { t, d } = point;
        // A script may move datapoints.
        if columns.column_of(t).is_none() {
            continue;
        }
        let value = match key {
            Some(key) => match &d {
                ScriptValue::Object(object) => object.entries().get(key).and_then(drawn_result),
                _ => None,
            },
            None => drawn_result(&d),
        };
        if let Some(value) = value {
            if !value.is_finite() {
                return Err(RunError::not_json(value).into());
            }
            plot.add(Sample { index: count, t, value });
        }
        count += 1;
    }
    Ok(plot.finish(count))
}

fn drawn_result(value: &ScriptValue) -> Option<f64> {
    match value {
        ScriptValue::Number(_) | ScriptValue::Bool(_) => value.as_number(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
