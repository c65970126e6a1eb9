//! The state that a logger's handles and tasks share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use cdb_core::{ConnectorDb, ConnectorDbBuilder, Datapoint, StreamCreate};
use cdb_types::{Finite, Schema, Timestamp, Validator};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::driver::file::FileHandle;
use crate::queue::{Contents, Metadata, NewRow, Setting};
use crate::upload::Sent;
use crate::{Error, Result, Status};

/// The text in the file for a stream that was added without a schema.
pub(crate) const NO_SCHEMA: &str = "null";

/// The state that a logger's handles and tasks share.
pub(crate) struct Shared {
    pub(crate) file: FileHandle,
    /// `streams` and `settings` are copies of what is in the file. The task that owns the file
    /// changes them after the file, so they change in the same order, even if the caller's future
    /// is dropped.
    streams: Arc<RwLock<HashMap<Arc<str>, Arc<Validator>>>>,
    settings: Arc<RwLock<Metadata>>,
    root_certificates: Vec<Vec<u8>>,
    /// When settings change, the outer `Arc` is replaced, because the inner lock is held during a
    /// connection attempt, which may take minutes to fail.
    connection: Mutex<Arc<tokio::sync::Mutex<Option<ConnectorDb>>>>,
    /// What a running sync has sent of its current stream and not acknowledged yet, with the name of
    /// the stream: if the sync is aborted, the file is told all the same.
    unacknowledged: Mutex<Option<(String, Vec<Sent>)>>,
    pub(crate) status: watch::Sender<Status>,
    /// The sync period; the task that syncs subscribes to it.
    pub(crate) period: watch::Sender<Duration>,
}

impl Shared {
    pub(crate) fn new(
        file: FileHandle,
        contents: Contents,
        root_certificates: Vec<Vec<u8>>,
    ) -> Result<Self> {
        let Contents { metadata, streams, .. } = contents;
        let mut validators = HashMap::new();
        for (name, schema) in streams {
            validators.insert(Arc::from(name), Arc::new(parse_schema(&schema).validator()?));
        }
        let period = watch::Sender::new(seconds(metadata.syncperiod));
        let last_sync = Some(metadata.lastsynctime).filter(|t| *t > 0.0).and_then(Timestamp::new);
        let shared = Self {
            status: watch::Sender::new(Status { last_sync, ..Status::default() }),
            file,
            streams: Arc::new(RwLock::new(validators)),
            settings: Arc::new(RwLock::new(metadata)),
            root_certificates,
            connection: Mutex::default(),
            unacknowledged: Mutex::default(),
            period,
        };
        shared.update_status(|_| {});
        Ok(shared)
    }

