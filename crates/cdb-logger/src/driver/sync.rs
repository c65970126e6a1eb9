//! Doing what an [`Upload`] says: one sync, from the connection to the last stream.
//!
//! A future of this module may be dropped at any `await`.

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
use crate::error::FileError;
use crate::queue::{Chunk, Mismatch, Outgoing, Setting};
use crate::shared::Shared;
use crate::upload::{Action, Event, MAX_POINTS, Sent, Upload};
use crate::{Error, Result, Synced};

/// Brings all that waits to the server.
pub(super) async fn sync_all(shared: &Shared) -> Result<Synced> {
    let cdb = shared.connect().await?;
    // Also when nothing waits: it says whether the server is there.
    cdb.ping().await?;
    let (mut synced, mut failed) = (Synced::default(), Vec::new());
    for (name, create) in shared.file.with(|queue| Box::pin(queue.pending_creations())).await? {
        match create_stream(shared, &cdb, &name, &create).await {
            Ok(()) => {}
            Err(error) if ends_sync(&error) => return Err(error),
            Err(error) => failed.push((name, error)),
        }
    }
    for name in shared.file.with(|queue| Box::pin(queue.streams())).await? {
        let mut upload = Upload::new();
        let result = match cdb.stream(&name) {
            Ok(stream) => run(&mut upload, shared, &stream).await,
            Err(error) => Err(error.into()),
        };
        synced.add(upload.synced());
        shared.update_status(|_| {});
        if let Some(schema) = upload.schema() {
            shared.add_stream(&name, schema, schema.as_str()).await?;
        }
        match result {
            Ok(()) => {}
            Err(error) if ends_sync(&error) => return Err(error),
            // Why it could not be created says more than that it is missing.
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

/// Whether the other streams would fail in the same way.
fn ends_sync(error: &Error) -> bool {
    matches!(error, Error::File { .. } | Error::Closed) || error.is_temporary()
}

/// Creates a stream that was added while there was no server, or finds it there. From then on the
/// server's schema counts.
async fn create_stream(shared: &Shared, cdb: &ConnectorDb, name: &str, json: &str) -> Result<()> {
    // The file is the logger's own; what it cannot read there is damage.
    let create = serde_json::from_str(json)
        .map_err(|error| Error::file(shared.file.path(), FileError::Damaged(error.to_string())))?;
    let schema = find_or_create(&cdb.stream(name)?, Some(create)).await?;
    let schema = schema.ok_or_else(|| Error::MissingStream(name.to_owned()))?;
    shared.add_stream(name, &schema, schema.as_str()).await
}

/// Brings what waits of one stream to the server.
async fn run(upload: &mut Upload, shared: &Shared, stream: &Stream) -> Result<()> {
    let mut performer =
        Performer { file: shared.file.clone(), stream: stream.clone(), read_ahead: None };
    let mut event = Event::Started;
    loop {
        event = match upload.next(event) {
            ControlFlow::Break(result) => return result,
            ControlFlow::Continue(action) => {
                performer.perform(action).await.unwrap_or_else(Event::Failed)
            }
        };
        shared.update_status(|_| {});
    }
}

/// Does what is to be done with one stream.
struct Performer {
    file: FileHandle,
    stream: Stream,
    /// What is probably sent next: it is read while something else is being sent.
    read_ahead: Option<ReadAhead>,
}

/// Datapoints that are being read.
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
                // In this order: what others insert in between is found by its index.
                let length = self.stream.len().await?;
                let last = self.stream.typed::<Box<RawValue>>().get(-1).await?;
                Event::End { length, last: last.map(|dp| dp.t.as_secs_f64()) }
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

    /// Deletes what the server has: in one step if the file has nothing else, and otherwise in
    /// several, between which others may insert.
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
            let name = self.stream.name().to_owned();
            let acknowledge = self
                .file
                .with(move |queue| Box::pin(async move { queue.acknowledge(&name, sent).await }));
            if let Err(mismatch) = acknowledge.await? {
                return Ok(Err(mismatch));
            }
        }
        Ok(Ok(()))
    }

    /// Sends what waits after a time, while what comes next is read.
    async fn send(&mut self, after: f64, max: usize, index: u64) -> Result<Event> {
        let ahead = self.read_ahead.take().filter(|ahead| (ahead.after, ahead.max) == (after, max));
        let reading = match ahead {
            Some(ahead) => ahead.reading,
            None => self.read(after, max),
        };
        // Only a runtime that ends keeps it from being read.
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

    /// Reads what waits after a time, as it is sent.
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

    /// Those of a chunk that the server has, by time and value.
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
