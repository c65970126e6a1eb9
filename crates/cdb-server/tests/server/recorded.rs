//! A session that was recorded from the original server, replayed.

use cdb_types::{ErrorKind, ServerError};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, TestServer};

const RECORDED: &str = include_str!("../../../cdb-types/tests/recorded/tutorial.jsonl");

/// What differs each time.
fn without_chance(mut body: Value) -> Value {
    if let Value::Object(fields) = &mut body {
        for chance in ["apikey", "ref"] {
            if fields.remove(chance).is_some() {
                fields.insert(chance.to_owned(), "chance".into());
            }
        }
        // The words for malformed JSON are the parser's.
        if fields.get("code") == Some(&Value::from(400)) {
            fields.remove("msg");
        }
    }
    body
}

#[tokio::test]
async fn the_original_would_have_said_the_same() {
    let server = TestServer::start().await;
    let mut device_key = String::new();
    let (mut replayed, mut kinds) = (0, 0);
    for line in RECORDED.lines() {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |key: &str| exchange[key].as_str().expect("a text").to_owned();
        let (asker, method, path) = (text("as"), text("method"), text("path"));
        let method = Method::from_bytes(method.as_bytes()).expect("a verb");
        let mut request = server.request(method.clone(), path.trim_start_matches("/api/v1/"));
        request = match asker.as_str() {
            "admin" => request.basic_auth("test", Some("test")),
            "user" => request.basic_auth("myuser", Some("secret")),
            "newdevice" => request.basic_auth("", Some(&device_key)),
            _ => request,
        };
        request = match &exchange["request"] {
            Value::Null => request,
            Value::String(broken) => request.body(broken.clone()),
            body => request.body(body.to_string()),
        };
        let response = request.send().await.expect("an answer");
        let content_type = response.headers()["content-type"].clone();
        let answer = Answer::of(response).await;
        assert_eq!(answer.status, exchange["status"], "{asker}: {method} {path}: {answer:?}");
        assert_eq!(content_type, text("content_type").as_str(), "{method} {path}");
        match serde_json::from_str::<Value>(&text("response")) {
            Ok(body) => {
                let mut said = without_chance(answer.json());
                if answer.status >= 400 {
                    // Ours alone has a kind, and that of the original's message is the same; but for
                    // what the caller may not know of, which is not found on ours.
                    let kind = said.as_object_mut().and_then(|said| said.remove("kind"));
                    let kind = kind.map(serde_json::from_value::<ErrorKind>);
                    let kind = kind.expect("a kind").expect("a text");
                    let original: ServerError = serde_json::from_value(body.clone()).expect("one");
                    if let Some(original) = original.kind()
                        && kind != ErrorKind::NotFound
                    {
                        assert_eq!(original, kind, "{path}: {body}");
                        kinds += 1;
                    }
                }
                assert_eq!(said, without_chance(body), "{asker}: {method} {path}");
            }
            Err(_) => assert_eq!(answer.text, text("response"), "{asker}: {method} {path}"),
        }
        if method == Method::POST && path.ends_with("/myuser/newdevice") {
            answer.json()["apikey"].as_str().expect("a key").clone_into(&mut device_key);
        }
        replayed += 1;
    }
    assert!(replayed >= 63, "only {replayed} exchanges");
    assert!(kinds >= 5, "only {kinds} kinds of errors");
}
