//! Questions about streams' data.

use cdb_pipescript::{Grid, GridError, Interpolator, ParseError};
use cdb_types::{
    CheckedStream, DataQuery, DatasetQuery, QueryError, Range, Reference, StreamPath, StreamQuery,
    check_merge, resolve_indices,
};

use super::Service;
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::query::{Answer, Dataset, Merged, QueryFailure, Rows, Source, Times, script};
use crate::storage::sqlite::Array;

/// How many datapoints before the first row a column without a range begins.
const BEFORE_FIRST_ROW: u64 = 10;

impl From<QueryFailure> for ApiError {
    fn from(internal: QueryFailure) -> Self {
        match internal {
            QueryFailure::Read(error) => error.into(),
            QueryFailure::Run(error) => Self::bad_request(error.to_string()),
        }
    }
}

impl From<ParseError> for ApiError {
    fn from(error: ParseError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<GridError> for ApiError {
    fn from(error: GridError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl Service {
    /// Opens a range of a stream's datapoints for reading.
    pub(crate) async fn read_data(
        &self,
        principal: &Principal,
        path: &StreamPath,
        query: &DataQuery,
    ) -> Result<Answer, ApiError> {
        let range = query.range()?;
        let script = script(query.transform.as_deref())?;
        let array = self.readable(principal, path, query.downlink).await?;
        let (range, limit) = self.resolve(array, range).await?;
        if script.is_some() {
            let source = Source::new(self.store.read(array, range), script.as_ref(), limit);
            return Ok(Answer::of(Rows::Source(source)));
        }
        let end = range.end.min(range.start.saturating_add(limit.unwrap_or(u64::MAX)));
        Ok(Answer::Stored(self.store.read(array, range.start..end)))
    }

    /// Opens several streams as one series.
    pub(crate) async fn query_merge(
        &self,
        principal: &Principal,
        streams: &[StreamQuery],
    ) -> Result<Answer, ApiError> {
        let merged = self.open(principal, &check_merge(streams)?, None).await?;
        Ok(Answer::of(Rows::Merged(merged)))
    }

    /// Opens several streams as a table.
    pub(crate) async fn query_dataset(
        &self,
        principal: &Principal,
        query: &DatasetQuery,
    ) -> Result<Answer, ApiError> {
        let checked = query.check()?;
        let post = script(checked.posttransform.as_deref())?;
        // Columns begin a little before the first row, if it is known when that is.
        let first_row = match &checked.reference {
            Reference::Times { t1, .. } => Some(*t1),
            Reference::Datapoints(streams) => match streams.first().map(|stream| stream.range) {
                Some(Range::Time { after, .. }) => after,
                _ => None,
            },
            _ => None,
        };
        let mut columns = Vec::with_capacity(checked.columns.len());
        for column in checked.columns {
            let interpolator = Interpolator::parse(&column.interpolator)?;
            let source = self.open(principal, &column.streams, first_row).await?;
            columns.push((column.name, interpolator, source, column.allow_nil));
        }
        let times = match &checked.reference {
            Reference::Times { t1, t2, dt } => Times::Grid(Grid::new(*t1, *t2, *dt)?),
            Reference::Datapoints(streams) => {
                Times::Reference(self.open(principal, streams, None).await?)
            }
            _ => return Err(QueryError::Times.into()),
        };
        let mut dataset = Dataset::new(times, post.as_ref());
        for (name, interpolator, source, allow_nil) in columns {
            dataset.add(name, &interpolator, source, allow_nil);
        }
        Ok(Answer::of(Rows::Dataset(dataset)))
    }

    /// Opens streams. One without a range begins a little before the first row of a table.
    async fn open(
        &self,
        principal: &Principal,
        streams: &[CheckedStream],
        first_row: Option<f64>,
    ) -> Result<Merged, ApiError> {
        let mut sources = Vec::with_capacity(streams.len());
        for stream in streams {
            let script = script(stream.transform.as_deref())?;
            let array = self.readable(principal, &stream.path.stream, stream.path.downlink).await?;
            let (mut range, limit) = self.resolve(array, stream.range).await?;
            if let Some(t1) = first_row.filter(|t1| *t1 != 0.0 && !stream.has_range()) {
                let after = self.store.index_after(array, t1).await?;
                // When all is before the first row, all counts.
                if after < range.end {
                    range.start = after.saturating_sub(BEFORE_FIRST_ROW);
                }
            }
            let reader = self.store.read(array, range).in_small_pieces();
            sources.push(Source::new(reader, script.as_ref(), limit));
        }
        Ok(Merged::new(sources))
    }

    /// The indices of a range, and how many datapoints are wanted of what comes of it.
    async fn resolve(
        &self,
        array: Array,
        range: Range,
    ) -> Result<(std::ops::Range<u64>, Option<u64>), ApiError> {
        match range {
            Range::Index { start, end } => {
                Ok((resolve_indices(start, end, self.store.length(array).await?)?, None))
            }
            Range::Time { after, until, limit } => {
                let start = match after {
                    Some(after) => self.store.index_after(array, after).await?,
                    None => 0,
                };
                let end = match until {
                    Some(until) => self.store.index_after(array, until).await?,
                    None => self.store.length(array).await?,
                };
                Ok((start..end.max(start), limit))
            }
            _ => Err(QueryError::Range.into()),
        }
    }
}
