//! Opening a logger.

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

/// What is done for a new file.
type OnCreate = Box<dyn FnOnce(Logger) -> BoxFuture<'static, Result<(), BoxError>> + Send>;

/// What is called after a sync, with what came of it.
type AfterSync<T> = Arc<dyn Fn(T) -> BoxFuture<'static, ()> + Send + Sync>;

/// What is called after each sync.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    pub(crate) on_sync: Option<AfterSync<Synced>>,
    pub(crate) on_sync_fail: Option<AfterSync<Arc<Error>>>,
}

/// What a logger is made with; see [`Logger::builder`].
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

    /// How safe a datapoint is when it counts as logged; [`Durability::Full`] unless given.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The key of the device that logs. The file keeps it.
    pub fn apikey(mut self, key: impl Into<ApiKey>) -> Self {
        self.apikey = Some(key.into());
        self
    }

    /// The server's URL. The file keeps it; in a new one it is `http://localhost:3124`.
    pub fn serverurl(mut self, url: impl Into<String>) -> Self {
        self.serverurl = Some(url.into());
        self
    }

    /// How long after a sync the next one begins. The file keeps it; in a new one it is 10 minutes.
    pub fn syncperiod(mut self, period: Duration) -> Self {
        self.syncperiod = Some(period);
        self
    }

    /// Trusts a certificate, in PEM, beside those that the system trusts: for a server that has
    /// signed its own. The file does not keep it.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// What is to be done once, for a new file: usually setting the key and adding streams
    /// ([`Logger::add_stream_later`] also works without a network). When it fails, the file is
    /// removed again. When it is interrupted, it is done again.
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

    /// What is called whenever all that waited has been brought to the server. It may be called after
    /// [`Logger::stop`] has returned.
    pub fn on_sync<F, Fut>(mut self, call: F) -> Self
    where
        F: Fn(Synced) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.callbacks.on_sync = Some(Arc::new(move |synced| call(synced).boxed()));
        self
    }

    /// What is called whenever that did not succeed. It may be called after [`Logger::stop`] has
    /// returned.
    pub fn on_sync_fail<F, Fut>(mut self, call: F) -> Self
    where
        F: Fn(Arc<Error>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.callbacks.on_sync_fail = Some(Arc::new(move |error| call(error).boxed()));
        self
    }

    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be used: then it is left as it is. [`Error::OnCreate`] if it is
    /// new and what is to be done for it failed: then it is removed again.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, a new file may be there; what is to be done for it is done the
    /// next time.
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
