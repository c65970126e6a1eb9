//! Subscriptions, requests and archives exchanged with the official Python client.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use cdb_core::{ApiKey, ConnectorDb, Datapoint, DeviceCreate, Stream, StreamCreate, UserCreate};
use cdb_server::Server;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The time limit of everything that a test waits for.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long to wait for a batch before the next probe is inserted.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// The Python client, logged in as `theirs/user`, and this client, logged in as `ours/user`. Both
/// are administrators.
struct Peers {
    rust: ConnectorDb,
    python: Python,
    server: Server,
    _directory: TempDir,
}

impl Peers {
    async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let builder = Server::builder().data(directory.path().join("data.db"));
        let builder = builder.listen("127.0.0.1:0").admin("ours", "secret");
        let server = builder.start().await.expect("the server starts");
        let rust = ConnectorDb::builder().url(server.url()).password("ours", "secret");
        let rust = rust.connect().await.expect("a connection");
        let theirs = rust.user_at("theirs").expect("a name");
        let create = UserCreate::new("theirs@example.com", "secret").role("admin");
        theirs.create(create).await.expect("a user");
        let key = theirs.device("user").expect("a name").apikey().await.expect("an answer");
        let python = Python::start(&server.url(), &key.expect("a key"));
        Self { rust, python, server, _directory: directory }
    }

    async fn stream(&self, path: &str, create: StreamCreate) -> Stream {
        let stream = self.rust.stream(path).expect("a path");
        stream.create(create).await.expect("a stream");
        stream
    }

    async fn shutdown(self) {
        drop(self.python);
        self.server.shutdown().await;
    }
}

