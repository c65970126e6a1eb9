//! Starts and stops a server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cdb_types::Password;
use cdb_types::session::Durability;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::auth::{Hasher, Transport};
use crate::bus::{Bus, LocalBus};
use crate::compute::Compute;
use crate::error::{RunError, StartError};
use crate::http;
use crate::http::listener::{Listener, SHUTDOWN_GRACE, listen};
use crate::http::tls::acceptor;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::permissions::Permissions;
use crate::runtime::Runtime;
use crate::service::Service;
use crate::sockets::{MAX_PING, MIN_PING, PING, Sockets};
use crate::storage::Storage;
use crate::storage::sqlite::SqliteStorage;
use crate::topics::Topics;

/// How long websockets and the data file may take to close, after requests have ended.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The connections of those who ask for metrics.
const METRICS_CONNECTIONS: usize = 32;

/// How long inserts may wait that were answered before they are on disk; see
/// [`ServerBuilder::durability`].
const MIN_BATCH_TIME: Duration = Duration::from_millis(100);
const MAX_BATCH_TIME: Duration = Duration::from_secs(60);

/// The configuration of a server; see [`Server::builder`].
#[derive(Debug, Clone)]
#[must_use = "a server runs when it is started"]
pub struct ServerBuilder {
    data: PathBuf,
    listen: String,
    admin: Option<(String, Password)>,
    /// Certificates and key, in PEM.
    tls: Option<(Vec<u8>, Secret)>,
    ping: Duration,
    behind_proxy: bool,
    limits: Limits,
    durability: Durability,
    metrics: Option<String>,
}

impl ServerBuilder {
    /// Sets the path of the data file, which is created if it does not exist. The default is
    /// `connectordb.db` in the working directory.
    pub fn data(mut self, file: impl Into<PathBuf>) -> Self {
        self.data = file.into();
        self
    }

    /// Sets the address to listen on, as `host:port`. Port 0 selects any free port; see
    /// [`Server::address`]. The default is `127.0.0.1:3124`.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Sets the name and password of the administrator that is created in a data file without
    /// users. A data file that has users is not changed.
    pub fn admin(mut self, name: impl Into<String>, password: impl Into<Password>) -> Self {
        self.admin = Some((name.into(), password.into()));
        self
    }

    /// Enables TLS with a chain of certificates, the server's own first, and its private key, both
    /// in PEM. The server then refuses connections without TLS.
    ///
    /// By default connections are not encrypted. Use this only if all clients are on the same
    /// machine, or behind a proxy that terminates TLS.
    pub fn tls(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.tls = Some((certificates.into(), Secret(key.into())));
        self
    }

    /// Sets the interval of pings on websockets, from 10 ms to one day. The default is 54 seconds.
    ///
    /// If a client sends nothing, not even a pong, and reads nothing of what is sent for 10/9 of
    /// the interval (60 seconds by default), the connection counts as lost and is closed with the
    /// code 1013.
    pub fn websocket_ping(mut self, every: Duration) -> Self {
        self.ping = every;
        self
    }

    /// Sets whether all requests come through a proxy that terminates TLS. The default is `false`.
    ///
    /// The server then marks the cookies of sessions as `Secure`, and takes the address of a client
    /// from the last entry of the header `X-Forwarded-For`: the address whose failed logins are slowed
    /// down, and whose requests and bodies are limited. The proxy must set this header, must pass on
    /// `Host`, and must be the only one that can connect to the server.
    pub fn behind_tls_proxy(mut self, behind: bool) -> Self {
        self.behind_proxy = behind;
        self
    }

    /// Sets how much callers may use; see [`Limits`] for the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets an address, as `host:port`, at which `GET /metrics` answers what the server counts, in the text
    /// format of Prometheus. There are `GET /healthz` and `GET /readyz` as well. By default it is not
    /// answered.
    ///
    /// Whoever can connect to the address may ask: it needs no login, and has no TLS. Port 0 selects any
    /// free port; see [`Server::metrics_address`].
    pub fn metrics(mut self, address: impl Into<String>) -> Self {
        self.metrics = Some(address.into());
        self
    }

