//! Which plot to compute.

use super::parameters::{is_true, time};
use super::{QueryError, Range};
use crate::DataQuery;
use crate::summary::MAX_PLOT_COLUMNS;

/// A query for a [`Plot`](crate::summary::Plot) of a stream, in the form in which it is sent.
///
/// ```
/// use cdb_types::PlotQuery;
/// let query = PlotQuery { t1: Some(1_700_000_000.0), ..PlotQuery::new(800) };
/// assert_eq!(query.parameters(), [("t1", "1700000000".to_owned()), ("columns", "800".to_owned())]);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlotQuery {
    /// The start time in seconds since 1970, **exclusive**. Without it, the plot begins with the first
    /// datapoint.
    pub t1: Option<f64>,
    /// The end time in seconds since 1970, **inclusive**. Without it, or if it is not positive, the plot
    /// ends with the last datapoint.
    pub t2: Option<f64>,
    /// The number of columns, from 1 to [`MAX_PLOT_COLUMNS`].
    pub columns: usize,
    /// The key of objects whose values are plotted, instead of the values themselves.
    pub key: Option<String>,
    /// The PipeScript whose results are plotted.
    pub transform: Option<String>,
    /// Whether to read the stream's downlink instead of its data.
    pub downlink: bool,
}

impl PlotQuery {
    /// Creates a query for the whole stream.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Returns the query for the datapoints that are plotted.
    #[must_use]
    pub fn data(&self) -> DataQuery {
        let Self { t1, t2, transform, downlink, .. } = self.clone();
        let query = DataQuery { t1, t2, transform, downlink, ..DataQuery::default() };
        match query.range() {
            Ok(Range::Time { .. }) => query,
            _ => DataQuery { i1: Some(0), i2: Some(0), t1: None, t2: None, ..query },
        }
    }

    /// Returns the query as URL parameters, not percent-encoded.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = Vec::new();
        let mut add =
            |key, value: Option<String>| parameters.extend(value.map(|value| (key, value)));
        add("t1", self.t1.map(|t| t.to_string()));
        add("t2", self.t2.map(|t| t.to_string()));
        add("columns", Some(self.columns.to_string()));
        add("key", self.key.clone());
        add("transform", self.transform.clone());
        add("downlink", self.downlink.then(|| "true".to_owned()));
        parameters
    }

    /// Reads a query from decoded URL parameters. Unknown parameters and empty values are ignored; of
    /// repeated ones the first is used.
    ///
    /// # Errors
    /// Returns an error if the number of columns is not valid, a time is not finite, or `t1` is not
    /// before `t2`.
    pub fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, QueryError> {
        let (mut t1, mut t2, mut columns) = (None, None, None);
        let mut query = Self::default();
        for (key, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
            match key {
                "t1" => t1 = t1.or(Some(value)),
                "t2" => t2 = t2.or(Some(value)),
                "columns" => columns = columns.or(Some(value)),
                "key" => query.key = query.key.or_else(|| Some(value.to_owned())),
                "transform" => query.transform = query.transform.or_else(|| Some(value.to_owned())),
                "downlink" => query.downlink |= is_true(value),
                _ => {}
            }
        }
        query.t1 = t1.map(time).transpose()?;
        query.t2 = t2.map(time).transpose()?.filter(|t| *t > 0.0);
        if query.t1.zip(query.t2).is_some_and(|(t1, t2)| t1 >= t2) {
            return Err(QueryError::OutOfBounds);
        }
        query.columns = columns
            .and_then(|columns| columns.parse().ok())
            .filter(|columns| (1..=MAX_PLOT_COLUMNS).contains(columns))
            .ok_or(QueryError::Columns)?;
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let query = PlotQuery {
            t1: Some(-1.5),
            t2: Some(1e9),
            key: Some("a b".to_owned()),
            transform: Some("if $ > 5".to_owned()),
            downlink: true,
            ..PlotQuery::new(10)
        };
        for query in [query, PlotQuery::new(1)] {
            let parameters = query.parameters();
            let parameters = parameters.iter().map(|(key, value)| (*key, value.as_str()));
            assert_eq!(PlotQuery::from_parameters(parameters), Ok(query));
        }
    }

    #[test]
    fn what_is_no_plot_is_refused() {
        let read = |parameters: &[(&str, &str)]| {
            PlotQuery::from_parameters(parameters.iter().copied()).err()
        };
        for columns in ["0", "10001", "-1", "x", ""] {
            assert_eq!(read(&[("columns", columns)]), Some(QueryError::Columns));
        }
        assert_eq!(read(&[]), Some(QueryError::Columns));
        assert_eq!(read(&[("columns", "5"), ("t1", "inf")]), Some(QueryError::Range));
        let reversed = [("columns", "5"), ("t1", "2"), ("t2", "2")];
        assert_eq!(read(&reversed), Some(QueryError::OutOfBounds));
        assert_eq!(read(&[("columns", "5"), ("t1", "2"), ("t2", "0")]), None);
    }

    #[test]
    fn the_datapoints_of_a_plot_are_those_of_its_range() {
        let bounded = PlotQuery { t1: Some(5.0), ..PlotQuery::new(3) };
        assert_eq!(bounded.data(), DataQuery { t1: Some(5.0), ..DataQuery::default() });
        assert_eq!(PlotQuery::new(3).data(), DataQuery::all());
    }
}
