//! What many datapoints come to: plots and statistics.

use std::sync::Arc;

use cdb_types::summary::{Plot, Statistics};
use cdb_types::{DataQuery, PlotQuery, Range, StreamPath};

use super::Service;
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::query::{Source, Stored, plot_results};
use crate::storage::PageSize;

impl Service {
    /// Plots a range of a stream.
    pub(crate) async fn plot(
        &self,
        principal: &Principal,
        path: &StreamPath,
        query: PlotQuery,
    ) -> Result<Plot, ApiError> {
        let permit = self.may_read(principal, path, query.downlink).await?;
        let script = self.compile(principal, query.transform.clone()).await?;
        let range = Range::Time { after: query.t1, until: query.t2, limit: None };
        let (extent, range, _) = self.resolve(&permit, range, None).await?;
        let results = script.map(|script| {
            let scan = self.storage.scan(&permit, &extent, range.clone(), PageSize::Large);
            Source::new(scan, Some(&script), None, &self.script_memory(principal))
        });
        let stored = Stored { storage: Arc::clone(&self.storage), permit, extent, range };
        let plot = self.compute.run(principal, async move {
            let plot = stored.columns(&query).await?;
            match results {
                Some(results) => plot_results(results, plot, query.key.as_deref()).await,
                None => Ok(stored.plot(plot, query.key.as_deref()).await?),
            }
        });
        Ok(plot.await??)
    }

    /// Returns the statistics of a range of a stream, or of all of it.
    pub(crate) async fn statistics(
        &self,
        principal: &Principal,
        path: &StreamPath,
        query: DataQuery,
    ) -> Result<Statistics, ApiError> {
        let permit = self.may_read(principal, path, query.downlink).await?;
        let whole = query.i1.is_none() && query.i2.is_none() && query.t1.is_none();
        let range = if whole && query.t2.is_none() { Range::ALL } else { query.range()? };
        let (extent, range, _) = self.resolve(&permit, range, None).await?;
        let stored = Stored { storage: Arc::clone(&self.storage), permit, extent, range };
        Ok(self.compute.run(principal, stored.statistics()).await??)
    }
}
