//! Disks that are full or fail: what was answered 200 is on disk, and nothing else is told.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use cdb_server::{DataFile, Server};
use faults::{DiskError, FaultyDisk, SeededRng, ServerProcess, variables};
use reqwest::{Client, Method};
use serde_json::Value;

use crate::http;
use crate::socket::Socket;
use crate::support::Answer;

/// The test that is the server's process.
const SERVER: &str = "disk::serves_until_it_is_killed";

#[test]
#[ignore = "it is no test, but the program of another process"]
fn serves_until_it_is_killed() {
    faults::serve_until_killed();
}

/// What a client knows of a server that may be killed: what was answered 200.
struct Acknowledged {
    client: Client,
    url: String,
    key: String,
    streams: BTreeMap<String, Stream>,
}

/// What is known of a stream.
#[derive(Default)]
struct Stream {
    /// Values whose insert was answered 200, in order.
    stored: Vec<u64>,
    /// Values whose insert was not: each is there once, or not at all.
    uncertain: Vec<u64>,
}

impl Acknowledged {
    async fn connect(url: String) -> Self {
        let client = http::client();
        let login =
            client.get(format!("{url}/api/v1/crud/test/user")).basic_auth("test", Some("test"));
        let answer = Answer::of(login.send().await.expect("an answer")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let key = answer.json()["apikey"].as_str().expect("a key").to_owned();
        Self { client, url, key, streams: BTreeMap::new() }
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Answer {
        let request = self.client.request(method, format!("{}/api/v1/crud/{path}", self.url));
        let request = request.basic_auth("", Some(&self.key)).body(body);
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Makes a stream; returns whether that was answered 200.
    async fn create(&mut self, name: &str) -> bool {
        let answer = self.send(Method::POST, &format!("test/user/{name}"), "{}".into()).await;
        let is_made = answer.status == 200;
        // 403: it is there already.
        assert!(is_made || matches!(answer.status, 403 | 500), "{answer:?}");
        if is_made {
            self.streams.insert(name.to_owned(), Stream::default());
        }
        is_made
    }

    /// Deletes a stream; returns whether that was answered 200.
    async fn delete(&mut self, name: &str) -> bool {
        let answer = self.send(Method::DELETE, &format!("test/user/{name}"), String::new()).await;
        let is_gone = answer.status == 200;
        assert!(is_gone || answer.status == 500, "{answer:?}");
        if is_gone {
            self.streams.remove(name);
        }
        is_gone
    }

    /// Inserts values, which are their own times; returns whether that was answered 200.
    async fn insert(&mut self, name: &str, values: std::ops::Range<u64>, padding: usize) -> bool {
        let point = |value| format!(r#"{{"t":{value},"d":[{value},"{}"]}}"#, "x".repeat(padding));
        let points: Vec<_> = values.clone().map(point).collect();
        let body = format!("[{}]", points.join(","));
        let answer = self.send(Method::POST, &format!("test/user/{name}/data"), body).await;
        let is_stored = answer.status == 200;
        // A stream that was not made: 403. One that was not written to: 500.
        assert!(is_stored || matches!(answer.status, 403 | 500), "{answer:?}");
        let stream = self.streams.entry(name.to_owned()).or_default();
        let known = if is_stored { &mut stream.stored } else { &mut stream.uncertain };
        known.extend(values);
        is_stored
    }

    /// Checks that a server has what was acknowledged, and each value once and in order.
    async fn check(&self, server: &Server) {
        for name in self.streams.keys() {
            self.check_stream(server, name).await;
        }
    }

    async fn check_stream(&self, server: &Server, name: &str) {
        let stream = &self.streams[name];
        let url = format!("{}/api/v1/crud/test/user/{name}/data", server.url());
        let get = async |query: &str| {
            let request = self.client.get(format!("{url}?{query}"));
            Answer::of(request.basic_auth("", Some(&self.key)).send().await.expect("one")).await
        };
        let read = get("i1=0").await;
        if stream.stored.is_empty() && read.status == 403 {
            return;
        }
        assert_eq!(read.status, 200, "{name}: {read:?}");
        let values = values(&read.json());
        assert!(values.is_sorted_by(|a, b| a < b), "{name} has something twice: {values:?}");
        for value in &stream.stored {
            assert!(values.binary_search(value).is_ok(), "{name} lacks {value}");
        }
        let known: HashSet<_> = stream.stored.iter().chain(&stream.uncertain).collect();
        for value in &values {
            assert!(known.contains(value), "{name} has {value}, which nobody inserted");
        }
        assert_eq!(get("q=length").await.text, values.len().to_string(), "{name}");
    }
}

/// The values of datapoints.
fn values(data: &Value) -> Vec<u64> {
    let data = data.as_array().expect("an array");
    data.iter().map(|point| point["d"][0].as_u64().expect("a value")).collect()
}

/// A server in this process, whose disk does not fail.
async fn restart(data: &Path) -> Server {
    Server::builder().data(data).listen("127.0.0.1:0").start().await.expect("it starts again")
}

#[tokio::test]
async fn what_is_answered_is_on_disk_whichever_write_or_sync_fails() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data.db");
    let disk = FaultyDisk::new(&data);
    let environment = disk.environment();
    let mut streams = BTreeMap::new();
    let mut next = 1;
    for call in 0.. {
        let server = ServerProcess::start_with(SERVER, &data, &variables(&environment));
        let mut client = Acknowledged::connect(server.url()).await;
        client.streams = streams;
        // Each call fails by itself, and with three more.
        let (count, error) =
            if call % 2 == 0 { (1, DiskError::Io) } else { (4, DiskError::NoSpace) };
        disk.fail_calls(call / 2, count, error);
        let (old, new) = (format!("s{}", call.saturating_sub(1)), format!("s{call}"));
        client.create(&new).await;
        client.create(&new).await;
        for _ in 0..2 {
            client.insert(&old, next..next + 1, 10).await;
            client.insert(&new, next + 1..next + 4, 10).await;
            // This becomes a block at once.
            client.insert(&new, next + 4..next + 204, 100).await;
            next += 204;
            let short = format!("t{call}");
            if client.streams.contains_key(&short) || client.create(&short).await {
                client.delete(&short).await;
            }
        }
        let (calls, failed) = (disk.calls(), disk.failed());
        disk.work();
        // It goes on as if nothing had been.
        assert!(
            client.insert("s0", next..next + 1, 10).await || client.streams["s0"].stored.is_empty()
        );
        next += 1;
        drop(server);
        let server = restart(&data).await;
        for stream in [&old, &new] {
            client.check_stream(&server, stream).await;
        }
        if failed == 0 {
            client.check(&server).await;
            println!("{calls} calls, each of which has failed once");
            assert!(calls > 20, "{calls}");
            return;
        }
        server.shutdown().await;
        streams = client.streams;
    }
}

#[tokio::test]
async fn what_is_answered_is_on_disk_and_told_while_one_call_in_twelve_fails() {
    const INSERTS: u64 = 10_000;
    let mut rng = SeededRng::from_environment();
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data.db");
    let disk = FaultyDisk::new(&data);
    let environment = disk.environment();
    let server = ServerProcess::start_with(SERVER, &data, &variables(&environment));
    let mut client = Acknowledged::connect(server.url()).await;
    assert!(client.create("s").await);
    let mut socket = Socket::open_at(server.address, &client.key, false).await.expect("a socket");
    socket.done(r#"{"cmd":"subscribe","arg":"test/user/s","transform":""}"#).await;
    disk.fail_randomly(80, rng.within(0..u64::MAX), DiskError::Io);
    let (mut next, mut told) = (1, Vec::new());
    while next < INSERTS {
        let count = if rng.within(0..20) == 0 { 200 } else { 1 };
        if client.insert("s", next..next + count, 20).await {
            while told.last() < Some(&(next + count - 1)) {
                told.extend(values(&socket.next().await["data"]));
            }
        }
        next += count;
        if rng.within(0..100) == 0 {
            client.create(&format!("s{next}")).await;
        }
    }
    let failed = disk.failed();
    disk.work();
    assert!(failed > 100, "{failed} calls have failed");
    assert!(client.insert("s", next..next + 1, 20).await, "it does not work again");
    told.extend(values(&socket.next().await["data"]));
    assert_eq!(told, client.streams["s"].stored, "told and acknowledged");
    drop(server);
    let server = restart(&data).await;
    client.check(&server).await;
}

#[test]
fn what_is_answered_is_on_disk_when_it_has_been_full() {
    let directory = tempfile::tempdir().expect("a directory");
    let inner = "disk::fills_a_small_disk_and_makes_room_again";
    faults::on_small_disk(inner, directory.path(), 6 * 1024 * 1024);
}

#[tokio::test]
#[ignore = "it runs where there is a small disk"]
async fn fills_a_small_disk_and_makes_room_again() {
    let directory = faults::small_disk();
    let data = directory.join("data.db");
    for creations in 0..4 {
        for batches in [false, true] {
            for path in ["data.db", "data.db-wal", "data.db-shm"].map(|name| directory.join(name)) {
                let _ = std::fs::remove_file(path);
            }
            let server = ServerProcess::start(SERVER, &data);
            let mut client = Acknowledged::connect(server.url()).await;
            assert!(client.create("s").await);
            assert!(client.insert("s", 1..2, 10).await);
            let ballast = faults::fill(&directory);
            let mut next = 2;
            // What room there is within the files is used up.
            while client.insert("s", next..next + 20, 1000).await {
                next += 20;
            }
            next += 20;
            if batches {
                assert!(!client.insert("s", next..next + 300, 100).await, "there is no room");
                next += 300;
            }
            for creation in 0..creations {
                assert!(!client.create(&format!("t{creation}")).await, "there is no room");
            }
            std::fs::remove_file(ballast).expect("it is removed");
            for value in next..next + 50 {
                assert!(client.insert("s", value..value + 1, 10).await, "there is room");
            }
            assert!(client.create("u").await && client.insert("u", 1..300, 100).await);
            drop(server);
            let server = restart(&data).await;
            client.check(&server).await;
            server.shutdown().await;
        }
    }
}

/// The test that is the process of an import.
const IMPORT: &str = "disk::imports_an_archive";
const ARCHIVE: &str = "CDB_TEST_ARCHIVE";
const FILE: &str = "CDB_TEST_FILE";

#[tokio::test]
#[ignore = "it is no test, but the program of another process"]
async fn imports_an_archive() {
    let of = |name| std::env::var_os(name).expect("a path");
    let file = Path::new(&of(FILE)).to_owned();
    // The server's file: an import that fails is not to remove it.
    match DataFile::at(&file).import(of(ARCHIVE)).await {
        Ok(_) => println!("\nIMPORTED"),
        Err(error) => println!("\nREFUSED {error}"),
    }
}

#[tokio::test]
async fn an_import_is_whole_or_not_there_whichever_write_or_sync_fails() {
    let directory = tempfile::tempdir().expect("a directory");
    let [source, data, archive] =
        ["a.db", "data.db", "archive"].map(|name| directory.path().join(name));
    let server = Server::builder().data(&source).listen("127.0.0.1:0").admin("new", "new");
    let server = server.start().await.expect("it starts");
    let login = http::client().get(format!("{}/api/v1/crud/new/user", server.url()));
    let answer = Answer::of(login.basic_auth("new", Some("new")).send().await.expect("one")).await;
    let key = answer.json()["apikey"].as_str().expect("a key").to_owned();
    let mut client =
        Acknowledged { client: http::client(), url: server.url(), key, streams: BTreeMap::new() };
    for (path, body) in [
        ("new/user/s", "{}".to_owned()),
        ("new/user/s/data", {
            let points: Vec<_> = (1..2000).map(|t| format!(r#"{{"t":{t},"d":[{t}]}}"#)).collect();
            format!("[{}]", points.join(","))
        }),
    ] {
        assert_eq!(client.send(Method::POST, path, body).await.status, 200);
    }
    server.shutdown().await;
    DataFile::at(&source).export(&archive).await.expect("exported");
    let old = Server::builder().data(&data).listen("127.0.0.1:0").admin("test", "test");
    old.start().await.expect("it starts").shutdown().await;
    let (empty, disk) = (std::fs::read(&data).expect("a file"), FaultyDisk::new(&data));
    for call in 0.. {
        for name in ["data.db-wal", "data.db-shm"] {
            let _ = std::fs::remove_file(directory.path().join(name));
        }
        std::fs::write(&data, &empty).expect("written");
        disk.fail_calls(call, 1, DiskError::Io);
        let environment = disk.environment();
        let mut variables = variables(&environment);
        variables.extend([(ARCHIVE, archive.as_os_str()), (FILE, data.as_os_str())]);
        let mut process = faults::TestProcess::start(IMPORT, &variables);
        let said = process.lines().find(|line| line == "IMPORTED" || line.starts_with("REFUSED"));
        let said = said.expect("it says how that went");
        process.lines().for_each(drop);
        let server = restart(&data).await;
        client.url = server.url();
        let read = client.send(Method::GET, "new/user/s/data?i1=0", String::new()).await;
        if said == "IMPORTED" {
            let (read, expected) = (values(&read.json()), (1..2000).collect::<Vec<u64>>());
            assert_eq!(read, expected, "call {call}");
        } else {
            assert_eq!(read.status, 401, "call {call}: {said}, but {read:?}");
        }
        server.shutdown().await;
        if disk.failed() == 0 {
            assert!(call > 4, "{call} calls");
            return;
        }
    }
}
