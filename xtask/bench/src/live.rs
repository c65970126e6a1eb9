//! The latency and memory of many subscribers, compared with a bare websocket broadcast.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use connectordb::StreamCreate;
use futures_util::future::{try_join, try_join_all};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::connection::Connection;
use crate::process::Process;
use crate::server::Server;
use crate::{Result, ratio, report};

const SUBSCRIBERS: usize = 1_000;

/// The number of messages to all subscribers.
const MESSAGES: usize = 100;

/// The number of messages to each single subscriber, and of concurrent publishers.
const ROUNDS: usize = 10;
const PUBLISHERS: usize = 16;

type Socket = WebSocketStream<TcpStream>;

pub(crate) async fn run(server: &Server) -> Result {
    server.stream("all").await?;
    let bare = Process::of_this(&["broadcast".as_ref()])?;
    let authorization = server.authorization().await?;
    let ours = Hub { process: &server.process, authorization: Some(authorization) };
    let bare = Hub { process: &bare, authorization: None };

    let (ours_all, ours_memory) = ours.publish_to_all().await?;
    let (bare_all, bare_memory) = bare.publish_to_all().await?;
    compare("1,000 subscribers of one stream", &ours_all, &bare_all);
    report(
        "memory for a subscriber / for one of a bare broadcast",
        ours_memory / bare_memory,
        "x",
        "<= 2",
    );
    println!("    {:.1} KiB against {:.1}", ours_memory * 1024.0, bare_memory * 1024.0);

    let cdb = server.connect().await?;
    for number in 0..SUBSCRIBERS {
        cdb.stream(&topic(number))?.create(StreamCreate::new()).await?;
    }
    let (ours_each, bare_each) = (ours.publish_to_each().await?, bare.publish_to_each().await?);
    compare("1,000 streams with one subscriber each", &ours_each, &bare_each);
    Ok(())
}

fn topic(number: usize) -> String {
    format!("live{number}")
}

/// Reports the median and the 99th percentile.
fn compare(what: &str, ours: &Latencies, bare: &Latencies) {
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let (ours, bare) = (ours.at(part), bare.at(part));
        let what = format!("{what}: {name} / a bare broadcast");
        report(&what, ratio(ours, bare), "x", "<= 2");
        println!("    {ours:.2?} against {bare:.2?}");
    }
}

/// Times from sending to receiving, sorted.
struct Latencies(Vec<Duration>);

impl Latencies {
    fn new(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self(latencies)
    }

    fn at(&self, part: f64) -> Duration {
        self.0[((self.0.len() - 1) as f64 * part) as usize]
    }
}

/// A process that delivers messages: the server, or a bare broadcast.
struct Hub<'p> {
    process: &'p Process,
    /// The credentials, for the server only.
    authorization: Option<String>,
}

/// A connection that sends messages.
enum Publisher {
    Server(Connection),
    Bare(Box<Socket>),
}

