//! What many datapoints come to: plots and statistics.

use std::sync::Arc;

use cdb_types::summary::{Plot, Statistics};
use cdb_types::{DataQuery, PlotQuery, Range, StreamPath};

use super::Service;
use super::queries::first_of;
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
        query: &PlotQuery,
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
        let query = query.clone();
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
        query: &DataQuery,
    ) -> Result<Statistics, ApiError> {
        if query.transform.is_some() {
            let msg = "Statistics are those of the stored datapoints: they have no transform.";
            return Err(ApiError::bad_request(msg));
        }
        let permit = self.may_read(principal, path, query.downlink).await?;
        let has_bounds = query.i1.or(query.i2).is_some() || query.t1.or(query.t2).is_some();
        let range = match has_bounds {
            true => query.range()?,
            false => Range::Time {
                after: None,
                until: None,
                limit: query.limit.filter(|limit| *limit > 0),
            },
        };
        let (extent, range, limit) = self.resolve(&permit, range, None).await?;
        let range = first_of(range, limit);
        let stored = Stored { storage: Arc::clone(&self.storage), permit, extent, range };
        Ok(self.compute.run(principal, stored.statistics()).await??)
    }
}
