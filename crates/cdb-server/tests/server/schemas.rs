//! Schemas that need more than the limits allow.

use cdb_server::{DataFile, Limits};
use serde_json::{Value, json};

use crate::support::{TestServer, start_in};

/// A schema of definitions, each of which is applied by the one before it as `apply` says.
fn chain(length: u32, apply: impl Fn(Value) -> Value) -> Value {
    let reference = |number: u32| json!({"$ref": format!("#/definitions/d{number}")});
    let definition = |number| (format!("d{number}"), apply(reference(number + 1)));
    let mut definitions = Value::from_iter((0..length).map(definition));
    definitions[format!("d{length}")] = json!({"type": "number"});
    json!({"$ref": "#/definitions/d0", "definitions": definitions})
}

/// A schema that checks a value 2^14 times.
fn slow() -> Value {
    chain(14, |next| json!({"allOf": [next, next]}))
}

/// The body of a creation or an update of a stream.
fn stream(schema: &Value) -> String {
    json!({"schema": schema.to_string()}).to_string()
}

#[tokio::test]
async fn a_schema_that_is_too_complex_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", "{}").await;
    let large: Value = (0..3000).map(|i| (format!("p{i}"), json!({"type": "null"}))).collect();
    for (schema, reason) in [
        (slow(), "takes too long"),
        (json!({"properties": large}), "its text has"),
        (json!({"$ref": "#"}), "refers to itself"),
    ] {
        let device = json!({"streams": {"s": {"schema": schema.to_string()}}}).to_string();
        for (method, path, body) in [
            ("POST", "crud/test/user/new", &stream(&schema)),
            ("PUT", "crud/test/user/s", &stream(&schema)),
            ("POST", "crud/test/new", &device),
        ] {
            let refused = server.send(&key, method, path, body).await;
            assert_eq!(refused.status, 403, "{method} {path}: {refused:?}");
            assert!(refused.msg().contains("too complex"), "{method} {path}: {refused:?}");
            assert!(refused.msg().contains(reason), "{method} {path}: {refused:?}");
        }
    }
    assert_eq!(server.send(&key, "GET", "crud/test/new", "").await.status, 404);
    server.insert(&key, "test/user/s", r#"[{"d":1}]"#).await;
}

