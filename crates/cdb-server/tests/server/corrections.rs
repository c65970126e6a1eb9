//! Data that is replaced, deleted, or sorted in.

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::socket::Socket;
use crate::support::TestServer;

const DATA: &str = "crud/test/user/s/data";

/// A server with a stream of five datapoints, and its owner's key.
async fn with_stream() -> (TestServer, String) {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", r#"{"schema":"{\"type\":\"number\"}"}"#).await;
    let data: Value = (1..=5).map(|t| json!({"t": 10 * t, "d": t})).collect();
    server.insert(&key, "test/user/s", &data.to_string()).await;
    (server, key)
}

async fn send(server: &TestServer, key: &str, method: &str, parameters: &str, body: &str) -> Value {
    let answer = server.send(key, method, &format!("{DATA}?{parameters}"), body).await;
    assert_eq!(answer.status, 200, "{method} {parameters}: {answer:?}");
    answer.json()
}

/// The times and values of the stream.
async fn all(server: &TestServer, key: &str) -> Vec<(i64, i64)> {
    let data = send(server, key, "GET", "i1=0", "").await;
    let pair = |point: &Value| Some((point["t"].as_i64()?, point["d"].as_i64()?));
    data.as_array().into_iter().flatten().filter_map(pair).collect()
}

async fn end(server: &TestServer, key: &str) -> String {
    server.read(key, "test/user/s", "q=end").await
}

