//! Subscriptions and requests between this client and the official Python one.

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

/// Longer than anything takes that is going to happen.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long something may take that may not happen.
const A_MOMENT: Duration = Duration::from_millis(500);

/// The Python client, logged in as `theirs/user`, and this one, as `ours/user`. Both may do
/// everything.
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

    async fn end(self) {
        drop(self.python);
        self.server.shutdown().await;
    }
}

/// A process with the Python client; see `peer.py`.
struct Python {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Python {
    fn start(url: &str, key: &ApiKey) -> Self {
        let python = std::env::var_os("CDB_PYTHON").expect("cargo xtask interop says where it is");
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

    async fn tell(&mut self, command: Value) {
        let line = format!("{command}\n");
        self.input.write_all(line.as_bytes()).await.expect("it listens");
    }

    async fn said(&mut self) -> Value {
        let line = timeout(TIMEOUT, self.output.next_line()).await.expect("it says something");
        serde_json::from_str(&line.expect("a text").expect("not the end")).expect("JSON")
    }

    async fn insert(&mut self, path: &str, value: Value) {
        self.tell(json!(["insert", path, value])).await;
        assert_eq!(self.said().await, json!(["inserted"]));
    }

    async fn call(&mut self, method: &str, path: &str, argument: &Path) {
        self.tell(json!([method, path, argument])).await;
        assert_eq!(self.said().await, json!(["done"]));
    }

    /// Has it subscribe. It does not say when the server knows; so inserts until it has heard of
    /// it, and says how it did.
    async fn subscribe(&mut self, command: Value, probe: impl AsyncFn()) -> Value {
        self.tell(command).await;
        loop {
            probe().await;
            if let Ok(line) = timeout(A_MOMENT, self.output.next_line()).await {
                let line = line.expect("a text").expect("not the end");
                return serde_json::from_str(&line).expect("JSON");
            }
        }
    }
}

/// The values of a batch that the Python client has heard.
fn values_of(said: &Value) -> Value {
    said[2].as_array().into_iter().flatten().map(|dp| dp["d"].clone()).collect()
}

fn values<T>(item: Option<cdb_core::Result<cdb_core::DatapointArray<T>>>) -> Vec<T> {
    let batch = item.expect("not the end").expect("a batch");
    batch.into_iter().map(|dp| dp.d).collect()
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn python_hears_what_rust_inserts() {
    let mut peers = Peers::start().await;
    for (name, transform, heard) in [
        ("plain", "", json!([[7], [3, 9]])),
        ("high", "if $ > 5", json!([[7], [9]])),
        ("double", "$ * 2", json!([[14], [6, 18]])),
    ] {
        let stream = peers.stream(name, StreamCreate::new()).await;
        let probe = async || stream.insert(7).await.expect("stored");
        let command = json!(["subscribe", format!("ours/user/{name}"), transform, false, null]);
        let mut said = peers.python.subscribe(command, probe).await;
        assert_eq!(said[1], format!("ours/user/{name}"));
        assert_eq!(values_of(&said), heard[0]);
        let data = [Datapoint::now(3), Datapoint::now(9)];
        stream.insert_array(&data).restamp(true).await.expect("stored");
        while values_of(&said) == heard[0] {
            said = peers.python.said().await;
        }
        assert_eq!(values_of(&said), heard[1]);
    }
    peers.end().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn rust_hears_what_python_inserts() {
    let mut peers = Peers::start().await;
    let stream = peers.stream("theirs/user/numbers", StreamCreate::new()).await.typed::<f64>();
    let mut all = stream.subscribe().await.expect("a subscription");
    let mut high = stream.subscribe().transform("if $ > 5").await.expect("a subscription");
    let mut double = stream.subscribe().transform("$ * 2").await.expect("a subscription");
    for value in [3.5, 8.25] {
        peers.python.insert("theirs/user/numbers", json!(value)).await;
        let heard = timeout(TIMEOUT, all.next()).await.expect("something comes");
        assert_eq!(values(heard), [value]);
        let heard = timeout(TIMEOUT, double.next()).await.expect("something comes");
        assert_eq!(values(heard), [2.0 * value]);
    }
    let heard = timeout(TIMEOUT, high.next()).await.expect("something comes");
    assert_eq!(values(heard), [8.25]);
    peers.end().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn python_does_what_rust_asks_for() {
    let mut peers = Peers::start().await;
    let create = StreamCreate::new().schema(json!({"type": "boolean"})).downlink(true);
    let light = peers.stream("theirs/user/light", create).await;
    let mut changes = light.subscribe().await.expect("a subscription");
    let probe = async || light.insert(true).await.expect("asked");
    let command = json!(["subscribe", "theirs/user/light", "", true, true]);
    let heard = peers.python.subscribe(command, probe).await;
    assert_eq!(heard[1], "theirs/user/light/downlink");
    assert_eq!(heard[2][0]["o"], "ours/user");
    let change = timeout(TIMEOUT, changes.next()).await.expect("something comes");
    assert_eq!(values(change), [true]);
    assert!(light.length(true).await.expect("a number") >= 1);
    peers.end().await;
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn rust_does_what_python_asks_for() {
    let mut peers = Peers::start().await;
    let create = StreamCreate::new().schema(json!({"type": "number"})).downlink(true);
    let light = peers.stream("light", create).await;
    let probe = async || light.insert(0).await.expect("stored");
    let command = json!(["subscribe", "ours/user/light", "", false, null]);
    peers.python.subscribe(command, probe).await;

    let mut requests = light.typed::<f64>().downlinks().await.expect("a subscription");
    for (asked, done) in [(0.5, 0.5), (7.0, 1.0)] {
        peers.python.insert("ours/user/light", json!(asked)).await;
        let request = timeout(TIMEOUT, requests.next()).await.expect("a request");
        let request = request.expect("not the end").expect("a request");
        assert_eq!(request.origin(), Some("theirs/user"));
        assert_eq!(*request.value(), asked);
        let time = request.time();
        if asked == done {
            request.accept().await.expect("stored");
        } else {
            request.accept_with(done).await.expect("stored");
        }
        let mut heard = peers.python.said().await;
        while heard[2][0]["d"] == 0 {
            heard = peers.python.said().await;
        }
        assert_eq!(heard[2][0]["d"], done);
        assert_eq!(heard[2][0]["o"], Value::Null);
        assert_eq!(heard[2][0]["t"] == json!(time.as_secs_f64()), asked == done);
    }
    peers.end().await;
}

/// A user with a device, a stream of data (the Python client cannot import more than 5,000 at once) and a downlink that was asked for something.
async fn furnish(peers: &Peers) {
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
    peers.rust.stream("mover/lamp/light").expect("a path").insert(true).await.expect("asked");
}

/// What there is of the user: metadata of its streams, and their data.
async fn everything(peers: &Peers) -> Vec<String> {
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
            for asked in stream.query().downlink().await.expect("datapoints") {
                all.push(format!("{:?} {:?}", asked.t, asked.d));
            }
        }
    }
    all
}

#[tokio::test]
#[ignore = "needs the official Python client: cargo xtask interop"]
async fn archives_of_either_are_read_by_the_other() {
    let mut peers = Peers::start().await;
    furnish(&peers).await;
    let expected = everything(&peers).await;
    assert!(expected.len() > 4_000);
    let directory = tempfile::tempdir().expect("a directory");
    let [ours, theirs] = ["ours", "theirs"].map(|name| directory.path().join(name));
    let user = peers.rust.user_at("mover").expect("a name");
    user.export(&ours).await.expect("exported");
    peers.python.call("export", "mover", &theirs).await;

    user.delete().await.expect("deleted");
    peers.python.call("import_users", "", &ours).await;
    assert_eq!(everything(&peers).await, expected);
    user.delete().await.expect("deleted");
    peers.rust.import_users(&theirs).passwords_are_names(true).await.expect("imported");
    assert_eq!(everything(&peers).await, expected);
    peers.end().await;
}