    /// Sets when inserts are answered. The default is [`Durability::Full`]: when they are on disk.
    ///
    /// With [`Durability::Batched`], from 100 ms to 60 s, they are answered at once, and written together
    /// after this time at the latest. This writes much less to the disk if many devices insert single
    /// datapoints, so that a memory card lasts longer. A loss of power, or of the process, takes the
    /// inserts of this time. [`shutdown`](Server::shutdown) loses nothing.
    ///
    /// - Whatever is refused is refused before the answer, as always.
    /// - Readers and subscribers see an insert when it is answered. After a loss of power, subscribers may
    ///   have received datapoints that do not exist any more.
    /// - Inserts of 16 KiB or more, changes of users, devices and streams, and whatever waits when they
    ///   come, are on disk when they are answered. At most 256 KiB wait.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), cdb_server::StartError> {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let file = directory.path().join("connectordb.db");
    /// use std::time::Duration;
    ///
    /// use cdb_server::{Durability, Server};
    ///
    /// let server = Server::builder()
    ///     .data(file)
    ///     .listen("127.0.0.1:0")
    ///     .admin("test", "test")
    ///     .durability(Durability::Batched(Duration::from_secs(1)))
    ///     .start()
    ///     .await?;
    /// # server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Starts the server. It accepts requests when this returns.
    ///
    /// The server runs in tasks of the current tokio runtime.
    ///
    /// # Errors
    /// Returns an error if
    ///
    /// - the data file cannot be opened, or another server has it open,
    /// - an address cannot be listened on,
    /// - the certificates or the key cannot be used,
    /// - the interval of [pings](Self::websocket_ping) or the time of [`durability`](Self::durability) is
    ///   out of its bounds,
    /// - the data file has no users, and [`admin`](Self::admin) was not called or its arguments are
    ///   refused.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the server does not start. A new data file may
    /// exist; the next start uses it like a new one if it has no users.
    pub async fn start(self) -> Result<Server, StartError> {
        if !(MIN_PING..=MAX_PING).contains(&self.ping) {
            return Err(StartError::WebsocketPing(self.ping));
        }
        if let Durability::Batched(time) = self.durability
            && !(MIN_BATCH_TIME..=MAX_BATCH_TIME).contains(&time)
        {
            return Err(StartError::Durability(time));
        }
        let tls = self.tls.as_ref().map(|(certificates, key)| acceptor(certificates, &key.0));
        let tls = tls.transpose()?;
        let is_encrypted = tls.is_some();
        let (listener, address) = bind(&self.listen).await?;
        let metrics = match &self.metrics {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let runtime = StopOnDrop(Runtime::default());
        let sockets = Sockets::new(self.ping, runtime.0.watch(), &self.limits);
        let transport = Transport { tls: is_encrypted, behind_proxy: self.behind_proxy };
        let parts = Parts {
            file: &self.data,
            runtime: &runtime.0,
            limits: &self.limits,
            metrics: Arc::default(),
        };
        let storage = parts.open_storage(self.durability).await?;
        let service = Arc::new(parts.open(storage, sockets, transport, self.admin).await?);
        let storage = Arc::clone(&service.storage);
        runtime.0.started();
        let metrics_address = match metrics {
            Some((listener, address)) => {
                let router = http::metrics_router(Arc::clone(&service));
                let limits = self.limits.clone().connections(METRICS_CONNECTIONS);
                let listener = Listener::new(listener, None, limits, router);
                runtime.0.spawn("answer with metrics", listener.run(runtime.0.watch()));
                tracing::info!(%address, "metrics");
                Some(address)
            }
            None => None,
        };
        let router = http::router(service, &self.limits);
        let listener = Listener::new(listener, tls, self.limits, router);
        let serving = runtime.0.spawn("accept connections", listener.run(runtime.0.watch()));
        tracing::info!(%address, data = %self.data.display(), "listening");
        Ok(Server { address, metrics_address, is_encrypted, storage, runtime, serving })
    }
}

/// Listens on an address, and returns the one that it really is.
async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address: address.to_owned(), source };
    let listener = listen(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// A key that is not printed.
#[derive(Clone)]
struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// What the parts of a server have in common.
struct Parts<'a> {
    file: &'a Path,
    runtime: &'a Runtime,
    limits: &'a Limits,
    metrics: Arc<Metrics>,
}

