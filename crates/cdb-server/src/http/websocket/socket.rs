//! One open websocket: commands come in, messages go out, at the same time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cdb_types::websocket::{Answer, Command, CommandError, Request};
use futures_util::StreamExt;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::incoming::Received;
use super::ping_pace::PingPace;
use super::sender::{Liveness, Sender};
use super::subscriptions::{Answers, Subscriptions};
use super::upgrade::{Opened, WebSocketSource};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::service::{InsertOptions, Service};
use crate::storage::ReadError;
use crate::topics::{CatchUp, Next, SendQueue};

/// The timeout for sending the close frame, and for the client's answer to it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A websocket of a caller.
pub(super) struct Socket {
    service: Arc<Service>,
    answers: Answers,
    send_queue: Arc<SendQueue>,
    /// Locked while a subscription begins, ends or is checked, but not while anything is sent or
    /// inserted.
    subscriptions: Mutex<Subscriptions>,
    /// The caller as it was when the socket was opened.
    principal: Principal,
    /// Pongs are to be sent.
    pongs: Notify,
    liveness: Liveness,
}

/// Why a socket ends.
pub(super) enum End {
    /// The client has closed it, or the connection is lost.
    Gone,
    /// The server closes it.
    Close(Option<CloseFrame>),
}

impl End {
    pub(super) fn because(code: CloseCode, reason: &'static str) -> Self {
        Self::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        tracing::debug!(%error, "a websocket is lost");
        Self::Gone
    }
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        error.into_server_error();
        Self::because(CloseCode::Error, "The server could not do this.")
    }
}

impl Socket {
    pub(super) fn new(service: Arc<Service>, principal: Principal, answers: bool) -> Self {
        let send_queue = Arc::new(SendQueue::new(service.limits.websocket_queue_bytes));
        let answers = Answers::new(answers, Arc::clone(&send_queue));
        let subscriptions = Mutex::new(Subscriptions::new(
            Arc::clone(&service),
            principal.clone(),
            answers.clone(),
        ));
        let (pongs, liveness) = (Notify::new(), Liveness::default());
        Self { service, answers, send_queue, subscriptions, principal, pongs, liveness }
    }

    pub(super) async fn run(&self, Opened { sink, mut source, received }: Opened) {
        let sockets = &self.service.sockets;
        let mut stop = sockets.stop.clone();
        let mut sender = Sender::new(sink, sockets.idle_timeout(), &self.liveness);
        let end = tokio::select! {
            Err(end) = self.receive(&mut source, &received) => end,
            Err(end) = self.transmit(&mut sender) => end,
            Err(end) = self.recheck() => end,
            () = self.service.session_expired(self.principal.clone()) => {
                End::because(CloseCode::Policy, "The session has ended.")
            }
            // Also when the server is dropped.
            _ = stop.changed() => End::because(CloseCode::Restart, "The server stops."),
        };
        let End::Close(frame) = end else { return };
        if sender.close(Message::Close(frame), CLOSE_TIMEOUT).await.is_err() {
            tracing::debug!("the close frame of a websocket could not be sent in time");
            return;
        }
        // Until the client has closed it too, or the connection is lost.
        let closed = async { while let Some(Ok(_)) = source.next().await {} };
        if timeout(CLOSE_TIMEOUT, closed).await.is_err() {
            tracing::debug!("a client has not closed its websocket in time");
        }
    }

    /// Carries out commands, one after the other.
    async fn receive(
        &self,
        source: &mut WebSocketSource,
        received: &Received,
    ) -> Result<Infallible, End> {
        let idle_timeout = self.service.sockets.idle_timeout();
        let mut pings = PingPace::default();
        loop {
            self.send_queue.answers_taken().await;
            let deadline = self.liveness.deadline(idle_timeout);
            let Ok(frame) = timeout_at(deadline, source.next()).await else {
                if self.liveness.deadline(idle_timeout) <= Instant::now() {
                    return Err(End::because(CloseCode::Again, "The client does not answer."));
                }
                continue;
            };
            let frame = frame.ok_or(End::Gone)??;
            received.message();
            self.liveness.heard();
            match frame {
                Message::Text(text) => Box::pin(self.handle(text.as_str())).await?,
                Message::Binary(bytes) => match std::str::from_utf8(&bytes) {
                    Ok(text) => Box::pin(self.handle(text)).await?,
                    Err(_) => return Err(End::Close(None)),
                },
                Message::Ping(_) => {
                    self.pongs.notify_one();
                    pings.keep().await;
                }
                Message::Close(_) => return Err(End::Gone),
                Message::Pong(_) | Message::Frame(_) => pings.keep().await,
            }
        }
    }

