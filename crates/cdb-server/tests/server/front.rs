//! Connections and bodies: their limits, and how the server ends.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use cdb_server::{Limits, Server, StartError};
use futures_util::SinkExt;
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::http;
use crate::socket::Socket;
use crate::support::{Answer, TestServer};

/// Longer than anything takes that is going to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that needs no login.
const PING: &str = "GET /api/v1/?q=this HTTP/1.1\r\nhost: a\r\n\r\n";

/// A connection of a client that does not keep to HTTP.
struct Raw(TcpStream);

impl Raw {
    async fn open(server: &TestServer) -> Self {
        Self::open_at(server.server.address()).await
    }

    async fn open_at(server: SocketAddr) -> Self {
        Self(TcpStream::connect(server).await.expect("a connection"))
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("sent");
    }

    /// Sends the headers of an insert, and the beginning of its body.
    async fn begin_insert(&mut self, key: &str, length: usize, begin: &str) {
        let key = http::client().get("http://a").basic_auth("", Some(key)).build();
        let key = key.expect("a request").headers()["authorization"].clone();
        let key = key.to_str().expect("text");
        let path = "/api/v1/crud/test/user/any/data";
        let head = format!("PUT {path} HTTP/1.1\r\nhost: a\r\nauthorization: {key}\r\n");
        self.send(&format!("{head}content-length: {length}\r\n\r\n{begin}")).await;
    }

