//! Streams with the schema of a type.

#![cfg(all(feature = "schemars", feature = "testing"))]

use std::fmt::Debug;

use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, StreamCreate};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Climate {
    temperature: f64,
    humidity: Option<f64>,
    window: Window,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Window {
    Open,
    /// Tilted by an angle.
    Tilted {
        degrees: u8,
    },
    Closed,
}

/// Creates a stream with the schema of `T`, inserts values, and reads them.
async fn check<T>(cdb: &ConnectorDb, name: &str, values: &[T], refused: Value)
where
    T: JsonSchema
        + Serialize
        + DeserializeOwned
        + Clone
        + PartialEq
        + Debug
        + Send
        + Sync
        + 'static,
{
    let stream = cdb.stream(name).expect("a name").typed::<T>();
    stream.create(StreamCreate::of::<T>()).await.expect("the server accepts the schema");
    stream.ensure(StreamCreate::of::<T>()).await.expect("the schema is the same");
    for value in values {
        stream.insert(value.clone()).await.expect("the server accepts the value");
    }
    let stored = stream.range(..).await.expect("datapoints");
    assert_eq!(stored.d().cloned().collect::<Vec<_>>(), values);
    let untyped = cdb.stream(name).expect("a name");
    let error = untyped.insert(refused).await.expect_err("a value of another type");
    assert!(error.is_invalid(), "{error}");
}

#[tokio::test]
async fn the_server_accepts_values_of_the_type_and_refuses_others() {
    let server = TestServer::start().await.expect("a server");
    let cdb = server.cdb();
    check(cdb, "float", &[1.5, 2.0, -3e10], json!("1.5")).await;
    check(cdb, "integer", &[i64::MIN, 0, i64::MAX], json!(1.5)).await;
    check(cdb, "byte", &[0_u8, 255], json!(256)).await;
    check(cdb, "boolean", &[true, false], json!(1)).await;
    check(cdb, "text", &["a".to_owned()], json!(1)).await;
    check(cdb, "option", &[Some(1.5), None], json!("1.5")).await;
    check(cdb, "list", &[vec![1.5, 2.0], vec![]], json!([null])).await;
    let windows = [Window::Open, Window::Tilted { degrees: 7 }, Window::Closed];
    check(cdb, "window", &windows, json!("ajar")).await;
    let climates = windows.map(|window| {
        let humidity = (window == Window::Open).then_some(0.5);
        Climate { temperature: 21.5, humidity, window }
    });
    check(cdb, "climate", &climates, json!({"temperature": 21.5})).await;
}