    /// Carries out a command, and answers it.
    async fn handle(&self, text: &str) -> Result<(), End> {
        // Many commands may have been read at once, but others do not wait for all of them.
        tokio::task::yield_now().await;
        let Ok(Request { id, command }) = Request::parse(text) else {
            return Err(End::Close(None));
        };
        // The time that this takes is not the client's.
        let result = self.follow(id, command).await;
        self.liveness.heard();
        match result? {
            Ok(Done::Answered) => {}
            Ok(Done::NotAnswered) => self.answers.push(&Answer { id, joined: None, error: None }),
            Err(error) => {
                let error = Some(error.into_server_error());
                self.answers.push(&Answer { id, joined: None, error });
            }
        }
        Ok(())
    }

    async fn follow(
        &self,
        id: u64,
        command: Result<Command, CommandError>,
    ) -> Result<Result<Done, ApiError>, End> {
        let command = match command {
            Ok(command) => command,
            Err(CommandError::Path(_)) => return Ok(Err(ApiError::forbidden())),
            Err(error) => return Ok(Err(ApiError::bad_request(error.to_string()))),
        };
        let mut subscriptions = self.subscriptions.lock().await;
        let principal = subscriptions.principal().await?.clone();
        Ok(match command {
            Command::Subscribe { arg, transform } => {
                subscriptions.subscribe(id, arg, transform).await.map(|()| Done::Answered)
            }
            Command::Unsubscribe { arg, transform } => {
                subscriptions.unsubscribe(&(arg, transform));
                Ok(Done::NotAnswered)
            }
            Command::UnsubscribeAll => {
                subscriptions.unsubscribe_all();
                Ok(Done::NotAnswered)
            }
            Command::Insert { arg, d } => {
                drop(subscriptions);
                let body = Bytes::from(String::from(Box::<str>::from(d)));
                let how = InsertOptions { to_downlink: false, restamp: true, index: None };
                self.service.insert(&principal, &arg, how, body).await.map(|_| Done::NotAnswered)
            }
            _ => Err(ApiError::bad_request("This command is not known here.")),
        })
    }

    /// Sends what waits, and pings the client.
    async fn transmit(&self, sender: &mut Sender<'_>) -> Result<Infallible, End> {
        let every = self.service.sockets.ping;
        let mut ping = interval_at(Instant::now() + every, every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            match self.send_queue.try_next() {
                Some(Next::Send(frame)) => {
                    if self.may_send(frame.subscription).await? {
                        sender.send(frame.text.bytes()).await?;
                    }
                }
                Some(Next::CatchUp(number)) => Box::pin(self.catch_up(number, sender)).await?,
                None => {
                    sender.flush().await?;
                    tokio::select! {
                        () = self.send_queue.filled() => {}
                        () = self.pongs.notified() => {}
                        _ = ping.tick() => sender.ping().await?,
                    }
                }
            }
        }
    }

    /// Sends the next message of what a subscription has missed.
    async fn catch_up(&self, number: u64, sender: &mut Sender<'_>) -> Result<(), End> {
        let Some(subscription) = self.subscriptions.lock().await.get(number) else {
            return Ok(());
        };
        match subscription.catch_up().await {
            Ok(CatchUp::Done) => {}
            // A client that knows its position notices what it has missed when it connects again.
            Ok(CatchUp::Lost) if self.answers.are_wanted() => {
                let reason = "Messages that cannot be repeated were not read in time.";
                return Err(End::because(CloseCode::Again, reason));
            }
            Ok(CatchUp::Lost) => tracing::debug!("a subscriber has missed messages"),
            Ok(CatchUp::More(text)) => {
                // Other subscriptions come first.
                self.send_queue.push_behind(number);
                if let Some(text) = text
                    && self.may_send(Some(number)).await?
                {
                    sender.send(text.bytes()).await?;
                }
            }
            // The array was cleared or deleted. An event, or the end of the subscription, follows.
            Err(ReadError::Gone) => {}
            Err(error) => return Err(ApiError::from(error).into()),
        }
        Ok(())
    }

    /// Returns whether a message of a subscription may be sent, or an answer.
    async fn may_send(&self, subscription: Option<u64>) -> Result<bool, End> {
        match subscription {
            Some(number) => self.subscriptions.lock().await.may_send(number).await,
            None => Ok(true),
        }
    }

    /// Ends what is not allowed any more, whenever something has changed.
    async fn recheck(&self) -> Result<Infallible, End> {
        let rechecks = &self.service.sockets.rechecks;
        loop {
            let turn = rechecks.acquire().await;
            let Ok(mut subscriptions) = self.subscriptions.try_lock() else {
                // Others do not wait for what this socket does.
                drop(turn);
                drop(self.subscriptions.lock().await);
                continue;
            };
            let changed = subscriptions.check_next().await?;
            drop((subscriptions, turn));
            if let Some(changed) = changed {
                changed.await;
            }
        }
    }
}

/// A command that was carried out.
enum Done {
    Answered,
    NotAnswered,
}
