//! The logger.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cdb_core::{ApiKey, ConnectorDb, Datapoint, StreamCreate};
use cdb_types::{Name, Schema, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot, watch};

use crate::builder::Callbacks;
use crate::create::find_or_create;
use crate::driver::uploader::{Request, Uploader};
use crate::queue::Setting;
use crate::shared::{NO_SCHEMA, Shared, seconds};
use crate::{Error, LoggerBuilder, LoggerStream, Restamped, Result, SetAside, Status, Synced};

/// Logs datapoints into a file, and brings them to the server when that can be reached.
///
/// Clones share it. When the last one is dropped, its tasks end; what waits stays in the file.
#[derive(Clone)]
pub struct Logger {
    shared: Arc<Shared>,
    /// The task that syncs ends when the last sender is dropped.
    uploader: mpsc::UnboundedSender<Request>,
}

impl Logger {
    /// Prepares a logger with this file.
    pub fn builder(file: impl Into<PathBuf>) -> LoggerBuilder {
        LoggerBuilder::new(file.into())
    }

    pub(crate) fn new(shared: Shared, callbacks: Callbacks) -> Self {
        let shared = Arc::new(shared);
        let uploader = Uploader::start(Arc::clone(&shared), callbacks);
        Self { shared, uploader }
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.shared.file.path()
    }

    /// Adds a stream of the device that logs. If the server has it, its schema is taken from there;
    /// if not, and a schema is given, it is made with all that is given.
    ///
    /// # Errors
    /// [`Error::MissingStream`] if it does not exist and no schema is given; if the server refuses or
    /// cannot be reached.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the stream may exist on the server and not be added here: add it
    /// again.
    pub async fn add_stream(&self, name: &str, create: StreamCreate) -> Result<()> {
        let stream = self.connectordb().await?.stream(Name::new(name)?.as_str())?;
        let create = create.schema.is_some().then_some(create);
        let schema = find_or_create(&stream, create).await?;
        let schema = schema.ok_or_else(|| Error::MissingStream(name.to_owned()))?;
        self.shared.add_stream(name, &schema, schema.as_str()).await
    }

