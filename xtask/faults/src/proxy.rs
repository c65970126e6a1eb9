//! A proxy between clients and a server, which breaks connections.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::sleep;

/// A fault of all open connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connections are closed in both directions.
    Cut,
    /// The direction to the client is closed. What the client sends is still passed on.
    HalfClose,
    /// The connections are closed after this number of further bytes from the server.
    Truncate(usize),
    /// The connections are closed after this number of further bytes from the client.
    TruncateUpward(usize),
}

/// The outcome of inserts that clients send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The request and its response are passed on.
    #[default]
    Answered,
    /// The connection is closed before the request reaches the server.
    NotDelivered,
    /// The server gets the request, and the connection is closed before the response.
    Stored,
    /// The proxy does not pass on the request and sends this HTTP response.
    Refused(&'static str),
}

/// The start of a request that inserts datapoints.
const INSERT: &str = "POST /api/v1/crud/";

/// The treatment of all connections, until it is changed.
#[derive(Debug, Clone, Default)]
struct Treatment {
    /// The outcome of inserts.
    outcome: Outcome,
    /// The delay of each chunk of data.
    delay: Duration,
    /// Whether nothing is passed on, while connections stay open.
    stalled: bool,
    /// Whether new connections are closed at once.
    refusing: bool,
    /// A text: a chunk from a client that contains it is held, with all later chunks.
    hold: Option<&'static str>,
    /// A text in the data of clients, and the text of the same length that replaces it.
    rewrite: Option<(&'static str, &'static str)>,
}

/// A proxy on a free port. Dropping it closes all connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    target: Mutex<SocketAddr>,
    faults: broadcast::Sender<Fault>,
    treatment: watch::Sender<Treatment>,
    /// The number of chunks from clients that have been held.
    held: watch::Sender<usize>,
    /// The number of chunks that the server has sent.
    answered: watch::Sender<usize>,
    /// The number of inserts with another outcome than `Answered`.
    refused: watch::Sender<usize>,
    /// The number of clients that have connected.
    accepted: watch::Sender<usize>,
}

impl Proxy {
    /// Starts a proxy to a server.
    ///
    /// # Errors
    /// Returns an error if no port is free.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            faults: broadcast::channel(64).0,
            treatment: watch::Sender::default(),
            held: watch::Sender::default(),
            answered: watch::Sender::default(),
            refused: watch::Sender::default(),
            accepted: watch::Sender::default(),
        });
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// The URL of the proxy.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connects new clients to another server.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.shared.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// Causes a fault of all open connections.
    pub fn fault(&self, fault: Fault) {
        // An error means that no connection is open.
        let _ = self.shared.faults.send(fault);
    }

    /// Delays each chunk of data.
    pub fn delay(&self, delay: Duration) {
        self.shared.treatment.send_modify(|treatment| treatment.delay = delay);
    }

    /// Stops or resumes passing on data. Connections stay open.
    pub fn stall(&self, stalled: bool) {
        self.shared.treatment.send_modify(|treatment| treatment.stalled = stalled);
    }

    /// Starts or stops closing new connections at once.
    pub fn refuse(&self, refusing: bool) {
        self.shared.treatment.send_modify(|treatment| treatment.refusing = refusing);
    }

    /// Holds the data of clients from a chunk with this text on. With `None`, the held data is
    /// passed on, even if the client has closed the connection.
    pub fn hold(&self, text: Option<&'static str>) {
        self.shared.treatment.send_modify(|treatment| treatment.hold = text);
    }

    /// Watches the number of chunks that have been held.
    #[must_use]
    pub fn held(&self) -> watch::Receiver<usize> {
        self.shared.held.subscribe()
    }

    /// Watches the number of chunks that the server has sent.
    #[must_use]
    pub fn answered(&self) -> watch::Receiver<usize> {
        self.shared.answered.subscribe()
    }

    /// Watches the number of inserts with another outcome than [`Outcome::Answered`].
    #[must_use]
    pub fn refused(&self) -> watch::Receiver<usize> {
        self.shared.refused.subscribe()
    }

    /// Watches the number of clients that have connected.
    #[must_use]
    pub fn accepted(&self) -> watch::Receiver<usize> {
        self.shared.accepted.subscribe()
    }

    /// Sets the outcome of inserts from now on.
    pub fn inserts(&self, outcome: Outcome) {
        self.shared.treatment.send_modify(|treatment| treatment.outcome = outcome);
    }

    /// Replaces a text in the data of clients by another of the same length.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    pub fn rewrite(&self, text: &'static str, by: &'static str) {
        assert_eq!(text.len(), by.len());
        self.shared.treatment.send_modify(|treatment| treatment.rewrite = Some((text, by)));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.fault(Fault::Cut);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        if shared.treatment.borrow().refusing {
            continue;
        }
        shared.accepted.send_modify(|accepted| *accepted += 1);
        let target = *shared.target.lock().unwrap_or_else(PoisonError::into_inner);
        // Subscribed before anything is awaited, so that no fault is missed.
        let pumps = [(); 2].map(|()| (shared.faults.subscribe(), shared.treatment.subscribe()));
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(target).await else { return };
            if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
                return;
            }
            let [upward, downward] = pumps;
            let (from_client, mut to_client) = client.into_split();
            let (from_server, mut to_server) = server.into_split();
            let mute = AtomicBool::new(false);
            // When one direction ends, the other is dropped. `HalfClose` closes one direction
            // without ending its pump.
            let response = tokio::select! {
                end = pump(from_client, &mut to_server, upward, &shared, &mute, true) => end,
                end = pump(from_server, &mut to_client, downward, &shared, &mute, false) => end,
            };
            if let Some(response) = response {
                // The client may have closed the connection.
                let _ = to_client.write_all(response.as_bytes()).await;
            }
        });
    }
}

