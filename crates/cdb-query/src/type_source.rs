//! What the types of a dataset's columns follow from.

use cdb_types::{ColumnQuery, StreamQuery};

use crate::ColumnType;

/// What the type of a column follows from.
#[cfg_attr(not(feature = "arrow"), expect(dead_code, reason = "only record batches have types"))]
#[derive(Debug, Clone, Default)]
pub(crate) struct TypeSource {
    /// The type that was given.
    given: Option<ColumnType>,
    /// The path of the stream whose values come through unchanged, or as the interpolator makes them.
    stream: Option<String>,
    interpolator: Option<String>,
}

impl TypeSource {
    /// Of a column of values that no transform has changed.
    pub(crate) fn of_stream(query: &StreamQuery) -> Self {
        let is_unchanged = query.transform.is_none() && !query.stream.is_empty();
        Self { stream: is_unchanged.then(|| query.stream.clone()), ..Self::default() }
    }

    pub(crate) fn of_column(given: Option<ColumnType>, query: &ColumnQuery) -> Self {
        Self { given, interpolator: query.interpolator.clone(), ..Self::of_stream(&query.stream) }
    }

    /// Leaves only the type that was given.
    pub(crate) fn forget_stream(&mut self) {
        *self = Self { given: self.given, ..Self::default() };
    }
}

/// Returns the types of columns, by name. The schemas of their streams are requested at the same time.
/// A stream whose schema may not be read has no type, which is no reason for a table to fail. A failure
/// that is temporary is one: without the schema, the column would have another type this time.
#[cfg(feature = "arrow")]
pub(crate) async fn types(
    cdb: &cdb_core::ConnectorDb,
    columns: &[(String, TypeSource)],
) -> crate::Result<std::collections::BTreeMap<String, ColumnType>> {
    use futures_util::{StreamExt, TryStreamExt, stream};

    /// How many schemas are requested at the same time.
    const CONCURRENT: usize = 16;

    let find = async |(name, source): &(String, TypeSource)| {
        Ok(source.find(cdb).await?.map(|found| (name.clone(), found)))
    };
    let found = stream::iter(columns).map(find).buffer_unordered(CONCURRENT);
    found.try_filter_map(async |found| Ok(found)).try_collect().await
}

#[cfg(feature = "arrow")]
impl TypeSource {
    async fn find(&self, cdb: &cdb_core::ConnectorDb) -> crate::Result<Option<ColumnType>> {
        let interpolated = |of_stream| match &self.interpolator {
            Some(interpolator) => ColumnType::interpolated(of_stream, interpolator),
            None => of_stream,
        };
        match (self.given.or_else(|| interpolated(None)), &self.stream) {
            (None, Some(stream)) => Ok(interpolated(of_stream(cdb, stream).await?)),
            (found, _) => Ok(found),
        }
    }
}

/// Returns the type of the values of a stream or its downlink, if its schema says one and may be read.
#[cfg(feature = "arrow")]
async fn of_stream(cdb: &cdb_core::ConnectorDb, path: &str) -> crate::Result<Option<ColumnType>> {
    let Ok(path) = path.parse::<cdb_types::DataPath>() else { return Ok(None) };
    match cdb.stream(&path.stream.to_string())?.data().await {
        Ok(info) => Ok(ColumnType::of_schema(&info.schema)),
        Err(error) if error.is_not_found() || error.is_forbidden() || error.is_unauthorized() => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
