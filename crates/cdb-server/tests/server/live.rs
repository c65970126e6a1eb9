//! Subscriptions and inserts over the websocket.

use std::time::Duration;

use cdb_server::Server;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio_tungstenite::client_async;

use crate::socket::Socket;
use crate::support::TestServer;

const SUBSCRIBE: &str = r#"{"cmd":"subscribe","arg":"test/user/s","transform":""}"#;

/// A server with a stream of the administrator's, whose key is given.
async fn with_stream() -> (TestServer, String) {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", r#"{"downlink":true}"#).await;
    (server, key)
}

#[tokio::test]
async fn each_insert_is_told_once_through_each_transform() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(SUBSCRIBE).await;
    // A second one is ignored.
    socket.done(SUBSCRIBE).await;
    let filter = r#"{"cmd":"subscribe","arg":"test/user/s","transform":"if $ > 5"}"#;
    socket.done(filter).await;
    server.insert(&key, "test/user/s", r#"[{"t":1,"d":3},{"t":2,"d":9}]"#).await;
    let mut told = [socket.next().await, socket.next().await];
    told.sort_by_key(|message| message.get("transform").is_some());
    let whole = json!({"stream": "test/user/s", "data": [{"t":1,"d":3},{"t":2,"d":9}]});
    let filtered =
        json!({"stream": "test/user/s", "transform": "if $ > 5", "data": [{"t":2,"d":9}]});
    assert_eq!(told, [whole, filtered]);
    // Nothing is left by the transform: no message.
    server.insert(&key, "test/user/s", r#"[{"t":3,"d":1}]"#).await;
    assert_eq!(socket.next().await["data"], json!([{"t":3,"d":1}]));
    socket.done(&filter.replace("subscribe", "unsubscribe")).await;
    server.insert(&key, "test/user/s", r#"[{"t":4,"d":9}]"#).await;
    assert_eq!(socket.next().await, json!({"stream":"test/user/s","data":[{"t":4,"d":9}]}));
    socket.done(r#"{"cmd":"unsubscribe_all"}"#).await;
    server.insert(&key, "test/user/s", r#"[{"t":5,"d":9}]"#).await;
    socket.done(SUBSCRIBE).await;
    server.insert(&key, "test/user/s", r#"[{"t":6,"d":9}]"#).await;
    assert_eq!(socket.next().await["data"], json!([{"t":6,"d":9}]));
}

#[tokio::test]
async fn a_transform_sees_each_batch_as_a_sequence_of_its_own() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(&SUBSCRIBE.replace(r#"form":""#, r#"form":"sum | if last"#)).await;
    for t in [1, 3] {
        let body = format!(r#"[{{"t":{t},"d":1}},{{"t":{},"d":2}}]"#, t + 1);
        server.insert(&key, "test/user/s", &body).await;
        assert_eq!(socket.next().await["data"], json!([{"t":t + 1,"d":3}]));
    }
    // One that fails tells nothing of that batch, and harms no other.
    socket.done(SUBSCRIBE).await;
    server.insert(&key, "test/user/s", r#"[{"t":5,"d":"x"}]"#).await;
    assert_eq!(socket.next().await["data"], json!([{"t":5,"d":"x"}]));
    server.insert(&key, "test/user/s", r#"[{"t":6,"d":4}]"#).await;
    let mut sums = vec![socket.next().await["data"][0]["d"].clone()];
    sums.push(socket.next().await["data"][0]["d"].clone());
    assert_eq!(sums, [json!(4), json!(4)]);
}

#[tokio::test]
async fn a_long_transform_lets_others_go_on() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(&SUBSCRIBE.replace(r#"form":""#, r#"form":"imap($,count) | if last"#)).await;
    // The script makes an object of all words so far for each datapoint. The test has one thread, on
    // which other requests are answered meanwhile.
    let words: Vec<Value> = (1..1500).map(|i| json!({"t": i, "d": format!("word {i}")})).collect();
    server.insert(&key, "test/user/s", &Value::from(words).to_string()).await;
    let message = tokio::spawn(async move { socket.next().await });
    for _ in 0..10 {
        assert_eq!(server.send(&key, "GET", "?q=this", "").await.status, 200);
    }
    assert!(!message.is_finished(), "the requests had to wait");
    let message = message.await.expect("a message");
    assert_eq!(message["data"][0]["d"].as_object().map(serde_json::Map::len), Some(1499));
}

#[tokio::test]
async fn a_downlink_and_its_stream_are_told_apart() {
    let (server, key) = with_stream().await;
    let device = server.create_device(&key, "test/lamp", "{}").await;
    server.create(&device, "test/lamp/light", r#"{"downlink":true}"#).await;
    let mut socket = Socket::open(&server.server, &device, false).await;
    socket.done(r#"{"cmd":"subscribe","arg":"test/lamp/light/downlink","transform":""}"#).await;
    let mut data = Socket::open(&server.server, &device, false).await;
    data.done(r#"{"cmd":"subscribe","arg":"test/lamp/light","transform":""}"#).await;
    server.insert(&key, "test/lamp/light", r#"[{"t":1,"d":true}]"#).await;
    let request = json!({"stream": "test/lamp/light/downlink",
        "data": [{"t":1,"d":true,"o":"test/user"}]});
    assert_eq!(socket.next().await, request);
    // The owner acknowledges by inserting.
    let insert = r#"{"cmd":"insert","arg":"test/lamp/light","d":[{"t":1,"d":true}]}"#;
    socket.send(insert).await;
    let acknowledged = json!({"stream": "test/lamp/light", "data": [{"t":1,"d":true}]});
    assert_eq!(data.next().await, acknowledged);
    assert_eq!(server.read(&key, "test/lamp/light", "i1=0").await, r#"[{"t":1,"d":true}]"#);
}

#[tokio::test]
async fn what_is_restamped_is_told_as_it_is_stored() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(SUBSCRIBE).await;
    server.insert(&key, "test/user/s", r#"[{"t":10,"d":1}]"#).await;
    assert_eq!(socket.next().await["data"], json!([{"t":10,"d":1}]));
    socket.send(r#"{"cmd":"insert","arg":"test/user/s","d":[{"t":5,"d":2},{"t":11,"d":3}]}"#).await;
    assert_eq!(socket.next().await["data"], json!([{"t":10,"d":2},{"t":11,"d":3}]));
    // What is refused is refused in silence.
    socket.done(r#"{"cmd":"insert","arg":"test/user/s","d":[{"t":9,"d":2},{"t":8,"d":3}]}"#).await;
    assert_eq!(server.read(&key, "test/user/s", "q=length").await, "3");
}

#[tokio::test]
async fn who_asks_for_answers_gets_them_in_order() {
    let (server, key) = with_stream().await;
    server.insert(&key, "test/user/s", r#"[{"t":1,"d":1},{"t":2,"d":2}]"#).await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    let commands = [
        (r#"{"cmd":"subscribe","arg":"test/user/s","transform":"sum","id":1}"#, None),
        (r#"{"cmd":"subscribe","arg":"test/user/s","transform":"zork","id":2}"#, Some(403)),
        (r#"{"cmd":"subscribe","arg":"test/user/missing","id":3}"#, Some(403)),
        (r#"{"cmd":"subscribe","arg":"test/user","id":4}"#, Some(403)),
        (r#"{"cmd":"subscribe","arg":"test/user/*","id":5}"#, Some(403)),
        (r#"{"cmd":"zork","id":6}"#, Some(400)),
        (r#"{"cmd":"insert","arg":"test/user/s","id":7}"#, Some(400)),
        (r#"{"cmd":"insert","arg":"test/user/s","d":{},"id":8}"#, Some(400)),
        (r#"{"cmd":"insert","arg":"test/user/s","d":[{"t":4,"d":4},{"t":3}],"id":9}"#, Some(403)),
        (r#"{"cmd":"unsubscribe","arg":"test/user/s","transform":"mean","id":10}"#, None),
        (r#"{"cmd":"unsubscribe_all","id":11}"#, None),
        (r#"{"cmd":"subscribe","arg":"test/user/s","id":12}"#, None),
        (r#"{"cmd":"subscribe","arg":"test/user/s","id":13}"#, None),
    ];
    let mut joined = Vec::new();
    for (id, (command, error)) in (1..).zip(commands) {
        socket.send(command).await;
        let answer = socket.next().await;
        assert_eq!(answer["answer"], id, "{command}");
        assert_eq!(answer["error"]["code"].as_u64(), error, "{command}: {answer}");
        if let Some(it) = answer.get("joined") {
            joined.push((it["index"].clone(), it["stateless"].clone()));
        }
    }
    let expected = [(2, false), (2, true), (2, true)].map(|(i, s)| (json!(i), json!(s)));
    assert_eq!(joined, expected);
    socket.send(r#"{"cmd":"insert","arg":"test/user/s","d":[{"t":7,"d":7}],"id":14}"#).await;
    let (mut message, mut answer) = (socket.next().await, socket.next().await);
    if message.get("answer").is_some() {
        (message, answer) = (answer, message);
    }
    assert_eq!(answer, json!({"answer": 14}));
    let told = json!({"stream":"test/user/s","index":2,"end":3,"data":[{"t":7,"d":7}]});
    assert_eq!(message, told);
}

#[tokio::test]
async fn a_frame_that_is_no_command_closes_the_connection_without_a_code() {
    let (server, key) = with_stream().await;
    for frame in ["", "x", "[]", "5", r#"{"cmd":5}"#, r#"{"cmd":"subscribe","arg":7}"#] {
        let mut socket = Socket::open(&server.server, &key, false).await;
        socket.send(frame).await;
        assert_eq!(socket.closed().await, 1005, "{frame}");
    }
}

#[tokio::test]
async fn who_may_not_log_in_gets_no_websocket() {
    let (server, _) = with_stream().await;
    let refused = Socket::try_open(&server.server, "wrong", false).await.err().expect("refused");
    let tokio_tungstenite::tungstenite::Error::Http(response) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(response.status(), 401);
    let plain = server.send("", "GET", "websocket", "").await;
    assert_eq!(plain.status, 400, "{plain:?}");
}

#[tokio::test]
async fn what_is_not_kept_is_told_without_a_place() {
    let (server, key) = with_stream().await;
    server.create(&key, "test/user/e", r#"{"ephemeral":true}"#).await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    socket.send(r#"{"cmd":"subscribe","arg":"test/user/e"}"#).await;
    assert_eq!(socket.next().await["joined"].get("index"), None);
    for t in [5, 3] {
        server.insert(&key, "test/user/e", &format!(r#"[{{"t":{t},"d":1}}]"#)).await;
        let told = json!({"stream":"test/user/e","data":[{"t":t,"d":1}]});
        assert_eq!(socket.next().await, told);
    }
    assert_eq!(server.read(&key, "test/user/e", "q=length").await, "0");
}

#[tokio::test]
async fn a_subscription_ends_with_its_stream_and_does_not_go_on_with_the_next() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    socket.send(SUBSCRIBE).await;
    let first = socket.next().await["joined"]["incarnation"].clone();
    server.send(&key, "DELETE", "crud/test/user/s", "").await;
    let ended = socket.next().await;
    assert_eq!((&ended["stream"], &ended["ended"]["code"]), (&json!("test/user/s"), &json!(403)));
    server.create(&key, "test/user/s", "{}").await;
    server.insert(&key, "test/user/s", r#"[{"t":1,"d":1}]"#).await;
    socket.send(SUBSCRIBE).await;
    let second = socket.next().await;
    assert_ne!(second["joined"]["incarnation"], first);
    assert_eq!(second["joined"]["index"], 1);
}

#[tokio::test]
async fn a_subscription_ends_with_the_right_to_read() {
    let (server, key) = with_stream().await;
    let reader = server.create_device(&key, "test/reader", r#"{"role":"reader"}"#).await;
    let mut socket = Socket::open(&server.server, &reader, true).await;
    socket.send(SUBSCRIBE).await;
    assert!(socket.next().await.get("joined").is_some());
    let changed = server.send(&key, "PUT", "crud/test/reader", r#"{"role":"none"}"#).await;
    assert_eq!(changed.status, 200);
    // At once: what is inserted now is not told any more.
    server.insert(&key, "test/user/s", r#"[{"t":1,"d":1}]"#).await;
    assert!(socket.next().await.get("ended").is_some());
    // The connection goes on.
    socket.send(SUBSCRIBE).await;
    assert_eq!(socket.next().await["error"]["code"], 403);
}

#[tokio::test]
async fn a_new_key_or_password_ends_what_the_old_one_opened() {
    let (server, key) = with_stream().await;
    let device = server.create_device(&key, "test/d", "{}").await;
    let mut socket = Socket::open(&server.server, &device, false).await;
    let mut other = Socket::open(&server.server, &key, true).await;
    server.send(&key, "PUT", "crud/test/d", r#"{"apikey":""}"#).await;
    assert_eq!(socket.closed().await, 1008);
    assert!(Socket::try_open(&server.server, &device, false).await.is_err());
    server.send(&key, "PUT", "crud/test", r#"{"password":"new"}"#).await;
    // That was by key, and goes on.
    other.send(SUBSCRIBE).await;
    assert!(other.next().await.get("joined").is_some());
}

/// A server that counts a websocket as lost if it is idle for so long.
async fn with_idle_timeout(idle_timeout: Duration) -> (TestServer, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::builder()
        .data(directory.path().join("data.db"))
        .listen("127.0.0.1:0")
        .admin("test", "test")
        .websocket_ping(idle_timeout * 9 / 10)
        .start()
        .await
        .expect("the server starts");
    let server = TestServer::of(server, directory);
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", r#"{"downlink":true}"#).await;
    (server, key)
}

#[tokio::test]
async fn a_subscriber_that_falls_behind_gets_each_datapoint_once_and_nobody_waits_for_it() {
    let (server, key) = with_stream().await;
    let transformed = SUBSCRIBE.replace(r#"form":""#, r#"form":"if true"#);
    let mut slow = Vec::new();
    for (answers, subscribe) in [(false, SUBSCRIBE), (true, SUBSCRIBE), (false, &*transformed)] {
        let mut socket = Socket::open(&server.server, &key, answers).await;
        socket.send(subscribe).await;
        if answers {
            assert_eq!(socket.next().await["joined"]["index"], 0);
        } else {
            socket.pong().await;
        }
        slow.push(socket);
    }
    let mut reading = Socket::open(&server.server, &key, false).await;
    reading.done(SUBSCRIBE).await;
    let text = "x".repeat(1 << 20);
    // More than what is queued, by the server and in the buffers of the connection.
    for t in 1..=16 {
        server.insert(&key, "test/user/s", &format!(r#"[{{"t":{t},"d":"{text}"}}]"#)).await;
        assert_eq!(reading.next().await["data"][0]["t"], t);
    }
    for mut socket in slow {
        let mut last = 0;
        while last < 16 {
            let message = socket.next().await;
            for point in message["data"].as_array().expect("datapoints") {
                last += 1;
                assert_eq!(point["t"], last);
            }
            if message.get("index").is_some() {
                assert_eq!(message["end"], last);
            }
        }
        // It has caught up.
        server.insert(&key, "test/user/s", r#"[{"d":1}]"#).await;
        assert_eq!(socket.next().await["data"][0]["d"], 1);
    }
}

#[tokio::test]
async fn an_insert_of_any_size_is_one_sequence_of_its_own() {
    const INSERTS: [u64; 3] = [10, 100_000, 10];
    let (server, key) = with_stream().await;
    let transforms = ["sum", "if changed", "sum | if last"];
    let mut sockets = Vec::new();
    for (transform, answers) in transforms.into_iter().zip([false, true, true]) {
        let mut socket = Socket::open(&server.server, &key, answers).await;
        // The datapoints themselves go over the same connection.
        for transform in ["", transform] {
            let form = format!(r#"form":"{transform}""#);
            socket.send(&SUBSCRIBE.replace(r#"form":"""#, &form)).await;
            if answers {
                assert_eq!(socket.next().await["error"], Value::Null);
            }
        }
        socket.pong().await;
        sockets.push((transform, socket));
    }
    let mut end = 0;
    let mut expected = [const { Vec::new() }; 3];
    for count in INSERTS {
        let first = end;
        end += count;
        // Each value twice.
        let points = (first..end).map(|i| json!({"t": i + 1, "d": i / 2})).collect();
        server.insert(&key, "test/user/s", &Value::Array(points).to_string()).await;
        let mut sum = 0;
        let sums = (first..end).map(|i| {
            sum += i / 2;
            json!({"t": i + 1, "d": sum})
        });
        let sums = sums.collect::<Vec<_>>();
        let changes = (first..end).step_by(2).map(|i| json!({"t": i + 1, "d": i / 2})).collect();
        let last = sums.last().cloned().into_iter().collect();
        for (expected, data) in expected.iter_mut().zip([sums, changes, last]) {
            expected.push((first, end, Value::Array(data)));
        }
    }
    for ((transform, mut socket), expected) in sockets.into_iter().zip(expected) {
        let (mut all, mut transformed) = (0, 0);
        while all < end || transformed < expected.len() {
            let message = socket.next().await;
            if message["transform"] != transform {
                for point in message["data"].as_array().expect("datapoints") {
                    all += 1;
                    assert_eq!(point["t"], all);
                }
                continue;
            }
            let (first, end, data) = &expected[transformed];
            transformed += 1;
            assert!(message["data"] == *data, "{transform}: other output for {first} to {end}");
            if message.get("index").is_some() {
                assert_eq!((&message["index"], &message["end"]), (&json!(first), &json!(end)));
            }
        }
    }
}

#[tokio::test]
async fn one_that_misses_a_large_insert_is_closed() {
    // The output of the script is larger than what a server makes of one insert.
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    let transform = r#"form":"{'a': $, 'b': $, 'c': $, 'd': $, 'e': sum}""#;
    socket.send(&SUBSCRIBE.replace(r#"form":"""#, transform)).await;
    assert_eq!(socket.next().await["error"], Value::Null);
    let points: Vec<Value> =
        (1..=200_000).map(|t| json!({"t": t, "d": 1234567890123_u64})).collect();
    server.insert(&key, "test/user/s", &Value::from(points).to_string()).await;
    assert_eq!(socket.closed().await, 1013);
}

#[tokio::test]
async fn one_that_is_behind_can_insert_and_is_answered() {
    let (server, key) = with_stream().await;
    server.create(&key, "test/user/other", "{}").await;
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(SUBSCRIBE).await;
    let text = "x".repeat(1 << 20);
    for t in 1..=16 {
        server.insert(&key, "test/user/s", &format!(r#"[{{"t":{t},"d":"{text}"}}]"#)).await;
    }
    // The client reads nothing of it, and writes.
    for t in 1..=5 {
        let d = "x".repeat(500_000);
        let insert =
            format!(r#"{{"cmd":"insert","arg":"test/user/other","d":[{{"t":{t},"d":"{d}"}}]}}"#);
        socket.send(&insert).await;
    }
    while server.read(&key, "test/user/other", "q=length").await != "5" {}
}

#[tokio::test]
async fn a_slow_reader_stays_and_one_that_does_not_read_is_closed() {
    let (server, key) = with_idle_timeout(Duration::from_secs(3)).await;
    let mut slow = Socket::open(&server.server, &key, false).await;
    slow.done(SUBSCRIBE).await;
    let mut deaf = Socket::open(&server.server, &key, false).await;
    deaf.done(SUBSCRIBE).await;
    let text = "x".repeat(500_000);
    let insert = async {
        for t in 1..=40 {
            server.insert(&key, "test/user/s", &format!(r#"[{{"t":{t},"d":"{text}"}}]"#)).await;
        }
    };
    // It takes longer than the timeout to read what waits.
    let read = async {
        for t in 1..=40 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            assert_eq!(slow.next().await["data"][0]["t"], t);
        }
    };
    tokio::join!(insert, read);
    let mut messages = 0;
    while let Some(frame) = deaf.frame().await {
        if frame.is_close() {
            break;
        }
        messages += 1;
    }
    assert!(messages < 40, "{messages}");
}

#[tokio::test]
async fn one_that_pings_and_does_not_read_is_closed() {
    let (server, _) = with_idle_timeout(Duration::from_millis(500)).await;
    // What the kernel takes for the client does not wait in the server.
    let connection = TcpSocket::new_v4().expect("a socket");
    connection.set_recv_buffer_size(4096).expect("a small buffer");
    let address = server.server.address();
    let connection = connection.connect(address).await.expect("a connection");
    let url = format!("ws://{address}/api/v1/websocket");
    let (socket, _) = client_async(url, connection).await.expect("a websocket");
    let mut socket = socket.into_inner();
    // A masked ping of 125 bytes, many times.
    let mut ping = vec![0x89, 0x80 | 125, 0, 0, 0, 0];
    ping.extend([b'x'; 125]);
    let pings = ping.repeat(1000);
    let flood = async { while socket.write_all(&pings).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), flood).await.expect("it is closed");
}

#[tokio::test]
async fn a_downlink_that_was_cleared_goes_on() {
    let (server, key) = with_stream().await;
    let subscribe = r#"{"cmd":"subscribe","arg":"test/user/s/downlink","transform":""}"#;
    let device = server.create_device(&key, "test/asker", r#"{"role":"user"}"#).await;
    let mut plain = Socket::open(&server.server, &key, false).await;
    plain.done(subscribe).await;
    let mut detailed = Socket::open(&server.server, &key, true).await;
    detailed.send(subscribe).await;
    assert_eq!(detailed.next().await["joined"]["index"], 0);
    let insert = async |t: u64| {
        server.insert(&device, "test/user/s", &format!(r#"[{{"t":{t},"d":{t}}}]"#)).await;
    };
    for t in 1..=3 {
        insert(t).await;
        assert_eq!(plain.next().await["data"][0]["t"], t);
        assert_eq!(detailed.next().await["index"], t - 1);
    }
    for off in ["DELETE crud/test/user/s?downlink=true", "PUT crud/test/user/s"] {
        let (method, path) = off.split_once(' ').expect("two words");
        let off = server.send(&key, method, path, r#"{"downlink":false}"#).await;
        assert_eq!(off.status, 200, "{off:?}");
        let on = server.send(&key, "PUT", "crud/test/user/s", r#"{"downlink":true}"#).await;
        assert_eq!(on.status, 200, "{on:?}");
        for t in 1..=2 {
            insert(t).await;
            assert_eq!(plain.next().await["data"][0]["t"], t);
            let message = detailed.next().await;
            assert_eq!((&message["index"], &message["data"][0]["t"]), (&json!(t - 1), &json!(t)));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_script_delays_neither_inserts_nor_other_subscribers() {
    let (server, key) = with_stream().await;
    server.create(&key, "test/user/other", "{}").await;
    let mut slow = Socket::open(&server.server, &key, false).await;
    slow.done(&SUBSCRIBE.replace(r#"form":""#, r#"form":"imap($,count) | if last"#)).await;
    let mut other = Socket::open(&server.server, &key, false).await;
    let subscribe = SUBSCRIBE.replace("user/s", "user/other");
    other.done(&subscribe.replace(r#"form":""#, r#"form":"if $ > 0"#)).await;
    let words: Vec<Value> = (1..1500).map(|i| json!({"t": i, "d": format!("word {i}")})).collect();
    let words = Value::from(words).to_string();
    for _ in 0..2 {
        // Restamped, so that all are taken.
        let inserted = server.send(&key, "PUT", "crud/test/user/s/data", &words).await;
        assert_eq!(inserted.status, 200, "{inserted:?}");
    }
    let message = tokio::spawn(async move { slow.next().await });
    for d in 1..=10 {
        server.insert(&key, "test/user/other", &format!(r#"[{{"d":{d}}}]"#)).await;
        assert_eq!(other.next().await["data"][0]["d"], d);
    }
    assert!(!message.is_finished(), "the script was faster than ten inserts");
    let message = message.await.expect("a message");
    assert_eq!(message["data"][0]["d"].as_object().map(serde_json::Map::len), Some(1499));
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, false).await;
    let closed = tokio::spawn(async move { socket.closed().await });
    server.server.shutdown().await;
    assert_eq!(closed.await.expect("a code"), 1012);
}

#[tokio::test]
async fn clients_are_pinged_and_silent_ones_dropped() {
    let (home, key) = with_idle_timeout(Duration::from_secs(2)).await;
    let mut talking = Socket::open(&home.server, &key, false).await;
    for _ in 0..3 {
        assert!(talking.frame().await.expect("it lives").is_ping());
    }
    // Read past the websocket, whose answers to pings are not sent then.
    let silent = Socket::open(&home.server, &key, false).await;
    let mut left = Vec::new();
    let mut silent = silent.0.into_inner();
    let ended = tokio::time::timeout(Duration::from_secs(20), silent.read_to_end(&mut left));
    ended.await.expect("it ends").expect("it is closed");
    assert!(left.starts_with(&[0x89, 0]), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_has_no_gap_to_what_was_before() {
    let (server, key) = with_stream().await;
    let inserts = async {
        for batch in 0..300 {
            let body = format!(r#"[{{"d":{batch}}},{{"d":{batch}}}]"#);
            server.insert(&key, "test/user/s", &body).await;
        }
    };
    let subscribers = async {
        for _ in 0..60 {
            // Several at once: also the second of the first ones has none.
            let sockets = (0..4).map(|_| Socket::open(&server.server, &key, true));
            let follow = join_all(sockets).await.into_iter().map(|mut socket| async move {
                socket.send(SUBSCRIBE).await;
                let mut next = socket.next().await["joined"]["index"].as_u64().expect("an index");
                while next < 600 && next % 20 < 18 {
                    let message = socket.next().await;
                    assert_eq!(message["index"], next);
                    next = message["end"].as_u64().expect("an index");
                }
            });
            join_all(follow).await;
        }
    };
    tokio::join!(inserts, subscribers);
    let all: Vec<Value> =
        serde_json::from_str(&server.read(&key, "test/user/s", "i1=0").await).expect("datapoints");
    assert_eq!(all.len(), 600);
}
