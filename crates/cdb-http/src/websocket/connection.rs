//! The exchange of frames over one open websocket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cdb_types::endpoint::Length;
use cdb_types::websocket::{Answer, Command, Ended, Event, ReplacedMessage, Request, UnknownEvent};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream};
use futures_util::{FutureExt, SinkExt, StreamExt};
use reqwest::Upgraded;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::Topic;
use super::actor::{SubscriptionRequest, Topics, notify, remove_subscriber};
use super::handshake::Opened;
use super::queue::{Batch, Queue};
use crate::error::{Cause, CloseReason};
use crate::{Error, ProtocolError, Session};

/// The timeout for sending the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum number of streams that are checked at the same time before a subscription.
const MAX_CHECKS: usize = 8;

/// The reason for which a connection has ended.
pub(super) enum End {
    /// There are no subscriptions any more.
    Unused,
    /// The connection is lost.
    Broken(Error),
}

impl<E: Into<Error>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// One open websocket.
pub(super) struct Connection<'s> {
    session: &'s Session,
    /// The time without a frame after which the connection counts as lost.
    idle_timeout: Duration,
    /// Whether the server sends answers to commands.
    answers: bool,
    last_id: u64,
    /// The commands that are not answered yet, by their numbers.
    pending: BTreeMap<u64, Pending>,
    /// The time of the last frame of the server.
    last_frame: Instant,
    /// Whether a ping was sent since then.
    ping_sent: bool,
    /// The checks that precede the subscriptions on a server that does not answer commands.
    checks: FuturesUnordered<BoxFuture<'s, CheckedTopic>>,
    /// Limits the number of checks that run at the same time.
    check_permits: Arc<Semaphore>,
}

/// A command that is not answered yet.
struct Pending {
    since: Instant,
    purpose: Purpose,
}

enum Purpose {
    Subscribe(Topic, Arc<Queue>),
    Unsubscribe(Option<oneshot::Sender<()>>),
}

/// The result of a check whether a stream may be read.
struct CheckedTopic {
    topic: Topic,
    queue: Arc<Queue>,
    length: Result<u64, Error>,
}

type Outgoing = mpsc::UnboundedSender<Message>;

impl<'s> Connection<'s> {
    pub(super) fn new(session: &'s Session, idle_timeout: Duration) -> Self {
        Self {
            session,
            idle_timeout,
            answers: false,
            last_id: 0,
            pending: BTreeMap::new(),
            last_frame: Instant::now(),
            ping_sent: false,
            checks: FuturesUnordered::new(),
            check_permits: Arc::new(Semaphore::new(MAX_CHECKS)),
        }
    }

    /// Subscribes to all topics, passes events to subscribers and carries out requests, until the
    /// connection is lost or there are no subscriptions any more.
    pub(super) async fn run(
        mut self,
        opened: Opened,
        topics: &mut Topics,
        requests: &mut mpsc::UnboundedReceiver<SubscriptionRequest>,
    ) -> End {
        self.answers = opened.answers;
        let (sink, mut frames) = opened.socket.split();
        let (outgoing, written) = mpsc::unbounded_channel();
        for (topic, queues) in &*topics {
            for queue in queues {
                self.subscribe(topic.clone(), Arc::clone(queue), &outgoing);
            }
        }
        let mut writing = std::pin::pin!(write(sink, written));
        let end = tokio::select! {
            Err(error) = &mut writing => return error.into(),
            end = self.listen(&mut frames, topics, requests, &outgoing) => end,
        };
        if let End::Unused = end {
            drop(outgoing);
            if !matches!(timeout(CLOSE_TIMEOUT, writing).await, Ok(Ok(()))) {
                tracing::debug!("the close frame of the websocket could not be sent in time");
            }
        }
        end
    }

