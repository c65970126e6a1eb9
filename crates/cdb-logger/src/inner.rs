//! What a logger and its background task share.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use cdb_core::{ConnectorDb, ConnectorDbBuilder};
use cdb_types::{Schema, Timestamp, Validator};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::builder::Callbacks;
use crate::cache::{Cache, Metadata, NewRow, Setting};
use crate::sync::{Upload, Uploaded};
use crate::{Error, Result, Status, Synced};

/// How the file says that a stream was added without a schema.
pub(crate) const NO_SCHEMA: &str = "null";

/// What a logger and its background task share.
pub(crate) struct Inner {
    pub(crate) cache: Cache,
    pub(crate) streams: RwLock<HashMap<Arc<str>, Arc<Validator>>>,
    settings: RwLock<Metadata>,
    root_certificates: Vec<Vec<u8>>,
    callbacks: Callbacks,
    connection: tokio::sync::Mutex<Option<ConnectorDb>>,
    /// Held during a sync: one at a time.
    pub(crate) syncing: tokio::sync::Mutex<()>,
    pub(crate) status: watch::Sender<Status>,
    /// Told when the sync period changes.
    pub(crate) period: watch::Sender<Duration>,
}

impl Inner {
    /// What a file makes of a logger.
    pub(crate) fn new(
        cache: Cache,
        metadata: Metadata,
        streams: Vec<(String, String)>,
        root_certificates: Vec<Vec<u8>>,
        callbacks: Callbacks,
    ) -> Result<Self> {
        let mut known = HashMap::new();
        for (name, schema) in streams {
            known.insert(Arc::from(name), Arc::new(schema_of(&schema).validator()?));
        }
        let period = watch::Sender::new(seconds(metadata.syncperiod));
        let last_sync = Some(metadata.lastsynctime).filter(|t| *t > 0.0).and_then(Timestamp::new);
        let inner = Self {
            status: watch::Sender::new(Status { last_sync, ..Status::default() }),
            cache,
            streams: RwLock::new(known),
            settings: RwLock::new(metadata),
            root_certificates,
            callbacks,
            connection: tokio::sync::Mutex::default(),
            syncing: tokio::sync::Mutex::default(),
            period,
        };
        inner.note(|_| {});
        Ok(inner)
    }

    pub(crate) fn settings(&self) -> Metadata {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Metadata)) {
        change(&mut self.settings.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells watchers what has changed.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(|status| {
            status.cached = self.cache.len();
            status.set_aside = self.cache.set_aside();
            change(status);
        });
    }

    pub(crate) async fn know(&self, name: &str, schema: &Schema, text: &str) -> Result<()> {
        let validator = Arc::new(schema.validator()?);
        self.cache.add_stream(name, text).await?;
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        streams.insert(Arc::from(name), validator);
        Ok(())
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

    pub(crate) async fn insert(&self, rows: Vec<NewRow>) -> Result<()> {
        self.cache.insert(rows).await?;
        self.note(|_| {});
        Ok(())
    }

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

    /// Brings all that waits to the server, and calls whom it concerns.
    pub(crate) async fn sync(&self) -> Result<Synced, Arc<Error>> {
        let result = {
            let _one_at_a_time = self.syncing.lock().await;
            self.note(|status| status.syncing = true);
            let result = self.sync_all().await.map_err(Arc::new);
            self.note(|status| {
                status.syncing = false;
                status.last_error = result.as_ref().err().cloned();
            });
            result
        };
        match &result {
            Ok(synced) => {
                if let Some(call) = &self.callbacks.on_sync {
                    call(*synced).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "what was logged waits");
                if let Some(call) = &self.callbacks.on_sync_fail {
                    call(Arc::clone(error)).await;
                }
            }
        }
        result
    }

    async fn sync_all(&self) -> Result<Synced> {
        let cdb = self.connect().await?;
        // Also when nothing waits: it says whether the server is there.
        cdb.ping().await?;
        let (mut synced, mut failed) = (Synced::default(), Vec::new());
        for name in self.cache.streams().await? {
            let uploaded = match cdb.stream(&name) {
                Ok(stream) => Upload::new(&self.cache, &stream).run().await,
                Err(error) => Uploaded::failed(error.into()),
            };
            synced.add(uploaded.synced);
            self.note(|_| {});
            if let Some(schema) = uploaded.schema {
                self.know(&name, &schema, schema.as_str()).await?;
            }
            match uploaded.result {
                Ok(()) => {}
                // The others would fare no better.
                Err(error @ (Error::File { .. } | Error::Closed)) => return Err(error),
                Err(error) if error.is_temporary() => return Err(error),
                Err(error) => failed.push((name, error)),
            }
        }
        if !failed.is_empty() {
            return Err(Error::Streams(failed));
        }
        let now = Timestamp::now();
        self.cache.set(Setting::LastSync(now.as_secs_f64())).await?;
        self.note(|status| status.last_sync = Some(now));
        Ok(synced)
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