impl Parts<'_> {
    /// Opens the data file, with the bus that carries its events.
    async fn open_storage(
        &self,
        durability: Durability,
    ) -> Result<(Arc<dyn Storage>, Arc<dyn Bus>), StartError> {
        let Self { file, runtime, limits, metrics } = self;
        let bus: Arc<dyn Bus> = Arc::new(LocalBus::new(limits.events_total));
        let (events, metrics) = (Arc::clone(&bus), Arc::clone(metrics));
        let storage = SqliteStorage::open_in(file, durability, events, metrics, runtime).await;
        Ok((Arc::new(storage.map_err(|error| error.at(file))?), bus))
    }

    async fn open(
        self,
        (storage, bus): (Arc<dyn Storage>, Arc<dyn Bus>),
        sockets: Sockets,
        transport: Transport,
        admin: Option<(String, Password)>,
    ) -> Result<Service, StartError> {
        let Self { file, runtime, limits, metrics } = self;
        let permissions = Permissions::default_tables();
        let permissions = permissions.map_err(|error| StartError::data(file, error))?;
        let max_bytes = limits.websocket_queues_total;
        let compute = Compute::start(limits.scripts_per_device).map_err(StartError::Threads)?;
        let topics = Topics::new(
            Arc::clone(&storage),
            Arc::clone(&bus),
            compute.clone(),
            runtime,
            max_bytes,
        );
        let service = Service::new(
            storage,
            topics,
            bus,
            compute,
            limits,
            sockets,
            permissions,
            transport,
            Hasher::new(runtime, limits),
            metrics,
        );
        let refused = |error: crate::api_error::ApiError| {
            StartError::Administrator(error.cause.unwrap_or_else(|| error.msg.into_owned()))
        };
        if !service.has_users().await.map_err(refused)? {
            let (name, password) = admin.ok_or(StartError::NoAdministrator)?;
            service.create_administrator(&name, password).await.map_err(refused)?;
        }
        Ok(service)
    }
}

/// A running server.
///
/// Dropping it stops the server as [`shutdown`](Self::shutdown) does, but does not wait for the end.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    is_encrypted: bool,
    storage: Arc<dyn Storage>,
    runtime: StopOnDrop,
    serving: JoinHandle<()>,
}

/// Stops the tasks of a server when it is dropped.
#[derive(Debug)]
struct StopOnDrop(Runtime);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Server {
    /// Returns a builder with the default configuration.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            data: PathBuf::from("connectordb.db"),
            listen: "127.0.0.1:3124".to_owned(),
            admin: None,
            tls: None,
            ping: PING,
            behind_proxy: false,
            limits: Limits::default(),
            durability: Durability::Full,
            metrics: None,
        }
    }

    /// Returns the address that the server listens on, with its actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of the [metrics](ServerBuilder::metrics), with its actual port, if there is one.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Returns the URL of the server, such as `http://127.0.0.1:3124`; with TLS, its scheme is
    /// `https`. Its host is the [`address`](Self::address) that the server listens on.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Waits until the server stops by itself, which happens only if something in it fails.
    ///
    /// The server then accepts no more connections, and closes those that are open. Its data file is
    /// closed by [`shutdown`](Self::shutdown), or when this is dropped.
    ///
    /// ```no_run
    /// # async fn run(server: cdb_server::Server) -> Result<(), cdb_server::RunError> {
    /// tokio::select! {
    ///     failed = server.wait() => failed?,
    ///     _ = tokio::time::sleep(std::time::Duration::from_secs(3600)) => {}
    /// }
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the reason why the server has stopped.
    ///
    /// # Cancel safety
    /// If the future is dropped, nothing is lost: a later call returns the same.
    pub async fn wait(&self) -> Result<(), RunError> {
        self.runtime.0.wait().await
    }

    /// Stops the server: stops listening, closes the websockets with the code 1012 (service
    /// restart), waits until running requests have finished, and closes the data file. Requests
    /// that take longer than 10 seconds are aborted. After 14 seconds at most, this returns.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the server stops nevertheless, in the same time.
    pub async fn shutdown(self) {
        // In a task of its own, which is not dropped with this future.
        let stopped = tokio::spawn(self.stop()).await;
        if let Err(error) = stopped {
            tracing::error!(%error, "the server was not stopped in order");
        }
    }

    async fn stop(self) {
        let Self { storage, runtime, serving, .. } = self;
        runtime.0.stop();
        let ended = async {
            // Its failure was reported when it happened.
            let _ = serving.await;
        };
        if timeout(SHUTDOWN_GRACE + CLOSE_TIMEOUT, ended).await.is_err() {
            tracing::warn!("connections could not be closed");
        }
        let closed = async {
            runtime.0.unwatched().await;
            storage.close().await;
        };
        if timeout(CLOSE_TIMEOUT, closed).await.is_err() {
            tracing::warn!("the data file could not be closed in time; nothing in it is lost");
        }
        tracing::info!("stopped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_stops_as_a_whole_when_a_task_that_it_needs_panics() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("data.db");
        let builder = Server::builder().data(&file).listen("127.0.0.1:0").admin("test", "test");
        let server = builder.clone().start().await.expect("it starts");
        let still_running = timeout(Duration::from_millis(10), server.wait()).await;
        assert!(still_running.is_err());
        server.runtime.0.spawn("commits", async { panic!("out of luck") });
        let error = server.wait().await.expect_err("it has failed");
        let text = "the task \"commits\" of the server has panicked: out of luck";
        assert_eq!(error.to_string(), text);
        let address = server.address();
        server.shutdown().await;
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
        // The data file is free again.
        builder.start().await.expect("it starts").shutdown().await;
    }
}
