//! The code that a new user writes before reading the documentation, compiled and run against a
//! server. Each module is about one topic, each test about one guess.

#![allow(clippy::unwrap_used, reason = "most tests are about errors")]

mod bad_values;
mod connecting;
mod ensure;
mod errors;
mod logger;
mod tables;
mod time;
mod typed_streams;
mod types_of_values;

use std::time::Duration;

use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, Datapoint, DeviceCreate, StreamCreate, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// The temperature and humidity of a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Climate {
    celsius: f64,
    humidity: u8,
}

/// A stream with a schema of this type.
fn stream_of(kind: &str) -> StreamCreate {
    StreamCreate::new().schema(json!({"type": kind}))
}

/// Waits until `condition` holds.
async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it happens in time");
}