#[tokio::test]
async fn a_range_is_replaced_or_deleted_and_late_datapoints_are_sorted_in() {
    let (server, key) = with_stream().await;
    let done = send(&server, &key, "DELETE", "t1=10&t2=30", "").await;
    assert_eq!(done, json!({"removed": 2, "length": 3}));
    assert_eq!(all(&server, &key).await, [(10, 1), (40, 4), (50, 5)]);
    let body = r#"[{"t":20,"d":7},{"t":21,"d":8}]"#;
    let done = send(&server, &key, "PATCH", "i1=1&i2=2", body).await;
    assert_eq!(done, json!({"removed": 1, "inserted": 2, "length": 4}));
    let done = send(&server, &key, "POST", "q=merge", r#"[{"t":20,"d":9},{"t":60,"d":6}]"#).await;
    assert_eq!(done, json!({"inserted": 2, "length": 6}));
    let expected = [(10, 1), (20, 7), (20, 9), (21, 8), (50, 5), (60, 6)];
    assert_eq!(all(&server, &key).await, expected);
    // Without a body, a range is deleted, too.
    let done = send(&server, &key, "PATCH", "i1=0&i2=5", "").await;
    assert_eq!(done, json!({"removed": 5, "inserted": 0, "length": 1}));
    // What was not changed is not changed.
    let done = send(&server, &key, "DELETE", "t1=1000", "").await;
    assert_eq!(done, json!({"removed": 0, "length": 1}));
    assert_eq!(all(&server, &key).await, [(60, 6)]);
    let log = server.read(&key, "test/meta/log", "i1=-4").await;
    let log: Value = serde_json::from_str(&log).expect("JSON");
    let entry = json!({
        "cmd": "ReplaceData", "arg": "test/user/s", "by": "test/user", "removed": 2, "inserted": 0,
        "t1": 10.0, "t2": 30.0,
    });
    assert_eq!(log[0]["d"], entry);
    assert_eq!((&log[2]["d"]["cmd"], &log[3]["d"]["i2"]), (&json!("MergeData"), &json!(5)));
    assert_eq!((&log[2]["d"]["t1"], &log[2]["d"]["t2"]), (&json!(20.0), &json!(60.0)));
}

#[tokio::test]
async fn an_insert_at_the_end_is_stored_once_whatever_is_corrected_meanwhile() {
    let (server, key) = with_stream().await;
    assert_eq!(end(&server, &key).await, "5");
    send(&server, &key, "DELETE", "i1=3", "").await;
    send(&server, &key, "POST", "q=merge", r#"[{"t":5,"d":0}]"#).await;
    assert_eq!(end(&server, &key).await, "5");
    let insert = async |index: u64| {
        let path = format!("{DATA}?index={index}");
        server.send(&key, "POST", &path, r#"[{"t":70,"d":7}]"#).await
    };
    assert_eq!(insert(4).await.status, 403);
    assert_eq!(insert(5).await.status, 200);
    assert_eq!(insert(5).await.json()["kind"], "index");
    assert_eq!(end(&server, &key).await, "6");
    assert_eq!(server.read(&key, "test/user/s", "q=length").await, "5");
    // What a subscriber has missed is read by positions.
    let missed = send(&server, &key, "GET", "i1=5&i2=6&positions=2", "").await;
    assert_eq!(missed, json!([{"t": 70, "d": 7}]));
    // If it does not know of a correction, it does not know what is at which position.
    let path = format!("{DATA}?i1=5&i2=6&positions=1");
    assert_eq!(server.send(&key, "GET", &path, "").await.json()["kind"], "index");
}

#[tokio::test]
async fn subscribers_that_ask_for_answers_are_told_and_others_see_nothing_twice() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    let mut other = Socket::open(&server.server, &key, false).await;
    socket.send(r#"{"cmd":"subscribe","arg":"test/user/s"}"#).await;
    let joined = socket.next().await["joined"].clone();
    assert_eq!((&joined["index"], joined.get("corrections")), (&json!(5), None));
    other.done(r#"{"cmd":"subscribe","arg":"test/user/s"}"#).await;
    send(&server, &key, "DELETE", "i1=1&i2=3", "").await;
    let told = json!({
        "stream": "test/user/s",
        "replaced": {
            "first": 20.0, "last": 30.0, "after": 3, "removed": 2, "inserted": 0, "end": 5,
            "corrections": 1,
        },
    });
    assert_eq!(socket.next().await, told);
    // What comes last is appended.
    send(&server, &key, "POST", "q=merge", r#"[{"t":1,"d":0},{"t":50,"d":6}]"#).await;
    assert_eq!(socket.next().await["replaced"]["corrections"], 2);
    let appended = json!([{"t": 50, "d": 6}]);
    let message = json!({"stream": "test/user/s", "data": appended, "index": 5, "end": 6});
    assert_eq!(socket.next().await, message);
    assert_eq!(other.next().await, json!({"stream": "test/user/s", "data": appended}));
    // Who subscribes now can tell that it is not what it was.
    socket.send(r#"{"cmd":"subscribe","arg":"test/user/s","transform":"$*2"}"#).await;
    let joined = socket.next().await["joined"].clone();
    assert_eq!((&joined["index"], &joined["corrections"]), (&json!(6), &json!(2)));
    send(&server, &key, "DELETE", "i1=0", "").await;
    let mut transforms = Vec::new();
    for _ in 0..2 {
        let told = socket.next().await;
        assert_eq!(told["replaced"]["first"], 1.0, "{told}");
        transforms.push(told.get("transform").cloned());
    }
    assert!(transforms.contains(&Some(json!("$*2"))) && transforms.contains(&None));
    assert_eq!(server.read(&key, "test/user/s", "q=length").await, "0");
    server.insert(&key, "test/user/s", r#"[{"t":2,"d":1}]"#).await;
    let mut next = [socket.next().await, socket.next().await];
    next.sort_by_key(|message| message.get("transform").is_some());
    assert_eq!((&next[0]["index"], &next[1]["data"][0]["d"]), (&json!(6), &json!(2)));
    assert_eq!(other.next().await["data"], json!([{"t": 2, "d": 1}]));
}

#[tokio::test]
async fn what_is_put_at_the_end_is_sent_at_once() {
    let (server, key) = with_stream().await;
    let mut socket = Socket::open(&server.server, &key, true).await;
    let mut other = Socket::open(&server.server, &key, false).await;
    socket.send(r#"{"cmd":"subscribe","arg":"test/user/s"}"#).await;
    assert_eq!(socket.next().await["joined"]["index"], 5);
    other.done(r#"{"cmd":"subscribe","arg":"test/user/s"}"#).await;
    send(&server, &key, "PATCH", "i1=5", r#"[{"t":60,"d":6},{"t":70,"d":7}]"#).await;
    assert_eq!(socket.next().await["replaced"]["inserted"], 2);
    let data = json!([{"t": 60, "d": 6}, {"t": 70, "d": 7}]);
    let message = json!({"stream": "test/user/s", "data": data, "index": 3, "end": 5});
    assert_eq!(socket.next().await, message);
    assert_eq!(other.next().await["data"], data);
}

#[tokio::test]
async fn reads_go_on_while_ranges_are_replaced() {
    let (server, key) = with_stream().await;
    let many: Value = (100..40_000).map(|t| json!({"t": t, "d": t})).collect();
    server.insert(&key, "test/user/s", &many.to_string()).await;
    // Corrections without a pause would keep a read from ever being undisturbed.
    let (done, reads) = mpsc::channel(1);
    let correct = async {
        let mut reads = reads;
        while reads.recv().await.is_some() {
            send(&server, &key, "DELETE", "t1=20&t2=30", "").await;
            send(&server, &key, "POST", "q=merge", r#"[{"t":30,"d":3}]"#).await;
        }
    };
    let read = async {
        for _ in 0..60 {
            let last = send(&server, &key, "GET", "t1=39997", "").await;
            assert_eq!(last, json!([{"t": 39_998, "d": 39_998}, {"t": 39_999, "d": 39_999}]));
            let last = send(&server, &key, "GET", "t1=39997&transform=sum%20%7C%20if%20last", "");
            assert_eq!(last.await[0]["d"], 39_998 + 39_999);
            let known = send(&server, &key, "GET", "q=statistics&t1=39997", "").await;
            assert_eq!((&known["count"], &known["last"]["t"]), (&2.into(), &39_999.into()));
            let plot = send(&server, &key, "GET", "q=plot&columns=2&t1=39997&t2=39999", "").await;
            assert_eq!(plot["count"], 2);
            let _ = done.try_send(());
        }
        drop(done);
    };
    let query = async |path: &str, body: Value| {
        let answer = server.send(&key, "POST", &format!("query/{path}"), &body.to_string()).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    };
    let combine = async {
        for _ in 0..60 {
            let stream = json!({"stream": "test/user/s", "t1": 39_998});
            assert_eq!(query("merge", json!([stream])).await, json!([{"t": 39_999, "d": 39_999}]));
            let columns =
                json!({"x": {"stream": "test/user/s", "t1": 39_997, "interpolator": "closest"}});
            let table = json!({"t1": 39_998, "t2": 39_999, "dt": 1, "dataset": columns});
            let table = query("dataset", table).await;
            assert_eq!(table[0]["d"]["x"], 39_998, "{table}");
            let latest = query("latest", json!(["test/user/s"])).await;
            assert_eq!(latest[0]["last"], json!({"t": 39_999, "d": 39_999}));
        }
    };
    tokio::join!(correct, read, combine);
}
