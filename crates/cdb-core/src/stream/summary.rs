//! Plots and statistics of a stream.

use std::future::{Future, IntoFuture};
use std::ops::{Bound, RangeBounds};
use std::pin::Pin;

use cdb_types::endpoint::{self, OrDatapoints};
use cdb_types::summary::{Plot, PlotBuilder, Sample, Statistics, Summary, plotted_number};
use cdb_types::{DataQuery, DatapointArray, PlotQuery, Timestamp};

use super::Stream;
use crate::{Error, Result};

/// A plot that is read when awaited; made by [`Stream::plot`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ReadPlot {
    stream: Stream,
    query: PlotQuery,
}

impl ReadPlot {
    pub(super) fn new(stream: Stream, range: &impl RangeBounds<Timestamp>, columns: usize) -> Self {
        let (t1, t2) = times(range);
        Self { stream, query: PlotQuery { t1, t2, ..PlotQuery::new(columns) } }
    }

    /// Plots the values of a key of objects instead of the values themselves.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.query.key = Some(key.into());
        self
    }

    /// Plots what a PipeScript makes of the datapoints.
    pub fn transform(mut self, script: impl Into<String>) -> Self {
        self.query.transform = Some(script.into());
        self
    }

    /// Plots the stream's downlink instead: the requests that other devices sent to its owner.
    pub fn downlink(mut self) -> Self {
        self.query.downlink = true;
        self
    }

    async fn read(self) -> Result<Plot> {
        let Self { stream, query } = self;
        let call = endpoint::ReadPlot { stream: stream.path(), query: &query };
        Ok(match stream.0.session().call(&call).await? {
            OrDatapoints::Answer(plot) => plot,
            OrDatapoints::Datapoints(datapoints) => plot_of(&datapoints, &query),
        })
    }
}

impl IntoFuture for ReadPlot {
    type Output = Result<Plot, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.read())
    }
}

/// The statistics of a stream, which are read when awaited; made by [`Stream::statistics`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ReadStatistics {
    stream: Stream,
    query: DataQuery,
}

impl ReadStatistics {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, query: DataQuery::default() }
    }

    /// Reads the statistics of the datapoints in a range of time instead of those of all. All forms of
    /// Rust ranges are accepted.
    pub fn range(mut self, range: impl RangeBounds<Timestamp>) -> Self {
        (self.query.t1, self.query.t2) = times(&range);
        self
    }

    /// Reads the statistics of the stream's downlink instead.
    pub fn downlink(mut self) -> Self {
        self.query.downlink = true;
        self
    }

    async fn read(self) -> Result<Statistics> {
        let Self { stream, query } = self;
        let call = endpoint::ReadStatistics { stream: stream.path(), query: &query };
        Ok(match stream.0.session().call(&call).await? {
            OrDatapoints::Answer(statistics) => statistics,
            OrDatapoints::Datapoints(datapoints) => statistics_of(datapoints),
        })
    }
}

impl IntoFuture for ReadStatistics {
    type Output = Result<Statistics, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.read())
    }
}

/// Converts a range to the protocol's `t1`, which is not included, and `t2`, which is.
pub(super) fn times(range: &impl RangeBounds<Timestamp>) -> (Option<f64>, Option<f64>) {
    let t1 = match range.start_bound() {
        Bound::Unbounded => None,
        Bound::Included(t) => Some(t.as_secs_f64().next_down()),
        Bound::Excluded(t) => Some(t.as_secs_f64()),
    };
    let t2 = match range.end_bound() {
        Bound::Unbounded => None,
        Bound::Included(t) => Some(t.as_secs_f64()),
        Bound::Excluded(t) => Some(t.as_secs_f64().next_down()),
    };
    (t1, t2)
}

/// Computes the plot of all datapoints that a server has sent instead of one.
fn plot_of(datapoints: &DatapointArray, query: &PlotQuery) -> Plot {
    let time = |datapoint: &crate::Datapoint| datapoint.t.as_secs_f64();
    let first = datapoints.first().map(|first| time(first).next_down());
    let t1 = query.t1.or(first).or(query.t2).unwrap_or_default();
    let t2 = query.t2.or_else(|| datapoints.last().map(time)).unwrap_or(t1);
    let mut plot = PlotBuilder::new(t1, t2, query.columns);
    let key = query.key.as_deref();
    for (index, datapoint) in datapoints.iter().enumerate() {
        if let Some(value) = plotted_number(&datapoint.d, key) {
            plot.add(Sample { index: index as u64, t: time(datapoint), value });
        }
    }
    plot.finish(datapoints.len() as u64)
}

/// Computes the statistics of all datapoints that a server has sent instead of them.
fn statistics_of(datapoints: DatapointArray) -> Statistics {
    let mut summary = Summary::default();
    for (index, datapoint) in datapoints.iter().enumerate() {
        summary.add(index as u64, datapoint.t.as_secs_f64(), &datapoint.d);
    }
    let (first, last) = (datapoints.first().cloned(), datapoints.into_vec().pop());
    Statistics::new(summary, first, last)
}

#[cfg(test)]
mod tests {
    use cdb_types::Datapoint;
    use serde_json::json;

    use super::*;

    fn datapoints() -> DatapointArray {
        let values = [json!(3), json!({"k": 8}), json!(true), json!("off")];
        let point = |(t, value)| Datapoint::at(10 + t as i64, value);
        DatapointArray::from(values.into_iter().enumerate().map(point).collect::<Vec<_>>())
    }

    #[test]
    fn a_range_of_rust_is_one_of_the_protocol() {
        let [a, b] = [5, 7].map(|t| Timestamp::ZERO + f64::from(t));
        assert_eq!(times(&(..)), (None, None));
        assert_eq!(times(&(a..)), (Some(5_f64.next_down()), None));
        assert_eq!(times(&(a..b)), (Some(5_f64.next_down()), Some(7_f64.next_down())));
        assert_eq!(times(&(..=b)), (None, Some(7.0)));
        assert_eq!(times(&(Bound::Excluded(a), Bound::Unbounded)), (Some(5.0), None));
    }

    #[test]
    fn datapoints_give_the_plot_that_the_server_would_have_sent() {
        let plot = plot_of(&datapoints(), &PlotQuery::new(2));
        assert_eq!((plot.count, plot.t2), (4, 13.0));
        assert_eq!(plot.column, [0, 1]);
        assert_eq!(plot.d, [[3.0; 4], [1.0; 4]]);
        let query = PlotQuery { key: Some("k".to_owned()), t1: Some(10.0), ..PlotQuery::new(1) };
        let plot = plot_of(&datapoints(), &query);
        assert_eq!((plot.d, plot.t), (vec![[8.0; 4]], vec![[11.0; 4]]));
        assert!(plot_of(&DatapointArray::new(), &PlotQuery::new(5)).is_empty());
    }

    #[test]
    fn datapoints_give_the_statistics_that_the_server_would_have_sent() {
        let statistics = statistics_of(datapoints());
        assert_eq!(statistics.count, 4);
        assert_eq!(statistics.last, Some(Datapoint::at(13, json!("off"))));
        assert_eq!(statistics.keys["k"].number.map(|number| number.mean), Some(8.0));
    }
}
