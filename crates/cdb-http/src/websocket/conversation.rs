//! The exchange of frames over one open websocket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cdb_types::endpoint::Length;
use cdb_types::websocket::{Answer, Command, Ended, Event, Request, UnknownEvent};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream};
use futures_util::{FutureExt, SinkExt, StreamExt};
use reqwest::Upgraded;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::Topic;
use super::actor::{Order, Topics, leave, tell};
use super::handshake::Opened;
use super::queue::{Batch, Queue};
use crate::error::{Break, CloseReason};
use crate::{Error, ProtocolError, Session};

/// The timeout for sending the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum number of streams that are checked at the same time before a subscription.
const MAX_CHECKS: usize = 8;

/// The reason for which a connection has ended.
pub(super) enum End {
    /// There are no subscriptions any more.
    Unwanted,
    /// The connection is lost.
    Broken(Error),
}

impl<E: Into<Error>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// One open websocket.
pub(super) struct Conversation<'s> {
    session: &'s Session,
    /// The time without a frame after which the connection counts as lost.
    silence: Duration,
    /// Whether the server sends answers to commands.
    answers: bool,
    last_id: u64,
    /// The commands that are not answered yet, by their numbers.
    pending: BTreeMap<u64, Pending>,
    /// The time of the last frame of the server.
    heard: Instant,
    /// Whether a ping was sent since then.
    asked: bool,
    /// The checks that precede the subscriptions on a server that does not answer commands.
    checks: FuturesUnordered<BoxFuture<'s, Checked>>,
    /// Limits the number of checks that run at the same time.
    looking: Arc<Semaphore>,
}

/// A command that is not answered yet.
struct Pending {
    since: Instant,
    what: What,
}

enum What {
    Join(Topic, Arc<Queue>),
    Leave(Option<oneshot::Sender<()>>),
}

/// The result of a check whether a stream may be read.
struct Checked {
    topic: Topic,
    queue: Arc<Queue>,
    length: Result<u64, Error>,
}

type Outgoing = mpsc::UnboundedSender<Message>;

impl<'s> Conversation<'s> {
    pub(super) fn new(session: &'s Session, silence: Duration) -> Self {
        Self {
            session,
            silence,
            answers: false,
            last_id: 0,
            pending: BTreeMap::new(),
            heard: Instant::now(),
            asked: false,
            checks: FuturesUnordered::new(),
            looking: Arc::new(Semaphore::new(MAX_CHECKS)),
        }
    }

