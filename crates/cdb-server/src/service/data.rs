//! Datapoints: who may read and write them, and where they go.

use std::sync::Arc;

use bytes::Bytes;
use cdb_types::{Schema, StreamPath, Timestamp, Validator};

use super::Service;
use super::resolve::{ResolveError, ResolvedStream};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::permissions::{Field, Grant};
use crate::storage::sqlite::{Appended, Array, Batch, CommitError, DeviceRow, Insert, StreamRow};

/// Larger bodies are read away from the threads that answer requests.
const LARGE_BODY_BYTES: usize = 64 * 1024;

/// A stream with all that an insert or a read of it needs to know.
pub(crate) struct Located {
    device: DeviceRow,
    stream: StreamRow,
    validator: Arc<Validator>,
}

impl Located {
    fn array(&self, downlink: bool) -> Array {
        Array { stream: self.stream.id, downlink }
    }

    /// Whether its datapoints are told, and not kept.
    pub(super) fn is_ephemeral(&self) -> bool {
        self.stream.ephemeral
    }
}

/// Where an insert goes.
struct Destination {
    downlink: bool,
    /// Who the datapoints say they are from; `None` for the owner.
    origin: Option<String>,
}

/// How datapoints are appended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appending {
    pub(crate) to_downlink: bool,
    /// Whether timestamps that are too early are moved, or the insert refused.
    pub(crate) restamp: bool,
    /// The index that the first must get, if that matters. Of what is not kept, it does not.
    pub(crate) index: Option<u64>,
}

impl Service {
    /// A stream that the principal sees, and what it may do with it.
    async fn locate(
        &self,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<(Arc<Located>, Grant), ResolveError> {
        let generation = self.store.generation();
        if let Some(located) = self.streams.get(generation, path) {
            let grant = self.permissions.on_device(principal, &located.device);
            let seen = grant.reads(Field::CanAccessDevice) && grant.reads(Field::CanAccessStream);
            return if seen { Ok((located, grant)) } else { Err(ResolveError::Hidden) };
        }
        let mut db = self.store.readers().acquire().await?;
        let ResolvedStream { device, stream, grant, .. } =
            self.resolve_stream(&mut db, principal, path).await?;
        let schema = Schema::unchecked(&stream.schema);
        let validator = schema
            .validator()
            .map_err(|error| ResolveError::Store(sqlx::Error::Decode(error.into())))?;
        let located = Arc::new(Located { device, stream, validator: Arc::new(validator) });
        self.streams.put(generation, path.clone(), Arc::clone(&located));
        Ok((located, grant))
    }

    /// A stream's array that the principal may read.
    pub(super) async fn readable(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<Array, ApiError> {
        Ok(self.readable_stream(principal, path, downlink).await?.0)
    }

    /// A stream's array that the principal may read, and the stream.
    pub(super) async fn readable_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<(Array, Arc<Located>), ApiError> {
        let (located, grant) =
            self.locate(principal, path).await.map_err(|error| error.when_changing())?;
        let field =
            if downlink { Field::CanAccessStreamDownlink } else { Field::CanAccessStreamData };
        if !grant.reads(field) {
            return Err(ApiError::no_access());
        }
        Ok((located.array(downlink), located))
    }

    /// How many datapoints there are.
    pub(crate) async fn length(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<u64, ApiError> {
        let array = self.readable(principal, path, downlink).await?;
        Ok(self.store.length(array).await?)
    }

    /// The index of the first datapoint later than `t`; the length if there is none.
    pub(crate) async fn index_of_time(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
        t: f64,
    ) -> Result<u64, ApiError> {
        let array = self.readable(principal, path, downlink).await;
        let array = array.map_err(|error| ApiError { status: 404, ..error })?;
        Ok(self.store.index_after(array, t).await?)
    }

    /// Appends the datapoints of a body, all of them or none; returns when they are on disk.
    pub(crate) async fn insert(
        &self,
        principal: &Principal,
        path: &StreamPath,
        how: Appending,
        body: Bytes,
    ) -> Result<(), ApiError> {
        let Appending { to_downlink, restamp, index } = how;
        loop {
            let generation = self.store.generation();
            let (located, destination) = match self.writable(principal, path, to_downlink).await {
                Ok(writable) => writable,
                Err(error) => {
                    // What cannot be read is told first.
                    Batch::check(&body)?;
                    return Err(error);
                }
            };
            let Destination { downlink, origin } = destination;
            let batch = read_batch(&located.validator, origin, body.clone()).await?;
            let array = located.array(downlink);
            if batch.is_empty() {
                return Ok(());
            }
            if located.is_ephemeral() {
                self.tell(array, batch).await;
                return Ok(());
            }
            let insert = Insert { array, batch, restamp, index, generation };
            match self.store.insert(insert).await {
                // The stream or who may write it has changed since it was looked at.
                Err(CommitError::Stale) => {}
                stored => return Ok(stored?),
            }
        }
    }

    /// Tells of a batch that is not kept.
    async fn tell(&self, array: Array, batch: Batch) {
        if self.store.feed().wants(array) {
            let points = batch.into_points();
            self.store.feed().publish(vec![Appended { array, index: None, points }]).await;
        }
    }

    /// Where the principal's insert goes, if it goes anywhere.
    async fn writable(
        &self,
        principal: &Principal,
        path: &StreamPath,
        to_downlink: bool,
    ) -> Result<(Arc<Located>, Destination), ApiError> {
        let denied = |downlink| {
            ApiError::denied(if downlink {
                "Write access to stream downlink denied."
            } else {
                "Write access to stream data denied."
            })
        };
        let (located, grant) = self.locate(principal, path).await.map_err(|error| match error {
            ResolveError::Hidden => denied(to_downlink),
            error => error.when_changing(),
        })?;
        let owns =
            principal.identity().is_some_and(|identity| identity.device.id == located.device.id);
        let downlink = to_downlink || (!owns && located.stream.downlink);
        let field =
            if downlink { Field::CanAccessStreamDownlink } else { Field::CanAccessStreamData };
        if !grant.writes(field) {
            return Err(denied(downlink));
        }
        if downlink && !located.stream.downlink {
            return Err(ApiError::invalid("The stream is not a downlink."));
        }
        let origin = (!owns).then(|| principal.to_string());
        Ok((located, Destination { downlink, origin }))
    }
}

async fn read_batch(
    validator: &Arc<Validator>,
    origin: Option<String>,
    body: Bytes,
) -> Result<Batch, ApiError> {
    let now = Timestamp::now();
    if body.len() < LARGE_BODY_BYTES {
        return Ok(Batch::read(&body, validator, origin.as_deref(), now)?);
    }
    let validator = Arc::clone(validator);
    let read = move || Batch::read(&body, &validator, origin.as_deref(), now);
    Ok(tokio::task::spawn_blocking(read).await.map_err(ApiError::internal)??)
}
