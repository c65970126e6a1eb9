//! Questions about streams' data.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use cdb_pipescript::{Grid, Interpolator, Script};
use cdb_types::{
    CheckedStream, DataQuery, DatasetQuery, ErrorKind, QueryError, Range, Reference, StreamPath,
    StreamQuery, check_merge, resolve_indices,
};

use super::Service;
use super::authorize::ReadPermit;
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::limits::Limits;
use crate::query::{
    AggregateRow, Answer, Dataset, Elements, Memory, Merged, Rows, Source, Stored, Times,
};
use crate::storage::{Extent, PageSize, ReadError};
use crate::usage::{Caller, Quota};

/// How often a range of times is looked for while ranges of its stream are replaced.
const MAX_TRIES: u32 = 4;

/// How many datapoints before the first row a column without a range begins.
const BEFORE_FIRST_ROW: u64 = 10;

/// How many callers may let their scripts hold as much memory as possible at the same time.
const CALLERS: usize = 8;

/// How much the scripts of queries may hold.
pub(super) fn script_quota(limits: &Limits) -> Quota {
    let per_caller = limits.script_memory.saturating_mul(limits.scripts_per_device);
    Quota {
        per_device: per_caller,
        per_address: per_caller,
        anonymous: per_caller,
        total: per_caller.saturating_mul(CALLERS),
    }
}

impl Service {
    /// Opens a range of a stream's datapoints for reading. Its indices are positions after so many
    /// corrections, if these are given.
    pub(crate) async fn read_data(
        &self,
        principal: &Principal,
        path: &StreamPath,
        query: &DataQuery,
        positions: Option<u64>,
    ) -> Result<Answer, ApiError> {
        let range = query.range()?;
        let permit = self.may_read(principal, path, query.downlink).await?;
        let script = self.compile(principal, query.transform.clone()).await?;
        let (extent, range, limit) = self.resolve(&permit, range, positions).await?;
        if let Some(script) = script {
            let scan = self.storage.scan(&permit, &extent, range.clone(), PageSize::Large);
            let memory = self.script_memory(principal);
            let source = Source::new(scan, Some(&script), limit, &memory);
            let rows = match script.aggregate() {
                Some(aggregate) => {
                    let storage = Arc::clone(&self.storage);
                    let stored = Stored { storage, permit, extent, range };
                    Rows::Aggregate(AggregateRow::new(aggregate, stored, source))
                }
                None => Rows::Source(source),
            };
            return Ok(self.computed_rows(principal, rows));
        }
        let range = first_of(range, limit);
        let mut scan = self.storage.scan(&permit, &extent, range, PageSize::Large);
        // Who asks by positions counts the datapoints.
        if positions.is_none() {
            scan.follow_corrections();
        }
        Ok(Answer::Stored(scan))
    }

    /// Returns an error if the caller may not read the data of any stream: before the body of a
    /// query is read.
    pub(crate) fn check_query(&self, principal: &Principal) -> Result<(), ApiError> {
        if self.permissions.may_read_some_data(principal) {
            Ok(())
        } else {
            Err(ApiError::forbidden())
        }
    }

    /// Opens several streams as one series.
    pub(crate) async fn query_merge(
        &self,
        principal: &Principal,
        streams: &[StreamQuery],
    ) -> Result<Answer, ApiError> {
        let streams = self.may_read_all(principal, check_merge(streams)?).await?;
        let memory = self.script_memory(principal);
        let merged = self.open(principal, streams, None, &memory).await?;
        Ok(self.computed_rows(principal, Rows::Merged(merged)))
    }

    /// Opens several streams as a table.
    pub(crate) async fn query_dataset(
        &self,
        principal: &Principal,
        query: &DatasetQuery,
    ) -> Result<Answer, ApiError> {
        let checked = query.check()?;
        // Columns begin a little before the first row, if its time is known.
        let first_row = match &checked.reference {
            Reference::Times { t1, .. } | Reference::Calendar { t1, .. } => Some(*t1),
            Reference::Datapoints(streams) => match streams.first().map(|stream| stream.range) {
                Some(Range::Time { after, .. }) => after,
                _ => None,
            },
            _ => None,
        };
        let mut columns = Vec::with_capacity(checked.columns.len());
        for column in checked.columns {
            let streams = self.may_read_all(principal, column.streams).await?;
            columns.push((column.name, column.interpolator, streams, column.allow_nil));
        }
        let reference = match checked.reference {
            Reference::Datapoints(streams) => Ok(self.may_read_all(principal, streams).await?),
            times => Err(times),
        };
        let memory = self.script_memory(principal);
        let post = self.compile(principal, checked.posttransform).await?;
        let times = match reference {
            Ok(streams) => Times::Reference(self.open(principal, streams, None, &memory).await?),
            Err(Reference::Times { t1, t2, dt }) => {
                let grid = Grid::new(t1, t2, dt)?;
                self.check_rows((t2 - t1) / dt)?;
                Times::Grid(grid)
            }
            Err(Reference::Calendar { t1, t2, step, zone }) => {
                let grid = Grid::calendar(t1, t2, step, &zone)?;
                self.check_rows((t2 - t1) / step.min_seconds())?;
                Times::Calendar { begin: Some(t1), grid }
            }
            Err(_) => return Err(QueryError::Times.into()),
        };
        let mut dataset = Dataset::new(times, post.as_ref(), memory.clone());
        for (name, interpolator, streams, allow_nil) in columns {
            let budget = self.limits.script_budget();
            let interpolator = self
                .compute
                .run(principal, async move { Interpolator::parse_with(&interpolator, &budget) });
            let interpolator = interpolator.await??;
            let source = self.open(principal, streams, first_row, &memory).await?;
            dataset.add(name, &interpolator, source, allow_nil);
        }
        Ok(self.computed_rows(principal, Rows::Dataset(dataset)))
    }

