//! Accepts connections, and serves requests on them.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use bytes::Bytes;
use cdb_types::ErrorKind;
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connections::{Connection, Connections, Phase, Slot};
use super::transport::Transport;
use crate::api_error::ApiError;
use crate::limits::Limits;
use crate::runtime::{State, stopped};

/// How long requests in progress may take after the server was told to stop.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// The buffer of a connection for what it reads or writes at once.
const BUFFER_BYTES: usize = 32 * 1024;

/// The bytes that wait in the kernel to be sent. What is on its way to the client does not count, so
/// that this slows nobody down. With the megabytes that are usual, a client that reads slowly would not
/// be seen to read anything for minutes.
#[cfg(target_os = "linux")]
const MAX_UNSENT_BYTES: u32 = 128 * 1024;

/// The pause after an error of accepting, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections without room are told so at a time, and how long that may take. Further
/// ones are closed at once.
const MAX_REFUSALS: usize = 16;
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of connections that wait in the kernel until they are accepted. The kernel has a limit of
/// its own, 4,096 on Linux. Beyond it, clients try again after a second.
const BACKLOG: u32 = 4096;

/// Listens on the first address of a host and port that is free.
pub(crate) async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::InvalidInput, "it has no address");
    for address in lookup_host(address).await? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of an earlier server do not keep the address; on Windows they never do, and this
    // would let two servers have it.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A socket that listens, and what it needs to serve connections.
pub(crate) struct Listener {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    router: Router,
}

/// What the tasks of all connections share.
struct Shared {
    tls: Option<TlsAcceptor>,
    limits: Arc<Limits>,
    router: Router,
    refusals: Semaphore,
}

impl Listener {
    pub(crate) fn new(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        limits: Limits,
        router: Router,
    ) -> Self {
        Self { listener, tls, limits, router }
    }

    /// Serves connections until the server is told to stop, and then waits for requests in
    /// progress. Those that take longer than [`SHUTDOWN_GRACE`] are aborted.
    pub(crate) async fn run(self, mut stop: watch::Receiver<State>) {
        let Self { listener, tls, limits, router } = self;
        let connections = Connections::new(&limits);
        let refusals = Semaphore::new(MAX_REFUSALS);
        let limits = Arc::new(limits);
        let shared = Arc::new(Shared { tls, limits, router, refusals });
        let mut tasks = JoinSet::new();
        let of_connections = stop.clone();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let shared = Arc::clone(&shared);
                        match connections.admit(peer) {
                            Some(slot) => {
                                let stop = of_connections.clone();
                                tasks.spawn(shared.serve(stream, peer, slot, stop))
                            }
                            None => tasks.spawn(shared.refuse(stream)),
                        };
                    }
                    Err(error) if is_of_connection(&error) => {}
                    Err(error) => {
                        tracing::warn!(%error, "a connection cannot be accepted");
                        connections.make_room();
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(ended) = tasks.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a connection was cut");
                    }
                }
                () = stopped(&mut stop) => break,
            }
        }
        drop((listener, of_connections));
        let finished = async { while tasks.join_next().await.is_some() {} };
        if timeout(SHUTDOWN_GRACE, finished).await.is_err() {
            tracing::warn!("some requests took too long to finish");
            tasks.shutdown().await;
        }
    }
}

fn set_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(MAX_UNSENT_BYTES)?;
    Ok(())
}

/// Whether an error of accepting concerns a single connection, which the client has given up.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

impl Shared {
    /// Serves a connection until it ends, or is closed to make room for another.
    async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        slot: Slot,
        stop: watch::Receiver<State>,
    ) {
        let connection = Arc::clone(&slot.connection);
        tokio::select! {
            () = self.serve_requests(stream, peer, slot, stop) => {}
            () = connection.evicted() => {
                tracing::debug!(%peer, "a connection was closed to make room");
            }
        }
    }

    async fn serve_requests(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        slot: Slot,
        stop: watch::Receiver<State>,
    ) {
        if let Err(error) = set_options(&stream) {
            tracing::debug!(%error, "a connection keeps its defaults");
        }
        let Some(tls) = &self.tls else {
            return self.serve_http(stream, peer, slot, stop).await;
        };
        match timeout(self.limits.header_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                slot.connection.enter(Phase::Head);
                self.serve_http(stream, peer, slot, stop).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, %peer, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
    }

    async fn serve_http<S>(
        &self,
        stream: S,
        peer: SocketAddr,
        slot: Slot,
        mut stop: watch::Receiver<State>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = Arc::clone(&slot.connection);
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(|request: Request<Incoming>| {
            let (mut request, connection) = (request.map(Body::new), Arc::clone(&connection));
            connection.enter(Phase::Busy);
            request.extensions_mut().insert(ConnectInfo(peer));
            let response = router.call(request);
            async move {
                let response = response.await?;
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    connection.enter(Phase::Upgraded);
                }
                Ok::<_, Infallible>(response.map(|body| Sent { body, connection }))
            }
        });
        let transport = Transport::new(stream, slot, Arc::clone(&self.limits));
        let served = http1::Builder::new()
            // The transport has the timeouts.
            .header_read_timeout(None)
            .max_header_size(self.limits.header_bytes)
            .max_buf_size(BUFFER_BYTES.max(self.limits.header_bytes))
            .serve_connection(TokioIo::new(transport), service)
            .with_upgrades();
        let mut served = pin!(served);
        let ended = tokio::select! {
            ended = &mut served => ended,
            () = stopped(&mut stop) => {
                if connection.is_waiting() {
                    return;
                }
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, %peer, "a connection broke");
        }
    }

    /// Tells a client that there are too many connections. With TLS, the connection is only closed.
    async fn refuse(self: Arc<Self>, mut stream: TcpStream) {
        let Ok(_permit) = self.refusals.try_acquire() else { return };
        if self.tls.is_some() {
            return;
        }
        let refused = async {
            let mut unread = [0; 1024];
            // After the request has begun: clients do not expect a response before.
            let _ = stream.read(&mut unread).await?;
            stream.write_all(&too_many_connections().await).await?;
            stream.shutdown().await?;
            // Until the client has read it: closing with unread bytes would discard the response.
            while stream.read(&mut unread).await? > 0 {}
            Ok::<(), io::Error>(())
        };
        if !matches!(timeout(REFUSAL_TIMEOUT, refused).await, Ok(Ok(()))) {
            tracing::debug!("a client did not read that there are too many connections");
        }
    }
}

/// The bytes of a response with the status 503.
async fn too_many_connections() -> Vec<u8> {
    let msg = "The server has too many open connections.";
    let error = ApiError::new(503, ErrorKind::Unavailable, msg);
    let (parts, body) = error.into_response().into_parts();
    // The body of an error is in memory, so that it cannot fail.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut response = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        response.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let end = format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    [&response, end.as_bytes(), &body].concat()
}

/// The body of a response. When it has been sent, the connection waits for the next request.
struct Sent {
    body: Body,
    connection: Arc<Connection>,
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.connection.answered();
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
