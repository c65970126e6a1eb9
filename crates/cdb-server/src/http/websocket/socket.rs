//! One open websocket.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use bytes::Bytes;
use cdb_types::websocket::{Answer, Command, CommandError, Ended, Request, Subscribed};
use cdb_types::{DataPath, ErrorKind, ServerError};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use crate::api_error::ApiError;
use crate::bus::{Frame, SendQueue, SubscribeRequest, Subscription};
use crate::identity::Principal;
use crate::query::script;
use crate::service::{Appending, Service};
use crate::storage::sqlite::Array;

/// How many subscriptions one socket may have.
const MAX_SUBSCRIPTIONS: usize = 10_000;

/// How long a client may take to hear that the socket is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A websocket, who has it, and what it is told of.
pub(super) struct Socket {
    service: Arc<Service>,
    principal: Principal,
    /// Whether the client asked for answers.
    answers: bool,
    send_queue: Arc<SendQueue>,
    subscriptions: HashMap<(DataPath, String), OpenSubscription>,
    /// Their numbers: what is in the outbox for any other is not sent.
    numbers: HashSet<u64>,
    last_number: u64,
    /// The store's generation at which principal and subscriptions were last looked at.
    generation: u64,
}

struct OpenSubscription {
    array: Array,
    subscription: Subscription,
    number: u64,
    joined: Subscribed,
}

/// Why a socket ends.
enum End {
    /// The client has closed it, or is gone.
    Gone,
    /// The server closes it.
    Close(Option<CloseFrame>),
}

impl End {
    fn because(code: u16, reason: &'static str) -> Self {
        Self::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
    }
}

impl From<axum::Error> for End {
    fn from(error: axum::Error) -> Self {
        tracing::debug!(%error, "a websocket broke");
        Self::Gone
    }
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        error.into_server_error();
        Self::because(close_code::ERROR, "The server could not do this.")
    }
}

impl Socket {
    pub(super) fn new(service: Arc<Service>, principal: Principal, answers: bool) -> Self {
        let generation = service.store.generation();
        Self {
            service,
            principal,
            answers,
            send_queue: Arc::default(),
            subscriptions: HashMap::new(),
            numbers: HashSet::new(),
            last_number: 0,
            generation,
        }
    }

