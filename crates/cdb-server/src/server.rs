//! Starting and stopping.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::serve::{IncomingStream, Listener, ListenerExt};
use axum::{Router, middleware};
use cdb_types::Password;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::auth::Transport;
use crate::bus::Bus;
use crate::compute::Compute;
use crate::error::StartError;
use crate::http;
use crate::http::tls::{TlsListener, acceptor};
use crate::permissions::Permissions;
use crate::runtime::{PING, Sockets};
use crate::service::Service;
use crate::storage::Storage;
use crate::storage::sqlite::{Feed, Store};

/// How long requests under way may take after the server was told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

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
    /// The server then marks the cookies of sessions as `Secure`, and takes the address of a client,
    /// by which failed logins are slowed down, from the last entry of the header
    /// `X-Forwarded-For`. The proxy must set this header, must pass on `Host`, and must be the only
    /// one that can connect to the server.
    pub fn behind_tls_proxy(mut self, behind: bool) -> Self {
        self.behind_proxy = behind;
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
    /// - the address cannot be listened on,
    /// - the certificates or the key cannot be used,
    /// - the data file has no users, and [`admin`](Self::admin) was not called or its arguments are
    ///   refused.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the server does not start. A new data file may
    /// exist; the next start uses it like a new one if it has no users.
    pub async fn start(self) -> Result<Server, StartError> {
        let tls = self.tls.as_ref().map(|(certificates, key)| acceptor(certificates, &key.0));
        let tls = tls.transpose()?;
        let listener = TcpListener::bind(&self.listen).await;
        let listening = |source| StartError::Listen { address: self.listen.clone(), source };
        let listener = listener.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let (stop_sockets, stopping) = watch::channel(false);
        let sockets = Sockets::new(self.ping, stopping);
        let transport = Transport { tls: tls.is_some(), behind_proxy: self.behind_proxy };
        let service = open(&self.data, sockets, transport, self.admin).await?;
        let storage = Arc::clone(&service.storage);
        let router = http::router(Arc::new(service));
        let (stop, stopped) = oneshot::channel::<()>();
        let is_encrypted = tls.is_some();
        let serving = match tls {
            Some(tls) => {
                let listener = TlsListener::new(listener, tls).map_err(listening)?;
                let router = router.layer(middleware::map_request(with_peer));
                serve::<_, Peer>(listener, router, stopped)
            }
            None => {
                let listener = listener.tap_io(|connection| {
                    if let Err(error) = connection.set_nodelay(true) {
                        tracing::debug!(%error, "a connection keeps its delay");
                    }
                });
                serve::<_, SocketAddr>(listener, router, stopped)
            }
        };
        tracing::info!(%address, data = %self.data.display(), "listening");
        Ok(Server { address, is_encrypted, storage, stop, stop_sockets, serving })
    }
}

/// Answers requests until the server is stopped, or dropped.
///
/// `C` is the type of the client's address, which requests have as `ConnectInfo`.
fn serve<L, C>(listener: L, router: Router, stopped: oneshot::Receiver<()>) -> JoinHandle<()>
where
    L: Listener<Addr = SocketAddr>,
    C: for<'a> Connected<IncomingStream<'a, L>>,
{
    let service = router.into_make_service_with_connect_info::<C>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async {
        stopped.await.unwrap_or_default();
    });
    tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the server stopped");
        }
    })
}

/// The address of a client that uses TLS.
#[derive(Debug, Clone)]
struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

async fn with_peer(ConnectInfo(Peer(peer)): ConnectInfo<Peer>, mut request: Request) -> Request {
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// A key that is not printed.
#[derive(Clone)]
struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

async fn open(
    file: &Path,
    sockets: Sockets,
    transport: Transport,
    admin: Option<(String, Password)>,
) -> Result<Service, StartError> {
    let (feed, appended) = Feed::new();
    let store = Store::open(file, feed).await.map_err(|error| StartError::opening(file, error))?;
    let permissions = Permissions::default_tables();
    let permissions = permissions.map_err(|error| StartError::data(file, error))?;
    let bus = Bus::new(store.clone(), appended);
    let feed = store.feed().clone();
    let compute = Compute::start().map_err(StartError::Threads)?;
    let service =
        Service::new(Arc::new(store), bus, feed, compute, sockets, permissions, transport);
    let refused = |error: crate::api_error::ApiError| {
        StartError::Administrator(error.cause.unwrap_or_else(|| error.msg.into_owned()))
    };
    if !service.has_users().await.map_err(refused)? {
        let (name, password) = admin.ok_or(StartError::NoAdministrator)?;
        service.create_administrator(&name, password).await.map_err(refused)?;
    }
    Ok(service)
}

/// A running server.
///
/// Dropping it stops the server, but does not wait for the end of running requests. To wait for it,
/// call [`shutdown`](Self::shutdown).
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    is_encrypted: bool,
    storage: Arc<dyn Storage>,
    stop: oneshot::Sender<()>,
    stop_sockets: watch::Sender<bool>,
    serving: JoinHandle<()>,
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
        }
    }

    /// Returns the address that the server listens on, with its actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the server, such as `http://127.0.0.1:3124`; with TLS, its scheme is
    /// `https`. Its host is the [`address`](Self::address) that the server listens on.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Stops the server: stops listening, closes the websockets with the code 1012 (service
    /// restart), waits until running requests have finished, and closes the data file. Requests
    /// that take longer than 10 seconds are aborted.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the server stops as if it was dropped: running
    /// requests finish in the background, without a time limit.
    pub async fn shutdown(self) {
        drop(self.stop);
        self.stop_sockets.send_replace(true);
        let abort = self.serving.abort_handle();
        let finished = async {
            let served = self.serving.await;
            self.stop_sockets.closed().await;
            served
        };
        if tokio::time::timeout(SHUTDOWN_GRACE, finished).await.is_err() {
            tracing::warn!("some requests took too long to finish");
            abort.abort();
        }
        self.storage.close().await;
        tracing::info!("stopped");
    }
}