    /// Returns an error if a dataset has more rows than are allowed.
    fn check_rows(&self, rows: f64) -> Result<(), ApiError> {
        let max = self.limits.dataset_rows;
        if rows <= max as f64 {
            return Ok(());
        }
        let msg = format!("A dataset has at most {max} rows here.");
        Err(ApiError::new(403, ErrorKind::Limit, msg))
    }

    fn computed_rows(&self, principal: &Principal, rows: Rows) -> Answer {
        self.computed(principal, Elements::Rows(Box::new(rows)))
    }

    pub(super) fn computed(&self, principal: &Principal, elements: Elements) -> Answer {
        Answer::computed(elements, self.compute.clone(), principal.clone())
    }

    /// Counts what the scripts of a query hold.
    pub(super) fn script_memory(&self, principal: &Principal) -> Memory {
        // Callers without a login are counted together, wherever they come from.
        let caller = Caller::new(principal, IpAddr::from(Ipv4Addr::UNSPECIFIED).into());
        Memory::new(self.script_memory.begin(caller))
    }

    /// Compiles a script if there is one. This may take long: it compiles regular expressions and
    /// computes constants.
    pub(crate) async fn compile(
        &self,
        principal: &Principal,
        text: Option<String>,
    ) -> Result<Option<Script>, ApiError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        let budget = self.limits.script_budget();
        let compiled =
            self.compute.run(principal, async move { Script::parse_with(&text, &budget) });
        Ok(Some(compiled.await??))
    }

    /// Allows reading all streams of a query, before any of its scripts is compiled.
    async fn may_read_all(
        &self,
        principal: &Principal,
        streams: Vec<CheckedStream>,
    ) -> Result<Vec<(ReadPermit, CheckedStream)>, ApiError> {
        let mut allowed = Vec::with_capacity(streams.len());
        for stream in streams {
            let path = &stream.path;
            let permit = self.may_read(principal, &path.stream, path.downlink).await?;
            allowed.push((permit, stream));
        }
        Ok(allowed)
    }

    /// Opens streams. One without a range begins a little before the first row of a table.
    async fn open(
        &self,
        principal: &Principal,
        streams: Vec<(ReadPermit, CheckedStream)>,
        first_row: Option<f64>,
        memory: &Memory,
    ) -> Result<Merged, ApiError> {
        let mut sources = Vec::with_capacity(streams.len());
        for (permit, mut stream) in streams {
            let script = self.compile(principal, stream.transform.take()).await?;
            let (extent, mut range, limit) = self.resolve(&permit, stream.range, None).await?;
            if let Some(t1) = first_row.filter(|t1| *t1 != 0.0 && !stream.has_range()) {
                let after = self.storage.index_after(&permit, &extent, t1).await?;
                // If all datapoints are before the first row, all are used.
                if after < range.end {
                    range.start = after.saturating_sub(BEFORE_FIRST_ROW);
                }
            }
            let scan = self.storage.scan(&permit, &extent, range, PageSize::Small);
            sources.push(Source::new(scan, script.as_ref(), limit, memory));
        }
        Ok(Merged::new(sources))
    }

    /// Returns where the array begins and ends, the indices of a range, and the maximum number of results
    /// if there is one. The range is one of positions after so many corrections, if these are given.
    pub(super) async fn resolve(
        &self,
        permit: &ReadPermit,
        range: Range,
        positions: Option<u64>,
    ) -> Result<(Extent, std::ops::Range<u64>, Option<u64>), ApiError> {
        let extent = self.storage.extent(permit).await?;
        match (range, positions) {
            (Range::Time { after, until, limit }, _) => {
                let (extent, range) = self.resolve_times(permit, extent, after, until).await?;
                Ok((extent, range, limit))
            }
            (Range::Index { start, end }, Some(corrections)) => {
                if extent.corrections() != corrections {
                    return Err(QueryError::Positions.into());
                }
                let range = resolve_indices(start, end, extent.end_position())?;
                Ok((extent, extent.indexes_of_positions(&range), None))
            }
            (Range::Index { start, end }, None) => {
                Ok((extent, resolve_indices(start, end, extent.length())?, None))
            }
            _ => Err(QueryError::Range.into()),
        }
    }

    /// Returns the indices of a range of times, and where the array begins and ends meanwhile.
    pub(super) async fn resolve_times(
        &self,
        permit: &ReadPermit,
        mut extent: Extent,
        after: Option<f64>,
        until: Option<f64>,
    ) -> Result<(Extent, std::ops::Range<u64>), ReadError> {
        let mut tries = MAX_TRIES;
        loop {
            tries -= 1;
            let range = async {
                let start = match after {
                    Some(after) => self.storage.index_after(permit, &extent, after).await?,
                    None => 0,
                };
                let end = match until {
                    Some(until) => self.storage.index_after(permit, &extent, until).await?,
                    None => extent.length(),
                };
                Ok(start..end.max(start))
            };
            match range.await {
                Err(ReadError::Replaced) if tries > 0 => {
                    // Until the correction is over: the file knows of it before memory does.
                    self.storage.settled().await;
                    extent = self.storage.extent(permit).await?;
                }
                range => return Ok((extent, range?)),
            }
        }
    }
}

/// Returns the first datapoints of a range, at most `limit` if there is a limit.
pub(super) fn first_of(range: std::ops::Range<u64>, limit: Option<u64>) -> std::ops::Range<u64> {
    range.start..range.end.min(range.start.saturating_add(limit.unwrap_or(u64::MAX)))
}
