//! One sync, from the connection to the last stream. Performs the actions of an [`Upload`] for each
//! stream.
//!
//! The futures of this module can be dropped at any `await`.

use std::collections::HashMap;
use std::ops::ControlFlow;

use cdb_core::{ConnectorDb, Stream, Timestamp};
use cdb_types::is_same_value;
use futures_util::TryStreamExt;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::file::FileHandle;
use crate::create::find_or_create;
use crate::queue::{Chunk, Mismatch, Outgoing, Setting};
use crate::shared::Shared;
use crate::upload::{Action, Event, MAX_POINTS, Sent, Upload};
use crate::{Error, Result, Synced};

/// Creates the streams that are to be created, and sends all pending datapoints to the server.
pub(super) async fn sync_all(shared: &Shared) -> Result<Synced> {
    let cdb = shared.connect().await?;
    // A sync without pending datapoints also fails if the server cannot be reached.
    cdb.ping().await?;
    let (mut synced, mut failed) = (Synced::default(), Vec::new());
    // In this order: a stream that is added in between is created, and sent to by the next sync.
    let streams = shared.file.with(|queue| Box::pin(queue.streams())).await?;
    for (name, create) in shared.file.with(|queue| Box::pin(queue.pending_creations())).await? {
        match create_stream(shared, &cdb, &name, &create).await {
            Ok(()) => {}
            Err(error) if ends_sync(&error) => return Err(error),
            Err(error) => failed.push((name, error)),
        }
    }
    for name in streams {
        let mut result = upload_stream(shared, &cdb, &name, &mut synced).await;
        if result.as_ref().is_err_and(Error::is_not_found) {
            // It was deleted, or the file is used with another device now.
            let create = shared.creation(&name).await?;
            if let Some(create) =
                create.filter(|_| !failed.iter().any(|(stream, _)| *stream == name))
            {
                result = match create_stream(shared, &cdb, &name, &create).await {
                    Ok(()) => upload_stream(shared, &cdb, &name, &mut synced).await,
                    Err(error) => Err(error),
                };
            }
        }
        match result {
            Ok(()) => {}
            Err(error) if ends_sync(&error) => return Err(error),
            // The stream is missing because it could not be created, and that error is in the list.
            Err(_) if failed.iter().any(|(stream, _)| *stream == name) => {}
            Err(error) => failed.push((name, error)),
        }
    }
    if !failed.is_empty() {
        return Err(Error::Streams(failed));
    }
    let now = Timestamp::now();
    shared.set(Setting::LastSync(now.as_secs_f64())).await?;
    shared.update_status(|status| status.last_sync = Some(now));
    Ok(synced)
}

/// Returns `true` if the other streams would fail in the same way.
fn ends_sync(error: &Error) -> bool {
    matches!(error, Error::File { .. } | Error::Closed) || error.is_temporary()
}

/// Creates a stream that was added with `add_stream_later`, unless it exists on the server. Values
/// are checked against the server's schema from then on.
async fn create_stream(shared: &Shared, cdb: &ConnectorDb, name: &str, json: &str) -> Result<()> {
    // The logger wrote this JSON, but perhaps in another version.
    let create = serde_json::from_str(json).map_err(Error::Unwritable)?;
    let schema = find_or_create(&cdb.stream(name)?, Some(create)).await?;
    let schema = schema.ok_or_else(|| Error::MissingStream(name.to_owned()))?;
    shared.add_stream(name, &schema, schema.as_str()).await
}

/// Sends the pending datapoints of the stream of this name, and adds to `synced` what was done.
async fn upload_stream(
    shared: &Shared,
    cdb: &ConnectorDb,
    name: &str,
    synced: &mut Synced,
) -> Result<()> {
    let mut upload = Upload::new();
    let result = match cdb.stream(name) {
        Ok(stream) => run(&mut upload, shared, &stream).await,
        Err(error) => Err(error.into()),
    };
    synced.add(upload.synced());
    shared.update_status(|_| {});
    if let Some(schema) = upload.schema() {
        shared.add_stream(name, schema, schema.as_str()).await?;
    }
    result
}

/// Sends the pending datapoints of one stream to the server.
async fn run(upload: &mut Upload, shared: &Shared, stream: &Stream) -> Result<()> {
    let mut performer =
        Performer { file: shared.file.clone(), stream: stream.clone(), read_ahead: None };
    let mut event = Event::Started;
    loop {
        let next = upload.next(event);
        // In case that this future is dropped.
        shared.set_unacknowledged(
            stream.name(),
            match &next {
                ControlFlow::Continue(Action::Acknowledge(sent)) => sent,
                _ => upload.unacknowledged(),
            },
        );
        event = match next {
            ControlFlow::Break(result) => return result,
            ControlFlow::Continue(action) => {
                performer.perform(action).await.unwrap_or_else(Event::Failed)
            }
        };
        shared.update_status(|_| {});
    }
}

/// Performs the actions of the upload of one stream.
struct Performer {
    file: FileHandle,
    stream: Stream,
    /// The datapoints that will probably be sent next, read from the file during the current
    /// request.
    read_ahead: Option<ReadAhead>,
}

/// A task that reads datapoints from the file in advance.
struct ReadAhead {
    after: f64,
    max: usize,
    reading: JoinHandle<Result<Outgoing>>,
}

