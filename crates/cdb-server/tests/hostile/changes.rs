//! Changes of users, devices and streams, allowed and refused ones.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{Attack, ServerProcess, over_and_over};

/// The number of streams that have datapoints in the journal.
const STREAMS: usize = 400;

/// The size of the batch, and how many of them are inserted.
const BATCH_BYTES: usize = 4_300_000;
const BATCHES: u32 = 3;

/// How much slower a batch may become, and how much longer it may take in any case.
const SLOWDOWN: u32 = 5;
const DELAY: Duration = Duration::from_millis(250);

/// Tries to change what the caller may not change.
pub(crate) async fn change_without_rights(server: &ServerProcess) {
    let changes = [
        (Method::POST, "crud/test/meter/another"),
        (Method::PUT, "crud/test/meter/temperature"),
        (Method::DELETE, "crud/test/meter/temperature"),
        (Method::PUT, "crud/test"),
    ];
    over_and_over(changes.len(), async |attacker| {
        let (method, path) = changes[attacker].clone();
        let answer = server.nobody.send(method, path, r#"{"nickname":"x"}"#).await;
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status != 200), "{path}");
    })
    .await;
}

/// Inserts a datapoint into each of many streams, so that there is something to be done before objects
/// change: small inserts wait in a journal.
async fn fill_journal(server: &ServerProcess) {
    let streams = Value::from_iter((0..STREAMS).map(|i| (format!("s{i}"), json!({}))));
    let key = server.admin.create_device("test/sensor", streams).await;
    let sensor = server.admin.with_key(&key);
    let datapoint = json!([{"d": "x".repeat(1_500)}]).to_string();
    let inserts = (0..STREAMS).map(async |i| {
        sensor.insert(&format!("test/sensor/s{i}"), datapoint.clone()).await;
    });
    stream::iter(inserts).buffer_unordered(16).collect::<()>().await;
}

#[tokio::test]
async fn changes_of_callers_without_rights() {
    let server = ServerProcess::start().await;
    fill_journal(&server).await;
    Attack::on(&server).assert_bearable(|| change_without_rights(&server)).await;
}

/// Creates and deletes streams as fast as the server does.
async fn churn(server: &ServerProcess) {
    over_and_over(1, async |_| {
        let _ = server.rogue.send(Method::POST, "crud/mallory/rogue/brief", "{}").await;
        let _ = server.rogue.send(Method::DELETE, "crud/mallory/rogue/brief", "").await;
    })
    .await;
}

#[tokio::test]
async fn streams_that_come_and_go() {
    let server = ServerProcess::start().await;
    Attack::on(&server).assert_bearable(|| churn(&server)).await;
}

#[tokio::test]
async fn a_large_batch_is_stored_while_streams_come_and_go() {
    let server = ServerProcess::start().await;
    server.admin.create("test/user/batches", json!({})).await;
    let text = "x".repeat(80);
    let points = (1..=BATCH_BYTES / 100).map(|i| json!({"d": format!("{text}{i:07}")}));
    let batch = Value::from_iter(points).to_string();
    // Returns how long the slowest batch took.
    let insert = async || {
        let mut slowest = Duration::ZERO;
        for _ in 0..BATCHES {
            let started = Instant::now();
            server.admin.insert("test/user/batches", batch.clone()).await;
            slowest = slowest.max(started.elapsed());
        }
        slowest
    };
    let in_peace = insert().await;
    let most = in_peace * SLOWDOWN + DELAY;
    let attacked = async {
        tokio::select! {
            slowest = insert() => Some(slowest),
            () = churn(&server) => None,
        }
    };
    let attacked = timeout(most * BATCHES, attacked).await.ok().flatten();
    println!("a batch takes at most {in_peace:?} in peace, {attacked:?} under attack");
    assert!(
        attacked.is_some_and(|slowest| slowest <= most),
        "{attacked:?} instead of {in_peace:?}"
    );
}
