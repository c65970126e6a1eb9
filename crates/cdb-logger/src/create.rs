//! Creating streams on the server.

use cdb_core::{Stream, StreamCreate};
use cdb_types::Schema;

use crate::Result;

/// Returns the schema of a stream on the server. A stream that does not exist is created with
/// `create`; without `create`, the result is `None`.
pub(crate) async fn find_or_create(
    stream: &Stream,
    create: Option<StreamCreate>,
) -> Result<Option<Schema>> {
    let Some(create) = create else {
        return match stream.refresh().await {
            Ok(info) => Ok(Some(info.schema)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        };
    };
    match stream.ensure(create).await {
        Ok(info) => Ok(Some(info.schema)),
        // The server's schema counts: what does not match it is set aside, with the reason.
        Err(error @ cdb_core::Error::OtherSchema { .. }) => {
            tracing::warn!(%error, "values are checked against the schema on the server");
            Ok(Some(stream.data().await?.schema))
        }
        Err(error) => Err(error.into()),
    }
}