    pub(crate) fn settings(&self) -> Metadata {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes a setting, first in the file and then in memory.
    pub(crate) async fn set(&self, setting: Setting) -> Result<()> {
        let settings = Arc::clone(&self.settings);
        let set = self.file.with(|queue| {
            Box::pin(async move {
                queue.set(setting.clone()).await?;
                settings.write().unwrap_or_else(PoisonError::into_inner).apply(setting);
                Ok(())
            })
        });
        set.await
    }

    /// Updates the counts in the status, applies `change`, and notifies the receivers.
    pub(crate) fn update_status(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(|status| {
            status.cached = self.file.pending();
            status.set_aside = self.file.set_aside();
            change(status);
        });
    }

    /// Adds a stream or replaces its schema. `text` is stored in the file for the schema.
    pub(crate) async fn add_stream(&self, name: &str, schema: &Schema, text: &str) -> Result<()> {
        let validator = Arc::new(schema.validator()?);
        let (name, text, streams) = (name.to_owned(), text.to_owned(), Arc::clone(&self.streams));
        let add = self.file.with(|queue| {
            Box::pin(async move {
                queue.add_stream(&name, &text).await?;
                let mut streams = streams.write().unwrap_or_else(PoisonError::into_inner);
                streams.insert(Arc::from(name), validator);
                Ok(())
            })
        });
        add.await
    }

    /// Adds a stream that the next sync creates if it does not exist on the server.
    pub(crate) async fn add_stream_later(&self, name: &str, create: StreamCreate) -> Result<()> {
        let schema = create.schema.clone().unwrap_or_default();
        let validator = Arc::new(schema.validator()?);
        let json = serde_json::to_string(&create).map_err(Error::Unwritable)?;
        let (name, streams) = (name.to_owned(), Arc::clone(&self.streams));
        let add = self.file.with(move |queue| {
            Box::pin(async move {
                if queue.add_stream_later(&name, schema.as_str(), &json).await? {
                    let mut streams = streams.write().unwrap_or_else(PoisonError::into_inner);
                    streams.insert(Arc::from(name), validator);
                }
                Ok(())
            })
        });
        add.await
    }

    /// Returns the properties with which a sync creates a stream, if it does.
    pub(crate) async fn creation(&self, name: &str) -> Result<Option<String>> {
        let name = name.to_owned();
        let find =
            self.file.with(move |queue| Box::pin(async move { queue.creation(&name).await }));
        find.await
    }

    /// Records what was sent and not acknowledged.
    pub(crate) fn set_unacknowledged(&self, stream: &str, sent: &[Sent]) {
        let new = (!sent.is_empty()).then(|| (stream.to_owned(), sent.to_vec()));
        *self.unacknowledged.lock().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// Acknowledges what an aborted sync has sent. What the file does not have any more, or not in
    /// this number, stays as it is, and the next sync asks the server for it.
    pub(crate) async fn acknowledge_aborted(&self) -> Result<()> {
        let aborted = self.unacknowledged.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((stream, sent)) = aborted else { return Ok(()) };
        for sent in sent {
            if self.file.acknowledge(&stream, sent).await?.is_err() {
                tracing::debug!("an acknowledgement was made already");
            }
        }
        Ok(())
    }

    pub(crate) fn has_stream(&self, name: &str) -> bool {
        self.streams.read().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// Returns a datapoint as a row for the file.
    ///
    /// Returns an error if the stream was not added, or the value cannot be converted to JSON or
    /// does not match the schema. `is_now` states that `t` is the current time, which may be moved.
    pub(crate) fn new_row(
        &self,
        stream: &str,
        t: f64,
        is_now: bool,
        value: &impl Serialize,
    ) -> Result<NewRow> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        let found = streams.get_key_value(stream);
        let (stream, validator) = found.ok_or_else(|| Error::UnknownStream(stream.to_owned()))?;
        let json = serde_json::to_string(&Finite(value)).map_err(Error::Unwritable)?;
        if !validator.allows_anything() {
            let value: Value = serde_json::from_str(&json).map_err(Error::Unwritable)?;
            if let Some(complaint) = validator.complaint(&value) {
                return Err(Error::Unfit { stream: stream.to_string(), complaint });
            }
        }
        Ok(NewRow { stream: Arc::clone(stream), t, is_now, json })
    }

    /// Adds rows for datapoints, each with its own time.
    pub(crate) fn add_rows<T: Serialize>(
        &self,
        rows: &mut Vec<NewRow>,
        stream: &str,
        datapoints: &[Datapoint<T>],
    ) -> Result<()> {
        for Datapoint { t, d, .. } in datapoints {
            rows.push(self.new_row(stream, t.as_secs_f64(), false, d)?);
        }
        Ok(())
    }

    /// Appends rows to the file, all or none.
    pub(crate) async fn append(&self, rows: Vec<NewRow>) -> Result<()> {
        self.file.append(rows).await?;
        self.update_status(|_| {});
        Ok(())
    }

    /// Returns the connection to the server, and connects if there is none.
    pub(crate) async fn connect(&self) -> Result<ConnectorDb> {
        let connection =
            Arc::clone(&self.connection.lock().unwrap_or_else(PoisonError::into_inner));
        let mut connection = connection.lock().await;
        if let Some(cdb) = &*connection {
            return Ok(cdb.clone());
        }
        let Metadata { apikey, serverurl, .. } = self.settings();
        let builder = ConnectorDb::builder().url(serverurl).apikey(apikey);
        let certificates = self.root_certificates.iter().cloned();
        let builder = certificates.fold(builder, ConnectorDbBuilder::root_certificate);
        Ok(connection.insert(builder.connect().await?).clone())
    }

    /// Makes the next call of [`connect`](Self::connect) open a new connection. A connection
    /// attempt that is under way continues for the callers that wait for it.
    pub(crate) fn disconnect(&self) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }
}

/// Returns the schema for its text in the file.
fn parse_schema(json: &str) -> Schema {
    match json {
        NO_SCHEMA | "" => Schema::default(),
        json => Schema::unchecked(json),
    }
}

/// Returns a duration that the file stores in seconds; the longest possible one if it is out of
/// range.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