impl Performer {
    async fn perform(&mut self, action: Action) -> Result<Event> {
        let name = self.stream.name().to_owned();
        let event = match action {
            Action::FetchEnd => {
                // The end must be read first. If another program inserts a datapoint between the
                // two calls, the index of the next request is too small, and the server refuses it.
                let end = self.stream.end().await?;
                let last = self.stream.typed::<Box<RawValue>>().get(-1).await?;
                Event::End { end, last: last.map(|dp| dp.t.as_secs_f64()) }
            }
            Action::Peek { after, until } => {
                let peek = self.file.with(move |queue| {
                    Box::pin(async move { queue.peek(&name, after, until, MAX_POINTS).await })
                });
                Event::Rows(peek.await?)
            }
            Action::FindStored(chunk) => Event::Stored(self.stored(&chunk).await?),
            Action::AcknowledgeRows(ids) => {
                let acknowledge = self.file.with(move |queue| {
                    Box::pin(async move { queue.acknowledge_rows(&name, &ids).await })
                });
                Event::AcknowledgedRows(acknowledge.await?)
            }
            Action::Restamp { after } => {
                let restamp = self
                    .file
                    .with(move |queue| Box::pin(async move { queue.restamp(&name, after).await }));
                Event::Restamped(restamp.await?)
            }
            Action::Send { after, max, index } => self.send(after, max, index).await?,
            Action::Acknowledge(sent) => Event::Acknowledged(self.acknowledge(sent).await?),
            Action::FetchSchema { after, max } => {
                let schema = self.stream.refresh().await?.schema;
                let peek = self.file.with(move |queue| {
                    Box::pin(async move { queue.peek(&name, after, f64::INFINITY, max).await })
                });
                Event::Schema(schema, peek.await?)
            }
            Action::SetAside(refused) => {
                let set_aside = self.file.with(move |queue| {
                    Box::pin(async move { queue.set_aside(&name, &refused).await })
                });
                set_aside.await?;
                Event::SetAside
            }
        };
        Ok(event)
    }

    /// Deletes datapoints that the server has stored. If the file has no other datapoints, they are
    /// deleted in one transaction, otherwise in several, between which inserts can be written.
    async fn acknowledge(&self, sent: Vec<Sent>) -> Result<Result<(), Mismatch>> {
        let (Some(last), count) = (sent.last(), sent.iter().map(|sent| sent.count).sum()) else {
            return Ok(Ok(()));
        };
        let (name, all) = (self.stream.name().to_owned(), Sent { count, ..*last });
        let acknowledge = self.file.with(move |queue| {
            Box::pin(async move { queue.acknowledge_whole_file(&name, all).await })
        });
        if acknowledge.await? {
            return Ok(Ok(()));
        }
        for sent in sent {
            if let Err(mismatch) = self.file.acknowledge(self.stream.name(), sent).await? {
                return Ok(Err(mismatch));
            }
        }
        Ok(Ok(()))
    }

    /// Sends at most `max` pending datapoints later than `after`. The datapoints after them are
    /// read from the file during the request.
    async fn send(&mut self, after: f64, max: usize, index: u64) -> Result<Event> {
        let ahead = self.read_ahead.take().filter(|ahead| (ahead.after, ahead.max) == (after, max));
        let reading = match ahead {
            Some(ahead) => ahead.reading,
            None => self.read(after, max),
        };
        // The task fails only if the runtime shuts down.
        let outgoing = reading.await.map_err(|_| Error::Closed)??;
        if outgoing.count == 0 {
            return Ok(Event::NothingPending);
        }
        let Outgoing { body, count, after, end } = outgoing;
        if count == max {
            self.read_ahead = Some(ReadAhead { after: end, max, reading: self.read(end, max) });
        }
        match self.stream.insert_json_at(index, body).await {
            Ok(()) => Ok(Event::Sent { count, end, at: Instant::now() }),
            Err(error) if error.server_error().is_some() => {
                Ok(Event::Refused { after, count, error })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Starts a task that reads at most `max` pending datapoints later than `after` and encodes
    /// them.
    fn read(&self, after: f64, max: usize) -> JoinHandle<Result<Outgoing>> {
        let (file, name) = (self.file.clone(), self.stream.name().to_owned());
        tokio::spawn(async move {
            let stream = name.clone();
            let packed = file
                .with(move |queue| Box::pin(async move { queue.pack(&stream, after, max).await }));
            if let Some(outgoing) = packed.await?.and_then(|packed| packed.encode()) {
                return Ok(outgoing);
            }
            let chunk = file.with(move |queue| {
                Box::pin(async move { queue.peek(&name, after, f64::INFINITY, max).await })
            });
            Ok(chunk.await?.encode(after))
        })
    }

    /// Returns the ids of the datapoints in `chunk` that the server has stored, compared by time
    /// and value.
    async fn stored(&self, chunk: &Chunk) -> Result<Vec<i64>> {
        let mut rows: HashMap<u64, _> = chunk.0.iter().map(|row| (row.t.to_bits(), row)).collect();
        let time = |t| Timestamp::new(t).unwrap_or_default();
        let first = chunk.0.first().map_or(0.0, |row| row.t);
        let query = self.stream.typed::<Value>().query();
        let query = query.t1(time(first.next_down())).t2(time(chunk.end()));
        let mut data = query.stream().await?;
        let mut stored = Vec::new();
        while let Some(datapoint) = data.try_next().await? {
            let time = datapoint.t.as_secs_f64().to_bits();
            let Some(row) = rows.get(&time) else { continue };
            let value: Option<Value> = serde_json::from_str(&row.json).ok();
            if value.is_some_and(|value| is_same_value(&value, &datapoint.d)) {
                stored.push(row.id);
                rows.remove(&time);
            }
        }
        Ok(stored)
    }
}
