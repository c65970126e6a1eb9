//! Datapoints, going in and coming out.

use std::fmt::Write as _;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::TestServer;

/// A stream that takes anything, and its owner's key.
async fn stream(server: &TestServer) -> (String, &'static str) {
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    (key, "test/user/any")
}

/// Datapoints of these indexes as JSON text: index and time are the same.
fn points(indexes: std::ops::Range<usize>) -> String {
    let mut text = String::from("[");
    for i in indexes {
        let comma = if text.len() == 1 { "" } else { "," };
        write!(text, r#"{comma}{{"t":{i}.5,"d":{{"number":{i},"text":"datapoint number {i}"}}}}"#)
            .expect("a string");
    }
    text + "]"
}

#[tokio::test]
async fn what_went_in_comes_out_to_the_digit() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    let sent = concat!(
        r#"[{"t":1,"d":9007199254740993},{"t":1.5,"d":0.1000000000000000055511151231257827},"#,
        r#"{"t":2,"d":{"b":1,"a":[]}},{"t":1464250199.934,"d":-1e-7},{"t":253402300799,"d":"\u00fc ü"}]"#
    );
    server.insert(&key, stream, sent).await;
    let read = server.read(&key, stream, "i1=0").await;
    let expected = concat!(
        r#"[{"t":1,"d":9007199254740993},{"t":1.5,"d":0.1000000000000000055511151231257827},"#,
        r#"{"t":2,"d":{"b":1,"a":[]}},{"t":1464250199.934,"d":-1e-7},{"t":253402300799,"d":"\u00fc ü"}]"#
    );
    assert_eq!(read, expected);
}

