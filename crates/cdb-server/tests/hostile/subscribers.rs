//! Subscribers that do not read.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::socket::Opening;
use crate::support::{Attack, MIB, ServerProcess, Socket, over_and_over};

/// The number of subscribers that never read, and the memory that they may take of the server.
const DEAF: usize = 40;
const DEAF_BYTES: u64 = 128 * MIB;

/// The length of a text.
const TEXT_BYTES: usize = 100_000;

/// A batch of long texts with this many bytes.
fn batch(bytes: usize) -> String {
    let text = "x".repeat(TEXT_BYTES);
    Value::from_iter((0..bytes / TEXT_BYTES).map(|_| json!({"d": text}))).to_string()
}

#[tokio::test]
async fn subscribers_that_never_read() {
    let server = ServerProcess::start().await;
    server.rogue.create("mallory/rogue/s", json!({})).await;
    let batch = batch(1_000_000);
    let attack = async || {
        let opening = Opening { buffer: Some(4096), ..Opening::default() };
        let sockets = (0..DEAF).map(async |i| {
            let mut socket = Socket::open_with(&server.rogue, opening).await?;
            // Each has texts of its own.
            socket.subscribe("mallory/rogue/s", &format!("if $ != '{i}'")).await.map(|()| socket)
        });
        let _sockets = join_all(sockets).await;
        over_and_over(1, async |_| {
            let path = "crud/mallory/rogue/s/data";
            let _ = server.rogue.send(Method::PUT, path, batch.clone()).await;
        })
        .await;
    };
    Attack::on(&server).long().max_memory(DEAF_BYTES).assert_bearable(attack).await;
}
