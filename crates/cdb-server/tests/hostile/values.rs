//! Values that are large, compared with the blocks that they are stored in.

use faults::SeededRng;
use reqwest::Method;
use serde_json::json;

use crate::support::{Attack, MIB, ServerProcess, over_and_over};

/// How often the server may write each byte of a value: to the journal and to a block, each of them
/// first to the log and then to the file, and what surrounds it.
const MAX_WRITES: u64 = 6;

/// The number of bytes of values of each size that are inserted.
const BYTES: usize = 12_600_000;

/// A datapoint with a text that cannot be compressed much.
fn datapoint(bytes: usize) -> String {
    let mut rng = SeededRng::new(bytes as u64);
    let letters = (0..bytes).map(|_| char::from(rng.within(33..91) as u8));
    let text: String = letters.filter(|c| *c != '"').collect();
    json!([{"d": text}]).to_string()
}

#[tokio::test]
async fn large_values_are_not_written_over_and_over() {
    let server = ServerProcess::start().await;
    let mut exceeded = Vec::new();
    for size in [20_000, 200_000, 2_000_000] {
        let stream = format!("mallory/rogue/s{size}");
        server.rogue.create(&stream, json!({})).await;
        let datapoint = datapoint(size);
        let before = server.process.written();
        for _ in 0..BYTES / size {
            server.rogue.insert(&stream, datapoint.clone()).await;
        }
        let written = server.process.written() - before;
        println!("values of {size} bytes: {} of {BYTES} bytes are written", written);
        if written > MAX_WRITES * BYTES as u64 {
            exceeded.push(size);
        }
    }
    assert!(exceeded.is_empty(), "values of {exceeded:?} bytes are written too often");
}

#[tokio::test]
async fn inserts_of_large_values() {
    let server = ServerProcess::start().await;
    server.rogue.create("mallory/rogue/s", json!({})).await;
    let datapoint = datapoint(8 * MIB as usize);
    let attack = || {
        over_and_over(2, async |_| {
            let path = "crud/mallory/rogue/s/data";
            let _ = server.rogue.send(Method::PUT, path, datapoint.clone()).await;
        })
    };
    // Two bodies, one of which is read, compressed and written; and what was freed a moment ago, which
    // the allocator keeps for a second: 40 to 71 MiB.
    let attacked = Attack::on(&server).with_large_commits().max_memory(96 * MIB);
    attacked.assert_bearable(attack).await;
}

#[tokio::test]
async fn reads_of_the_last_of_many_large_values() {
    let server = ServerProcess::start().await;
    server.rogue.create("mallory/rogue/s", json!({})).await;
    let datapoint = datapoint(4 * MIB as usize);
    for _ in 0..16 {
        server.rogue.insert("mallory/rogue/s", datapoint.clone()).await;
    }
    let attack = || {
        over_and_over(2, async |_| {
            let path = "crud/mallory/rogue/s/data?i1=-1";
            let _ = server.rogue.send(Method::GET, path, "").await;
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
}
