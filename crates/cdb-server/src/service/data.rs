//! Datapoints: who may read and write them, and where they go.

use std::sync::Arc;

use bytes::Bytes;
use cdb_types::{StreamPath, Timestamp};
use tokio::sync::OwnedSemaphorePermit;

use super::authorize::{self, AppendPermit, ReadPermit};
use super::cache::Remembered;
use super::resolve::{ResolveError, ResolvedStream};
use super::{Service, rules};
use crate::api_error::ApiError;
use crate::events::{Appended, Event};
use crate::identity::Principal;
use crate::permissions::{Field, Grant};
use crate::storage::model::ObjectId;
use crate::storage::{
    Append, AppendError, Array, Batch, Device, Extent, IfLate, InsertRules, Stream,
};

/// Larger bodies are read by the threads for computations.
const LARGE_BODY_BYTES: usize = 64 * 1024;

/// Bodies whose values may take more steps to check are read by the threads for computations, and so
/// are those whose schemas are deeper, since these threads have a larger stack.
const MAX_STEPS_HERE: u64 = 1_000_000;
const MAX_DEPTH_HERE: u32 = 4;

/// The memory for reading large inserts, of all callers together, in KiB. Inserts that need more wait
/// for others.
pub(super) const INSERT_MEMORY_KIB: u32 = 32 * 1024;

/// A stream with all that an insert or a read of it needs to know.
pub(crate) struct Located {
    version: u64,
    device: Device,
    stream: Stream,
}

impl Located {
    pub(super) fn array(&self, downlink: bool) -> Array {
        Array { stream: self.stream.id, downlink }
    }

    /// Its user, its device and itself.
    pub(super) fn objects(&self) -> [ObjectId; 3] {
        let [user, device] = self.device.depends_on();
        [user, device, ObjectId::Stream(self.stream.id)]
    }

    /// Whether its datapoints are sent to subscribers and not stored.
    pub(super) fn is_ephemeral(&self) -> bool {
        self.stream.ephemeral
    }
}

impl Remembered for Located {
    fn version(&self) -> u64 {
        self.version
    }

    fn depends_on(&self) -> impl IntoIterator<Item = ObjectId> {
        self.objects()
    }

    fn bytes(&self) -> u64 {
        rules::device_bytes(&self.device) + rules::stream_bytes(&self.stream)
    }
}

/// How often a large batch is restamped by the threads for computations while others append later
/// datapoints to its array. Then it is restamped where nobody can come between.
const MAX_RESTAMPS: usize = 3;

/// How datapoints are inserted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InsertOptions {
    pub(crate) to_downlink: bool,
    /// Whether timestamps before the stream's last one are moved to it, or the insert is refused.
    pub(crate) restamp: bool,
    /// The position that the first datapoint must get; `None` if any will do. An ephemeral stream
    /// ignores it.
    pub(crate) index: Option<u64>,
}

/// An insert that is allowed.
struct Destination {
    located: Arc<Located>,
    permit: AppendPermit,
    /// The origin of the datapoints; `None` for the owner.
    origin: Option<String>,
}

impl Service {
    /// Finds a stream that the caller may know of, and what it may do with it.
    pub(super) async fn locate(
        &self,
        principal: &Principal,
        path: &StreamPath,
    ) -> Result<(Arc<Located>, Grant), ResolveError> {
        let changes = self.storage.changes();
        if let Some(located) = self.streams.get(changes, path) {
            let grant = self.permissions.on_device(principal, &located.device);
            let sees = grant.reads(Field::CanAccessDevice) && grant.reads(Field::CanAccessStream);
            return if sees { Ok((located, grant)) } else { Err(ResolveError::Hidden) };
        }
        let version = changes.now();
        let mut db = self.storage.catalog().await?;
        let ResolvedStream { device, stream, grant, .. } =
            self.resolve_stream(&mut *db, principal, path).await?;
        drop(db);
        let located = Arc::new(Located { version, device, stream });
        self.streams.insert(path.clone(), Arc::clone(&located));
        Ok((located, grant))
    }