/// Passes on data in one direction until it ends or a fault closes it. Returns a response that the
/// proxy must send to the client. Once `mute` is set, data from the server closes the connection.
async fn pump(
    mut from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    (mut faults, mut treatment): (broadcast::Receiver<Fault>, watch::Receiver<Treatment>),
    shared: &Shared,
    mute: &AtomicBool,
    is_upward: bool,
) -> Option<&'static str> {
    let mut buffer = vec![0; 64 * 1024];
    let (mut left, mut was_held) = (usize::MAX, false);
    loop {
        let read = tokio::select! {
            fault = faults.recv() => match fault {
                Ok(Fault::HalfClose) if is_upward => continue,
                Ok(Fault::Truncate(bytes)) => {
                    left = if is_upward { left } else { bytes };
                    continue;
                }
                Ok(Fault::TruncateUpward(bytes)) => {
                    left = if is_upward { bytes } else { left };
                    continue;
                }
                Ok(Fault::HalfClose) => {
                    let _ = to.shutdown().await;
                    // The connection to the server stays open, but its data is not read.
                    until_cut(&mut faults).await;
                    return None;
                }
                Ok(Fault::Cut) | Err(_) => return None,
            },
            read = from.read(&mut buffer) => read,
        };
        let Ok(1..) = read else {
            // The client has closed the connection while its data was held. The other direction
            // stays open, so that the server can process the data.
            if was_held {
                until_cut(&mut faults).await;
            }
            return None;
        };
        if !is_upward && mute.load(Ordering::Relaxed) {
            return None;
        }
        let length = read.unwrap_or_default().min(left);
        left -= if left == usize::MAX { 0 } else { length };
        let Treatment { delay, hold, outcome, .. } = treatment.borrow().clone();
        if is_upward && place(&buffer[..length], INSERT).is_some() {
            if outcome != Outcome::Answered {
                shared.refused.send_modify(|refused| *refused += 1);
            }
            match outcome {
                Outcome::Answered => {}
                Outcome::NotDelivered => return None,
                Outcome::Stored => mute.store(true, Ordering::Relaxed),
                Outcome::Refused(response) => return Some(response),
            }
        }
        let hold = hold.filter(|hold| is_upward && place(&buffer[..length], hold).is_some());
        let is_held = hold.is_some();
        if is_held {
            was_held = true;
            shared.held.send_modify(|held| *held += 1);
        }
        if !is_upward {
            shared.answered.send_modify(|answered| *answered += 1);
        }
        let passing = async {
            sleep(delay).await;
            let passes = |now: &Treatment| !(now.stalled || is_held && now.hold.is_some());
            let passed = treatment.wait_for(passes).await;
            passed.ok().and_then(|treatment| treatment.rewrite)
        };
        let rewrite = tokio::select! {
            rewrite = passing => rewrite,
            Ok(Fault::Cut) = faults.recv() => return None,
        };
        let chunk = &mut buffer[..length];
        if let Some((text, by)) = rewrite.filter(|_| is_upward)
            && let Some(place) = place(chunk, text)
        {
            chunk[place..place + by.len()].copy_from_slice(by.as_bytes());
        }
        if to.write_all(chunk).await.is_err() || left == 0 {
            return None;
        }
    }
}

async fn until_cut(faults: &mut broadcast::Receiver<Fault>) {
    while !matches!(faults.recv().await, Ok(Fault::Cut) | Err(RecvError::Closed)) {}
}

/// The position of a text in a chunk.
fn place(chunk: &[u8], text: &str) -> Option<usize> {
    chunk.windows(text.len()).position(|part| part == text.as_bytes())
}