    async fn listen(
        &mut self,
        frames: &mut SplitStream<WebSocketStream<Upgraded>>,
        topics: &mut Topics,
        requests: &mut mpsc::UnboundedReceiver<SubscriptionRequest>,
        outgoing: &Outgoing,
    ) -> End {
        loop {
            if topics.is_empty() && self.pending.is_empty() {
                return End::Unused;
            }
            let deadline = self.deadline();
            let result = tokio::select! {
                frame = frames.next() => match frame {
                    Some(Ok(frame)) => self.on_frame(frame, topics),
                    Some(Err(error)) => Err(error.into()),
                    None => Err(Cause::Closed(CloseReason(None)).into()),
                },
                request = requests.recv() => match request {
                    Some(request) => {
                        self.handle(request, topics, outgoing);
                        Ok(())
                    }
                    None => return End::Unused,
                },
                Some(checked) = self.checks.next() => {
                    self.on_checked(checked, topics, outgoing);
                    Ok(())
                }
                () = sleep_until(deadline) => self.on_deadline(outgoing),
            };
            if let Err(error) = result {
                return End::Broken(error);
            }
        }
    }

    fn handle(&mut self, request: SubscriptionRequest, topics: &mut Topics, outgoing: &Outgoing) {
        match request {
            SubscriptionRequest::Subscribe { topic, queue } => {
                topics.entry(topic.clone()).or_default().push(Arc::clone(&queue));
                self.subscribe(topic, queue, outgoing);
            }
            SubscriptionRequest::Unsubscribe { topic, queue, done } => {
                if remove_subscriber(topics, &topic, &queue) {
                    let Topic { path, transform } = topic;
                    let command = Command::Unsubscribe { arg: path, transform };
                    self.command(command, Purpose::Unsubscribe(done), outgoing);
                } else {
                    notify(done);
                }
            }
        }
    }

    /// Sends a subscription. This is also done if the topic has another subscriber already, because
    /// the answer contains the index from which on this subscriber receives datapoints.
    fn subscribe(&mut self, topic: Topic, queue: Arc<Queue>, outgoing: &Outgoing) {
        if self.answers {
            self.send_subscribe(topic, queue, outgoing);
            return;
        }
        // After the original server has refused a subscription, it ignores all later ones on the
        // connection. So check beforehand whether the stream may be read.
        let (session, check_permits) = (self.session, Arc::clone(&self.check_permits));
        let check = async move {
            let _permit = check_permits.acquire().await;
            let (stream, downlink) = (&topic.path.stream, topic.path.downlink);
            let length = session.call(&Length { stream, downlink }).await;
            CheckedTopic { topic, queue, length }
        };
        self.checks.push(check.boxed());
    }

    fn on_checked(&mut self, checked: CheckedTopic, topics: &mut Topics, outgoing: &Outgoing) {
        let CheckedTopic { topic, queue, length } = checked;
        let queues = topics.get(&topic);
        if !queues.is_some_and(|queues| queues.iter().any(|other| Arc::ptr_eq(other, &queue))) {
            return;
        }
        match length {
            Ok(_) => self.send_subscribe(topic, queue, outgoing),
            Err(error) => {
                remove_subscriber(topics, &topic, &queue);
                queue.end(&Arc::new(error));
            }
        }
    }

    fn send_subscribe(&mut self, topic: Topic, queue: Arc<Queue>, outgoing: &Outgoing) {
        let Topic { path, transform } = topic.clone();
        let command = Command::Subscribe { arg: path, transform };
        self.command(command, Purpose::Subscribe(topic, queue), outgoing);
    }

    /// Sends a command. If the server does not answer commands, a ping with the number of the
    /// command follows: its pong shows that the command was carried out.
    fn command(&mut self, command: Command, purpose: Purpose, outgoing: &Outgoing) {
        self.last_id += 1;
        let id = self.last_id;
        self.pending.insert(id, Pending { since: Instant::now(), purpose });
        let Ok(text) = serde_json::to_string(&Request { id, command }) else { return };
        // This fails only if the writer has ended. Then the connection is lost.
        let _ = outgoing.send(Message::text(text));
        if !self.answers {
            let _ = outgoing.send(Message::Ping(Bytes::from(id.to_string())));
        }
    }

