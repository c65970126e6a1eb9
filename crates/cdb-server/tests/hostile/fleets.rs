//! Many devices and subscriptions, while users, devices and streams change.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::caller::client;
use crate::support::server::{Configuration, allow_open_files};
use crate::support::socket::Opening;
use crate::support::{ServerProcess, Socket};

/// The number of connections that a server for many devices takes, and the number of files that it and
/// this process may have open.
const CONNECTIONS: usize = 4_000;
const OPEN_FILES: usize = 8_000;

/// The devices of a server with ten thousand subscriptions, and the streams of each, to all of which it
/// subscribes.
const SUBSCRIBERS: usize = 10;
const STREAMS: usize = 1_000;

/// The number of changes, and how long they and the server's CPU time may take together, unless the
/// machine is so slow that they take half of that without subscriptions.
const CHANGES: usize = 60;
const MAX_DURATION: Duration = Duration::from_millis(500);

/// How often that is tried, because a machine that is busy for a moment looks the same.
const ATTEMPTS: usize = 3;

/// The number of devices of a large fleet, and of those that are compared.
const DEVICES: usize = 1_200;
const COMPARED: usize = 200;

async fn start() -> ServerProcess {
    allow_open_files(OPEN_FILES);
    let configuration = Configuration { open_files: OPEN_FILES, connections: CONNECTIONS };
    ServerProcess::start_with(configuration).await
}

/// Opens a websocket of an honest client.
async fn open(server: &ServerProcess, key: &str, number: usize) -> Socket {
    let opening = Opening { from: client(number), ..Opening::default() };
    let caller = server.admin.with_key(key);
    Socket::open_with(&caller, opening).await.expect("a websocket")
}

/// Changes a user, a device and a stream, over and over; returns how long that takes.
async fn changes(server: &ServerProcess) -> Duration {
    let started = Instant::now();
    for i in 0..CHANGES {
        let path = ["mallory", "mallory/rogue", "test/meter/temperature"][i % 3];
        let nickname = json!({"nickname": format!("the {i}th name")}).to_string();
        let answer = server.admin.send(Method::PUT, &format!("crud/{path}"), nickname).await;
        assert_eq!(answer.expect("an answer").status, 200);
    }
    started.elapsed()
}

#[tokio::test]
async fn changes_take_no_longer_with_ten_thousand_subscriptions() {
    let server = start().await;
    let cpu = server.process.cpu();
    let before = changes(&server).await;
    let cpu_before = server.process.cpu() - cpu;
    let streams = Value::from_iter((0..STREAMS).map(|i| (format!("s{i}"), json!({}))));
    let (mut sockets, mut keys) = (Vec::new(), Vec::new());
    for i in 0..SUBSCRIBERS {
        let key = server.admin.create_device(&format!("test/d{i}"), streams.clone()).await;
        let mut socket = open(&server, &key, i).await;
        for stream in 1..STREAMS {
            let stream = format!("test/d{i}/s{stream}");
            let command = json!({"cmd": "subscribe", "arg": stream, "transform": ""});
            socket.send(command.to_string()).await.expect("sent");
        }
        // The others have been dealt with when this one has.
        socket.subscribe(&format!("test/d{i}/s0"), "").await.expect("subscribed");
        sockets.push(socket);
        keys.push(key);
    }
    let mut report = String::new();
    for _ in 0..ATTEMPTS {
        let (started, cpu) = (Instant::now(), server.process.cpu());
        changes(&server).await;
        // What the changes mean to subscriptions has been found out when the next datapoint comes.
        let messages = sockets.iter_mut().zip(&keys).enumerate().map(async |(i, (socket, key))| {
            let stream = format!("test/d{i}/s0");
            server.admin.with_key(key).insert(&stream, r#"[{"d":1}]"#).await;
            assert_eq!(socket.message().await.expect("a message")["stream"], stream);
        });
        join_all(messages).await;
        let (took, cpu) = (started.elapsed(), server.process.cpu() - cpu);
        report = format!(
            "{CHANGES} changes take {before:.1?} and {cpu_before:?} of CPU time without \
             subscriptions, {took:.1?} and {cpu:?} with them"
        );
        println!("{report}");
        if took <= MAX_DURATION.max(2 * before) && cpu <= MAX_DURATION.max(2 * cpu_before) {
            return;
        }
    }
    panic!("{report}");
}

#[tokio::test]
async fn registering_a_device_takes_as_long_in_a_large_fleet() {
    let server = start().await;
    let mut sockets = Vec::new();
    let mut first = None;
    for block in 0..DEVICES / COMPARED {
        // A busy machine does not change it much.
        let cpu = server.process.cpu();
        for i in 0..COMPARED {
            let i = block * COMPARED + i;
            let device = format!("test/d{i}");
            let key = server.admin.create_device(&device, json!({"s": {}})).await;
            let mut socket = open(&server, &key, i).await;
            socket.subscribe(&format!("{device}/s"), "").await.expect("subscribed");
            sockets.push(socket);
        }
        let last = server.process.cpu() - cpu;
        println!("{COMPARED} devices after {} others: {last:?} of CPU time", block * COMPARED);
        let first = *first.get_or_insert(last);
        assert!(last <= 2 * first, "{last:?} instead of {first:?}");
    }
}
