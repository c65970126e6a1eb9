//! Schemas that are large, slow to compile, or that values are slow to check against.

use std::cell::Cell;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Attack, ServerProcess, Socket, over_and_over};

/// The numbers of levels of schemas that are slow to check: a value takes some time, or forever.
const LEVELS: [u32; 3] = [17, 30, 40];

/// The numbers of patterns of schemas: more than the server takes, and about as many as that.
const PATTERNS: [u32; 2] = [3_000, 1_200];

/// A schema of definitions, each of which refers to the next one twice: a value is checked against the
/// last one 2^`levels` times.
fn exponential(levels: u32) -> String {
    let level = |level: u32| {
        let next = json!({"$ref": format!("#/definitions/level{}", level + 1)});
        (format!("level{level}"), json!({"allOf": [next, next]}))
    };
    let mut definitions = Value::from_iter((0..levels).map(level));
    definitions[format!("level{levels}")] = json!({"type": "number"});
    json!({"$ref": "#/definitions/level0", "definitions": definitions}).to_string()
}

/// A schema with this number of patterns.
fn patterns(count: u32) -> String {
    let property =
        |i: u32| (format!("p{i}"), json!({"pattern": format!("^[a-z{i}]{{8}}\\w+{i}$")}));
    json!({"properties": Value::from_iter((0..count).map(property))}).to_string()
}

/// A schema of 7.9 MB.
fn large() -> String {
    let property = |i: u32| (format!("a property with number {i:06}"), json!({"type": "number"}));
    json!({"properties": Value::from_iter((0..140_000).map(property))}).to_string()
}

/// The path of a stream whose schema is slow.
fn slow_stream(attacker: usize) -> String {
    format!("mallory/rogue/slow{}", LEVELS[attacker % LEVELS.len()])
}

/// Creates streams whose schemas are slow to check. The server may refuse them.
async fn create_slow_streams(server: &ServerProcess) {
    for (i, levels) in LEVELS.into_iter().enumerate() {
        let stream = json!({"schema": exponential(levels)}).to_string();
        let path = format!("crud/{}", slow_stream(i));
        let _ = server.rogue.send(Method::POST, &path, stream).await;
    }
}

/// Inserts values that are slow to check.
pub(crate) async fn insert_slow_values(server: &ServerProcess) {
    create_slow_streams(server).await;
    let values = Value::from_iter((0..1_000).map(|i| json!({"d": i}))).to_string();
    over_and_over(6, async |attacker| {
        let path = format!("crud/{}/data", slow_stream(attacker));
        let _ = server.rogue.send(Method::PUT, &path, values.clone()).await;
    })
    .await;
}

#[tokio::test]
async fn values_that_are_slow_to_check() {
    let server = ServerProcess::start().await;
    Attack::on(&server).assert_bearable(|| insert_slow_values(&server)).await;
}

#[tokio::test]
async fn values_of_websockets_that_are_slow_to_check() {
    let server = ServerProcess::start().await;
    let attack = async || {
        create_slow_streams(&server).await;
        over_and_over(6, async |attacker| {
            let Ok(mut socket) = Socket::open(&server.rogue).await else { return };
            let values = Value::from_iter((0..1_000).map(|i| json!({"d": i})));
            let insert = json!({"cmd": "insert", "arg": slow_stream(attacker), "d": values});
            while socket.send(insert.to_string()).await.is_ok() {}
        })
        .await;
    };
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn large_schemas() {
    let server = ServerProcess::start().await;
    let schemas = [large(), patterns(PATTERNS[1])];
    let streams = schemas.map(|schema| json!({"schema": schema}).to_string());
    let attack = || {
        let next = Cell::new(0);
        let (server, streams) = (&server, &streams);
        over_and_over(2, async move |attacker| {
            next.set(next.get() + 1);
            let path = format!("crud/mallory/rogue/s{}", next.get());
            let _ = server.rogue.send(Method::POST, &path, streams[attacker].clone()).await;
            // Inserting keeps the compiled schema in the server's memory.
            let path = format!("{path}/data");
            let _ = server.rogue.send(Method::PUT, &path, r#"[{"d":{}}]"#).await;
        })
    };
    Attack::on(&server).long().assert_bearable(attack).await;
}

#[tokio::test]
async fn schemas_of_many_patterns() {
    let server = ServerProcess::start().await;
    let streams = PATTERNS.map(|count| json!({"schema": patterns(count)}).to_string());
    let attack = || {
        over_and_over(2, async |attacker| {
            let (path, stream) = (format!("crud/mallory/rogue/s{attacker}"), &streams[attacker]);
            let _ = server.rogue.send(Method::POST, &path, stream.clone()).await;
            let _ = server.rogue.send(Method::PUT, &path, stream.clone()).await;
            let _ = server.rogue.send(Method::DELETE, &path, "").await;
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn schemas_of_callers_without_rights_are_not_compiled() {
    let server = ServerProcess::start().await;
    let stream = json!({"schema": patterns(PATTERNS[0])}).to_string();
    let attack = || {
        over_and_over(2, async |_| {
            let path = "crud/test/meter/temperature";
            let _ = server.nobody.send(Method::PUT, path, stream.clone()).await;
            let _ = server.nobody.send(Method::POST, "crud/test/meter/s", stream.clone()).await;
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
}