#[tokio::test]
async fn null_zero_and_foreign_origins_are_as_the_protocol_has_them() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    server.insert(&key, stream, r#"[{"t":-5,"d":null,"o":"some/one","x":1}]"#).await;
    assert_eq!(server.read(&key, stream, "i1=0").await, r#"[{"t":-5}]"#);
    server.insert(&key, stream, r#"[{"T":7,"D":1}]"#).await;
    assert_eq!(server.read(&key, stream, "i1=1").await, r#"[{"t":7,"d":1}]"#);
}

#[tokio::test]
async fn nothing_is_inserted_by_nothing() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    server.insert(&key, stream, "[]").await;
    server.insert(&key, stream, "null").await;
    assert_eq!(server.read(&key, stream, "q=length").await, "0");
    assert_eq!(server.read(&key, stream, "i1=0").await, "[]");
    assert_eq!(server.read(&key, stream, "t1=0").await, "[]");
}

#[tokio::test]
async fn ranges_cross_blocks_of_every_size() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    // Large blocks, small ones, crumbs and what they were merged into.
    let mut end = 0;
    for count in [3000, 1, 2, 700, 20, 5000, 1] {
        server.insert(&key, stream, &points(end..end + count)).await;
        end += count;
    }
    for _ in 0..300 {
        server.insert(&key, stream, &points(end..end + 1)).await;
        end += 1;
    }
    assert_eq!(server.read(&key, stream, "q=length").await, end.to_string());
    assert_eq!(server.read(&key, stream, "i1=0").await, points(0..end));
    for (first, last) in
        [(0, 1), (2999, 3001), (3000, 3703), (8722, 8800), (end - 5, end), (17, end - 17)]
    {
        let by_index = format!("i1={first}&i2={last}");
        assert_eq!(server.read(&key, stream, &by_index).await, points(first..last), "{by_index}");
        // The first time is not included: half a second before the first datapoint's.
        let by_time = format!("t1={first}&t2={}.5", last - 1);
        assert_eq!(server.read(&key, stream, &by_time).await, points(first..last), "{by_time}");
        let index = server.read(&key, stream, &format!("q=time2index&t={first}")).await;
        assert_eq!(index, first.to_string());
    }
    assert_eq!(server.read(&key, stream, "t1=4000&limit=3").await, points(4000..4003));
    assert_eq!(server.read(&key, stream, "i1=-2").await, points(end - 2..end));
    let past = format!("q=time2index&t={}", end * 2);
    assert_eq!(server.read(&key, stream, &past).await, end.to_string());
}

#[tokio::test]
async fn equal_timestamps_stay_together() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    for batch in
        [r#"[{"t":1,"d":1},{"t":2,"d":2}]"#, r#"[{"t":2,"d":3},{"t":2,"d":4}]"#, r#"[{"t":3}]"#]
    {
        server.insert(&key, stream, batch).await;
    }
    let values = async |query: &str| -> Value {
        let data: Vec<Value> =
            serde_json::from_str(&server.read(&key, stream, query).await).expect("JSON");
        data.iter().map(|dp| dp["d"].clone()).collect()
    };
    assert_eq!(values("t1=1&t2=2").await, json!([2, 3, 4]));
    assert_eq!(values("t1=2").await, json!([null]));
    assert_eq!(server.read(&key, stream, "q=time2index&t=1").await, "1");
    assert_eq!(server.read(&key, stream, "q=time2index&t=2").await, "4");
}

#[tokio::test]
async fn restamp_gives_the_last_timestamp_exactly() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    server.insert(&key, stream, r#"[{"t":5,"d":1}]"#).await;
    let body = r#"[{"t":1,"d":{}},{"t":4,"d":2},{"t":6,"d":3}]"#;
    let stored = server.send(&key, "PUT", &format!("crud/{stream}/data"), body).await;
    assert_eq!(stored.text, "ok");
    let expected = r#"[{"t":5,"d":{}},{"t":5,"d":2},{"t":6,"d":3}]"#;
    assert_eq!(server.read(&key, stream, "i1=1").await, expected);
}

#[tokio::test]
async fn inserts_from_many_connections_all_arrive_in_order() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    for writer in 0..8 {
        server.create(&key, &format!("test/user/stream{writer}"), "{}").await;
    }
    let write = async |writer: usize| {
        for i in 0..50 {
            let path = format!("test/user/stream{}", writer % 8);
            let body = format!(r#"[{{"d":[{writer},{i}]}}]"#);
            let stored = server.send(&key, "PUT", &format!("crud/{path}/data"), &body).await;
            assert_eq!(stored.text, "ok");
        }
    };
    join_all((0..16).map(write)).await;
    for stream in 0..8 {
        let text = server.read(&key, &format!("test/user/stream{stream}"), "i1=0").await;
        let data: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(data.len(), 100);
        assert!(data.is_sorted_by_key(|dp| dp["t"].as_f64()));
        for writer in [stream, stream + 8] {
            let own = data.iter().filter(|dp| dp["d"][0] == writer).map(|dp| &dp["d"][1]);
            assert!(own.eq(&(0..50).map(|i| json!(i)).collect::<Vec<_>>()), "{writer}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_deleted_while_inserts_come_keeps_nothing() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    let insert = async {
        loop {
            let answer =
                server.send(&key, "PUT", &format!("crud/{stream}/data"), r#"[{"d":1}]"#).await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    let path = format!("crud/{stream}");
    let delete = server.send(&key, "DELETE", &path, "");
    let (refused, deleted) = tokio::join!(insert, delete);
    assert_eq!(deleted.text, "ok");
    assert_eq!(
        (refused.status, refused.msg().as_str()),
        (403, "The requested stream was not found.")
    );
    server.create(&key, stream, "{}").await;
    assert_eq!(server.read(&key, stream, "q=length").await, "0");
}

#[tokio::test]
async fn a_changed_schema_counts_for_what_comes_later() {
    let server = TestServer::start().await;
    let (key, stream) = stream(&server).await;
    server.insert(&key, stream, r#"[{"t":1,"d":"text"}]"#).await;
    let schema = r#"{"schema":"{\"type\":\"integer\"}"}"#;
    assert_eq!(server.send(&key, "PUT", &format!("crud/{stream}"), schema).await.status, 200);
    let refused =
        server.send(&key, "PUT", &format!("crud/{stream}/data"), r#"[{"d":"text"}]"#).await;
    assert_eq!(refused.msg(), "At least one datapoint did not conform to the stream's schema");
    // A whole float is an integer to the protocol.
    server.insert(&key, stream, r#"[{"t":2,"d":5.0}]"#).await;
    assert_eq!(server.read(&key, stream, "i1=0").await, r#"[{"t":1,"d":"text"},{"t":2,"d":5.0}]"#);
}
