//! Clients that subscribe.

use std::collections::BTreeMap;

use faults::SeededRng;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::api::DEVICE;
use crate::contents::Point;
use crate::load::Load;

/// Datapoints that a subscriber has received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) stream: String,
    /// The index of the first.
    pub(crate) index: usize,
    pub(crate) values: Vec<u64>,
    /// The position in the recording of the disk when they arrived.
    pub(crate) position: u64,
}

/// Subscribes to streams, over one websocket after the other, until the load ends. Returns what it
/// has received.
pub(crate) async fn run(load: &Load<'_>, streams: &[String], rng: &mut SeededRng) -> Vec<Received> {
    let mut received = Vec::new();
    loop {
        let messages = rng.within(1..200);
        let subscriptions = Subscriptions { load, streams, positions: BTreeMap::new() };
        tokio::select! {
            () = load.ended() => return received,
            end = subscriptions.follow(messages, &mut received) => if let End::NoConnection = end {
                return received;
            },
        }
    }
}

/// The subscriptions of one websocket.
struct Subscriptions<'a> {
    load: &'a Load<'a>,
    streams: &'a [String],
    /// The index of the next datapoint of each subscription.
    positions: BTreeMap<String, u64>,
}

/// Why a websocket is not read any more.
enum End {
    /// There is no server.
    NoConnection,
    /// The socket has broken, or enough messages have been received.
    Reconnect,
}

impl Subscriptions<'_> {
    /// Receives this many messages, or fewer if the server is killed. It checks that each
    /// subscription gets each datapoint once and in order.
    async fn follow(mut self, messages: u64, received: &mut Vec<Received>) -> End {
        let Load { api, .. } = self.load;
        let url = format!("ws://{}/api/v1/websocket?answers=true&apikey={}", api.address, api.key);
        let mut socket = match connect_async(url).await {
            Ok((socket, _)) => socket,
            Err(error) => {
                self.load.expect_killed(&error);
                return End::NoConnection;
            }
        };
        let mut commands: Vec<_> =
            (0..self.streams.len()).map(|number| self.subscribe(number)).collect();
        let mut count = 0;
        while count < messages {
            for command in commands.drain(..) {
                if socket.send(command).await.is_err() {
                    return End::Reconnect;
                }
            }
            let text = match socket.next().await {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                _ => return End::Reconnect,
            };
            let frame: Value = serde_json::from_str(&text).expect("JSON");
            if let Some(number) = frame["answer"].as_u64() {
                // A stream that does not exist is refused.
                if let Some(index) = frame["joined"]["index"].as_u64() {
                    let number = usize::try_from(number - 1).expect("a number of a stream");
                    self.positions.insert(self.streams[number].clone(), index);
                }
                continue;
            }
            let stream = frame["stream"].as_str().and_then(|path| path.rsplit('/').next());
            let stream = stream.expect("a stream").to_owned();
            if frame.get("ended").is_some() {
                self.positions.remove(&stream);
                let number = self.streams.iter().position(|other| *other == stream);
                // It may have been created anew.
                commands.push(self.subscribe(number.expect("a stream that was subscribed to")));
                continue;
            }
            received.push(self.receive(stream, frame));
            count += 1;
        }
        End::Reconnect
    }

    fn subscribe(&self, number: usize) -> Message {
        let arg = format!("{DEVICE}/{}", self.streams[number]);
        let command = json!({"cmd": "subscribe", "arg": arg, "transform": "", "id": number + 1});
        Message::text(command.to_string())
    }

    fn receive(&mut self, stream: String, mut message: Value) -> Received {
        let index = message["index"].as_u64().expect("an index");
        let points: Vec<Point> =
            serde_json::from_value(message["data"].take()).expect("datapoints");
        let next = self.positions.insert(stream.clone(), index + points.len() as u64);
        assert_eq!(next, Some(index), "{stream} goes on at another index");
        let values = points.iter().map(Point::value).collect();
        let index = usize::try_from(index).expect("an index");
        Received { stream, index, values, position: self.load.position() }
    }
}