#[tokio::test]
async fn each_limit_of_schemas_is_kept() {
    let limits = Limits::default().schema_bytes(100).schema_memory(10_000).schema_steps(0);
    let server = TestServer::with(limits).await;
    let key = server.key_of("test").await;
    let long = json!({"enum": ["x".repeat(100)]});
    let many = json!({"anyOf": [{}, {}, {}, {}, {}]});
    for (schema, limit) in [(long, "at most 100 are"), (many, "the 10000 bytes of memory")] {
        let refused = server.send(&key, "POST", "crud/test/user/s", &stream(&schema)).await;
        assert!(refused.msg().contains(limit), "{refused:?}");
    }
    server.create(&key, "test/user/s", &stream(&json!({"items": {"type": "number"}}))).await;
    server.insert(&key, "test/user/s", r#"[{"d":[1,2,3]}]"#).await;
    let values = json!([{"d": [1]}, {"d": vec![1; 3000]}]).to_string();
    let refused = server.send(&key, "POST", "crud/test/user/s/data", &values).await;
    assert_eq!((refused.status, refused.json()["kind"].as_str()), (403, Some("too_large")));
    assert!(refused.msg().contains("datapoint 1 ("), "{refused:?}");
    assert!(refused.msg().contains("the 4000 steps"), "{refused:?}");
    assert_eq!(server.read(&key, "test/user/s", "i1=0").await.matches("\"t\"").count(), 1);
}

#[tokio::test]
async fn a_stream_with_a_schema_from_before_there_were_limits_can_be_read_and_changed() {
    let directory = tempfile::tempdir().expect("a directory");
    let archive = directory.path().join("archive");
    let of_stream = archive.join("me/user/s");
    std::fs::create_dir_all(&of_stream).expect("directories");
    let user = json!({"name": "me", "email": "me@localhost", "role": "user", "public": true,
                      "password": "x", "password_salt": "", "password_scheme": "SHA512"});
    for (name, content) in [
        ("connectordb.json", json!({"Version": 2})),
        ("me/user.json", user),
        ("me/user/device.json", json!({"name": "user", "role": "user", "apikey": "k"})),
        ("me/user/s/stream.json", json!({"name": "s", "schema": slow().to_string()})),
        ("me/user/s/data.json", json!([{"t": 1, "d": 5}])),
    ] {
        std::fs::write(archive.join(name), content.to_string()).expect("written");
    }
    let file = DataFile::at(directory.path().join("data.db"));
    file.import(&archive).await.expect("whoever imports is trusted");
    let server = TestServer::of(start_in(&directory).await, directory);
    let (key, path) = ("k", "crud/me/user/s");
    assert_eq!(server.read(key, "me/user/s", "i1=0").await, r#"[{"t":1,"d":5}]"#);
    let refused = server.send(key, "POST", &format!("{path}/data"), r#"[{"d":6}]"#).await;
    assert_eq!((refused.status, refused.json()["kind"].as_str()), (403, Some("invalid")));
    assert!(refused.msg().contains("before its schema is changed"), "{refused:?}");
    let changed = server.send(key, "PUT", path, &stream(&json!({"type": "number"}))).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    server.insert(key, "me/user/s", r#"[{"d":6}]"#).await;
}

/// Compiling a schema, and checking a value, use the stack for each schema and each level.
#[tokio::test]
async fn the_deepest_schemas_and_values_are_taken() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let nested = |value: Value| (0..99).fold(value, |value, _| json!([value]));
    let insert = |value: Value| json!([{"d": nested(value)}]).to_string();
    // Each level of a value is checked by the last of 15 schemas within each other.
    let mut deep = chain(15, |next| json!({"allOf": [next]}));
    deep["definitions"]["d15"] =
        json!({"type": ["array", "number"], "items": {"$ref": "#/definitions/d0"}});
    let few = json!({"type": ["array", "number"], "items": {"$ref": "#"}});
    for (name, schema) in [("deep", deep), ("few", few)] {
        let path = format!("test/user/{name}");
        server.create(&key, &path, &stream(&schema)).await;
        server.insert(&key, &path, &insert(json!(5.5))).await;
        let path = format!("crud/{path}/data");
        assert_eq!(server.send(&key, "POST", &path, &insert(json!("x"))).await.status, 403);
    }
    // References to references, as many as fit into the text.
    let long = chain(1_100, |next| json!({"items": next}));
    server.create(&key, "test/user/long", &stream(&long)).await;
    server.insert(&key, "test/user/long", &insert(json!(5))).await;
}

#[tokio::test]
async fn inserts_of_too_many_datapoints_and_values_of_too_many_parts_are_refused() {
    let server = TestServer::with(Limits::default().insert_datapoints(1000)).await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    server.create(&key, "test/user/array", &stream(&json!({"type": "array"}))).await;
    let many = |count: usize| format!("[{}{{}}]", "{},".repeat(count - 1));
    // Objects take a hundred times the memory of their text.
    let parts = format!(r#"[{{"t":1,"d":[{}1]}}]"#, r#"{"":0},"#.repeat(1_000_000));
    for (path, body, reason) in
        [("any", many(1001), "at most 1000 datapoints"), ("array", parts.clone(), "too many parts")]
    {
        let path = format!("crud/test/user/{path}/data");
        let refused = server.send(&key, "POST", &path, &body).await;
        assert_eq!((refused.status, refused.json()["kind"].as_str()), (403, Some("too_large")));
        assert!(refused.msg().contains(reason), "{reason}: {refused:?}");
    }
    server.insert(&key, "test/user/any", &parts).await;
    server.insert(&key, "test/user/any", &many(1000)).await;
    let length = server.send(&key, "GET", "crud/test/user/any/data?q=length", "").await;
    assert_eq!(length.text, "1001");
}