    pub(super) async fn run(mut self, mut socket: WebSocket) {
        let Err(end) = self.serve(&mut socket).await;
        tracing::debug!(principal = %self.principal, "a websocket ends");
        if let End::Close(frame) = end {
            let close = async {
                socket.send(Message::Close(frame)).await?;
                // Until the client has closed it too, or it breaks.
                while let Some(Ok(_)) = socket.next().await {}
                Ok::<(), axum::Error>(())
            };
            if !matches!(timeout(CLOSE_TIMEOUT, close).await, Ok(Ok(()))) {
                tracing::debug!("a client did not hear that its websocket is closed");
            }
        }
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> Result<Infallible, End> {
        let service = Arc::clone(&self.service);
        let (sockets, generations) = (&service.sockets, service.store.generations());
        let mut stop = sockets.stop.clone();
        let mut ping = interval_at(Instant::now() + sockets.ping, sockets.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let changed = generations.changed();
            self.look_again().await?;
            tokio::select! {
                frame = socket.next() => {
                    heard = Instant::now();
                    self.take(frame.ok_or(End::Gone)??).await?;
                }
                () = self.send_queue.filled() => {
                    timeout(sockets.idle_timeout(), self.send(socket)).await.map_err(|_| End::Gone)??;
                }
                () = changed => {}
                _ = ping.tick() => {
                    let sent = timeout(sockets.idle_timeout(), socket.send(Message::Ping(Bytes::new())));
                    sent.await.map_err(|_| End::Gone)??;
                }
                () = sleep_until(heard + sockets.idle_timeout()) => return Err(End::Gone),
                // Also when the server is dropped.
                _ = stop.changed() => {
                    return Err(End::because(close_code::RESTART, "The server stops."));
                }
            }
        }
    }

    /// Sends what waits.
    async fn send(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        loop {
            let taken = self.send_queue.try_take();
            let slow = |_| End::because(close_code::AGAIN, "What was sent has not been read.");
            let Some(Frame { subscription, text }) = taken.map_err(slow)? else { break };
            // Nothing is told that may not be heard any more.
            self.look_again().await?;
            if subscription.is_none_or(|number| self.numbers.contains(&number)) {
                socket.feed(Message::Text(text)).await?;
            }
        }
        Ok(socket.flush().await?)
    }

    /// Takes a frame.
    async fn take(&mut self, frame: Message) -> Result<(), End> {
        let malformed = || End::Close(None);
        let text = match &frame {
            Message::Text(text) => text.as_str(),
            Message::Binary(bytes) => std::str::from_utf8(bytes).map_err(|_| malformed())?,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        let Request { id, command } = Request::parse(text).map_err(|_| malformed())?;
        if let Err(error) = self.follow(id, command).await {
            let error = Some(error.into_server_error());
            self.answer(&Answer { id, joined: None, error });
        }
        Ok(())
    }

    /// Follows a command, and answers it.
    async fn follow(
        &mut self,
        id: u64,
        command: Result<Command, CommandError>,
    ) -> Result<(), ApiError> {
        let command = command.map_err(|error| match error {
            CommandError::Path(_) => ApiError::forbidden(),
            error => ApiError::bad_request(error.to_string()),
        })?;
        match command {
            Command::Subscribe { arg, transform } => {
                return self.subscribe(id, arg, transform).await;
            }
            Command::Unsubscribe { arg, transform } => {
                if let Some(ended) = self.subscriptions.remove(&(arg, transform)) {
                    self.numbers.remove(&ended.number);
                }
            }
            Command::UnsubscribeAll => {
                self.subscriptions.clear();
                self.numbers.clear();
            }
            Command::Insert { arg, d } => {
                let body = Bytes::from(String::from(Box::<str>::from(d)));
                let how = Appending { to_downlink: false, restamp: true, index: None };
                self.service.insert(&self.principal, &arg, how, body).await?;
            }
            _ => return Err(ApiError::bad_request("This command is not known here.")),
        }
        self.answer(&Answer { id, joined: None, error: None });
        Ok(())
    }

    async fn subscribe(
        &mut self,
        id: u64,
        path: DataPath,
        transform: String,
    ) -> Result<(), ApiError> {
        let key = (path, transform);
        if let Some(OpenSubscription { subscription, joined, .. }) = self.subscriptions.get(&key) {
            subscription.repeat(|index| self.joined(id, joined, index).1);
            return Ok(());
        }
        if self.subscriptions.len() == MAX_SUBSCRIPTIONS {
            return Err(ApiError::new(
                403,
                ErrorKind::Limit,
                format!(
                    "More than {MAX_SUBSCRIPTIONS} subscriptions of one connection are disabled."
                ),
            ));
        }
        let found = self.service.subscribable(&self.principal, &key.0).await?;
        let script = script(Some(&key.1))?;
        let stateless = script.as_ref().is_none_or(cdb_pipescript::Script::is_stateless);
        let index = (!found.ephemeral).then_some(0);
        let mut joined = Subscribed { index, incarnation: found.array.stream, stateless };
        self.last_number += 1;
        let number = self.last_number;
        let request = SubscribeRequest {
            array: found.array,
            path: key.0.clone(),
            script,
            send_queue: Arc::clone(&self.send_queue),
            number,
            detailed: self.answers,
        };
        let bus = self.service.bus.clone();
        let begun = bus.subscribe(request, |index| {
            let (now, answer) = self.joined(id, &joined, index);
            joined = now;
            answer
        });
        let subscription = begun.await?;
        let array = found.array;
        self.numbers.insert(number);
        self.subscriptions.insert(key, OpenSubscription { array, subscription, number, joined });
        Ok(())
    }

    /// The answer to a subscription that begins at an index.
    fn joined(&self, id: u64, joined: &Subscribed, index: u64) -> (Subscribed, Option<Frame>) {
        let joined = Subscribed { index: joined.index.map(|_| index), ..joined.clone() };
        let answer = Answer { id, joined: Some(joined.clone()), error: None };
        (joined, self.frame(&answer))
    }

    /// Answers a client that asked for answers.
    fn answer(&self, answer: &impl Serialize) {
        if let Some(frame) = self.frame(answer) {
            self.send_queue.push(frame);
        }
    }

    fn frame(&self, message: &impl Serialize) -> Option<Frame> {
        let text = self.answers.then(|| serde_json::to_string(message).ok())??;
        Some(Frame { subscription: None, text: (text + "\n").into() })
    }

    /// Ends what is not allowed any more since users, devices or streams have changed.
    async fn look_again(&mut self) -> Result<(), End> {
        let generation = self.service.store.generation();
        if generation == self.generation {
            return Ok(());
        }
        self.generation = generation;
        let renewed = self.service.renew(&self.principal).await?;
        self.principal = renewed.ok_or_else(|| {
            End::because(close_code::POLICY, "What was used to log in is not valid any more.")
        })?;
        let mut ended = Vec::new();
        for (key, OpenSubscription { array, .. }) in &self.subscriptions {
            match self.service.subscribable(&self.principal, &key.0).await {
                Ok(found) if found.array == *array => {}
                Ok(_) => ended.push((key.clone(), ApiError::forbidden())),
                Err(error) => ended.push((key.clone(), error)),
            }
        }
        for (key, error) in ended {
            self.end(key, error.into_server_error());
        }
        Ok(())
    }

    fn end(&mut self, key: (DataPath, String), ended: ServerError) {
        if let Some(subscribed) = self.subscriptions.remove(&key) {
            self.numbers.remove(&subscribed.number);
            let (stream, transform) = key;
            self.answer(&Ended { stream, transform, ended });
        }
    }
}
