//! The last datapoints of many streams.

use std::collections::HashSet;
use std::sync::Arc;

use cdb_types::{ErrorKind, ObjectPath};

use super::resolve::{ResolveError, ResolvedDevice, ResolvedUser};
use super::{Service, authorize};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{Field, Grant, Operation};
use crate::query::{Answer, Elements, LatestRows};
use crate::storage::{Array, Device, StreamName};

/// The number of paths that may be asked for at once.
const MAX_PATHS: usize = 1000;

impl Service {
    /// Opens the lengths and last datapoints of streams, or of all streams of devices and users, in the
    /// order of their paths. What does not exist or may not be read is left out.
    pub(crate) async fn query_latest(
        &self,
        principal: &Principal,
        paths: &[ObjectPath],
    ) -> Result<Answer, ApiError> {
        if paths.len() > MAX_PATHS {
            return Err(ApiError::new(
                403,
                ErrorKind::Limit,
                format!(
                    "At most {MAX_PATHS} paths can be asked for at once. The path of a device or user \
                     stands for all of its streams."
                ),
            ));
        }
        let mut rows = LatestRows::new(Arc::clone(&self.storage));
        let mut seen = HashSet::new();
        for path in paths.iter().filter(|path| seen.insert(*path)) {
            match self.add_latest(principal, path, &mut rows).await {
                Ok(()) | Err(ResolveError::Missing(_) | ResolveError::Hidden) => {}
                Err(ResolveError::Storage(error)) => return Err(error.into()),
            }
            tokio::task::yield_now().await;
        }
        Ok(self.computed(principal, Elements::Latest(rows)))
    }

    async fn add_latest(
        &self,
        principal: &Principal,
        path: &ObjectPath,
        rows: &mut LatestRows,
    ) -> Result<(), ResolveError> {
        match path {
            ObjectPath::Stream(path) => {
                let (located, grant) = self.locate(principal, path).await?;
                if let Ok(permit) = authorize::read(&grant, located.array(false)) {
                    rows.push(path.to_string(), permit);
                }
            }
            ObjectPath::Device(path) => {
                // Not longer than for one path: there are few connections.
                let mut db = self.storage.catalog().await?;
                let resolved = self.resolve_device(&mut *db, principal, path).await?;
                let ResolvedDevice { user, device, grant } = resolved;
                if grant.allows(Operation::ListStreams) {
                    let names = db.stream_names(device.id).await?;
                    let streams = names.iter().map(|stream| (&device, &grant, stream));
                    push_all(rows, &user.name, streams);
                }
            }
            ObjectPath::User(path) => {
                let mut db = self.storage.catalog().await?;
                let resolved = self.resolve_user(&mut *db, principal, path).await?;
                let ResolvedUser { user, grant } = resolved;
                if !grant.allows(Operation::ListStreams) {
                    return Ok(());
                }
                let grant = |device: Device| {
                    let grant = self.permissions.on_device(principal, &device);
                    (device, grant)
                };
                let devices: Vec<_> = db.devices(user.id).await?.into_iter().map(grant).collect();
                let names = db.stream_names_of_user(user.id).await?;
                let streams = names.iter().filter_map(|stream| {
                    // Sorted by id.
                    let place =
                        devices.binary_search_by_key(&stream.device_id, |(device, _)| device.id);
                    let (device, grant) = &devices[place.ok()?];
                    Some((device, grant, stream))
                });
                push_all(rows, &user.name, streams);
            }
        }
        Ok(())
    }
}

/// Adds the streams that may be read.
fn push_all<'a>(
    rows: &mut LatestRows,
    user: &str,
    streams: impl Iterator<Item = (&'a Device, &'a Grant, &'a StreamName)>,
) {
    for (device, grant, stream) in streams {
        let array = Array { stream: stream.id, downlink: false };
        if grant.reads(Field::CanAccessStream)
            && let Ok(permit) = authorize::read(grant, array)
        {
            rows.push(format!("{user}/{}/{}", device.name, stream.name), permit);
        }
    }
}
