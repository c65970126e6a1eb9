//! Which stream of a query does not exist: the server says only that one does not.

use cdb_core::ConnectorDb;
use cdb_types::{DatasetQuery, StreamQuery};

use crate::Error;

/// Returns the paths of the streams of a dataset, the reference first.
pub(crate) fn streams(query: &DatasetQuery) -> Vec<&str> {
    let columns = query.dataset.iter().flatten();
    let columns = columns.map(|(_, column)| (&column.stream, &column.merge));
    std::iter::once((&query.reference, &query.merge))
        .chain(columns)
        .flat_map(|(stream, merge)| std::iter::once(stream).chain(merge.iter().flatten()))
        .map(|query: &StreamQuery| query.stream.as_str())
        .filter(|path| !path.is_empty())
        .collect()
}

/// Converts the error of a query. If a stream was not found, asks for one after the other, and names
/// the first that is missing.
pub(crate) async fn name_missing(
    cdb: &ConnectorDb,
    error: cdb_core::Error,
    streams: Vec<&str>,
) -> Error {
    if error.is_not_found() {
        for path in streams {
            let Ok(stream) = cdb.stream(path) else { continue };
            if stream.len().await.is_err_and(|error| error.is_not_found()) {
                return Error::NotFound { stream: path.to_owned(), error: Box::new(error) };
            }
        }
    }
    error.into()
}
