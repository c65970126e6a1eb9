//! `cdb serve` with an output that cannot be written, and at its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than anything takes that is going to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the server may take to end, whatever is sent to it.
const MAX_SHUTDOWN: Duration = Duration::from_secs(15);

const PING: &str = "GET /api/v1/?q=this HTTP/1.1\r\nhost: a\r\n\r\n";

/// A server process with a data file of its own. Dropping it kills the server.
struct Served {
    process: Child,
    address: SocketAddr,
    _directory: TempDir,
}

impl Served {
    /// Starts a server from a shell, in which `$0` is `cdb` and `$@` its arguments. With standard
    /// output and standard error as pipes that nobody reads.
    fn start(script: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = port.local_addr().expect("its address");
        drop(port);
        let process = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_cdb"), "serve", "--data"])
            .arg(directory.path().join("data.db"))
            .args(["--listen", &address.to_string()])
            .envs([("CDB_ADMIN", "me"), ("CDB_ADMIN_PASSWORD", "secret"), ("RUST_LOG", "debug")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a server");
        Self { process, address, _directory: directory }
    }

    /// A connection, as soon as the server listens.
    fn connect(&self) -> TcpStream {
        let started = Instant::now();
        loop {
            match TcpStream::connect(self.address) {
                Ok(connection) => {
                    connection.set_read_timeout(Some(PATIENCE)).expect("set");
                    return connection;
                }
                Err(error) => assert!(started.elapsed() < PATIENCE, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends requests on one connection, which must be answered.
    fn ping(&self, times: usize) {
        let mut connection = self.connect();
        for _ in 0..times {
            connection.write_all(PING.as_bytes()).expect("sent");
            let mut response = [0; 1024];
            let length = connection.read(&mut response).expect("a response");
            let response = String::from_utf8_lossy(&response[..length]);
            assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        }
    }

    /// Sends SIGTERM, and returns how the process ends and how long that takes.
    fn terminate(&mut self) -> (ExitStatus, Duration) {
        let sent = Instant::now();
        let killed = Command::new("kill").arg(self.process.id().to_string()).status();
        assert!(killed.expect("kill").success());
        loop {
            let time = sent.elapsed();
            if let Some(status) = self.process.try_wait().expect("a status") {
                return (status, time);
            }
            assert!(time < PATIENCE, "it goes on");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a request, or the beginning of one, on a connection of its own.
    fn send(&self, request: &str) -> TcpStream {
        let mut connection = self.connect();
        connection.write_all(request.as_bytes()).expect("sent");
        connection
    }

    /// Creates a device without a role; returns its key as a parameter of a URL.
    fn create_rogue(&self) -> String {
        let login = "authorization: Basic bWU6c2VjcmV0\r\n";
        let mut response = String::new();
        let mut connection = self.send(&request("POST /api/v1/crud/me/rogue", login, "{}"));
        connection.read_to_string(&mut response).expect("a response");
        let (_, body) = response.split_once("\r\n\r\n").expect("a body");
        let device: Value = serde_json::from_str(body).expect("a device");
        format!("apikey={}", device["apikey"].as_str().expect("a key"))
    }

    /// Sends a request to create something, or to insert, and waits for the response.
    fn post(&self, path_and_key: &str, body: &str) {
        let mut connection = self.send(&request(&format!("POST {path_and_key}"), "", body));
        // The server may refuse it.
        connection.read_to_end(&mut Vec::new()).expect("a response");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A request, after which the server closes the connection.
fn request(line: &str, header: &str, body: &str) -> String {
    let length = body.len();
    let headers = format!("host: a\r\nconnection: close\r\ncontent-length: {length}\r\n{header}");
    format!("{line} HTTP/1.1\r\n{headers}\r\n{body}")
}

#[test]
fn a_log_that_nobody_reads_holds_up_no_request() {
    let mut served = Served::start(r#"exec "$0" "$@""#);
    served.ping(2000);
    let (status, time) = served.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(time < Duration::from_secs(10), "{time:?}");
}

#[test]
fn a_log_whose_reader_is_gone_ends_no_request() {
    let mut served = Served::start(r#"exec "$0" "$@""#);
    drop(served.process.stderr.take());
    drop(served.process.stdout.take());
    served.ping(100);
    assert_eq!(served.terminate().0.code(), Some(0));
}

#[test]
fn closed_outputs_end_no_request() {
    let mut served = Served::start(r#"exec "$0" "$@" >&- 2>&-"#);
    served.ping(100);
    assert_eq!(served.terminate().0.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_for_the_log_ends_no_request() {
    let mut served = Served::start(r#"exec "$0" "$@" >/dev/full 2>/dev/full"#);
    served.ping(100);
    assert_eq!(served.terminate().0.code(), Some(0));
}

#[test]
fn what_the_log_lacks_is_counted_when_it_is_read_again() {
    let mut served = Served::start(r#"exec "$0" "$@""#);
    // More than the pipe and the queue hold.
    served.ping(6000);
    let mut log = BufReader::new(served.process.stderr.take().expect("its log"));
    let mut line = String::new();
    let mut lines = 0;
    while !line.contains("lines of the log could not be written") {
        line.clear();
        assert!(log.read_line(&mut line).expect("text") > 0);
        lines += 1;
        if lines % 1000 == 0 {
            served.ping(1);
        }
    }
    let count = line.split(' ').next().and_then(|count| count.parse::<u64>().ok());
    assert!(count.is_some_and(|count| count > 0), "{line}");
}

#[test]
fn a_stalled_request_does_not_hold_up_the_end() {
    let mut served = Served::start(r#"exec "$0" "$@""#);
    served.ping(1);
    let mut stalled = served.connect();
    let head = "POST /api/v1/query/merge HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n[";
    stalled.write_all(head.as_bytes()).expect("sent");
    // Accepted later, so that the stalled one is known to the server.
    served.ping(1);
    let (status, time) = served.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(time < MAX_SHUTDOWN, "{time:?}");
}

#[test]
fn it_ends_in_time_while_requests_do_not() {
    let mut served = Served::start(r#"exec "$0" "$@""#);
    let key = served.create_rogue();
    let stream = "/api/v1/crud/me/rogue/words";
    let words = (1..15_000).map(|i| json!({"t": i, "d": format!("a word with the number {i}")}));
    served.post(&format!("{stream}?{key}"), "{}");
    served.post(&format!("{stream}/data?{key}"), &Value::from_iter(words).to_string());
    // It makes an object of all words so far, for each word.
    let script = "imap($,count)%20%7C%20if%20last";
    let read = format!("GET {stream}/data?i1=0&transform={script}&{key}");
    let upgrade = "host: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let attacks = [
        String::new(),
        "GET /api/v1/".to_owned(),
        format!("POST {stream}/data?{key} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n["),
        format!("GET /api/v1/websocket?{key} HTTP/1.1\r\n{upgrade}\r\n"),
        request(&read, "", ""),
    ];
    let _attackers: Vec<_> = attacks.iter().cycle().take(20).map(|it| served.send(it)).collect();
    // Accepted later, so that the server knows them all.
    served.ping(1);
    let (status, time) = served.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(time < MAX_SHUTDOWN, "{time:?}");
}

#[test]
fn it_ends_in_time_while_values_are_checked_forever() {
    let mut served = Served::start(r#"exec "$0" "$@""#);
    let key = served.create_rogue();
    // Each definition refers to the next one twice: the last one is reached in 2^40 ways.
    let level = |level: u32| {
        let next = json!({"$ref": format!("#/definitions/level{}", level + 1)});
        (format!("level{level}"), json!({"allOf": [next, next]}))
    };
    let mut definitions = Value::from_iter((0..40).map(level));
    definitions["level40"] = json!({"type": "number"});
    let schema = json!({"$ref": "#/definitions/level0", "definitions": definitions});
    let stream = json!({"schema": schema.to_string()}).to_string();
    served.post(&format!("/api/v1/crud/me/rogue/s?{key}"), &stream);
    let insert = format!("POST /api/v1/crud/me/rogue/s/data?{key}");
    let insert = request(&insert, "", r#"[{"d":1}]"#);
    let _attackers: Vec<_> = (0..4).map(|_| served.send(&insert)).collect();
    let (status, time) = served.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(time < MAX_SHUTDOWN, "{time:?}");
}

#[test]
fn silent_connections_do_not_use_up_the_files_that_may_be_open() {
    let served = Served::start(r#"ulimit -n 64 && exec "$0" "$@""#);
    let silent: Vec<_> = (0..200).map(|_| served.connect()).collect();
    served.ping(20);
    drop(silent);
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let served = Served::start(r#"exec "$0" "$@""#);
    served.ping(1);
    let second = Command::new(env!("CARGO_BIN_EXE_cdb"))
        .args(["serve", "--data", "unused.db", "--listen", &served.address.to_string()])
        .output()
        .expect("it ends");
    assert_eq!(second.status.code(), Some(1));
    let error = String::from_utf8_lossy(&second.stderr);
    let expected = format!("cdb: cannot listen on {}", served.address);
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn cookies_are_secure_behind_a_proxy_that_terminates_tls() {
    // "me:secret"
    let login = PING.replace("?q=this", "login");
    let login = login.replace("\r\n\r\n", "\r\nauthorization: Basic bWU6c2VjcmV0\r\n\r\n");
    for (script, is_secure) in
        [(r#"exec "$0" "$@""#, false), (r#"exec "$0" "$@" --behind-tls-proxy"#, true)]
    {
        let served = Served::start(script);
        let mut connection = served.connect();
        connection.write_all(login.as_bytes()).expect("sent");
        let mut response = [0; 1024];
        let length = connection.read(&mut response).expect("a response");
        let response = String::from_utf8_lossy(&response[..length]);
        assert!(response.contains("set-cookie: connectordb-session="), "{response}");
        assert_eq!(response.contains("; Secure"), is_secure, "{response}");
    }
}
