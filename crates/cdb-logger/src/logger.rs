//! The logger.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cdb_core::{ConnectorDb, Datapoint, StreamCreate};
use cdb_types::{Name, Schema, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime;
use tokio::sync::watch;

use crate::cache::Setting;
use crate::inner::{Inner, NO_SCHEMA, seconds};
use crate::task::Task;
use crate::{Error, LoggerBuilder, Restamped, Result, SetAside, Status, Synced};

/// Logs datapoints into a file, and brings them to the server when that can be reached.
///
/// Clones share it. When the last one is dropped, the background task ends; what waits stays in the
/// file.
#[derive(Clone)]
pub struct Logger(Arc<Handle>);

/// What ends the background task when it is dropped.
struct Handle {
    inner: Arc<Inner>,
    /// That in which the file was opened.
    runtime: runtime::Handle,
    task: Mutex<Option<Task>>,
}

impl Logger {
    /// Prepares a logger with this file.
    pub fn builder(file: impl Into<PathBuf>) -> LoggerBuilder {
        LoggerBuilder::new(file.into())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        let runtime = runtime::Handle::current();
        Self(Arc::new(Handle { inner: Arc::new(inner), runtime, task: Mutex::default() }))
    }

    fn inner(&self) -> &Inner {
        &self.0.inner
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.inner().cache.file()
    }

    /// Adds a stream of the device that logs. If the server has it, its schema is taken from there;
    /// if not, and a schema is given, it is made with all that is given.
    ///
    /// # Errors
    /// [`Error::MissingStream`] when it is not there and no schema is given; when the server refuses
    /// or cannot be reached.
    pub async fn add_stream(&self, name: &str, create: StreamCreate) -> Result<()> {
        let stream = self.connectordb().await?.stream(Name::new(name)?.as_str())?;
        let schema = match stream.refresh().await {
            Ok(info) => info.schema,
            Err(error) if error.is_not_found() && create.schema.is_some() => {
                stream.create(create).await?.schema
            }
            Err(error) if error.is_not_found() => {
                return Err(Error::MissingStream(name.to_owned()));
            }
            Err(error) => return Err(error.into()),
        };
        self.inner().know(name, &schema, schema.as_str()).await
    }

    /// Adds a stream without asking the server: it must be there when data are brought to it.
    /// Without a schema anything can be logged.
    ///
    /// # Errors
    /// When the schema is none, or this is not the name of a stream.
    pub async fn add_stream_force(&self, name: &str, schema: Option<Schema>) -> Result<()> {
        let name = Name::new(name)?;
        let text = schema.as_ref().map_or(NO_SCHEMA, Schema::as_str).to_owned();
        self.inner().know(name.as_str(), &schema.unwrap_or_default(), &text).await
    }

    /// Logs a value with the present as its time. Returns when it is as safe as the
    /// [`Durability`](crate::Durability) says.
    ///
    /// Should the clock have gone back, the time is that of the stream's last datapoint, and the
    /// smallest step more. If the future is dropped before it is ready, the value may be logged or
    /// not.
    ///
    /// # Errors
    /// When the stream was not added, the value does not fit its schema, or the file cannot be
    /// written. Then nothing was logged.
    pub async fn insert(&self, stream: &str, value: impl Serialize) -> Result<()> {
        let t = Timestamp::now().as_secs_f64();
        let row = self.inner().row(stream, t, true, &value)?;
        self.inner().insert(vec![row]).await
    }

    /// Logs datapoints of several streams, each with its own time; all or none.
    ///
    /// In each stream times must not fall, and none may be earlier than what was logged before.
    ///
    /// # Errors
    /// As [`insert`](Self::insert), and [`Error::Order`] when times fall.
    pub async fn insert_many<T: Serialize>(
        &self,
        data: &BTreeMap<String, Vec<Datapoint<T>>>,
    ) -> Result<()> {
        let mut rows = Vec::new();
        for (stream, datapoints) in data {
            for Datapoint { t, d, .. } in datapoints {
                rows.push(self.inner().row(stream, t.as_secs_f64(), false, d)?);
            }
        }
        self.inner().insert(rows).await
    }

    /// Brings all that waits to the server. If that is being done already, waits until it is, and
    /// then brings the rest.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses: what was not brought waits on.
    /// [`Error::Streams`] if that concerns some streams only.
    pub async fn sync(&self) -> Result<Synced, Arc<Error>> {
        self.inner().sync().await
    }

    /// Begins to bring what waits to the server: now and then after each
    /// [`syncperiod`](Self::syncperiod). While the server cannot be reached, it is tried again after
    /// a second, and then after growing pauses up to that period. Does nothing if it has begun.
    pub fn start(&self) {
        let mut task = self.0.task();
        if task.as_ref().is_none_or(Task::is_over) {
            *task = Some(Task::start(Arc::clone(&self.0.inner), &self.0.runtime));
        }
    }

    /// Ends what [`start`](Self::start) has begun; waits for the sync that is under way.
    pub async fn stop(&self) {
        let task = self.0.task().take();
        if let Some(task) = task {
            task.stop().await;
        }
    }

    /// Stops, and closes the file, for all clones.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn close(&self) -> Result<()> {
        self.stop().await;
        let _no_sync = self.inner().syncing.lock().await;
        self.inner().cache.close().await
    }

    /// How many datapoints wait.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.inner().cache.len()
    }

    /// Whether none wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a stream was added.
    #[must_use]
    pub fn contains(&self, stream: &str) -> bool {
        self.inner().streams.read().unwrap_or_else(PoisonError::into_inner).contains_key(stream)
    }

    /// Throws away all that waits, and all that is set aside. There is no way back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn cleardata(&self) -> Result<()> {
        let _no_sync = self.inner().syncing.lock().await;
        self.inner().cache.clear().await?;
        self.inner().note(|_| {});
        Ok(())
    }

    /// What the server will never take, oldest first, and why. It stays in the file until
    /// [`cleardata`](Self::cleardata).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn set_aside(&self) -> Result<Vec<SetAside>> {
        self.inner().cache.list_set_aside().await
    }

    /// What had to get another time, and which, oldest first. It stays in the file until
    /// [`cleardata`](Self::cleardata).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn restamped(&self) -> Result<Vec<Restamped>> {
        self.inner().cache.list_restamped().await
    }

    /// What the logger is doing, now and whenever that changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.inner().status.subscribe()
    }

    /// The connection to the server, made at its first use.
    ///
    /// # Errors
    /// When the server cannot be reached, or does not know the key.
    pub async fn connectordb(&self) -> Result<ConnectorDb> {
        self.inner().connect().await
    }

    /// Asks the server who we are: `user/device`.
    ///
    /// # Errors
    /// As [`connectordb`](Self::connectordb).
    pub async fn ping(&self) -> Result<String> {
        Ok(self.connectordb().await?.ping().await?)
    }

    /// The path of the device that logs: `user/device`.
    ///
    /// # Errors
    /// As [`connectordb`](Self::connectordb).
    pub async fn name(&self) -> Result<String> {
        Ok(self.connectordb().await?.path().to_owned())
    }

    /// The key of the device that logs; empty if none was set.
    #[must_use]
    pub fn apikey(&self) -> cdb_core::ApiKey {
        self.inner().settings().apikey.into()
    }

    /// Sets the key of the device that logs.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn set_apikey(&self, key: impl Into<String>) -> Result<()> {
        let key = key.into();
        self.inner().cache.set(Setting::ApiKey(&key)).await?;
        self.inner().change(|settings| settings.apikey = key);
        self.inner().disconnect().await;
        Ok(())
    }

    /// The server's URL.
    #[must_use]
    pub fn serverurl(&self) -> String {
        self.inner().settings().serverurl
    }

    /// Sets the server's URL.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn set_serverurl(&self, url: impl Into<String>) -> Result<()> {
        let url = url.into();
        self.inner().cache.set(Setting::ServerUrl(&url)).await?;
        self.inner().change(|settings| settings.serverurl = url);
        self.inner().disconnect().await;
        Ok(())
    }

    /// How long after a sync the next one begins; 10 minutes in a new file.
    #[must_use]
    pub fn syncperiod(&self) -> Duration {
        seconds(self.inner().settings().syncperiod)
    }

    /// Sets how long after a sync the next one begins, from now on: also for the one that is
    /// awaited.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn set_syncperiod(&self, period: Duration) -> Result<()> {
        let seconds = period.as_secs_f64();
        self.inner().cache.set(Setting::SyncPeriod(seconds)).await?;
        self.inner().change(|settings| settings.syncperiod = seconds);
        self.inner().period.send_replace(period);
        Ok(())
    }

    /// When all was brought to the server last; `None` if it never was.
    #[must_use]
    pub fn lastsynctime(&self) -> Option<Timestamp> {
        self.inner().status.borrow().last_sync
    }

    /// What the program keeps in the file for itself; in a new one it is an empty object.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when it is not a `T`.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.inner().settings().userdatajson).map_err(Error::Unwritable)
    }

    /// Keeps something in the file.
    ///
    /// # Errors
    /// When it cannot be written as JSON, or the file cannot be written.
    pub async fn set_data(&self, data: impl Serialize) -> Result<()> {
        let json = serde_json::to_string(&data).map_err(Error::Unwritable)?;
        drop(data);
        self.inner().cache.set(Setting::Data(&json)).await?;
        self.inner().change(|settings| settings.userdatajson = json);
        Ok(())
    }
}

impl Handle {
    fn task(&self) -> MutexGuard<'_, Option<Task>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logger")
            .field("file", &self.file())
            .field("status", &*self.inner().status.borrow())
            .finish_non_exhaustive()
    }
}
