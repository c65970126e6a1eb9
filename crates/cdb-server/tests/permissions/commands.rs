//! Commands over a websocket, and their answers.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::socket::Socket;
use crate::support::Answer;
use crate::world::World;

/// How long a message may take. The messages that are expected all come, so this is not waited for
/// unless the test fails.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// A websocket whose commands are answered.
pub(crate) struct Commands {
    socket: Socket,
    last_id: u64,
    /// The streams of the messages that have come so far.
    received: BTreeSet<String>,
}

impl Commands {
    pub(crate) async fn open(world: &World, key: &str) -> Self {
        let socket = Socket::open(&world.server.server, key, true).await;
        Self { socket, last_id: 0, received: BTreeSet::new() }
    }

    /// Sends a command. Its answer is returned in the form of an answer over HTTP.
    pub(crate) async fn send(&mut self, mut command: Value) -> Answer {
        self.last_id += 1;
        command["id"] = self.last_id.into();
        self.socket.send(&command.to_string()).await;
        loop {
            let message = self.socket.next().await;
            if message["answer"] != self.last_id {
                self.note(&message);
                continue;
            }
            let error = &message["error"];
            let code = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
            return match code {
                Some(status) => Answer { status, text: error.to_string() },
                None => Answer { status: 200, text: "ok".to_owned() },
            };
        }
    }

    fn note(&mut self, message: &Value) {
        self.received.extend(message["stream"].as_str().map(str::to_owned));
    }

    /// Ends all subscriptions when messages of these streams have come. Returns the streams of all
    /// messages.
    pub(crate) async fn finish(mut self, expected: &BTreeSet<String>) -> BTreeSet<String> {
        while !expected.is_subset(&self.received) {
            let Ok(message) = timeout(MESSAGE_TIMEOUT, self.socket.next()).await else { break };
            self.note(&message);
        }
        self.send(json!({"cmd": "unsubscribe_all"})).await;
        self.received
    }
}
