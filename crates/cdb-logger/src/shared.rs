//! What the handles of a logger and its tasks share.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use cdb_core::{ConnectorDb, ConnectorDbBuilder};
use cdb_types::{Schema, Timestamp, Validator};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::driver::file::FileHandle;
use crate::queue::{Contents, Metadata, NewRow, Setting};
use crate::{Error, Result, Status};

/// How the file says that a stream was added without a schema.
pub(crate) const NO_SCHEMA: &str = "null";

/// What the handles of a logger and its tasks share.
pub(crate) struct Shared {
    pub(crate) file: FileHandle,
    streams: RwLock<HashMap<Arc<str>, Arc<Validator>>>,
    /// What the file has; changed after it.
    settings: RwLock<Metadata>,
    root_certificates: Vec<Vec<u8>>,
    connection: tokio::sync::Mutex<Option<ConnectorDb>>,
    pub(crate) status: watch::Sender<Status>,
    /// Changes with the sync period.
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
            validators.insert(Arc::from(name), Arc::new(schema_of(&schema).validator()?));
        }
        let period = watch::Sender::new(seconds(metadata.syncperiod));
        let last_sync = Some(metadata.lastsynctime).filter(|t| *t > 0.0).and_then(Timestamp::new);
        let shared = Self {
            status: watch::Sender::new(Status { last_sync, ..Status::default() }),
            file,
            streams: RwLock::new(validators),
            settings: RwLock::new(metadata),
            root_certificates,
            connection: tokio::sync::Mutex::default(),
            period,
        };
        shared.update_status(|_| {});
        Ok(shared)
    }

    pub(crate) fn settings(&self) -> Metadata {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes a setting, in the file first.
    pub(crate) async fn set(&self, setting: Setting) -> Result<()> {
        let stored = setting.clone();
        self.file.with(|queue| Box::pin(queue.set(stored))).await?;
        self.settings.write().unwrap_or_else(PoisonError::into_inner).apply(setting);
        Ok(())
    }

    /// Changes the status, and tells those who watch it.
    pub(crate) fn update_status(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(|status| {
            status.cached = self.file.waiting();
            status.set_aside = self.file.set_aside();
            change(status);
        });
    }

    /// Adds a stream, with the text that the file has for its schema.
    pub(crate) async fn add_stream(&self, name: &str, schema: &Schema, text: &str) -> Result<()> {
        let validator = Arc::new(schema.validator()?);
        let (stream, text) = (name.to_owned(), text.to_owned());
        self.file
            .with(|queue| Box::pin(async move { queue.add_stream(&stream, &text).await }))
            .await?;
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        streams.insert(Arc::from(name), validator);
        Ok(())
    }

    pub(crate) fn has_stream(&self, name: &str) -> bool {
        self.streams.read().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// A datapoint that may be stored.
    pub(crate) fn row(
        &self,
        stream: &str,
        t: f64,
        is_now: bool,
        value: &impl Serialize,
    ) -> Result<NewRow> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        let known = streams.get_key_value(stream);
        let (stream, validator) = known.ok_or_else(|| Error::UnknownStream(stream.to_owned()))?;
        let json = serde_json::to_string(value).map_err(Error::Unwritable)?;
        if !validator.allows_anything() {
            let value: Value = serde_json::from_str(&json).map_err(Error::Unwritable)?;
            if let Some(complaint) = validator.complaint(&value) {
                return Err(Error::Unfit { stream: stream.to_string(), complaint });
            }
        }
        Ok(NewRow { stream: Arc::clone(stream), t, is_now, json })
    }

    pub(crate) async fn append(&self, rows: Vec<NewRow>) -> Result<()> {
        self.file.append(rows).await?;
        self.update_status(|_| {});
        Ok(())
    }

    /// The connection to the server, made at its first use.
    pub(crate) async fn connect(&self) -> Result<ConnectorDb> {
        let mut connection = self.connection.lock().await;
        if let Some(cdb) = &*connection {
            return Ok(cdb.clone());
        }
        let Metadata { apikey, serverurl, .. } = self.settings();
        let builder = ConnectorDb::builder().url(serverurl).apikey(apikey);
        let certificates = self.root_certificates.iter().cloned();
        let builder = certificates.fold(builder, ConnectorDbBuilder::root_certificate);
        Ok(connection.insert(builder.connect().await?).clone())
    }

    pub(crate) async fn disconnect(&self) {
        *self.connection.lock().await = None;
    }
}

/// The schema that the file has for a stream.
fn schema_of(json: &str) -> Schema {
    match json {
        NO_SCHEMA | "" => Schema::default(),
        json => Schema::unchecked(json),
    }
}

/// A duration that the file has in seconds.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