/// A process that runs the Python client; see `peer.py`.
struct Python {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Python {
    fn start(url: &str, key: &ApiKey) -> Self {
        let python =
            std::env::var_os("CDB_PYTHON").expect("CDB_PYTHON is set by cargo xtask interop");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/peer.py");
        let mut process = Command::new(python)
            .args([script, url, key.expose()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        let input = process.stdin.take().expect("its input");
        let output = process.stdout.take().expect("its output");
        Self { _process: process, input, output: BufReader::new(output).lines() }
    }

    async fn send(&mut self, command: Value) {
        let line = format!("{command}\n");
        self.input.write_all(line.as_bytes()).await.expect("the process reads its input");
    }

    async fn receive(&mut self) -> Value {
        let line = timeout(TIMEOUT, self.output.next_line()).await.expect("a line of output");
        serde_json::from_str(&line.expect("a text").expect("not the end")).expect("JSON")
    }

    async fn insert(&mut self, path: &str, value: Value) {
        self.send(json!(["insert", path, value])).await;
        assert_eq!(self.receive().await, json!(["inserted"]));
    }

    async fn call(&mut self, method: &str, path: &str, argument: &Path) {
        self.send(json!([method, path, argument])).await;
        assert_eq!(self.receive().await, json!(["done"]));
    }

    /// Makes the Python client subscribe, and returns the first message that it receives. The client
    /// does not report when the server has the subscription, so `probe` inserts a value until one
    /// arrives.
    async fn subscribe(&mut self, command: Value, probe: impl AsyncFn()) -> Value {
        self.send(command).await;
        loop {
            probe().await;
            if let Ok(line) = timeout(PROBE_INTERVAL, self.output.next_line()).await {
                let line = line.expect("a text").expect("not the end");
                return serde_json::from_str(&line).expect("JSON");
            }
        }
    }
}

/// Returns the values of a batch that the Python client received.
fn values_of(message: &Value) -> Value {
    message[2].as_array().into_iter().flatten().map(|dp| dp["d"].clone()).collect()
}

fn values<T>(item: Option<cdb_core::Result<cdb_core::DatapointArray<T>>>) -> Vec<T> {
    let batch = item.expect("not the end").expect("a batch");
    batch.into_iter().map(|dp| dp.d).collect()
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn python_receives_what_rust_inserts() {
    let mut peers = Peers::start().await;
    for (name, transform, expected) in [
        ("plain", "", json!([[7], [3, 9]])),
        ("high", "if $ > 5", json!([[7], [9]])),
        ("double", "$ * 2", json!([[14], [6, 18]])),
    ] {
        let stream = peers.stream(name, StreamCreate::new()).await;
        let probe = async || stream.insert(7).await.expect("stored");
        let command = json!(["subscribe", format!("ours/user/{name}"), transform, false, null]);
        let mut message = peers.python.subscribe(command, probe).await;
        assert_eq!(message[1], format!("ours/user/{name}"));
        assert_eq!(values_of(&message), expected[0]);
        let data = [Datapoint::now(3), Datapoint::now(9)];
        stream.insert_array(&data).restamp(true).await.expect("stored");
        while values_of(&message) == expected[0] {
            message = peers.python.receive().await;
        }
        assert_eq!(values_of(&message), expected[1]);
    }
    peers.shutdown().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn rust_receives_what_python_inserts() {
    let mut peers = Peers::start().await;
    let stream = peers.stream("theirs/user/numbers", StreamCreate::new()).await.typed::<f64>();
    let mut all = stream.subscribe().await.expect("a subscription");
    let mut high = stream.subscribe().transform("if $ > 5").await.expect("a subscription");
    let mut double = stream.subscribe().transform("$ * 2").await.expect("a subscription");
    for value in [3.5, 8.25] {
        peers.python.insert("theirs/user/numbers", json!(value)).await;
        let message = timeout(TIMEOUT, all.next()).await.expect("a batch");
        assert_eq!(values(message), [value]);
        let message = timeout(TIMEOUT, double.next()).await.expect("a batch");
        assert_eq!(values(message), [2.0 * value]);
    }
    let message = timeout(TIMEOUT, high.next()).await.expect("a batch");
    assert_eq!(values(message), [8.25]);
    peers.shutdown().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn python_accepts_requests_of_rust() {
    let mut peers = Peers::start().await;
    let create = StreamCreate::new().schema(json!({"type": "boolean"})).downlink(true);
    let light = peers.stream("theirs/user/light", create).await;
    let mut changes = light.subscribe().await.expect("a subscription");
    let probe = async || light.insert(true).await.expect("sent");
    let command = json!(["subscribe", "theirs/user/light", "", true, true]);
    let message = peers.python.subscribe(command, probe).await;
    assert_eq!(message[1], "theirs/user/light/downlink");
    assert_eq!(message[2][0]["o"], "ours/user");
    let change = timeout(TIMEOUT, changes.next()).await.expect("a batch");
    assert_eq!(values(change), [true]);
    assert!(light.length(true).await.expect("a number") >= 1);
    peers.shutdown().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn rust_accepts_requests_of_python() {
    let mut peers = Peers::start().await;
    let create = StreamCreate::new().schema(json!({"type": "number"})).downlink(true);
    let light = peers.stream("light", create).await;
    let probe = async || light.insert(0).await.expect("stored");
    let command = json!(["subscribe", "ours/user/light", "", false, null]);
    peers.python.subscribe(command, probe).await;

    let mut requests = light.typed::<f64>().downlinks().await.expect("a subscription");
    for (requested, accepted) in [(0.5, 0.5), (7.0, 1.0)] {
        peers.python.insert("ours/user/light", json!(requested)).await;
        let request = timeout(TIMEOUT, requests.next()).await.expect("a request");
        let request = request.expect("not the end").expect("a request");
        assert_eq!(request.origin(), Some("theirs/user"));
        assert_eq!(*request.value(), requested);
        let time = request.time();
        if requested == accepted {
            request.accept().await.expect("stored");
        } else {
            request.accept_with(accepted).await.expect("stored");
        }
        let mut message = peers.python.receive().await;
        while message[2][0]["d"] == 0 {
            message = peers.python.receive().await;
        }
        assert_eq!(message[2][0]["d"], accepted);
        assert_eq!(message[2][0]["o"], Value::Null);
        assert_eq!(message[2][0]["t"] == json!(time.as_secs_f64()), requested == accepted);
    }
    peers.shutdown().await;
}

/// Creates the user `mover` with a device, a stream of data and a request in a downlink. The stream
/// has less than 5,000 datapoints, because the Python client cannot import more in one request.
async fn create_mover(peers: &Peers) {
    let user = peers.rust.user_at("mover").expect("a name");
    user.create(UserCreate::new("mover@example.com", "mover")).await.expect("a user");
    let lamp = user.device("lamp").expect("a name");
    let light = StreamCreate::new().downlink(true).schema(json!({"type": "boolean"}));
    lamp.create(DeviceCreate::new().stream("light", light)).await.expect("a device");
    let login = ConnectorDb::builder().url(peers.server.url()).password("mover", "mover");
    let mover = login.connect().await.expect("a connection");
    let numbers = mover.stream("numbers").expect("a name");
    numbers.create(StreamCreate::new().nickname("Zähler")).await.expect("a stream");
    let data: Vec<_> = (0..4_000)
        .map(|i| Datapoint::new(1e9 + f64::from(i) / 7.0, f64::from(i) / 3.0).expect("a time"))
        .collect();
    numbers.insert_array(&data).await.expect("stored");
    peers.rust.stream("mover/lamp/light").expect("a path").insert(true).await.expect("sent");
}

/// Returns the properties of the devices and streams of `mover`, and their data, as text.
async fn dump(peers: &Peers) -> Vec<String> {
    let mut all = Vec::new();
    let user = peers.rust.user_at("mover").expect("a name");
    for device in user.devices().await.expect("devices") {
        if device.name() == "meta" {
            continue;
        }
        all.push(format!("{:?}", device.refresh().await.expect("a device")));
        for stream in device.streams().await.expect("streams") {
            all.push(format!("{:?}", stream.refresh().await.expect("a stream")));
            for datapoint in stream.range(..).await.expect("datapoints") {
                all.push(format!("{datapoint:?}"));
            }
            for request in stream.query().downlink().await.expect("datapoints") {
                all.push(format!("{:?} {:?}", request.t, request.d));
            }
        }
    }
    all
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn each_client_imports_the_archives_of_the_other() {
    let mut peers = Peers::start().await;
    create_mover(&peers).await;
    let expected = dump(&peers).await;
    assert!(expected.len() > 4_000);
    let directory = tempfile::tempdir().expect("a directory");
    let [ours, theirs] = ["ours", "theirs"].map(|name| directory.path().join(name));
    let user = peers.rust.user_at("mover").expect("a name");
    user.export(&ours).await.expect("exported");
    peers.python.call("export", "mover", &theirs).await;

    user.delete().await.expect("deleted");
    peers.python.call("import_users", "", &ours).await;
    assert_eq!(dump(&peers).await, expected);
    user.delete().await.expect("deleted");
    peers.rust.import_users(&theirs).passwords_are_names(true).await.expect("imported");
    assert_eq!(dump(&peers).await, expected);
    peers.shutdown().await;
}
