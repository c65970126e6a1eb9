//! Merges: the datapoints of several streams as one series.

use std::pin::Pin;

use cdb_core::{ConnectorDb, DatapointArray};
use cdb_types::endpoint::{Json, QueryMerge};
use cdb_types::{StreamQuery, check_merge};

use crate::missing::name_missing;
use crate::{Result, Source};

/// The datapoints of at most ten streams as one series, in the order of their times. Of datapoints
/// with the same time, those of the stream that was added first come first.
///
/// Awaiting it returns the series; the datapoints have no origins. It can also be a column or the
/// reference of a [`Dataset`](crate::Dataset).
///
/// ```no_run
/// # async fn example(cdb: &cdb_core::ConnectorDb) -> cdb_query::Result<()> {
/// use cdb_query::{Merge, Source};
/// let changes = Merge::new(cdb)
///     .stream("lights")
///     .stream(Source::new("door").transform("if changed"))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Merge {
    cdb: ConnectorDb,
    sources: Vec<Source>,
}

impl Merge {
    /// Makes a merge without streams. Awaiting it returns an empty series.
    pub fn new(cdb: &ConnectorDb) -> Self {
        Self { cdb: cdb.clone(), sources: Vec::new() }
    }

    /// Adds a stream.
    pub fn stream(mut self, stream: impl Into<Source>) -> Self {
        self.sources.push(stream.into());
        self
    }

    /// Checks the queries and returns them.
    pub(crate) fn resolve(self) -> Result<Vec<StreamQuery>> {
        let sources = self.sources.into_iter();
        let queries =
            sources.map(|source| source.resolve(&self.cdb)).collect::<Result<Vec<_>>>()?;
        check_merge(&queries)?;
        Ok(queries)
    }

    async fn run(self) -> Result<DatapointArray> {
        let cdb = self.cdb.clone();
        let queries = self.resolve()?;
        match cdb.call(&QueryMerge(&queries)).await {
            Ok(Json(merged)) => Ok(merged),
            Err(error) => {
                let streams = queries.iter().map(|query| query.stream.as_str()).collect();
                Err(name_missing(&cdb, error, streams).await)
            }
        }
    }
}

impl IntoFuture for Merge {
    type Output = Result<DatapointArray>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
