//! The last datapoints of many streams, from a server that has no call for them.

use cdb_types::ObjectPath;
use cdb_types::summary::Latest;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{ConnectorDb, Error, Object, Result, Stream};

/// The number of streams that are asked for at the same time.
const CONCURRENT: usize = 16;

/// Asks for each stream.
pub(super) async fn of_each(cdb: &ConnectorDb, paths: Vec<ObjectPath>) -> Result<Vec<Latest>> {
    let mut streams = Vec::new();
    for path in paths {
        let found = match cdb.object(&path.to_string())? {
            // The server lists all devices as well.
            Object::User(user) => user.streams().visible(false).await,
            Object::Device(device) => device.streams().await,
            Object::Stream(stream) => Ok(vec![stream]),
        };
        streams.extend(unless_refused(found)?.unwrap_or_default());
    }
    let latest = stream::iter(&streams).map(async |stream| unless_refused(of(stream).await));
    let latest: Vec<_> = latest.buffered(CONCURRENT).try_collect().await?;
    Ok(latest.into_iter().flatten().collect())
}

async fn of(stream: &Stream) -> Result<Latest> {
    let (length, last) = tokio::try_join!(stream.len(), stream.get(-1))?;
    Ok(Latest::new(stream.path().clone(), length, last))
}

/// What the server refuses does not exist, or may not be read.
fn unless_refused<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(Error::Http(error)) if matches!(error.status(), Some(403 | 404)) => Ok(None),
        result => result.map(Some),
    }
}
