//! A proxy between a client and a server.

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

/// What happens to all connections that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// They end, in both directions.
    Cut,
    /// The client hears that the server will send nothing more, but can go on sending.
    HalfClose,
    /// Of what the server sends next, only so many bytes come through before the end.
    Truncate(usize),
    /// Of what the client sends next, only so many bytes come through before the end.
    TruncateUpward(usize),
}

/// What becomes of inserts that clients send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// They arrive, and so do their answers.
    #[default]
    Answered,
    /// They do not arrive: the connection ends.
    NotDelivered,
    /// They arrive and are stored; the connection ends before the answer.
    Stored,
    /// They do not arrive: this proxy answers by itself, with this whole HTTP response.
    Refused(&'static str),
}

/// How an insert begins.
const INSERT: &str = "POST /api/v1/crud/";

/// How connections are treated until something else is said.
#[derive(Debug, Clone, Default)]
struct Treatment {
    /// What becomes of inserts.
    outcome: Outcome,
    /// How long each piece takes.
    delay: Duration,
    /// Whether nothing comes through, while everything stays open.
    stalled: bool,
    /// Whether nobody is let in.
    refusing: bool,
    /// What holds up the piece of what a client sends in which it is, and all after it.
    hold: Option<&'static str>,
    /// What is written over in what clients send, by something as long.
    rewrite: Option<(&'static str, &'static str)>,
}

/// A proxy on a port of its own. It ends when it is dropped.
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
    /// How many pieces of clients have been held up.
    held: watch::Sender<usize>,
    /// How many pieces have come from the server.
    answered: watch::Sender<usize>,
    /// How many inserts have had another outcome than an answer.
    refused: watch::Sender<usize>,
    /// How many clients have connected.
    accepted: watch::Sender<usize>,
}

impl Proxy {
    /// Begins to stand between clients and a server.
    ///
    /// # Errors
    /// When no port is free.
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

    /// Where clients find it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads new connections to another server.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.shared.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// Does something to all connections that are open.
    pub fn fault(&self, fault: Fault) {
        // There may be none.
        let _ = self.shared.faults.send(fault);
    }

    /// Holds each piece back for so long.
    pub fn delay(&self, delay: Duration) {
        self.shared.treatment.send_modify(|treatment| treatment.delay = delay);
    }

    /// Lets nothing through, while everything stays open, until it is told otherwise.
    pub fn stall(&self, stalled: bool) {
        self.shared.treatment.send_modify(|treatment| treatment.stalled = stalled);
    }

    /// Lets nobody in, until it is told otherwise.
    pub fn refuse(&self, refusing: bool) {
        self.shared.treatment.send_modify(|treatment| treatment.refusing = refusing);
    }

    /// Holds up what clients send from a text on, until it is told otherwise: it arrives then, also if
    /// the client has given up.
    pub fn hold(&self, text: Option<&'static str>) {
        self.shared.treatment.send_modify(|treatment| treatment.hold = text);
    }

    /// How often something has been held up, now and whenever that changes.
    #[must_use]
    pub fn held(&self) -> watch::Receiver<usize> {
        self.shared.held.subscribe()
    }

    /// How many pieces the server has sent, now and whenever that changes.
    #[must_use]
    pub fn answered(&self) -> watch::Receiver<usize> {
        self.shared.answered.subscribe()
    }

    /// How many inserts have had another outcome than an answer, now and whenever that changes.
    #[must_use]
    pub fn refused(&self) -> watch::Receiver<usize> {
        self.shared.refused.subscribe()
    }

    /// How many clients have connected, now and whenever that changes.
    #[must_use]
    pub fn accepted(&self) -> watch::Receiver<usize> {
        self.shared.accepted.subscribe()
    }

    /// Decides what becomes of inserts, until it is told otherwise.
    pub fn inserts(&self, outcome: Outcome) {
        self.shared.treatment.send_modify(|treatment| treatment.outcome = outcome);
    }

    /// Writes over a text in what clients send, by another that is as long.
    ///
    /// # Panics
    /// When it is not.
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
        // Before anything is awaited, so that no fault is overheard.
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
            // When one direction ends, so does the other, but for a half that was closed.
            let response = tokio::select! {
                end = pump(from_client, &mut to_server, upward, &shared, &mute, true) => end,
                end = pump(from_server, &mut to_client, downward, &shared, &mute, false) => end,
            };
            if let Some(response) = response {
                // The client may be gone.
                let _ = to_client.write_all(response.as_bytes()).await;
            }
        });
    }
}

/// Passes on what one side sends to the other, until the end or a fault. Gives what the client is to
/// be told by the proxy itself. Nothing is passed down once the connection is mute.
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
                    // Nobody hears it, but the server is not told.
                    until_cut(&mut faults).await;
                    return None;
                }
                Ok(Fault::Cut) | Err(_) => return None,
            },
            read = from.read(&mut buffer) => read,
        };
        let Ok(1..) = read else {
            // A server that was kept waiting is let answer, though the client has given up.
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
        let piece = &mut buffer[..length];
        if let Some((text, by)) = rewrite.filter(|_| is_upward)
            && let Some(place) = place(piece, text)
        {
            piece[place..place + by.len()].copy_from_slice(by.as_bytes());
        }
        if to.write_all(piece).await.is_err() || left == 0 {
            return None;
        }
    }
}

async fn until_cut(faults: &mut broadcast::Receiver<Fault>) {
    while !matches!(faults.recv().await, Ok(Fault::Cut) | Err(RecvError::Closed)) {}
}

/// Where a text is in a piece.
fn place(piece: &[u8], text: &str) -> Option<usize> {
    piece.windows(text.len()).position(|part| part == text.as_bytes())
}
