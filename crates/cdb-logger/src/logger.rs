//! [`Logger`], the handle to a logger.

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

/// A handle to a logger, which writes datapoints to a file and sends them to the server when it can
/// be reached.
///
/// Clones share one logger. When the last clone is dropped, the logger's tasks end; pending
/// datapoints stay in the file.
#[derive(Clone)]
pub struct Logger {
    shared: Arc<Shared>,
    /// The requests to the task that syncs. The task ends when the last sender is dropped.
    uploader: mpsc::UnboundedSender<Request>,
}

impl Logger {
    /// Returns a builder that opens or creates this file.
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

    /// Returns the path of the file.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.shared.file.path()
    }

    /// Adds a stream of the device that logs. If the stream does not exist on the server and
    /// `create` has a schema, it is created with the properties in `create`. If it exists, `create`
    /// is ignored. Values are checked against the server's schema.
    ///
    /// # Errors
    /// Returns [`Error::MissingStream`] if the stream does not exist and no schema is given.
    /// Returns other errors if `name` is not a valid name, the server cannot be reached or refuses
    /// a request, or the file cannot be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the stream may have been created on the server
    /// without being added to the logger. Calling the method again adds it.
    pub async fn add_stream(&self, name: &str, create: StreamCreate) -> Result<()> {
        let stream = self.connectordb().await?.stream(Name::new(name)?.as_str())?;
        let create = create.schema.is_some().then_some(create);
        let schema = find_or_create(&stream, create).await?;
        let schema = schema.ok_or_else(|| Error::MissingStream(name.to_owned()))?;
        self.shared.add_stream(name, &schema, schema.as_str()).await
    }

    /// Adds a stream without a request to the server. If the stream does not exist on the server,
    /// the next sync creates it with the properties in `create`. A program can thus start and log
    /// before the server has ever been reached. A later sync creates the stream again if it was
    /// deleted, or if the file is used with another device.
    ///
    /// Until that sync, values are checked against the schema in `create`, or not at all if it has
    /// none; afterwards, against the server's schema.
    ///
    /// This method can be called at each start of the program: the schema of a stream that was
    /// added before is not changed, unless the stream is still to be created.
    ///
    /// # Errors
    /// Returns an error if `name` is not a valid name, the schema is not valid, or the file cannot
    /// be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the stream may be added or not.
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

    /// Returns a handle to a stream, for values of type `T`.
    ///
    /// # Errors
    /// Returns [`Error::UnknownStream`] if the stream was not added.
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

    /// Adds a stream without a request to the server. The stream must exist on the server when its
    /// datapoints are sent. Values are checked against `schema`; without one, every value is
    /// accepted.
    ///
    /// If the stream was added before, its schema is replaced, and the next sync does not create
    /// it.
    ///
    /// # Errors
    /// Returns an error if `name` is not a valid name, the schema is not valid, or the file cannot
    /// be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the stream may be added or not.
    pub async fn add_stream_force(&self, name: &str, schema: Option<Schema>) -> Result<()> {
        let name = Name::new(name)?;
        let text = schema.as_ref().map_or(NO_SCHEMA, Schema::as_str).to_owned();
        self.shared.add_stream(name.as_str(), &schema.unwrap_or_default(), &text).await
    }

    /// Logs a value with the current time as its timestamp. Returns when the value is in the file,
    /// as safe as the [`Durability`](crate::Durability) requires.
    ///
    /// If the current time is not later than the last datapoint of the stream, for example because
    /// the clock was set back, the value gets the smallest time that is later than that datapoint.
    ///
    /// # Errors
    /// Returns an error if the stream was not added, the value cannot be converted to JSON or does
    /// not match the schema of the stream, or the file cannot be written. Nothing was logged then,
    /// except that the value may be in the file after an [`Error::File`].
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the value may be logged or not.
    pub async fn insert(&self, stream: &str, value: impl Serialize) -> Result<()> {
        let t = Timestamp::now().as_secs_f64();
        let row = self.shared.new_row(stream, t, true, &value)?;
        self.shared.append(vec![row]).await
    }

    /// Logs datapoints of several streams with their own times, all or none.
    ///
    /// The times of each stream must be in ascending order and not earlier than the last datapoint
    /// of the stream. A time that equals the one before is replaced by the next larger one that can
    /// be represented.
    ///
    /// # Errors
    /// Returns [`Error::Order`] if a datapoint is earlier than the one before, and the errors of
    /// [`insert`](Self::insert).
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, either all of them are logged or none.
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

    /// Logs datapoints of one stream with their own times, all or none. The times are subject to
    /// the same rules as those of [`insert_many`](Self::insert_many).
    ///
    /// # Errors
    /// Returns the same errors as [`insert_many`](Self::insert_many).
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, either all of them are logged or none.
    pub async fn insert_array<T: Serialize>(
        &self,
        stream: &str,
        datapoints: &[Datapoint<T>],
    ) -> Result<()> {
        let mut rows = Vec::with_capacity(datapoints.len());
        self.shared.add_rows(&mut rows, stream, datapoints)?;
        self.shared.append(rows).await
    }

    /// Sends all pending datapoints to the server, and returns how many were sent. If a sync is
    /// running, this waits until it has ended and then runs another one.
    ///
    /// # Errors
    /// Returns [`Error::Sync`] if the server cannot be reached or refuses a request, or the file
    /// cannot be read or written. It contains [`Error::Streams`] if only some streams failed.
    /// Datapoints that the server has not stored stay pending.
    ///
    /// # Cancel safety
    /// If the future is dropped, the sync continues in its own task.
    pub async fn sync(&self) -> Result<Synced> {
        self.request(Request::Sync).await?.map_err(Error::Sync)
    }

    /// Starts syncing in the background: at once, and then again a [`syncperiod`](Self::syncperiod)
    /// after the end of each sync. If a sync fails, it is tried again after about a second, and
    /// then after growing pauses of at most the sync period.
    ///
    /// This has no effect if background syncs are running already, or after [`close`](Self::close).
    pub fn start(&self) {
        // Sending fails only after `close`, when there is nothing to start.
        let _ = self.uploader.send(Request::Start);
    }

    /// Stops the background syncs that [`start`](Self::start) started, and waits until a running
    /// sync has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped after its first poll, the background syncs stop all the same.
    pub async fn stop(&self) {
        // The request fails only after `close`, when no sync is running.
        let _ = self.request(Request::Stop).await;
    }

    /// Stops the background syncs and closes the file, for all clones. A running sync is aborted;
    /// the next sync asks the server which of the datapoints it has stored.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the logger may have stopped syncing while its
    /// file is still open. Calling the method again closes the file.
    pub async fn close(&self) -> Result<()> {
        // The request fails if `close` was called before. The file may still be open, because the
        // future of that call may have been dropped.
        let _ = self.request(Request::Close).await;
        self.shared.file.with(|queue| Box::pin(queue.close())).await
    }

    /// Sends a request to the task that syncs, and waits for the reply.
    async fn request<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.uploader.send(request(reply)).map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)
    }

    /// Changes a setting that the connection depends on, and connects again.
    async fn set_and_reconnect(&self, setting: Setting) -> Result<()> {
        self.shared.set(setting).await?;
        self.request(Request::Reconnect).await
    }

    /// Returns the number of pending datapoints.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shared.file.pending()
    }

    /// Returns `true` if no datapoints are pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns `true` if the stream was added to the logger.
    #[must_use]
    pub fn contains(&self, stream: &str) -> bool {
        self.shared.has_stream(stream)
    }

    /// Deletes from the file all pending datapoints, all that are set aside, and the list of
    /// [`restamped`](Self::restamped) ones. This cannot be undone. A running sync is started again
    /// afterwards; datapoints that it has already sent stay on the server.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, either everything is deleted or nothing.
    pub async fn cleardata(&self) -> Result<()> {
        self.request(Request::Clear).await?
    }

    /// Returns the datapoints that are set aside, in the order in which that happened, with the
    /// reason for which the server refused each. They stay in the file until they are
    /// [retried](Self::retry_set_aside) or [discarded](Self::discard_set_aside), or
    /// [`cleardata`](Self::cleardata) is called.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    ///
    /// # Cancel safety
    /// The future can be dropped at any time; the call changes nothing.
    pub async fn set_aside(&self) -> Result<Vec<SetAside>> {
        self.shared.file.with(|queue| Box::pin(queue.list_set_aside())).await
    }

    /// Makes datapoints that are set aside pending again, and returns how many of them were still
    /// set aside. The next sync sends them, with later times if the stream on the server has later
    /// datapoints by then.
    ///
    /// This is useful after the schema of the stream was changed, or the server's size limit
    /// raised.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written. Either all of them are pending then or none.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, either all of them are pending or none.
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

    /// Deletes datapoints that are set aside, and returns how many of them were still set aside.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written. Either all of them are deleted then or none.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, either all of them are deleted or none.
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

    /// Returns the old and new times of the datapoints that were moved because their stream had
    /// later datapoints of another program, in the order in which they were moved. The list is kept
    /// in the file until [`cleardata`](Self::cleardata) is called.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    ///
    /// # Cancel safety
    /// The future can be dropped at any time; the call changes nothing.
    pub async fn restamped(&self) -> Result<Vec<Restamped>> {
        self.shared.file.with(|queue| Box::pin(queue.list_restamped())).await
    }

    /// Returns a channel with the logger's current status, which receives every change.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Returns the logger's connection to the server. The first call connects.
    ///
    /// # Errors
    /// Returns an error if the server cannot be reached or does not accept the key.
    ///
    /// # Cancel safety
    /// The future can be dropped at any time; the call changes nothing.
    pub async fn connectordb(&self) -> Result<ConnectorDb> {
        self.shared.connect().await
    }

    /// Asks the server which device is logged in, and returns its path, `user/device`.
    ///
    /// # Errors
    /// Returns the same errors as [`connectordb`](Self::connectordb).
    ///
    /// # Cancel safety
    /// The future can be dropped at any time; the call changes nothing.
    pub async fn ping(&self) -> Result<String> {
        Ok(self.connectordb().await?.ping().await?)
    }

    /// Returns the path of the device that logs, `user/device`. The first call connects.
    ///
    /// # Errors
    /// Returns the same errors as [`connectordb`](Self::connectordb).
    ///
    /// # Cancel safety
    /// The future can be dropped at any time; the call changes nothing.
    pub async fn name(&self) -> Result<String> {
        Ok(self.connectordb().await?.path().to_owned())
    }

    /// Returns the API key of the device that logs; it is empty if none was set.
    #[must_use]
    pub fn apikey(&self) -> ApiKey {
        self.shared.settings().apikey
    }

    /// Sets the API key of the device that logs. A running sync is started again with it.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the file may contain the new key while the
    /// logger keeps using its connection with the old one.
    pub async fn set_apikey(&self, key: impl Into<ApiKey>) -> Result<()> {
        self.set_and_reconnect(Setting::ApiKey(key.into())).await
    }

    /// Returns the server's URL.
    #[must_use]
    pub fn serverurl(&self) -> String {
        self.shared.settings().serverurl
    }

    /// Sets the server's URL. A running sync is started again with it.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the file may contain the new URL while the
    /// logger keeps using its connection to the old one.
    pub async fn set_serverurl(&self, url: impl Into<String>) -> Result<()> {
        self.set_and_reconnect(Setting::ServerUrl(url.into())).await
    }

    /// Returns the pause between the end of a background sync and the start of the next; the
    /// default in a new file is 10 minutes.
    #[must_use]
    pub fn syncperiod(&self) -> Duration {
        seconds(self.shared.settings().syncperiod)
    }

    /// Sets the pause between the end of a background sync and the start of the next. A pause that
    /// is under way starts again with the new period.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the file may contain the new period while the
    /// background syncs keep using the old one.
    pub async fn set_syncperiod(&self, period: Duration) -> Result<()> {
        self.shared.set(Setting::SyncPeriod(period.as_secs_f64())).await?;
        self.shared.period.send_replace(period);
        Ok(())
    }

    /// Returns the time of the last successful sync, or `None` if there was none.
    #[must_use]
    pub fn lastsynctime(&self) -> Option<Timestamp> {
        self.shared.status.borrow().last_sync
    }

    /// Returns the program's own data, which were stored in the file with
    /// [`set_data`](Self::set_data); the default in a new file is an empty JSON object.
    ///
    /// # Errors
    /// Returns [`Error::Unwritable`] if the data cannot be converted to a `T`.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.shared.settings().userdatajson).map_err(Error::Unwritable)
    }

    /// Stores the program's own data in the file, in place of the data that were stored before.
    ///
    /// # Errors
    /// Returns an error if the data cannot be converted to JSON, or the file cannot be written.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the data may be stored or not.
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