    fn on_frame(&mut self, frame: Message, topics: &mut Topics) -> Result<(), Error> {
        self.last_frame = Instant::now();
        self.ping_sent = false;
        match frame {
            Message::Text(text) => self.on_text(&text, topics),
            Message::Pong(id) if !self.answers => {
                let id = std::str::from_utf8(&id).ok().and_then(|id| id.parse().ok());
                while let Some(first) = self.pending.first_entry() {
                    if id.is_none_or(|id: u64| *first.key() > id) {
                        break;
                    }
                    complete(first.remove().purpose, None, topics);
                }
                Ok(())
            }
            Message::Close(frame) => Err(Cause::Closed(CloseReason(frame)).into()),
            _ => Ok(()),
        }
    }

    fn on_text(&mut self, text: &str, topics: &mut Topics) -> Result<(), Error> {
        match Event::parse(text) {
            Ok(Event::Message(message)) => {
                let topic = Topic { path: message.stream, transform: message.transform };
                let Some(queues) = topics.get(&topic) else { return Ok(()) };
                let (index, end) = (message.index, message.end);
                let batch = Arc::new(Batch { data: message.data, index, end });
                queues.iter().for_each(|queue| queue.push(&batch));
            }
            Ok(Event::Answer(answer)) => {
                if let Some(pending) = self.pending.remove(&answer.id) {
                    complete(pending.purpose, Some(answer), topics);
                }
            }
            Ok(Event::Ended(Ended { stream, transform, ended })) => {
                let why = Arc::new(Error::from_server(ended));
                let topic = Topic { path: stream, transform };
                topics.remove(&topic).iter().flatten().for_each(|queue| queue.end(&why));
            }
            Ok(Event::Replaced(ReplacedMessage { stream, transform, replaced })) => {
                let queues = topics.get(&Topic { path: stream, transform });
                queues.into_iter().flatten().for_each(|queue| queue.replaced(&replaced));
            }
            Ok(_) | Err(UnknownEvent::Kind) => tracing::debug!("ignoring an unknown event"),
            Err(_) => return Err(ProtocolError::InvalidFrame.into()),
        }
        Ok(())
    }

    /// Returns the time of the next timeout: that of a ping, of the connection or of a command.
    fn deadline(&self) -> Instant {
        let limit = if self.ping_sent { self.idle_timeout } else { self.idle_timeout / 2 };
        let idle_deadline = self.last_frame + limit;
        match self.pending.first_key_value() {
            Some((_, oldest)) => idle_deadline.min(oldest.since + self.session.timeout()),
            None => idle_deadline,
        }
    }

    /// Handles a timeout: sends a ping, or returns an error if one was sent already or a command
    /// was not answered in time.
    fn on_deadline(&mut self, outgoing: &Outgoing) -> Result<(), Error> {
        if self.ping_sent || self.last_frame.elapsed() < self.idle_timeout / 2 {
            return Err(Cause::TimedOut.into());
        }
        self.ping_sent = true;
        let _ = outgoing.send(Message::Ping(Bytes::new()));
        Ok(())
    }
}

/// Completes a command that was answered. `answer` is `None` if the server does not send answers.
fn complete(purpose: Purpose, answer: Option<Answer>, topics: &mut Topics) {
    match purpose {
        Purpose::Subscribe(topic, queue) => {
            let (joined, error) = answer.map(|it| (it.joined, it.error)).unwrap_or_default();
            match error {
                None => queue.subscribed(joined),
                Some(refused) => {
                    remove_subscriber(topics, &topic, &queue);
                    queue.end(&Arc::new(Error::from_server(refused)));
                }
            }
        }
        Purpose::Unsubscribe(done) => {
            notify(done);
        }
    }
}

/// Writes the messages of a channel, and closes the websocket after the last one.
async fn write(
    mut sink: SplitSink<WebSocketStream<Upgraded>, Message>,
    mut outgoing: mpsc::UnboundedReceiver<Message>,
) -> Result<(), Error> {
    while let Some(message) = outgoing.recv().await {
        sink.feed(message).await?;
        if outgoing.is_empty() {
            sink.flush().await?;
        }
    }
    Ok(sink.close().await?)
}