    /// Adds a stream without asking the server; the next sync creates it with all that is given, if
    /// the server does not have it. So a program may start, and log, before it ever had a network.
    ///
    /// Values are checked against the given schema (without one, anything can be logged) until the
    /// stream has been created, and from then on against the server's. A stream that was added before
    /// stays as it is: call this at each start of the program.
    ///
    /// # Errors
    /// If the schema is not valid, or this is not the name of a stream.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the stream is added or not.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), cdb_logger::Error> {
    /// use cdb_logger::{Logger, StreamCreate};
    /// let logger = Logger::builder("cache.db").apikey("the device's key").open().await?;
    /// let number = StreamCreate::new().schema(serde_json::json!({"type": "number"}));
    /// logger.add_stream_later("temperature", number).await?;
    /// logger.start();
    /// logger.insert("temperature", 21.5).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add_stream_later(&self, name: &str, create: StreamCreate) -> Result<()> {
        self.shared.add_stream_later(Name::new(name)?.as_str(), create).await
    }

    /// A stream that was added, with values of a type.
    ///
    /// # Errors
    /// [`Error::UnknownStream`] if it was not added.
    ///
    /// ```no_run
    /// # async fn example(logger: cdb_logger::Logger) -> Result<(), cdb_logger::Error> {
    /// let temperature = logger.stream::<f64>("temperature")?;
    /// temperature.insert(21.5).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<T>(&self, name: &str) -> Result<LoggerStream<T>> {
        if self.contains(name) {
            Ok(LoggerStream::new(self.clone(), name))
        } else {
            Err(Error::UnknownStream(name.to_owned()))
        }
    }

    /// Adds a stream without asking the server: it must be there when data are brought to it.
    /// Without a schema anything can be logged.
    ///
    /// # Errors
    /// If the schema is not valid, or this is not the name of a stream.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the stream is added or not.
    pub async fn add_stream_force(&self, name: &str, schema: Option<Schema>) -> Result<()> {
        let name = Name::new(name)?;
        let text = schema.as_ref().map_or(NO_SCHEMA, Schema::as_str).to_owned();
        self.shared.add_stream(name.as_str(), &schema.unwrap_or_default(), &text).await
    }

    /// Logs a value with the present as its time. Returns when it is as safe as the
    /// [`Durability`](crate::Durability) says.
    ///
    /// If the clock has gone back, the time is that of the stream's last datapoint plus the smallest
    /// step.
    ///
    /// # Errors
    /// If the stream was not added, or the value does not match its schema: nothing was logged. If the
    /// file cannot be written, after an error of the disk, the value may still be in it.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the value is logged or not.
    pub async fn insert(&self, stream: &str, value: impl Serialize) -> Result<()> {
        let t = Timestamp::now().as_secs_f64();
        let row = self.shared.new_row(stream, t, true, &value)?;
        self.shared.append(vec![row]).await
    }

    /// Logs datapoints of several streams, each with its own time; all or none.
    ///
    /// In each stream times must not fall, and none may be earlier than what was logged before.
    ///
    /// # Errors
    /// As [`insert`](Self::insert), and [`Error::Order`] if times fall.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, all of them are logged or none.
    pub async fn insert_many<T: Serialize>(
        &self,
        data: &BTreeMap<String, Vec<Datapoint<T>>>,
    ) -> Result<()> {
        let mut rows = Vec::new();
        for (stream, datapoints) in data {
            self.shared.add_rows(&mut rows, stream, datapoints)?;
        }
        self.shared.append(rows).await
    }

    /// Logs datapoints of one stream, each with its own time; all or none.
    ///
    /// # Errors
    /// As [`insert_many`](Self::insert_many).
    ///
    /// # Cancel safety
    /// Dropped before it is ready, all of them are logged or none.
    pub async fn insert_array<T: Serialize>(
        &self,
        stream: &str,
        datapoints: &[Datapoint<T>],
    ) -> Result<()> {
        let mut rows = Vec::with_capacity(datapoints.len());
        self.shared.add_rows(&mut rows, stream, datapoints)?;
        self.shared.append(rows).await
    }

    /// Brings all that waits to the server. If that is being done already, waits until it is, and
    /// then brings the rest.
    ///
    /// # Errors
    /// [`Error::Sync`] if the server cannot be reached or refuses: what it has not got waits on. The
    /// error in it is [`Error::Streams`] if that concerns some streams only.
    ///
    /// # Cancel safety
    /// Dropping the future only stops waiting: the sync goes on in its own task.
    pub async fn sync(&self) -> Result<Synced> {
        self.request(Request::Sync).await?.map_err(Error::Sync)
    }

    /// Starts to bring what waits to the server by itself: now, and then again after each
    /// [`syncperiod`](Self::syncperiod). While the server cannot be reached, it is tried again after
    /// a second, and then after growing pauses up to that period. Does nothing if it has started.
    pub fn start(&self) {
        // After `close` there is nothing to start.
        let _ = self.uploader.send(Request::Start);
    }

    /// Ends what [`start`](Self::start) has started; waits for a sync that is under way.
    ///
    /// # Cancel safety
    /// Dropping the future only stops waiting.
    pub async fn stop(&self) {
        // After `close` nothing is under way.
        let _ = self.request(Request::Stop).await;
    }

    /// Stops, and closes the file, for all clones. A sync that is under way is given up: what the
    /// server has got of it is found out the next time.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the logger may be stopped and its file still open.
    pub async fn close(&self) -> Result<()> {
        // Closed already: so may be the file, or not, if that call was dropped.
        let _ = self.request(Request::Close).await;
        self.shared.file.with(|queue| Box::pin(queue.close())).await
    }

    /// Has the task that syncs do something, and waits for the answer.
    async fn request<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.uploader.send(request(reply)).map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)
    }

    /// Changes a setting that a connection depends on.
    async fn set_and_reconnect(&self, setting: Setting) -> Result<()> {
        self.shared.set(setting).await?;
        self.request(Request::Reconnect).await
    }

    /// How many datapoints wait.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shared.file.pending()
    }

    /// Whether none wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a stream was added.
    #[must_use]
    pub fn contains(&self, stream: &str) -> bool {
        self.shared.has_stream(stream)
    }

    /// Throws away all that waits, and all that is set aside. There is no way back. A sync that is
    /// under way begins again after that; what it has sent before stays on the server.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the data are thrown away or not.
    pub async fn cleardata(&self) -> Result<()> {
        self.request(Request::Clear).await?
    }

    /// The datapoints that the server has refused for their content, in the order in which they were
    /// refused, and why. They stay in the file until they are retried or discarded.
    ///
    /// # Errors
    /// If the file cannot be read.
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn set_aside(&self) -> Result<Vec<SetAside>> {
        self.shared.file.with(|queue| Box::pin(queue.list_set_aside())).await
    }

    /// Has datapoints that are set aside wait again: the next sync sends them, with later times if the
    /// stream has got later datapoints meanwhile. Returns how many were still set aside.
    ///
    /// Useful when the schema of their stream was changed back, or its limit raised.
    ///
    /// # Errors
    /// If the file cannot be written. Then all of them are set aside as before.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, all of them wait again or none.
    pub async fn retry_set_aside(
        &self,
        datapoints: impl IntoIterator<Item = &SetAside>,
    ) -> Result<u64> {
        let datapoints: Vec<_> = datapoints.into_iter().cloned().collect();
        let retry = self
            .shared
            .file
            .with(move |queue| Box::pin(async move { queue.retry_set_aside(&datapoints).await }));
        let retried = retry.await;
        self.shared.update_status(|_| {});
        retried
    }

    /// Deletes datapoints that are set aside. Returns how many were still set aside.
    ///
    /// # Errors
    /// If the file cannot be written. Then all of them are set aside as before.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, all of them are deleted or none.
    pub async fn discard_set_aside(
        &self,
        datapoints: impl IntoIterator<Item = &SetAside>,
    ) -> Result<u64> {
        let datapoints: Vec<_> = datapoints.into_iter().cloned().collect();
        let discard = self
            .shared
            .file
            .with(move |queue| Box::pin(async move { queue.discard_set_aside(&datapoints).await }));
        let discarded = discard.await;
        self.shared.update_status(|_| {});
        discarded
    }

    /// The datapoints that had to get another time, and which, oldest first. They stay in the file
    /// until [`cleardata`](Self::cleardata).
    ///
    /// # Errors
    /// If the file cannot be read.
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn restamped(&self) -> Result<Vec<Restamped>> {
        self.shared.file.with(|queue| Box::pin(queue.list_restamped())).await
    }

    /// What the logger is doing, now and whenever that changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// The connection to the server, made at its first use.
    ///
    /// # Errors
    /// If the server cannot be reached, or does not know the key.
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn connectordb(&self) -> Result<ConnectorDb> {
        self.shared.connect().await
    }

    /// Asks the server who we are: `user/device`.
    ///
    /// # Errors
    /// As [`connectordb`](Self::connectordb).
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn ping(&self) -> Result<String> {
        Ok(self.connectordb().await?.ping().await?)
    }

    /// The path of the device that logs: `user/device`.
    ///
    /// # Errors
    /// As [`connectordb`](Self::connectordb).
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn name(&self) -> Result<String> {
        Ok(self.connectordb().await?.path().to_owned())
    }

    /// The key of the device that logs; empty if none was set.
    #[must_use]
    pub fn apikey(&self) -> ApiKey {
        self.shared.settings().apikey
    }

    /// Sets the key of the device that logs. A sync that is under way begins again with it.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the file may have it, and the logger go on with the connection of
    /// before.
    pub async fn set_apikey(&self, key: impl Into<ApiKey>) -> Result<()> {
        self.set_and_reconnect(Setting::ApiKey(key.into())).await
    }

    /// The server's URL.
    #[must_use]
    pub fn serverurl(&self) -> String {
        self.shared.settings().serverurl
    }

    /// Sets the server's URL. A sync that is under way begins again with it.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the file may have it, and the logger go on with the connection of
    /// before.
    pub async fn set_serverurl(&self, url: impl Into<String>) -> Result<()> {
        self.set_and_reconnect(Setting::ServerUrl(url.into())).await
    }

    /// How long after a sync the next one begins; 10 minutes in a new file.
    #[must_use]
    pub fn syncperiod(&self) -> Duration {
        seconds(self.shared.settings().syncperiod)
    }

    /// Sets how long after a sync the next one begins, from now on: also for the one that is
    /// awaited.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the file may have it, and the logger go on with the period of
    /// before.
    pub async fn set_syncperiod(&self, period: Duration) -> Result<()> {
        self.shared.set(Setting::SyncPeriod(period.as_secs_f64())).await?;
        self.shared.period.send_replace(period);
        Ok(())
    }

    /// When all was brought to the server last; `None` if it never was.
    #[must_use]
    pub fn lastsynctime(&self) -> Option<Timestamp> {
        self.shared.status.borrow().last_sync
    }

    /// What the program keeps in the file for itself; in a new one it is an empty object.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if it is not a `T`.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.shared.settings().userdatajson).map_err(Error::Unwritable)
    }

    /// Keeps something in the file.
    ///
    /// # Errors
    /// If it cannot be written as JSON, or the file cannot be written.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the file has it or not.
    pub async fn set_data(&self, data: impl Serialize) -> Result<()> {
        let json = serde_json::to_string(&data).map_err(Error::Unwritable)?;
        drop(data);
        self.shared.set(Setting::Data(json)).await
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logger")
            .field("file", &self.file())
            .field("status", &*self.shared.status.borrow())
            .finish_non_exhaustive()
    }
}