    /// Allows reading an array of a stream.
    pub(super) async fn may_read(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<ReadPermit, ApiError> {
        Ok(self.may_read_stream(principal, path, downlink).await?.0)
    }

    /// Allows reading an array of a stream, and returns the stream.
    pub(super) async fn may_read_stream(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<(ReadPermit, Arc<Located>), ApiError> {
        let located = self.locate(principal, path).await;
        let (located, grant) = located.map_err(ResolveError::when_changing)?;
        Ok((authorize::read(&grant, located.array(downlink))?, located))
    }

    /// Returns where a stream begins and ends.
    pub(crate) async fn extent(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<Extent, ApiError> {
        let permit = self.may_read(principal, path, downlink).await?;
        Ok(self.storage.extent(&permit).await?)
    }

    /// Waits until the inserts and changes that are running have ended.
    pub(crate) async fn settled(&self) {
        self.storage.settled().await;
    }

    /// Returns the index of the first datapoint later than `t`, or the length if there is none.
    pub(crate) async fn index_of_time(
        &self,
        principal: &Principal,
        path: &StreamPath,
        downlink: bool,
        t: f64,
    ) -> Result<u64, ApiError> {
        let permit = self.may_read(principal, path, downlink).await;
        let permit = permit.map_err(|error| match error.status {
            403 => ApiError { status: 404, ..error },
            _ => error,
        })?;
        let extent = self.storage.extent(&permit).await?;
        let (_, range) = self.resolve_times(&permit, extent, Some(t), None).await?;
        Ok(range.start)
    }

    /// Returns an error if the caller may not insert into a stream: before its body is read.
    pub(crate) async fn check_insert(
        &self,
        principal: &Principal,
        path: &StreamPath,
        to_downlink: bool,
    ) -> Result<(), ApiError> {
        self.may_append(principal, path, to_downlink).await.map(drop)
    }

    /// Appends the datapoints of a body, all of them or none. Returns when they are durable.
    pub(crate) async fn insert(
        &self,
        principal: &Principal,
        path: &StreamPath,
        options: InsertOptions,
        body: Bytes,
    ) -> Result<(), ApiError> {
        // Repeated only if the stream, its owner or the caller is changed meanwhile: a change of
        // anything else does not keep an insert from being stored.
        loop {
            let destination = self.may_append(principal, path, options.to_downlink).await?;
            let Destination { located, permit, origin } = destination;
            // The memory is in use until the batch is stored.
            let (batch, _memory) =
                self.read_batch(principal, &located.stream, origin, body.clone()).await?;
            if batch.is_empty() {
                return Ok(());
            }
            if located.is_ephemeral() {
                self.publish(permit.array(), batch);
                return Ok(());
            }
            match self.append(principal, permit, batch, options).await? {
                Err(AppendError::Stale) => {}
                stored => return Ok(stored?),
            }
        }
    }

    /// Appends a batch.
    async fn append(
        &self,
        principal: &Principal,
        permit: AppendPermit,
        mut batch: Batch,
        options: InsertOptions,
    ) -> Result<Result<(), AppendError>, ApiError> {
        let InsertOptions { restamp, index, .. } = options;
        for _ in 0..MAX_RESTAMPS {
            let late = if restamp { IfLate::RestampSmall } else { IfLate::Refuse };
            let append = Append { permit: permit.clone(), batch, late, index };
            match self.storage.append(append).await {
                Err(AppendError::Late { batch: late, last_t }) => {
                    let restamped = async move { late.restamped(last_t) };
                    let restamped = self.compute.run(principal, restamped).await?;
                    batch = restamped.map_err(ApiError::internal)?;
                }
                result => return Ok(result),
            }
        }
        let append = Append { permit, batch, late: IfLate::Restamp, index };
        Ok(self.storage.append(append).await)
    }

    /// Sends a batch that is not stored to the subscribers.
    fn publish(&self, array: Array, batch: Batch) {
        if self.bus.wants(array) {
            let points = batch.into_points();
            let appended = Appended { array, position: None, points };
            self.bus.publish(vec![Event::Appended(appended)]);
        }
    }

    /// Allows an insert, and says where it goes.
    async fn may_append(
        &self,
        principal: &Principal,
        path: &StreamPath,
        to_downlink: bool,
    ) -> Result<Destination, ApiError> {
        // Before anything is looked at, so that a change of it makes the permit stale.
        let version = self.storage.changes().now();
        let principal = &self.current(principal).await?;
        let (located, grant) = self.locate(principal, path).await.map_err(|error| match error {
            ResolveError::Hidden => authorize::append_denied(to_downlink),
            error => error.when_changing(),
        })?;
        let device = principal.identity().map(|identity| identity.device.id);
        let owns = device == Some(located.device.id);
        let downlink = to_downlink || (!owns && located.stream.downlink);
        let depends_on = principal.depends_on().chain(located.depends_on()).collect();
        let permit = authorize::append(&grant, located.array(downlink), version, depends_on)?;
        if downlink && !located.stream.downlink {
            return Err(ApiError::invalid("The stream is not a downlink."));
        }
        let origin = (!owns).then(|| principal.to_string());
        Ok(Destination { located, permit, origin })
    }

    /// Reads and checks a body.
    pub(super) async fn read_batch(
        &self,
        principal: &Principal,
        stream: &Stream,
        origin: Option<String>,
        body: Bytes,
    ) -> Result<(Batch, Option<OwnedSemaphorePermit>), ApiError> {
        let compiled = self.schemas.compiled(principal, &stream.schema).await?;
        // Streams from before there were limits have any schema.
        let validator = compiled.map_err(|error| {
            let msg =
                format!("The stream cannot take datapoints before its schema is changed: {error}");
            ApiError::invalid(msg)
        })?;
        let (max_steps, now) = (self.limits.schema_steps, Timestamp::now());
        let max_datapoints = self.limits.insert_datapoints;
        let is_short = body.len() < LARGE_BODY_BYTES
            && validator.steps_of_text(body.len()) < MAX_STEPS_HERE
            && validator.depth() <= MAX_DEPTH_HERE;
        let memory = Arc::clone(&self.insert_memory);
        let read = async move {
            let rules = InsertRules { validator: &validator, max_steps, max_datapoints };
            let memory = match is_short {
                true => None,
                false => {
                    let kib = Batch::memory_to_read(&body, rules).div_ceil(1024);
                    let kib = u32::try_from(kib).unwrap_or(u32::MAX).min(INSERT_MEMORY_KIB);
                    Some(memory.acquire_many_owned(kib).await.map_err(ApiError::internal)?)
                }
            };
            Ok((Batch::read(&body, rules, origin.as_deref(), now).await?, memory))
        };
        if is_short { read.await } else { self.compute.run(principal, read).await? }
    }
}