impl Hub<'_> {
    /// Sends messages to all subscribers of one topic. Returns the latencies, and the memory per
    /// subscriber in MiB.
    async fn publish_to_all(&self) -> Result<(Latencies, f64)> {
        let before = self.process.memory()?;
        let (receive, mut receipts) = mpsc::unbounded_channel();
        for socket in self.subscribe_all(|_| "all".to_owned()).await? {
            let receive = receive.clone();
            tokio::spawn(listen(socket, move || {
                // The receiver is dropped at the end of the benchmark.
                let _ = receive.send(Instant::now());
            }));
        }
        let memory = (self.process.memory()? - before) / SUBSCRIBERS as f64;
        let mut publisher = self.publisher().await?;
        let mut latencies = Vec::new();
        for _ in 0..MESSAGES {
            let sent = Instant::now();
            publisher.publish("all").await?;
            for _ in 0..SUBSCRIBERS {
                let received = receipts.recv().await.ok_or("all subscribers have ended")?;
                latencies.push(received - sent);
            }
        }
        Ok((Latencies::new(latencies), memory))
    }

    /// Sends messages to topics with one subscriber each, and returns the latencies.
    async fn publish_to_each(&self) -> Result<Latencies> {
        let epoch = Instant::now();
        let sent: Arc<Vec<AtomicU64>> = Arc::new((0..SUBSCRIBERS).map(|_| 0.into()).collect());
        let (receive, mut receipts) = mpsc::unbounded_channel();
        for (number, socket) in self.subscribe_all(topic).await?.into_iter().enumerate() {
            let (receive, sent) = (receive.clone(), Arc::clone(&sent));
            tokio::spawn(listen(socket, move || {
                let since = Duration::from_nanos(sent[number].load(Ordering::Acquire));
                // The receiver is dropped at the end of the benchmark.
                let _ = receive.send(epoch.elapsed() - since);
            }));
        }
        let publishing = try_join_all((0..PUBLISHERS).map(|first| {
            let sent = Arc::clone(&sent);
            async move {
                let mut publisher = self.publisher().await?;
                for _ in 0..ROUNDS {
                    for number in (first..SUBSCRIBERS).step_by(PUBLISHERS) {
                        let now = u64::try_from(epoch.elapsed().as_nanos())?;
                        sent[number].store(now, Ordering::Release);
                        publisher.publish(&topic(number)).await?;
                    }
                }
                Result::Ok(())
            }
        }));
        let counting = async {
            let mut latencies = Vec::new();
            for _ in 0..ROUNDS * SUBSCRIBERS {
                latencies.push(receipts.recv().await.ok_or("all subscribers have ended")?);
            }
            Result::Ok(latencies)
        };
        Ok(Latencies::new(try_join(publishing, counting).await?.1))
    }

    /// Opens all subscriptions, and waits until each is confirmed.
    async fn subscribe_all(&self, topic: impl Fn(usize) -> String) -> Result<Vec<Socket>> {
        let mut sockets = Vec::new();
        for number in 0..SUBSCRIBERS {
            sockets.push(self.subscribe(&topic(number)).await?);
        }
        Ok(sockets)
    }

    async fn subscribe(&self, topic: &str) -> Result<Socket> {
        let mut socket = self.open().await?;
        let command = match self.authorization {
            Some(_) => {
                format!(r#"{{"cmd":"subscribe","arg":"test/user/{topic}","transform":"","id":1}}"#)
            }
            None => format!("+{topic}"),
        };
        socket.send(Message::text(command)).await?;
        // The subscription is confirmed.
        socket.next().await.ok_or("no answer")??;
        Ok(socket)
    }

    async fn open(&self) -> Result<Socket> {
        let address = self.process.address();
        let url = format!("ws://{address}/api/v1/websocket?answers=true");
        let mut request = url.into_client_request()?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert("authorization", HeaderValue::try_from(authorization)?);
        }
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(tokio_tungstenite::client_async(request, socket).await?.0)
    }

    async fn publisher(&self) -> Result<Publisher> {
        Ok(match &self.authorization {
            Some(authorization) => {
                Publisher::Server(Connection::open(self.process.address(), authorization).await?)
            }
            None => Publisher::Bare(Box::new(self.open().await?)),
        })
    }
}

impl Publisher {
    async fn publish(&mut self, topic: &str) -> Result {
        match self {
            Self::Server(connection) => connection.put(topic, r#"[{"d":5}]"#).await,
            Self::Bare(socket) => {
                let text = format!(
                    r#"{topic}={{"stream":"test/user/{topic}","index":1,"end":2,"data":[{{"t":1464250199.934,"d":5}}]}}"#
                );
                socket.send(Message::text(text)).await?;
                socket.next().await.ok_or("no answer")??;
                Ok(())
            }
        }
    }
}

/// Calls a function for each message.
async fn listen(mut socket: Socket, on_message: impl Fn()) {
    while let Some(Ok(frame)) = socket.next().await {
        if frame.is_text() {
            on_message();
        }
    }
}
