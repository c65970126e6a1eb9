//! Limits of websockets, datasets, sessions and failed logins, each set so low that it is exceeded.

use std::time::{Duration, Instant};

use cdb_server::Limits;
use futures_util::StreamExt;
use reqwest::Method;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;

use crate::socket::Socket;
use crate::support::{Answer, TestServer};

const SUBSCRIBE: &str = r#"{"cmd":"subscribe","arg":"test/user/s","transform":""}"#;

/// A server with a stream of the administrator's, whose key is given.
async fn with_stream(limits: Limits, stream: &str) -> (TestServer, String) {
    let server = TestServer::with(limits).await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", stream).await;
    (server, key)
}

/// Logs in, and returns the cookie of the session.
async fn log_in(server: &TestServer, stay: bool) -> String {
    let body = json!({"user": "test", "password": "test", "stay": stay}).to_string();
    let login = server.request(Method::POST, "login").body(body).send().await.expect("an answer");
    login.headers()[SET_COOKIE].to_str().expect("text").to_owned()
}

/// Returns who a request with a cookie is from.
async fn this(server: &TestServer, cookie: &str) -> String {
    let cookie = cookie.split(';').next().expect("a name and a value");
    let request = server.request(Method::GET, "?q=this").header("cookie", cookie);
    Answer::of(request.send().await.expect("an answer")).await.text
}

#[tokio::test]
async fn a_device_has_a_limited_number_of_websockets() {
    let server = TestServer::with(Limits::default().websockets_per_device(2)).await;
    let key = server.key_of("test").await;
    let _first = Socket::open(&server.server, &key, false).await;
    let second = Socket::open(&server.server, &key, false).await;
    let refused = async || match Socket::try_open(&server.server, &key, false).await {
        Err(Error::Http(response)) => response.status() == 403,
        Err(error) => panic!("{error}"),
        Ok(_) => false,
    };
    assert!(refused().await);
    // Those of nobody are counted for themselves.
    Socket::open(&server.server, "", false).await;
    drop(second);
    let started = Instant::now();
    while refused().await {
        assert!(started.elapsed() < Duration::from_secs(20), "there is no room again");
    }
}

