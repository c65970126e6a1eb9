//! Tests in which this logger and the official Python logger use the same file.

use std::path::Path;
use std::time::Duration;

use cdb_core::{ConnectorDb, DeviceCreate, StreamCreate};
use cdb_logger::Logger;
use cdb_server::Server;
use serde_json::{Value, json};
use tokio::process::Command;

/// Runs commands on a file with the Python logger. Returns the logger's state, or the error output.
async fn python(file: &Path, commands: &[Value]) -> Result<Value, String> {
    let python = std::env::var_os("CDB_PYTHON").expect("CDB_PYTHON is set by cargo xtask interop");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/logger.py");
    let mut command = Command::new(python);
    command.arg(script).arg(file).args(commands.iter().map(Value::to_string));
    let output = command.output().await.expect("it runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// Starts a server with a device that has the streams `numbers` and `any`. Returns the server, the
/// logged-in device, and its key.
async fn device(directory: &Path) -> (Server, ConnectorDb, String) {
    let builder = Server::builder().data(directory.join("data.db")).listen("127.0.0.1:0");
    let server = builder.admin("test", "test").start().await.expect("the server starts");
    let admin = ConnectorDb::builder().url(server.url()).password("test", "test");
    let admin = admin.connect().await.expect("a connection");
    let sensor = admin.user().device("sensor").expect("a name");
    let numbers = StreamCreate::new().schema(json!({"type": "number"}));
    let create = DeviceCreate::new().stream("numbers", numbers).stream("any", StreamCreate::new());
    sensor.create(create).await.expect("a device");
    let key = sensor.apikey().await.expect("an answer").expect("a key");
    let device = ConnectorDb::builder().url(server.url()).apikey(key.clone());
    (server, device.connect().await.expect("a connection"), key.expose().to_owned())
}

async fn values(device: &ConnectorDb) -> Vec<f64> {
    let stream = device.stream("numbers").expect("a name").typed::<f64>();
    stream.range(..).await.expect("datapoints").into_iter().map(|dp| dp.d).collect()
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn datapoints_of_a_python_logger_are_synced() {
    let directory = tempfile::tempdir().expect("a directory");
    let (server, device, key) = device(directory.path()).await;
    let file = directory.path().join("cache.db");
    let commands = [
        json!(["set", "apikey", key]),
        json!(["set", "serverurl", server.url()]),
        json!(["set", "syncperiod", 5.5]),
        json!(["set", "data", {"room": "kitchen"}]),
        json!(["addStream", "numbers"]),
        json!(["addStream_force", "any", {}]),
        json!(["insert", "numbers", 1]),
        // The clock is set back and stands still.
        json!(["clock", 1_700_000_000.5]),
        json!(["insert", "numbers", 2.5]),
        json!(["insert", "numbers", 2.5]),
        json!(["insert", "numbers", 3]),
    ];
    let state = python(&file, &commands).await.expect("it logs");
    assert_eq!(state["length"], 4);

    let logger = Logger::builder(&file).open().await.expect("a logger");
    assert_eq!(logger.apikey().expose(), key);
    assert_eq!(logger.serverurl(), server.url());
    assert_eq!(logger.syncperiod(), Duration::from_millis(5500));
    assert_eq!(logger.data::<Value>().expect("data"), json!({"room": "kitchen"}));
    assert!(logger.contains("numbers") && logger.contains("any"));
    assert_eq!(logger.len(), 4);
    assert!(logger.insert("numbers", "text").await.is_err());
    logger.insert("numbers", 4).await.expect("logged");
    // While the file is open here, Python cannot open it, and does not damage it.
    let refused =
        python(&file, &[json!(["insert", "numbers", 5])]).await.expect_err("it is open here");
    assert!(refused.contains("BusyError"), "{refused}");
    logger.sync().await.expect("synced");
    assert_eq!(values(&device).await, [2.5, 2.5, 3.0, 1.0, 4.0]);
    let stored = device.stream("numbers").expect("a name").range(..).await.expect("datapoints");
    assert!(stored.t().is_sorted_by(|a, b| a < b));
    assert!((stored[2].t.as_secs_f64() - 1_700_000_000.5).abs() < 1e-4);
    server.shutdown().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn python_syncs_datapoints_of_this_logger() {
    let directory = tempfile::tempdir().expect("a directory");
    let (server, device, key) = device(directory.path()).await;
    let file = directory.path().join("cache.db");
    let builder = Logger::builder(&file).apikey(&key).serverurl(server.url());
    let logger = builder.open().await.expect("a logger");
    logger.add_stream("numbers", StreamCreate::new()).await.expect("added");
    logger.add_stream_force("any", None).await.expect("added");
    logger.set_data(json!({"room": "kitchen"})).await.expect("set");
    logger.set_syncperiod(Duration::from_millis(1500)).await.expect("set");
    for value in [1.0, 2.5, 3.0] {
        logger.insert("numbers", value).await.expect("logged");
    }
    logger.close().await.expect("closed");
    let state = python(&file, &[json!(["insert", "numbers", 4])]).await.expect("it logs");
    let expected = json!({
        "length": 4,
        "streams": {"numbers": {"type": "number"}, "any": null},
        "apikey": key,
        "serverurl": server.url(),
        "syncperiod": 1.5,
        "data": {"room": "kitchen"},
    });
    assert_eq!(state, expected);
    let state = python(&file, &[json!(["sync"])]).await.expect("it syncs");
    assert_eq!(state["length"], 0);
    assert_eq!(values(&device).await, [1.0, 2.5, 3.0, 4.0]);
    // This logger can open the file again.
    let logger = Logger::builder(&file).open().await.expect("a logger");
    assert!(logger.is_empty() && logger.lastsynctime().is_some());
    logger.insert("numbers", 5).await.expect("logged");
    logger.sync().await.expect("synced");
    assert_eq!(values(&device).await, [1.0, 2.5, 3.0, 4.0, 5.0]);
    server.shutdown().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn an_invalid_datapoint_of_a_python_logger_is_set_aside() {
    let directory = tempfile::tempdir().expect("a directory");
    let (server, device, key) = device(directory.path()).await;
    let file = directory.path().join("cache.db");
    let commands = [
        json!(["set", "apikey", key]),
        json!(["set", "serverurl", server.url()]),
        json!(["addStream_force", "numbers", {}]),
        json!(["insert", "numbers", 1]),
        json!(["insert", "numbers", "text"]),
        json!(["insert", "numbers", 2]),
    ];
    python(&file, &commands).await.expect("it logs");
    let logger = Logger::builder(&file).open().await.expect("a logger");
    let synced = logger.sync().await.expect("synced");
    assert_eq!((synced.sent, synced.set_aside), (2, 1));
    assert_eq!(values(&device).await, [1.0, 2.0]);
    server.shutdown().await;
}
