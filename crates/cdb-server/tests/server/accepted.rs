//! What is accepted can be read everywhere; what cannot is refused with a reason.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::TestServer;

const STREAM: &str = "crud/test/user/s/data";

async fn server() -> (TestServer, String) {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", "{}").await;
    (server, key)
}

fn nested(depth: usize) -> String {
    format!("{}1{}", r#"[{"a":"#.repeat(depth / 2), "}]".repeat(depth / 2))
}

#[tokio::test]
async fn the_deepest_value_that_is_accepted_can_be_read_by_every_query() {
    let (server, key) = server().await;
    let (deep, too_deep) = (nested(100), format!("[{}]", nested(100)));
    let body = format!(r#"[{{"d":1}},{{"d":{too_deep}}}]"#);
    let refused = server.send(&key, "POST", STREAM, &body).await;
    assert_eq!(refused.status, 400);
    assert!(refused.msg().contains("datapoint 1 ") && refused.msg().contains("100"), "{refused:?}");
    let text = format!(r#"["{}"]"#, "[".repeat(500));
    let body = format!(r#"[{{"t":1,"d":{deep}}},{{"t":2,"d":{text}}}]"#);
    server.insert(&key, "test/user/s", &body).await;
    assert_eq!(server.read(&key, "test/user/s", "i1=0").await, body);
    assert_eq!(server.read(&key, "test/user/s", "i1=0&transform=$").await, body);
    let merge = r#"[{"stream":"test/user/s","i1":0,"transform":"$"}]"#;
    let merged = server.send(&key, "POST", "query/merge", merge).await;
    assert_eq!((merged.status, merged.text), (200, body));
}

#[tokio::test]
async fn half_a_character_becomes_the_replacement_character() {
    let (server, key) = server().await;
    let body = r#"[{"t":1,"d":"caf\ud83d"},{"t":2,"d":{"\udc00":["\ud83d\ude00"]}}]"#;
    server.insert(&key, "test/user/s", body).await;
    let read = server.send(&key, "GET", &format!("{STREAM}?i1=0"), "").await.json();
    assert_eq!(read[0]["d"], "caf\u{fffd}");
    assert_eq!(read[1]["d"]["\u{fffd}"][0], "\u{1f600}");
}

#[tokio::test]
async fn times_in_milliseconds_are_refused_with_a_question() {
    let (server, key) = server().await;
    for verb in ["POST", "PUT"] {
        for time in ["1743674400000", "253402300800", "1e300"] {
            let body = format!(r#"[{{"t":1,"d":1}},{{"t":{time},"d":1}}]"#);
            let refused = server.send(&key, verb, STREAM, &body).await;
            assert_eq!(refused.status, 400, "{refused:?}");
            assert_eq!(refused.json()["kind"], "malformed");
            let msg = refused.msg();
            assert!(msg.contains("is this milliseconds?") && msg.contains("datapoint 1"), "{msg}");
        }
    }
    assert_eq!(server.read(&key, "test/user/s", "q=length").await, "0");
    server.insert(&key, "test/user/s", r#"[{"t":253402300799,"d":1}]"#).await;
}

#[tokio::test]
async fn datapoints_are_not_moved_far_into_the_future() {
    let (server, key) = server().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    server.insert(&key, "test/user/s", &format!(r#"[{{"t":{},"d":1}}]"#, now + 3600)).await;
    let moved = server.send(&key, "PUT", STREAM, r#"[{"d":2}]"#).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    server.insert(&key, "test/user/s", r#"[{"t":4102444800,"d":3}]"#).await;
    let refused = server.send(&key, "PUT", STREAM, r#"[{"d":4}]"#).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.json()["kind"], "order");
    assert!(refused.msg().contains("4102444800"), "{refused:?}");
    let kept = server.send(&key, "PUT", STREAM, r#"[{"t":4102444801,"d":5}]"#).await;
    assert_eq!(kept.status, 200, "{kept:?}");
    assert_eq!(server.read(&key, "test/user/s", "q=length").await, "4");
}
