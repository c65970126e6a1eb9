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

/// The types of columns, by name. The schemas of their streams are requested at the same time; a
/// stream whose schema may not be read has no type, which is no reason for a table to fail.
#[cfg(feature = "arrow")]
pub(crate) async fn types(
    cdb: &cdb_core::ConnectorDb,
    columns: &[(String, TypeSource)],
) -> std::collections::BTreeMap<String, ColumnType> {
    use futures_util::{StreamExt, stream};

    /// How many schemas are requested at the same time.
    const CONCURRENT: usize = 16;

    let of_column = async |(name, source): &(String, TypeSource)| {
        let of_stream = match (source.given, &source.stream) {
            (Some(given), _) => return Some((name.clone(), given)),
            (None, Some(path)) => {
                let info = cdb.stream(path).ok()?.data().await.ok();
                info.and_then(|info| ColumnType::of_schema(&info.schema))
            }
            (None, None) => None,
        };
        let found = match &source.interpolator {
            Some(interpolator) => ColumnType::interpolated(of_stream, interpolator),
            None => of_stream,
        };
        Some((name.clone(), found?))
    };
    let found = stream::iter(columns).map(of_column).buffer_unordered(CONCURRENT);
    found.filter_map(async |found| found).collect().await
}
