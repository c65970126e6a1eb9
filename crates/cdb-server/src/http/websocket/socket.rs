//! One open websocket.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::pin::pin;
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
use crate::events::{ObjectId, Watch};
use crate::identity::Principal;
use crate::service::{InsertOptions, Service};
use crate::storage::Array;

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
    /// Reports when the caller or a subscribed stream changes.
    watch: Watch,
}

struct OpenSubscription {
    array: Array,
    subscription: Subscription,
    number: u64,
    joined: Subscribed,
    /// The objects whose change may end it, beside the caller.
    depends_on: [ObjectId; 3],
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
        let mut watch = service.storage.changes().watch();
        principal.depends_on().for_each(|object| watch.add(object));
        Self {
            service,
            principal,
            answers,
            send_queue: Arc::default(),
            subscriptions: HashMap::new(),
            numbers: HashSet::new(),
            last_number: 0,
            watch,
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
        let sockets = &service.sockets;
        let mut stop = sockets.stop.clone();
        let mut session_expired = pin!(service.session_expired(self.principal.clone()));
        let mut ping = interval_at(Instant::now() + sockets.ping, sockets.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let changed = self.watch.take_changed();
            self.check_again(&changed).await?;
            tokio::select! {
                frame = socket.next() => {
                    heard = Instant::now();
                    self.take(frame.ok_or(End::Gone)??).await?;
                }
                () = self.send_queue.filled() => {
                    timeout(sockets.idle_timeout(), self.send(socket)).await.map_err(|_| End::Gone)??;
                }
                changed = self.watch.changed() => self.check_again(&changed).await?,
                () = &mut session_expired => {
                    return Err(End::because(close_code::POLICY, "The session has ended."));
                }
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
            // Nothing is sent that may not be read any more.
            let changed = self.watch.take_changed();
            self.check_again(&changed).await?;
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
                self.remove(&(arg, transform));
            }
            Command::UnsubscribeAll => {
                let keys: Vec<_> = self.subscriptions.keys().cloned().collect();
                for key in keys {
                    self.remove(&key);
                }
            }
            Command::Insert { arg, d } => {
                let body = Bytes::from(String::from(Box::<str>::from(d)));
                let how = InsertOptions { to_downlink: false, restamp: true, index: None };
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
        let found = loop {
            let version = self.service.storage.changes().now();
            let found = self.service.subscribable(&self.principal, &key.0).await?;
            found.depends_on.iter().for_each(|object| self.watch.add(*object));
            // A change before it was watched would not be reported.
            if !self.service.storage.changes().changed_since(version, found.depends_on) {
                break found;
            }
            found.depends_on.iter().for_each(|object| self.watch.remove(*object));
        };
        let script = self.service.compile(&self.principal, Some(key.1.clone())).await?;
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
        let depends_on = found.depends_on;
        let open = OpenSubscription { array, subscription, number, joined, depends_on };
        self.subscriptions.insert(key, open);
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

    /// Ends what is not allowed any more since these objects have changed.
    async fn check_again(&mut self, changed: &HashSet<ObjectId>) -> Result<(), End> {
        if changed.is_empty() {
            return Ok(());
        }
        let other_principal = self.principal.depends_on().any(|object| changed.contains(&object));
        if other_principal {
            let renewed = self.service.renew(&self.principal).await?;
            self.principal = renewed.ok_or_else(|| {
                End::because(close_code::POLICY, "What was used to log in is not valid any more.")
            })?;
        }
        let mut ended = Vec::new();
        for (key, OpenSubscription { array, depends_on, .. }) in &self.subscriptions {
            if !other_principal && !depends_on.iter().any(|object| changed.contains(object)) {
                continue;
            }
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

    /// Forgets a subscription.
    fn remove(&mut self, key: &(DataPath, String)) -> bool {
        let Some(removed) = self.subscriptions.remove(key) else { return false };
        self.numbers.remove(&removed.number);
        removed.depends_on.iter().for_each(|object| self.watch.remove(*object));
        true
    }

    fn end(&mut self, key: (DataPath, String), ended: ServerError) {
        if self.remove(&key) {
            let (stream, transform) = key;
            self.answer(&Ended { stream, transform, ended });
        }
    }
}