#[tokio::test]
async fn a_websocket_has_a_limited_number_of_subscriptions() {
    let limits = Limits::default().subscriptions_per_websocket(1);
    let (server, key) = with_stream(limits, "{}").await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    socket.send(SUBSCRIBE).await;
    assert_eq!(socket.next().await["error"], Value::Null);
    let second = SUBSCRIBE.replace(r#"form":""#, r#"form":"if $ > 5"#);
    socket.send(&second).await;
    let refused = socket.next().await;
    assert_eq!(refused["error"]["kind"], "limit", "{refused}");
    socket.send(r#"{"cmd":"unsubscribe_all"}"#).await;
    socket.next().await;
    socket.send(&second).await;
    assert_eq!(socket.next().await["error"], Value::Null);
}

#[tokio::test]
async fn subscriptions_of_a_device_have_a_limited_number_of_bytes() {
    let (server, key) =
        with_stream(Limits::default().subscription_bytes_per_device(2000), "{}").await;
    let mut first = Socket::open(&server.server, &key, true).await;
    let mut second = Socket::open(&server.server, &key, true).await;
    let long = |letter: &str| {
        let transform = format!("$ == '{}'", letter.repeat(1000));
        SUBSCRIBE.replace(r#"form":""#, &format!(r#"form":"{transform}"#))
    };
    first.send(&long("a")).await;
    assert_eq!(first.next().await["error"], Value::Null);
    // Once more, which is no further subscription.
    first.send(&long("a")).await;
    assert_eq!(first.next().await["error"], Value::Null);
    for socket in [&mut first, &mut second] {
        socket.send(&long("b")).await;
        let refused = socket.next().await;
        assert_eq!(refused["error"]["kind"], "limit", "{refused}");
        assert_eq!(refused["error"]["code"], 403, "{refused}");
    }
    first.send(r#"{"cmd":"unsubscribe_all"}"#).await;
    first.next().await;
    second.send(&long("b")).await;
    assert_eq!(second.next().await["error"], Value::Null);
}

#[tokio::test]
async fn a_message_of_a_client_has_a_limited_size() {
    let limits = Limits::default().websocket_message_bytes(1000);
    let (server, key) = with_stream(limits, "{}").await;
    let insert = |length: usize| {
        let value = "x".repeat(length);
        json!({"cmd": "insert", "arg": "test/user/s", "d": [{"d": value}]}).to_string()
    };
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(&insert(900)).await;
    socket.send(&insert(1000)).await;
    assert!(socket.frame().await.is_none());
    assert_eq!(server.send(&key, "GET", "crud/test/user/s/data?q=length", "").await.text, "1");
    let session = server.send(&key, "GET", "session", "").await.json();
    assert_eq!(session["limits"]["frame_bytes"], 1000);
}

#[tokio::test]
async fn messages_of_ephemeral_streams_are_lost_if_there_is_no_room_for_them() {
    // At most one message fits into a queue without room, and nothing into a total without room.
    for (limits, subscriptions) in [
        (Limits::default().websocket_queue_bytes(0), 20),
        (Limits::default().websocket_queues_total(0), 1),
    ] {
        let (server, key) = with_stream(limits, r#"{"ephemeral":true}"#).await;
        let mut socket = Socket::open(&server.server, &key, true).await;
        for number in 0..subscriptions {
            let transform = format!(r#"form":"$ + {number}""#);
            socket.send(&SUBSCRIBE.replace(r#"form":"""#, &transform)).await;
            assert_eq!(socket.next().await["error"], Value::Null);
        }
        server.insert(&key, "test/user/s", r#"[{"d":1}]"#).await;
        assert_eq!(socket.closed().await, 1013);
    }
}

#[tokio::test]
async fn inserts_are_read_from_storage_if_there_is_no_room_for_events() {
    let (server, key) = with_stream(Limits::default().events_total(0), "{}").await;
    server.create(&key, "test/user/ephemeral", r#"{"ephemeral":true}"#).await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    for command in [SUBSCRIBE.replace("user/s", "user/ephemeral"), SUBSCRIBE.to_owned()] {
        socket.send(&command).await;
        assert_eq!(socket.next().await["error"], Value::Null);
    }
    // Those of an ephemeral stream cannot be read.
    server.insert(&key, "test/user/ephemeral", r#"[{"d":1}]"#).await;
    server.insert(&key, "test/user/s", r#"[{"t":1,"d":2}]"#).await;
    let message = socket.next().await;
    assert_eq!((&message["stream"], &message["end"]), (&json!("test/user/s"), &json!(1)));
}

#[tokio::test]
async fn a_dataset_has_a_limited_number_of_rows() {
    let (server, key) = with_stream(Limits::default().dataset_rows(10), "{}").await;
    let dataset = async |rows: u64| {
        let columns = json!({"s": {"stream": "test/user/s", "interpolator": "closest"}});
        let query = json!({"t1": 100, "t2": 100 + rows, "dt": 1, "dataset": columns});
        server.send(&key, "POST", "query/dataset", &query.to_string()).await
    };
    let answer = dataset(10).await;
    assert_eq!(answer.json().as_array().map(Vec::len), Some(10), "{answer:?}");
    let refused = dataset(11).await;
    assert_eq!((refused.status, &refused.json()["kind"]), (403, &json!("limit")), "{refused:?}");
}

#[tokio::test]
async fn a_device_has_a_limited_number_of_sessions() {
    let server = TestServer::with(Limits::default().sessions_per_device(2)).await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(log_in(&server, false).await);
    }
    let mut callers = Vec::new();
    for session in &sessions {
        callers.push(this(&server, session).await);
    }
    assert_eq!(callers, ["nobody", "test/user", "test/user"]);
}

#[tokio::test]
async fn sessions_last_for_a_limited_time() {
    let never = Duration::ZERO;
    for (limits, is_open, is_open_staying) in [
        (Limits::default(), true, true),
        (Limits::default().session_idle(never), false, true),
        (Limits::default().session_idle_staying(never), true, false),
        (Limits::default().session_lifetime(never), false, false),
        (Limits::default().session_idle(Duration::MAX).session_lifetime(Duration::MAX), true, true),
    ] {
        let server = TestServer::with(limits.clone()).await;
        for (stay, is_open) in [(false, is_open), (true, is_open_staying)] {
            let cookie = log_in(&server, stay).await;
            let expected = if is_open { "test/user" } else { "nobody" };
            assert_eq!(this(&server, &cookie).await, expected, "{limits:?}");
        }
    }
}

#[tokio::test]
async fn failed_logins_have_the_delay_that_is_set() {
    let delay = Duration::from_secs(1);
    let limits = Limits::default().login_delay(delay);
    for limits in [
        limits.clone().failed_logins_per_account(0).login_delay_per_account(delay),
        limits.failed_logins_per_address(0).login_delay_per_address(delay),
    ] {
        let server = TestServer::with(limits).await;
        let started = Instant::now();
        for _ in 0..2 {
            let request = server.request(Method::GET, "?q=this").basic_auth("test", Some("no"));
            assert_eq!(request.send().await.expect("an answer").status(), 401);
        }
        assert!(started.elapsed() >= delay, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn the_texts_of_objects_and_queries_have_a_limited_length() {
    let (server, key) = with_stream(Limits::default().text_bytes(100), "{}").await;
    let (short, long) = ("x".repeat(100), "x".repeat(101));
    let device = |text: &str| json!({"streams": {"s": {"description": text}}}).to_string();
    let merge = |text: &str| json!([{"stream": "test/user/s", "transform": text}]).to_string();
    for (method, path, body) in [
        ("PUT", "crud/test/user/s", json!({"description": long}).to_string()),
        ("POST", "crud/test/user/t", json!({"icon": long}).to_string()),
        ("POST", "crud/test/new", device(&long)),
        ("POST", "query/merge", merge(&long)),
    ] {
        let refused = server.send(&key, method, path, &body).await;
        assert_eq!((refused.status, refused.json()["kind"].as_str()), (403, Some("too_large")));
    }
    server.create(&key, "test/new", &device(&short)).await;
    // Values of datapoints are no such texts.
    server.insert(&key, "test/user/s", &json!([{"d": long}]).to_string()).await;
}

#[tokio::test]
async fn headers_and_bodies_have_a_limited_size() {
    let limits = Limits::default().header_bytes(1000).body_bytes(2000);
    let (server, key) = with_stream(limits, "{}").await;
    let long = "x".repeat(1500);
    let request = server.request(Method::GET, "?q=this").header("x-long", &long);
    assert_eq!(request.send().await.expect("an answer").status(), 431);
    server.insert(&key, "test/user/s", &json!([{"d": long}]).to_string()).await;
    let larger = json!([{"d": [long, long]}]).to_string();
    let refused = server.send(&key, "POST", "crud/test/user/s/data", &larger).await;
    assert_eq!((refused.status, refused.json()["kind"].as_str()), (413, Some("too_large")));
}

#[tokio::test]
async fn scripts_have_a_limited_size_and_number_of_steps() {
    let limits = Limits::default().script_bytes(20).script_steps(10);
    let (server, key) = with_stream(limits, "{}").await;
    let ten: Vec<_> = (1..=10).map(|t| json!({"t": t, "d": t})).collect();
    server.insert(&key, "test/user/s", &json!(ten).to_string()).await;
    let read = async |script: &str| {
        let path = format!("crud/test/user/s/data?i1=0&transform={}", script.replace(' ', "%20"));
        server.send(&key, "GET", &path, "").await
    };
    assert_eq!(read("if $>5 | if last").await.status, 200);
    let long = read("if $>5 | if last | if last").await;
    assert_eq!(long.status, 403, "{long:?}");
    let merged = json!([{"stream": "test/user/s", "transform": "imap($,count)"}]).to_string();
    assert_eq!(server.send(&key, "POST", "query/merge", &merged).await.status, 200);
}

#[tokio::test]
async fn a_device_runs_a_limited_number_of_scripts_at_a_time() {
    let limits = Limits::default().scripts_per_device(1).script_steps(u64::MAX);
    let (server, key) = with_stream(limits, "{}").await;
    let other = server.create_device(&key, "test/other", r#"{"role":"reader"}"#).await;
    let words: Vec<_> = (1..=20_000).map(|t| json!({"t": t, "d": format!("word {t}")})).collect();
    server.insert(&key, "test/user/s", &json!(words).to_string()).await;
    let read = |key: &str, query: &str| {
        let request = server.request(Method::GET, &format!("crud/test/user/s/data?{query}"));
        let response = request.basic_auth("", Some(key)).send();
        async { Answer::of(response.await.expect("an answer")).await.status }
    };
    let short = "i1=0&i2=1&transform=$";
    // It makes an object of all words so far for each datapoint, for much longer than the test takes.
    let long = tokio::spawn(read(&key, "i1=0&transform=imap($,count)%20|%20if%20last"));
    // Until it has begun, others do not wait.
    let started = Instant::now();
    let waiting = loop {
        let mut waiting = tokio::spawn(read(&key, short));
        match timeout(Duration::from_secs(1), &mut waiting).await {
            Ok(status) => assert_eq!(status.expect("an answer"), 200),
            Err(_) => break waiting,
        }
        let is_early = !long.is_finished() && started.elapsed() < Duration::from_secs(20);
        assert!(is_early, "two scripts of a device have run at a time");
    };
    for _ in 0..5 {
        assert_eq!(read(&other, short).await, 200);
    }
    assert!(!long.is_finished() && !waiting.is_finished());
    // A caller that goes away ends its script.
    long.abort();
    let status = timeout(Duration::from_secs(20), waiting).await.expect("its turn");
    assert_eq!(status.expect("an answer"), 200);
}

#[tokio::test]
async fn requests_that_are_answered_at_a_time_are_limited() {
    for (limits, status) in [
        (Limits::default().requests_per_device(1), 429),
        (Limits::default().requests_total(1), 503),
    ] {
        let (server, key) = with_stream(limits, "{}").await;
        // A body that does not end keeps the place of its request.
        let begin = futures_util::stream::iter([Ok::<_, std::io::Error>("[")]);
        let endless = reqwest::Body::wrap_stream(begin.chain(futures_util::stream::pending()));
        let holding = server.request(Method::PUT, "crud/test/user/s/data").body(endless);
        let holding = tokio::spawn(holding.basic_auth("", Some(&key)).send());
        let started = Instant::now();
        // The requests before it are answered.
        let refused = loop {
            match server.send(&key, "GET", "?q=this", "").await.status {
                200 => assert!(started.elapsed() < Duration::from_secs(20), "there is room"),
                status => break status,
            }
        };
        assert_eq!(refused, status);
        holding.abort();
        while server.send(&key, "GET", "?q=this", "").await.status != 200 {
            assert!(started.elapsed() < Duration::from_secs(60), "the place is not free again");
        }
    }
}
