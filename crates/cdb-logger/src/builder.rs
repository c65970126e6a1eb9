//! The builder of a logger.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cdb_types::ApiKey;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::driver::file::FileHandle;
use crate::error::FileError;
use crate::queue::{self, Queue};
use crate::shared::Shared;
use crate::{Durability, Error, Logger, Result, Synced};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The callback that is called once for a new file.
type OnCreate = Box<dyn FnOnce(Logger) -> BoxFuture<'static, Result<(), BoxError>> + Send>;

/// A callback that is called after a sync, with its result.
type AfterSync<T> = Arc<dyn Fn(T) -> BoxFuture<'static, ()> + Send + Sync>;

/// The callbacks that are called after each sync.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    pub(crate) on_sync: Option<AfterSync<Synced>>,
    pub(crate) on_sync_fail: Option<AfterSync<Arc<Error>>>,
}

/// The settings with which a [`Logger`] is opened; created by [`Logger::builder`].
///
/// Some settings are stored in the file. If such a setting is not set here, the one in the file is
/// used.
#[must_use = "nothing is opened until `open()` is awaited"]
pub struct LoggerBuilder {
    file: PathBuf,
    durability: Durability,
    apikey: Option<ApiKey>,
    serverurl: Option<String>,
    syncperiod: Option<Duration>,
    root_certificates: Vec<Vec<u8>>,
    on_create: Option<OnCreate>,
    callbacks: Callbacks,
}

impl LoggerBuilder {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self {
            file,
            durability: Durability::default(),
            apikey: None,
            serverurl: None,
            syncperiod: None,
            root_certificates: Vec::new(),
            on_create: None,
            callbacks: Callbacks::default(),
        }
    }

    /// Sets which failures a datapoint survives after its insert has returned. The default is
    /// [`Durability::Full`]. This setting is not stored in the file.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets the API key of the device that logs. It is stored in the file.
    pub fn apikey(mut self, key: impl Into<ApiKey>) -> Self {
        self.apikey = Some(key.into());
        self
    }

    /// Sets the server's URL. It is stored in the file; the default in a new file is
    /// `http://localhost:3124`.
    pub fn serverurl(mut self, url: impl Into<String>) -> Self {
        self.serverurl = Some(url.into());
        self
    }

    /// Sets the pause between the end of a sync and the start of the next, after
    /// [`Logger::start`]. It is stored in the file; the default in a new file is 10 minutes.
    pub fn syncperiod(mut self, period: Duration) -> Self {
        self.syncperiod = Some(period);
        self
    }

    /// Trusts a certificate in PEM format in addition to those that the system trusts, for a server
    /// with a self-signed certificate. This setting is not stored in the file.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sets a callback that is called once for a new file, usually to set the key and to add
    /// streams. ([`Logger::add_stream_later`] adds a stream without a network.)
    ///
    /// If the callback fails, the file is removed. If it is interrupted, it is called again when
    /// the file is opened the next time.
    pub fn on_create<F, Fut, E>(mut self, create: F) -> Self
    where
        F: FnOnce(Logger) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.on_create = Some(Box::new(move |logger| {
            let created = create(logger);
            async move { created.await.map_err(Into::into) }.boxed()
        }));
        self
    }

    /// Sets a callback that is called after each successful sync. It may be called after
    /// [`Logger::stop`] has returned.
    pub fn on_sync<F, Fut>(mut self, call: F) -> Self
    where
        F: Fn(Synced) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.callbacks.on_sync = Some(Arc::new(move |synced| call(synced).boxed()));
        self
    }

    /// Sets a callback that is called after each sync that failed. It may be called after
    /// [`Logger::stop`] has returned.
    pub fn on_sync_fail<F, Fut>(mut self, call: F) -> Self
    where
        F: Fn(Arc<Error>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.callbacks.on_sync_fail = Some(Arc::new(move |error| call(error).boxed()));
        self
    }

    /// Opens the file, or creates it if it does not exist.
    ///
    /// # Errors
    /// Returns
    ///
    /// - [`Error::File`] if the file cannot be opened, read or written. A file that is damaged or
    ///   not a logger's is not changed.
    /// - [`Error::OnCreate`] if the callback [`on_create`](Self::on_create) failed. The new file is
    ///   removed.
    /// - [`Error::Schema`] if the schema of a stream in the file is not valid.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, a new file may exist. The callback
    /// [`on_create`](Self::on_create) is then called when the file is opened the next time.
    pub async fn open(self) -> Result<Logger> {
        let (queue, contents) = Queue::open(self.file.clone(), self.durability).await?;
        let file = FileHandle::start(queue, self.durability);
        let is_new = contents.is_new;
        let shared = Shared::new(file.clone(), contents, self.root_certificates)?;
        let logger = Logger::new(shared, self.callbacks);
        if let Some(key) = self.apikey {
            logger.set_apikey(key).await?;
        }
        if let Some(url) = self.serverurl {
            logger.set_serverurl(url).await?;
        }
        if let Some(period) = self.syncperiod {
            logger.set_syncperiod(period).await?;
        }
        if is_new {
            if let Some(create) = self.on_create
                && let Err(error) = create(logger.clone()).await
            {
                logger.close().await?;
                let removed = queue::remove(&self.file).map_err(FileError::from);
                removed.map_err(|problem| Error::file(&self.file, problem))?;
                return Err(Error::OnCreate(error));
            }
            file.with(|queue| Box::pin(queue.set_created())).await?;
        }
        Ok(logger)
    }
}

impl std::fmt::Debug for LoggerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoggerBuilder")
            .field("file", &self.file)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}