    /// Subscribes to all topics, passes events to subscribers and carries out orders, until the
    /// connection is lost or there are no subscriptions any more.
    pub(super) async fn hold(
        mut self,
        opened: Opened,
        topics: &mut Topics,
        orders: &mut mpsc::UnboundedReceiver<Order>,
    ) -> End {
        self.answers = opened.answers;
        let (sink, mut frames) = opened.socket.split();
        let (outgoing, written) = mpsc::unbounded_channel();
        for (topic, queues) in &*topics {
            for queue in queues {
                self.join(topic.clone(), Arc::clone(queue), &outgoing);
            }
        }
        let mut writing = std::pin::pin!(write(sink, written));
        let end = tokio::select! {
            Err(error) = &mut writing => return error.into(),
            end = self.listen(&mut frames, topics, orders, &outgoing) => end,
        };
        if let End::Unwanted = end {
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
        orders: &mut mpsc::UnboundedReceiver<Order>,
        outgoing: &Outgoing,
    ) -> End {
        loop {
            if topics.is_empty() && self.pending.is_empty() {
                return End::Unwanted;
            }
            let deadline = self.deadline();
            let heard = tokio::select! {
                frame = frames.next() => match frame {
                    Some(Ok(frame)) => self.hear(frame, topics),
                    Some(Err(error)) => Err(error.into()),
                    None => Err(Break::Closed(CloseReason(None)).into()),
                },
                order = orders.recv() => match order {
                    Some(order) => {
                        self.follow(order, topics, outgoing);
                        Ok(())
                    }
                    None => return End::Unwanted,
                },
                Some(checked) = self.checks.next() => {
                    self.checked(checked, topics, outgoing);
                    Ok(())
                }
                () = sleep_until(deadline) => self.alarm(outgoing),
            };
            if let Err(error) = heard {
                return End::Broken(error);
            }
        }
    }

    fn follow(&mut self, order: Order, topics: &mut Topics, outgoing: &Outgoing) {
        match order {
            Order::Join { topic, queue } => {
                topics.entry(topic.clone()).or_default().push(Arc::clone(&queue));
                self.join(topic, queue, outgoing);
            }
            Order::Leave { topic, queue, done } => {
                if leave(topics, &topic, &queue) {
                    let Topic { path, transform } = topic;
                    let command = Command::Unsubscribe { arg: path, transform };
                    self.command(command, What::Leave(done), outgoing);
                } else {
                    tell(done);
                }
            }
        }
    }

    /// Sends a subscription. This is also done if the topic has another subscriber already, because
    /// the answer contains the index from which on this subscriber receives datapoints.
    fn join(&mut self, topic: Topic, queue: Arc<Queue>, outgoing: &Outgoing) {
        if self.answers {
            self.subscribe(topic, queue, outgoing);
            return;
        }
        // After the original server has refused a subscription, it ignores all later ones on the
        // connection. So check beforehand whether the stream may be read.
        let (session, looking) = (self.session, Arc::clone(&self.looking));
        let check = async move {
            let _looking = looking.acquire().await;
            let (stream, downlink) = (&topic.path.stream, topic.path.downlink);
            let length = session.call(&Length { stream, downlink }).await;
            Checked { topic, queue, length }
        };
        self.checks.push(check.boxed());
    }

    fn checked(&mut self, checked: Checked, topics: &mut Topics, outgoing: &Outgoing) {
        let Checked { topic, queue, length } = checked;
        let queues = topics.get(&topic);
        if !queues.is_some_and(|queues| queues.iter().any(|other| Arc::ptr_eq(other, &queue))) {
            return;
        }
        match length {
            Ok(_) => self.subscribe(topic, queue, outgoing),
            Err(error) => {
                leave(topics, &topic, &queue);
                queue.end(&Arc::new(error));
            }
        }
    }

    fn subscribe(&mut self, topic: Topic, queue: Arc<Queue>, outgoing: &Outgoing) {
        let Topic { path, transform } = topic.clone();
        let command = Command::Subscribe { arg: path, transform };
        self.command(command, What::Join(topic, queue), outgoing);
    }

    /// Sends a command. If the server does not answer commands, a ping with the number of the
    /// command follows: its pong shows that the command was carried out.
    fn command(&mut self, command: Command, what: What, outgoing: &Outgoing) {
        self.last_id += 1;
        let id = self.last_id;
        self.pending.insert(id, Pending { since: Instant::now(), what });
        let Ok(text) = serde_json::to_string(&Request { id, command }) else { return };
        // This fails only if the writer has ended. Then the connection is lost.
        let _ = outgoing.send(Message::text(text));
        if !self.answers {
            let _ = outgoing.send(Message::Ping(Bytes::from(id.to_string())));
        }
    }

    fn hear(&mut self, frame: Message, topics: &mut Topics) -> Result<(), Error> {
        self.heard = Instant::now();
        self.asked = false;
        match frame {
            Message::Text(text) => self.hear_text(&text, topics),
            Message::Pong(id) if !self.answers => {
                let id = std::str::from_utf8(&id).ok().and_then(|id| id.parse().ok());
                while let Some(first) = self.pending.first_entry() {
                    if id.is_none_or(|id: u64| *first.key() > id) {
                        break;
                    }
                    settle(first.remove().what, None, topics);
                }
                Ok(())
            }
            Message::Close(frame) => Err(Break::Closed(CloseReason(frame)).into()),
            _ => Ok(()),
        }
    }

    fn hear_text(&mut self, text: &str, topics: &mut Topics) -> Result<(), Error> {
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
                    settle(pending.what, Some(answer), topics);
                }
            }
            Ok(Event::Ended(Ended { stream, transform, ended })) => {
                let why = Arc::new(Error::from_server(ended));
                let topic = Topic { path: stream, transform };
                topics.remove(&topic).iter().flatten().for_each(|queue| queue.end(&why));
            }
            Ok(_) | Err(UnknownEvent::Kind) => tracing::debug!("ignoring an unknown event"),
            Err(_) => return Err(ProtocolError::Garbled.into()),
        }
        Ok(())
    }

    /// Returns the time of the next timeout: that of a ping, of the connection or of a command.
    fn deadline(&self) -> Instant {
        let patience = if self.asked { self.silence } else { self.silence / 2 };
        let sign = self.heard + patience;
        match self.pending.first_key_value() {
            Some((_, oldest)) => sign.min(oldest.since + self.session.timeout()),
            None => sign,
        }
    }

    /// Handles a timeout: sends a ping, or returns an error if one was sent already or a command
    /// was not answered in time.
    fn alarm(&mut self, outgoing: &Outgoing) -> Result<(), Error> {
        if self.asked || self.heard.elapsed() < self.silence / 2 {
            return Err(Break::Silent.into());
        }
        self.asked = true;
        let _ = outgoing.send(Message::Ping(Bytes::new()));
        Ok(())
    }
}

/// Completes a command that was answered. `answer` is `None` if the server does not send answers.
fn settle(what: What, answer: Option<Answer>, topics: &mut Topics) {
    match what {
        What::Join(topic, queue) => {
            let (joined, error) = answer.map(|it| (it.joined, it.error)).unwrap_or_default();
            match error {
                None => queue.join(joined),
                Some(refused) => {
                    leave(topics, &topic, &queue);
                    queue.end(&Arc::new(Error::from_server(refused)));
                }
            }
        }
        What::Leave(done) => {
            tell(done);
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