    /// What the server sends until it closes the connection.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        // A connection that the server resets is closed too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("an end");
        String::from_utf8(bytes).expect("text")
    }

    /// The next response, whose body has no more than one piece.
    async fn response(&mut self) -> String {
        let mut bytes = vec![0; 4096];
        let length = timeout(PATIENCE, self.0.read(&mut bytes)).await.expect("a response");
        // Nothing, if the connection was reset.
        bytes.truncate(length.unwrap_or_default());
        String::from_utf8(bytes).expect("text")
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test]
async fn silent_connections_make_room_for_others() {
    let server = TestServer::with(Limits::default().connections(4)).await;
    let mut websocket = Socket::open(&server.server, &server.key_of("test").await, false).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(Raw::open(&server).await);
        let mut polite = Raw::open(&server).await;
        polite.send(PING).await;
        assert!(polite.response().await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(silent[0].rest().await, "");
    websocket.done(r#"{"cmd":"subscribe","arg":"test/user/nosuch"}"#).await;
}

#[tokio::test]
async fn without_room_a_connection_is_told_so() {
    let server = TestServer::with(Limits::default().connections(2)).await;
    let key = server.key_of("test").await;
    let first = Socket::open(&server.server, &key, true).await;
    let second = Socket::open(&server.server, &key, true).await;
    let mut third = Raw::open(&server).await;
    third.send(PING).await;
    let response = third.rest().await;
    assert!(response.starts_with("HTTP/1.1 503"), "{response}");
    assert!(response.contains("\r\nretry-after: 1\r\n"), "{response}");
    assert!(response.contains(r#""kind":"unavailable""#), "{response}");
    drop((first, second));
    let deadline = Instant::now() + PATIENCE;
    while server.send("", "GET", "?q=this", "").await.status != 200 {
        assert!(Instant::now() < deadline, "the places are not free again");
    }
}

/// An address of this machine that other machines can reach. Connections to it come from it, too.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Nothing is sent: this chooses the address from which it would be.
    socket.connect((Ipv4Addr::new(198, 51, 100, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[tokio::test]
async fn an_address_has_a_limited_number_of_connections() {
    // Those from the loopback address are not counted.
    let Some(outer) = outer_address() else {
        eprintln!("not tested: this machine has no other address than loopback");
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::builder()
        .data(directory.path().join("data.db"))
        .listen("0.0.0.0:0")
        .admin("test", "test")
        .limits(Limits::default().connections_per_address(2))
        .start()
        .await
        .expect("the server starts");
    let port = server.address().port();
    let (outer, loopback) = (SocketAddr::new(outer, port), (Ipv4Addr::LOCALHOST, port).into());
    let answer = async |address: SocketAddr| {
        let mut connection = Raw::open_at(address).await;
        connection.send(PING).await;
        (connection.response().await, connection)
    };
    let websocket = async || Socket::open_at(outer, "", false).await.expect("a websocket");
    let (first, mut second) = (websocket().await, websocket().await);
    let (response, _) = answer(outer).await;
    assert!(response.starts_with("HTTP/1.1 503"), "{response}");
    let mut others = Vec::new();
    for _ in 0..4 {
        let (response, connection) = answer(loopback).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        others.push(connection);
    }
    drop(first);
    let deadline = Instant::now() + PATIENCE;
    let mut waiting = loop {
        let (response, connection) = answer(outer).await;
        if response.starts_with("HTTP/1.1 200") {
            break connection;
        }
        assert!(Instant::now() < deadline, "the place is not free again");
    };
    // One that waits for its next request makes room, and no connection of others does.
    let (response, _connection) = answer(outer).await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert_eq!(waiting.rest().await, "");
    second.pong().await;
    for mut other in others {
        other.send(PING).await;
        assert!(other.response().await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn headers_must_arrive_in_time() {
    let server = TestServer::with(Limits::default().header_timeout(ms(300))).await;
    let mut silent = Raw::open(&server).await;
    assert_eq!(silent.rest().await, "");
    let mut slow = Raw::open(&server).await;
    let started = Instant::now();
    slow.send("GET /api/v1/?q=this HTTP/1.1\r\n").await;
    // A byte now and then does not help.
    while slow.0.write_all(b"a").await.is_ok() {
        assert!(started.elapsed() < PATIENCE);
        let _ = timeout(ms(20), slow.0.readable()).await;
        if slow.0.try_read(&mut [0; 10]).is_ok() {
            break;
        }
    }
    assert!(started.elapsed() >= ms(290));
}

#[tokio::test]
async fn a_connection_may_wait_for_its_next_request_for_a_while() {
    let limits = Limits::default().header_timeout(ms(100)).idle_timeout(ms(600));
    let server = TestServer::with(limits).await;
    let mut connection = Raw::open(&server).await;
    connection.send(PING).await;
    assert!(connection.response().await.starts_with("HTTP/1.1 200"));
    // Longer than headers may take.
    tokio::time::sleep(ms(250)).await;
    connection.send(PING).await;
    assert!(connection.response().await.starts_with("HTTP/1.1 200"));
    let idle = Instant::now();
    assert_eq!(connection.rest().await, "");
    assert!(idle.elapsed() >= ms(550), "{:?}", idle.elapsed());
}

#[tokio::test]
async fn large_headers_are_refused() {
    let server = TestServer::start().await;
    for (bytes, status) in [(15_000, "200"), (17_000, "431"), (1_000_000, "431")] {
        let mut connection = Raw::open(&server).await;
        let long = "a".repeat(bytes);
        let request = PING.replace("\r\n\r\n", &format!("\r\nx-long: {long}\r\n\r\n"));
        // The server may close the connection before it has read all.
        let _ = connection.0.write_all(request.as_bytes()).await;
        let response = connection.response().await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{bytes}: {response}");
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut() {
    let limits = Limits::default().connections(1).write_timeout(ms(300));
    let server = TestServer::with(limits).await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    let large = format!(r#"[{{"d":"{}"}}]"#, "a".repeat(4_000_000));
    for _ in 0..4 {
        server.insert(&key, "test/user/any", &large).await;
    }
    let mut reader = Raw::open(&server).await;
    let path = format!("crud/test/user/any/data?i1=0&apikey={key}");
    reader.send(&format!("GET /api/v1/{path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
    reader.0.readable().await.expect("the begin of the response");
    // The only place is free again.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut other = Raw::open(&server).await;
        other.send(PING).await;
        if other.response().await.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(Instant::now() < deadline, "it is not cut");
    }
    let received = reader.rest().await.len();
    assert!(received < 16_000_000, "{received}");
}

#[tokio::test]
async fn a_body_must_arrive_in_time() {
    let silent = Limits::default().body_idle_timeout(ms(200));
    let slow = Limits::default().body_time(ms(300)).body_bytes_per_second(1000);
    for (limits, is_silent) in [(silent, true), (slow, false)] {
        let server = TestServer::with(limits).await;
        let key = server.key_of("test").await;
        server.create(&key, "test/user/any", "{}").await;
        let mut connection = Raw::open(&server).await;
        connection.begin_insert(&key, 1000, "[").await;
        let deadline = Instant::now() + PATIENCE;
        while timeout(ms(50), connection.0.readable()).await.is_err() {
            assert!(Instant::now() < deadline, "no response");
            if !is_silent {
                connection.send(" ").await;
            }
        }
        let response = connection.rest().await;
        assert!(response.starts_with("HTTP/1.1 408"), "{response}");
        assert!(response.contains(r#""kind":"timeout""#), "{response}");
    }
}

/// An insert of 50,000 bytes.
fn large_insert() -> String {
    format!("{:49999}]", "[")
}

/// Limits with which each of the bodies of these tests is allowed.
fn of_bodies() -> Limits {
    Limits::default().body_bytes(90_000)
}

/// A server with a stream, and the key of its device.
async fn with_stream(limits: Limits) -> (TestServer, String) {
    let server = TestServer::with(limits).await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    (server, key)
}

/// Opens a connection with a body of 80,000 bytes that does not end. Returns it, and the status,
/// `Retry-After` and kind of another insert.
async fn hold_body(server: &TestServer, key: &str) -> (Raw, u16, Option<String>, String) {
    let deadline = Instant::now() + PATIENCE;
    let begin = async || {
        let mut holding = Raw::open(server).await;
        holding.begin_insert(key, 80_001, &format!("[{}", " ".repeat(79_999))).await;
        holding
    };
    let mut holding = begin().await;
    loop {
        let request = server.request(Method::PUT, "crud/test/user/any/data");
        let request = request.basic_auth("", Some(key)).body(large_insert());
        let response = request.send().await.expect("a response");
        let after = response.headers().get("retry-after").cloned();
        let answer = Answer::of(response).await;
        if answer.status != 200 {
            let after = after.map(|it| it.to_str().expect("text").to_owned());
            let kind = answer.json()["kind"].as_str().expect("a kind").to_owned();
            return (holding, answer.status, after, kind);
        }
        // The insert came before the body, which may have been refused in its place.
        if timeout(ms(100), holding.0.readable()).await.is_ok() {
            holding = begin().await;
        }
        assert!(Instant::now() < deadline, "nothing is refused");
    }
}

#[tokio::test]
async fn the_bodies_of_a_caller_take_a_limited_amount_of_memory() {
    let (server, key) = with_stream(of_bodies().bodies_per_device(100_000)).await;
    let (mut holding, status, after, kind) = hold_body(&server, &key).await;
    assert_eq!((status, after.as_deref(), kind.as_str()), (429, Some("1"), "limit"));
    // Another caller is not concerned.
    let other = server.create_device(&key, "test/other", "{}").await;
    server.create(&other, "test/other/any", "{}").await;
    server.insert(&other, "test/other/any", &large_insert()).await;
    holding.send("]").await;
    assert!(holding.response().await.starts_with("HTTP/1.1 200"));
    server.insert(&key, "test/user/any", &large_insert()).await;
}

#[tokio::test]
async fn all_bodies_take_a_limited_amount_of_memory() {
    let (server, key) = with_stream(of_bodies().bodies_total(100_000)).await;
    let (holding, status, after, kind) = hold_body(&server, &key).await;
    assert_eq!((status, after.as_deref(), kind.as_str()), (503, Some("1"), "unavailable"));
    // What was held for a client that has gone is free again.
    drop(holding);
    let deadline = Instant::now() + PATIENCE;
    let path = "crud/test/user/any/data";
    while server.send(&key, "PUT", path, &large_insert()).await.status != 200 {
        assert!(Instant::now() < deadline, "the memory is not free again");
    }
}

#[tokio::test]
async fn a_body_that_is_allowed_is_read_whatever_bodies_may_take() {
    let limits = of_bodies().bodies_per_device(1000).bodies_total(1000);
    let (server, key) = with_stream(limits).await;
    server.insert(&key, "test/user/any", &large_insert()).await;
}

#[tokio::test]
async fn messages_over_websockets_count_as_bodies() {
    for (limits, has_key) in [
        (of_bodies().bodies_per_device(100_000), true),
        (of_bodies().bodies_per_address(100_000), false),
        (of_bodies().bodies_anonymous(100_000), false),
    ] {
        let (server, key) = with_stream(limits).await;
        let key = if has_key { &key } else { "" };
        let (mut holding, deadline) = (open(&server, key).await, Instant::now() + PATIENCE);
        let begin = Frame::message(large_insert(), OpCode::Data(Data::Text), false);
        holding.0.send(Message::Frame(begin)).await.expect("sent");
        // It is received at some time, after which there is no room for another.
        loop {
            let mut other = open(&server, key).await;
            let begin = Frame::message(" ".repeat(80_000), OpCode::Data(Data::Text), false);
            // The connection may end meanwhile.
            let _ = other.0.send(Message::Frame(begin)).await;
            if timeout(ms(100), other.frame()).await.is_ok_and(|frame| frame.is_none()) {
                break;
            }
            assert!(Instant::now() < deadline, "there is room");
        }
    }
}

async fn open(server: &TestServer, key: &str) -> Socket {
    Socket::open(&server.server, key, false).await
}

#[tokio::test]
async fn a_refused_body_is_received_so_that_the_sender_reads_the_response() {
    let server = TestServer::start().await;
    let body = "a".repeat(9_000_000);
    let refused = server.send("wrong", "PUT", "crud/test/user/any/data", &body).await;
    assert_eq!(refused.status, 401);
    // Without asking for it, if the client waits to be asked.
    let mut polite = Raw::open(&server).await;
    let request = "PUT /api/v1/crud/test HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n";
    polite.send(&format!("{request}content-length: 20000000\r\n\r\n")).await;
    let response = polite.rest().await;
    assert!(!response.contains("100 Continue"), "{response}");
    assert!(response.starts_with("HTTP/1.1 4"), "{response}");
}

#[tokio::test]
async fn a_compressed_body_is_refused_as_such() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for encoding in [Some("gzip"), Some("br"), None] {
        let request = server.request(Method::PUT, "crud/test/user/any/data");
        let mut request = request.basic_auth("", Some(&key)).body(gzip.to_vec());
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        let answer = Answer::of(request.send().await.expect("a response")).await;
        assert_eq!(answer.status, 415, "{answer:?}");
        assert!(answer.msg().contains(encoding.unwrap_or("gzip")), "{answer:?}");
    }
}

#[tokio::test]
async fn an_impossible_interval_of_pings_is_an_error_of_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    for ping in [Duration::ZERO, Duration::MAX] {
        let builder = Server::builder().data(directory.path().join("data.db"));
        let builder = builder.listen("127.0.0.1:0").admin("test", "test");
        let started = builder.websocket_ping(ping).start().await;
        assert!(matches!(started, Err(StartError::WebsocketPing(it)) if it == ping));
    }
}

#[tokio::test]
async fn a_dropped_shutdown_ends_requests_in_the_same_time() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    let mut stalled = Raw::open(&server).await;
    stalled.begin_insert(&key, 1000, "[").await;
    // Its connection was accepted before this one, which ends at once.
    let mut idle = Raw::open(&server).await;
    idle.send(PING).await;
    assert!(idle.response().await.starts_with("HTTP/1.1 200"));
    let started = Instant::now();
    assert!(timeout(ms(1), server.server.shutdown()).await.is_err());
    assert_eq!(idle.rest().await, "");
    assert!(started.elapsed() < Duration::from_secs(9), "{:?}", started.elapsed());
    assert_eq!(stalled.rest().await, "");
    assert!(started.elapsed() < Duration::from_secs(14), "{:?}", started.elapsed());
}
