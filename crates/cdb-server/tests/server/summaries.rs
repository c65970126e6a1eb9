//! Plots, statistics, and the last datapoints of many streams.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::TestServer;

/// A server with a stream, and its owner's key.
async fn with(data: &Value) -> (TestServer, String) {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", "{}").await;
    server.insert(&key, "test/user/s", &data.to_string()).await;
    (server, key)
}

async fn get(server: &TestServer, key: &str, parameters: &str) -> Value {
    let answer = server.send(key, "GET", &format!("crud/test/user/s/data?{parameters}"), "").await;
    assert_eq!(answer.status, 200, "{parameters}: {answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_plot_has_what_each_column_shows() {
    let data = json!([
        {"t": 11, "d": 5}, {"t": 12, "d": -2.5}, {"t": 13, "d": true}, {"t": 14, "d": "x"},
        {"t": 20, "d": {"k": 7}}, {"t": 31, "d": 1}, {"t": 40, "d": 3},
    ]);
    let (server, key) = with(&data).await;
    let plot = get(&server, &key, "q=plot&t1=10&t2=40&columns=3").await;
    let expected = json!({
        "t1": 10.0, "t2": 40.0, "columns": 3, "count": 7, "column": [0, 2], "n": [3, 2],
        "t": [[11.0, 12.0, 11.0, 13.0], [31.0, 31.0, 40.0, 40.0]],
        "d": [[5.0, -2.5, 5.0, 1.0], [1.0, 1.0, 3.0, 3.0]],
        "mean": [3.5 / 3.0, 2.0],
    });
    assert_eq!(plot, expected);
    // The start is not included, the end is.
    let plot = get(&server, &key, "q=plot&t1=11&t2=31&columns=1").await;
    assert_eq!((&plot["count"], &plot["n"]), (&json!(5), &json!([3])));
    // Without bounds it has those of the datapoints.
    let plot = get(&server, &key, "q=plot&columns=2").await;
    assert_eq!((&plot["t2"], &plot["n"]), (&json!(40.0), &json!([3, 2])));
    let plot = get(&server, &key, "q=plot&columns=2&key=k").await;
    assert_eq!((&plot["count"], &plot["d"]), (&json!(7), &json!([[7.0, 7.0, 7.0, 7.0]])));
    let plot = get(&server, &key, "q=plot&columns=1&transform=if%20t%3E20%7C%24*2").await;
    assert_eq!((&plot["count"], &plot["mean"]), (&json!(2), &json!([4.0])));
    let plot = get(&server, &key, "q=plot&columns=5&t1=100&t2=200").await;
    assert_eq!((&plot["count"], &plot["column"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_plot_is_sent_as_floats_to_those_who_ask() {
    let (server, key) = with(&json!([{"t": 11, "d": 5}, {"t": 12, "d": -2.5}])).await;
    let request = server.request(Method::GET, "crud/test/user/s/data?q=plot&columns=1&t1=10&t2=20");
    let request = request.basic_auth("", Some(&key)).header(ACCEPT, "application/octet-stream");
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    let bytes = response.bytes().await.expect("a body");
    let floats: Vec<f64> = bytes
        .chunks(8)
        .map(|float| f64::from_le_bytes(float.try_into().expect("eight bytes")))
        .collect();
    let head = [10.0, 20.0, 1.0, 2.0, 1.0];
    let column = [0.0, 2.0, 11.0, 12.0, 11.0, 12.0, 5.0, -2.5, 5.0, -2.5, 1.25];
    assert_eq!(floats, [&head[..], &column].concat());
}

#[tokio::test]
async fn statistics_say_what_a_stream_holds() {
    let data = json!([
        {"t": 1, "d": 5}, {"t": 2, "d": "a"}, {"t": 3, "d": {"k": 1.5}}, {"t": 4, "d": {"k": null}},
    ]);
    let (server, key) = with(&data).await;
    let statistics = get(&server, &key, "q=statistics").await;
    let expected = json!({
        "count": 4, "first": {"t": 1, "d": 5}, "last": {"t": 4, "d": {"k": null}},
        "keys": {
            "": {
                "number": {"count": 1, "min": 5.0, "max": 5.0, "mean": 5.0},
                "string": {"count": 1, "distinct": [["a", 1]]},
                "object": {"count": 2},
            },
            "k": {
                "number": {"count": 1, "min": 1.5, "max": 1.5, "mean": 1.5},
                "null": {"count": 1},
            },
        },
    });
    assert_eq!(statistics, expected);
    assert_eq!(get(&server, &key, "q=statistics&t1=1&t2=2").await["count"], 1);
    assert_eq!(get(&server, &key, "q=statistics&i1=-3").await["count"], 3);
    let none = json!({"count": 0, "first": null, "last": null, "keys": {}});
    assert_eq!(get(&server, &key, "q=statistics&t1=5").await, none);
}

#[tokio::test]
async fn statistics_of_the_first_datapoints_only() {
    let data: Value = (1..=9).map(|t| json!({"t": t, "d": t})).collect();
    let (server, key) = with(&data).await;
    let first = get(&server, &key, "q=statistics&t1=2&limit=3").await;
    assert_eq!((&first["count"], &first["last"]["t"]), (&3.into(), &5.into()));
    let first = get(&server, &key, "q=statistics&limit=3").await;
    assert_eq!((&first["count"], &first["keys"][""]["number"]["max"]), (&3.into(), &3.0.into()));
    for all in ["q=statistics&limit=0", "q=statistics&t1=0&limit=0"] {
        assert_eq!(get(&server, &key, all).await["count"], 9);
    }
    let path = "crud/test/user/s/data?q=statistics&transform=sum";
    assert_eq!(server.send(&key, "GET", path, "").await.status, 400);
}

#[tokio::test]
async fn what_is_no_plot_is_told() {
    let (server, key) = with(&json!([{"t": 1, "d": 5}])).await;
    for (parameters, status, msg) in [
        ("q=plot", 400, "A plot needs \"columns\", a number from 1 to 10000."),
        ("q=plot&columns=10001", 400, "A plot needs \"columns\", a number from 1 to 10000."),
        ("q=plot&columns=3&t1=5&t2=4", 403, "Invalid index range."),
        ("q=plot&columns=3&t1=x", 400, "A range needs"),
        ("q=plot&columns=3&transform=zork", 403, "Script 'zork': Transform zork not found"),
        ("q=statistics&i1=7", 403, "Invalid index range."),
        ("q=plot&columns=3&transform=($-5)/0", 400, "The result is NaN"),
    ] {
        let path = format!("crud/test/user/s/data?{parameters}");
        let answer = server.send(&key, "GET", &path, "").await;
        assert_eq!(answer.status, status, "{parameters}: {answer:?}");
        assert!(answer.msg().starts_with(msg), "{parameters}: {answer:?}");
    }
}

#[tokio::test]
async fn the_last_datapoints_of_streams_come_in_one_answer() {
    let (server, key) = with(&json!([{"t": 1, "d": 5}, {"t": 2, "d": 6}])).await;
    server.create(&key, "test/user/empty", "{}").await;
    // Longer than what is read for many streams at a time.
    server.create(&key, "test/user/long", "{}").await;
    let long = json!([{"t": 3, "d": "x".repeat(100_000)}, {"t": 4, "d": "y".repeat(30_000)}]);
    server.insert(&key, "test/user/long", &long.to_string()).await;
    // Some datapoints are in blocks, and one is not.
    let many: Value = (1..=20_000).map(|t| json!({"t": t, "d": t})).collect();
    server.create(&key, "test/user/many", "{}").await;
    server.insert(&key, "test/user/many", &many.to_string()).await;
    let latest = async |paths: Value| {
        let answer = server.send(&key, "POST", "query/latest", &paths.to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let row = |name: &str, length: u64, last: Value| json!({"stream": format!("test/user/{name}"), "length": length, "last": last});
    let all = json!([
        row("s", 2, json!({"t": 2, "d": 6})),
        row("empty", 0, Value::Null),
        row("long", 2, long[1].clone()),
        row("many", 20_000, json!({"t": 20_000, "d": 20_000})),
    ]);
    assert_eq!(latest(json!(["test/user"])).await, all);
    server.insert(&key, "test/user/many", r#"[{"t":30000,"d":1}]"#).await;
    assert_eq!(
        latest(json!(["test/user/many", "test/user/nothing", "test/user/s", "test/user/s"])).await,
        json!([row("many", 20_001, json!({"t": 30_000, "d": 1})), all[0]])
    );
    let of_user = latest(json!(["test"])).await;
    // The log of changes is one of them.
    assert_eq!(of_user.as_array().expect("a list").len(), 5);
    assert_eq!(latest(json!([])).await, json!([]));
    let answer = server.send(&key, "POST", "query/latest", r#"["a/b/c/d/e"]"#).await;
    assert_eq!(answer.status, 400, "{answer:?}");
}

#[tokio::test]
async fn many_may_ask_for_the_last_datapoints_at_once() {
    let (server, key) = with(&json!([{"t": 1, "d": 5}])).await;
    // Streams that do not exist are looked for each time.
    let paths = json!(["test/user/none", "test/no/none", "no/no/none", "test/user/s"]).to_string();
    let ask = || server.send(&key, "POST", "query/latest", &paths);
    let answers = futures_util::future::join_all((0..32).map(|_| ask()));
    let answers =
        timeout(Duration::from_secs(20), answers).await.expect("nobody waits for another");
    for answer in answers {
        assert_eq!(answer.json()[0]["last"]["d"], 5, "{answer:?}");
    }
}

#[tokio::test]
async fn too_many_paths_are_refused() {
    let (server, key) = with(&json!([{"t": 1, "d": 5}])).await;
    let paths: Value = (0..1001).map(|number| format!("user{number}")).collect();
    let answer = server.send(&key, "POST", "query/latest", &paths.to_string()).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.msg().starts_with("At most 1000 paths"), "{answer:?}");
    // Each stream is listed once, however it is asked for.
    let paths = json!(["test/user/s", "test/user", "test/user/s"]).to_string();
    let answer = server.send(&key, "POST", "query/latest", &paths).await;
    assert_eq!(answer.json().as_array().map(Vec::len), Some(1), "{answer:?}");
}
