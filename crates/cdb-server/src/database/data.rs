//! Datapoints: who may read and write them, and where they go.

use std::sync::Arc;

use bytes::Bytes;
use cdb_types::{Schema, StreamPath, Timestamp, Validator};

use super::Database;
use super::sight::{SeenStream, Unseen};
use crate::actor::Asker;
use crate::permissions::{Field, Grant};
use crate::refusal::Refusal;
use crate::store::{Appended, Array, Batch, CommitError, DeviceRow, Insert, StreamRow};

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

impl Database {
    /// A stream that the asker sees, and what it may do with it.
    async fn locate(
        &self,
        asker: &Asker,
        path: &StreamPath,
    ) -> Result<(Arc<Located>, Grant), Unseen> {
        let generation = self.store.generation();
        if let Some(located) = self.streams.get(generation, path) {
            let grant = self.permissions.on_device(asker, &located.device);
            let seen = grant.reads(Field::CanAccessDevice) && grant.reads(Field::CanAccessStream);
            return if seen { Ok((located, grant)) } else { Err(Unseen::Hidden) };
        }
        let mut db = self.store.readers().acquire().await?;
        let SeenStream { device, stream, grant, .. } =
            self.see_stream(&mut db, asker, path).await?;
        let schema = Schema::unchecked(&stream.schema);
        let validator =
            schema.validator().map_err(|error| Unseen::Store(sqlx::Error::Decode(error.into())))?;
        let located = Arc::new(Located { device, stream, validator: Arc::new(validator) });
        self.streams.put(generation, path.clone(), Arc::clone(&located));
        Ok((located, grant))
    }

    /// A stream's array that the asker may read.
    pub(super) async fn readable(
        &self,
        asker: &Asker,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<Array, Refusal> {
        Ok(self.readable_stream(asker, path, downlink).await?.0)
    }

    /// A stream's array that the asker may read, and the stream.
    pub(super) async fn readable_stream(
        &self,
        asker: &Asker,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<(Array, Arc<Located>), Refusal> {
        let (located, grant) =
            self.locate(asker, path).await.map_err(|unseen| unseen.when_changing())?;
        let field =
            if downlink { Field::CanAccessStreamDownlink } else { Field::CanAccessStreamData };
        if !grant.reads(field) {
            return Err(Refusal::no_access());
        }
        Ok((located.array(downlink), located))
    }

    /// How many datapoints there are.
    pub(crate) async fn length(
        &self,
        asker: &Asker,
        path: &StreamPath,
        downlink: bool,
    ) -> Result<u64, Refusal> {
        let array = self.readable(asker, path, downlink).await?;
        Ok(self.store.length(array).await?)
    }

    /// The index of the first datapoint later than `t`; the length if there is none.
    pub(crate) async fn index_of_time(
        &self,
        asker: &Asker,
        path: &StreamPath,
        downlink: bool,
        t: f64,
    ) -> Result<u64, Refusal> {
        let array = self.readable(asker, path, downlink).await;
        let array = array.map_err(|refusal| Refusal { status: 404, ..refusal })?;
        Ok(self.store.index_after(array, t).await?)
    }

    /// Appends the datapoints of a body, all of them or none; returns when they are on disk.
    pub(crate) async fn insert(
        &self,
        asker: &Asker,
        path: &StreamPath,
        how: Appending,
        body: Bytes,
    ) -> Result<(), Refusal> {
        let Appending { to_downlink, restamp, index } = how;
        loop {
            let generation = self.store.generation();
            let (located, destination) = match self.writable(asker, path, to_downlink).await {
                Ok(writable) => writable,
                Err(refusal) => {
                    // What cannot be read is told first.
                    Batch::check(&body)?;
                    return Err(refusal);
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
            self.store.feed().tell(vec![Appended { array, index: None, points }]).await;
        }
    }

    /// Where the asker's insert goes, if it goes anywhere.
    async fn writable(
        &self,
        asker: &Asker,
        path: &StreamPath,
        to_downlink: bool,
    ) -> Result<(Arc<Located>, Destination), Refusal> {
        let denied = |downlink| {
            Refusal::denied(if downlink {
                "Write access to stream downlink denied."
            } else {
                "Write access to stream data denied."
            })
        };
        let (located, grant) = self.locate(asker, path).await.map_err(|unseen| match unseen {
            Unseen::Hidden => denied(to_downlink),
            unseen => unseen.when_changing(),
        })?;
        let owns = asker.actor().is_some_and(|actor| actor.device.id == located.device.id);
        let downlink = to_downlink || (!owns && located.stream.downlink);
        let field =
            if downlink { Field::CanAccessStreamDownlink } else { Field::CanAccessStreamData };
        if !grant.writes(field) {
            return Err(denied(downlink));
        }
        if downlink && !located.stream.downlink {
            return Err(Refusal::invalid("The stream is not a downlink."));
        }
        let origin = (!owns).then(|| asker.to_string());
        Ok((located, Destination { downlink, origin }))
    }
}

async fn read_batch(
    validator: &Arc<Validator>,
    origin: Option<String>,
    body: Bytes,
) -> Result<Batch, Refusal> {
    let now = Timestamp::now();
    if body.len() < LARGE_BODY_BYTES {
        return Ok(Batch::read(&body, validator, origin.as_deref(), now)?);
    }
    let validator = Arc::clone(validator);
    let read = move || Batch::read(&body, &validator, origin.as_deref(), now);
    Ok(tokio::task::spawn_blocking(read).await.map_err(Refusal::failure)??)
}
