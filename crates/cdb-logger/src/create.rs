//! Creating streams on the server.

use cdb_core::{Stream, StreamCreate};
use cdb_types::{ErrorKind, Schema};

use crate::Result;

/// Returns the schema of a stream on the server. A stream that does not exist is created with
/// `create`; without `create`, the result is `None`.
pub(crate) async fn find_or_create(
    stream: &Stream,
    create: Option<StreamCreate>,
) -> Result<Option<Schema>> {
    match (stream.refresh().await, create) {
        (Ok(info), _) => return Ok(Some(info.schema)),
        (Err(error), None) if error.is_not_found() => return Ok(None),
        (Err(error), Some(create)) if error.is_not_found() => match stream.create(create).await {
            Ok(info) => return Ok(Some(info.schema)),
            // Another program created the stream after the first request.
            Err(error) if error.kind() == Some(ErrorKind::Exists) => {}
            Err(error) => return Err(error.into()),
        },
        (Err(error), _) => return Err(error.into()),
    }
    Ok(Some(stream.refresh().await?.schema))
}
