//! Malformed requests: each gets an error and changes nothing.

use reqwest::{Body, Method};

use crate::support::{Answer, TestServer};

/// What a request is (verb, path, body), and the status that it must get.
type Row = (&'static str, String, String, u16);

fn row(verb: &'static str, path: impl Into<String>, body: impl Into<String>, status: u16) -> Row {
    (verb, path.into(), body.into(), status)
}

fn bodies() -> Vec<Row> {
    let data = "crud/test/user/numbers/data";
    let deep = format!(r#"[{{"d":{}1{}}}]"#, "[".repeat(5000), "]".repeat(5000));
    let mut rows = vec![
        row("PUT", data, "", 400),
        row("PUT", data, "[", 400),
        row("PUT", data, "[{]", 400),
        row("PUT", data, "{}", 400),
        row("PUT", data, "5", 400),
        row("PUT", data, r#""text""#, 400),
        row("PUT", data, "[5]", 400),
        row("PUT", data, "[[]]", 400),
        row("PUT", data, "[null]", 400),
        row("PUT", data, r#"[{"d":1}] x"#, 400),
        row("PUT", data, r#"[{"d":1},]"#, 400),
        row("PUT", data, r#"[{"t":"now","d":1}]"#, 400),
        row("PUT", data, r#"[{"t":NaN,"d":1}]"#, 400),
        row("PUT", data, r#"[{"t":Infinity,"d":1}]"#, 400),
        row("PUT", data, r#"[{"t":1e999,"d":1}]"#, 400),
        row("PUT", data, r#"[{"d":1e999}]"#, 400),
        row("PUT", data, r#"[{"d":NaN}]"#, 400),
        row("PUT", data, r#"[{"d":01}]"#, 400),
        row("PUT", data, r#"[{"t":1743674400000,"d":1}]"#, 400),
        row("POST", data, r#"[{"t":253402300800,"d":1}]"#, 400),
        row("PUT", data, "[{\"d\":\"\u{1}\"}]", 400),
        row("PUT", data, r#"[{"t":[1],"d":1}]"#, 400),
        row("PUT", data, deep, 400),
        // Readable, but not acceptable.
        row("PUT", data, "[{}]", 403),
        row("PUT", data, r#"[{"t":9}]"#, 403),
        row("PUT", data, r#"[{"d":null}]"#, 403),
        row("PUT", data, r#"[{"d":"five"}]"#, 403),
        row("PUT", data, r#"[{"d":"\ud800"}]"#, 403),
        row("PUT", data, r#"[{"value":5}]"#, 403),
        row("PUT", data, r#"[{"t":9,"d":1},{"t":8,"d":1}]"#, 403),
        row("POST", data, r#"[{"t":9,"d":1},{"t":8,"d":1}]"#, 403),
        row("POST", data, r#"[{"t":1,"d":1}]"#, 403),
        row("POST", data, r#"[{"t":-1,"d":1}]"#, 403),
        row("POST", data, r#"[{"t":9,"d":1},{"t":10,"d":"x"}]"#, 403),
        row("PUT", format!("{data}?downlink=true"), r#"[{"d":1}]"#, 403),
        row("PUT", "crud/test/user/nosuch/data", r#"[{"d":1}]"#, 403),
        row("PUT", "crud/test/user/nosuch/data", "[", 403),
    ];
    for body in ["[", "5", "[]", r#""text""#, "{", r#"{"nickname":5"#, "\u{0}"] {
        rows.push(row("POST", "crud/test/user/new", body, 400));
        rows.push(row("PUT", "crud/test/user/numbers", body, 400));
        rows.push(row("POST", "crud/test/new", body, 400));
        rows.push(row("PUT", "crud/test", body, 400));
    }
    rows
}

fn objects() -> Vec<Row> {
    let user = |fields: &str| format!(r#"{{"email":"a@b.c","password":"x"{fields}}}"#);
    vec![
        row("POST", "crud/test/user/new", "", 400),
        row("POST", "crud/test/user/new", r#"{"schema":{}}"#, 400),
        row("POST", "crud/test/user/new", r#"{"schema":"{"}"#, 403),
        row("POST", "crud/test/user/new", r#"{"schema":"5"}"#, 403),
        row("POST", "crud/test/user/new", r#"{"schema":"{\"type\":5}"}"#, 403),
        row("POST", "crud/test/user/new", r#"{"schema":"{\"type\":\"nope\"}"}"#, 403),
        row("POST", "crud/test/user/new", r#"{"schema":"{\"$ref\":\"http://a.b/c\"}"}"#, 403),
        row("POST", "crud/test/user/new", r#"{"downlink":"yes"}"#, 400),
        row("POST", "crud/test/user/new", r#"{"icon":"not an icon"}"#, 403),
        row("POST", "crud/test/user/numbers", "{}", 403),
        row("POST", "crud/test/user", "{}", 403),
        row("POST", "crud/test/new", r#"{"enabled":"yes"}"#, 400),
        row("POST", "crud/test/new", r#"{"role":"zork"}"#, 403),
        row("POST", "crud/test/new", r#"{"public":true}"#, 403),
        row("POST", "crud/test/new", r#"{"streams":{"a b":{}}}"#, 403),
        row("POST", "crud/test/new", r#"{"streams":{"a":{},"b":{"schema":"5"}}}"#, 403),
        row("POST", "crud/test/new", r#"{"streams":{"a":null}}"#, 400),
        row("POST", "crud/new", "{}", 403),
        row("POST", "crud/new", r#"{"password":"x"}"#, 403),
        row("POST", "crud/new", r#"{"email":"a@b.c"}"#, 403),
        row("POST", "crud/new", r#"{"email":"a@b.c","password":""}"#, 403),
        row("POST", "crud/new", r#"{"email":"none","password":"x"}"#, 403),
        row("POST", "crud/new", user(r#","role":"zork""#), 403),
        row("POST", "crud/new", user(r#","devices":{"user":{}}"#), 403),
        row("POST", "crud/new", user(r#","devices":{"meta":{}}"#), 403),
        row("POST", "crud/new", user(r#","devices":{"d":null}"#), 400),
        row("POST", "crud/new", user(r#","devices":{"d":{"streams":{"s":{"schema":"x"}}}}"#), 403),
        row("POST", "crud/nobody", user(""), 403),
        row("PUT", "crud/test", r#"{"zork":1}"#, 403),
        row("PUT", "crud/test", r#"{"name":"other"}"#, 403),
        row("PUT", "crud/test", r#"{"nickname":5}"#, 403),
        row("PUT", "crud/test", r#"{"email":"none"}"#, 403),
        row("PUT", "crud/test", r#"{"password":""}"#, 403),
        row("PUT", "crud/test", r#"{"password":5}"#, 403),
        row("PUT", "crud/test", r#"{"role":"zork"}"#, 403),
        row("PUT", "crud/test/user", r#"{"enabled":1}"#, 403),
        row("PUT", "crud/test/user", r#"{"public":true}"#, 403),
        row("PUT", "crud/test/meta", r#"{"apikey":""}"#, 403),
        row("PUT", "crud/test/user/numbers", r#"{"schema":"x"}"#, 403),
        row("PUT", "crud/test/user/numbers", r#"{"schema":{}}"#, 403),
        row("PUT", "crud/test/user/numbers", r#"{"nickname":"ok","zork":1}"#, 403),
        row("PUT", "crud/test/user/nosuch", "{}", 403),
        row("DELETE", "crud/test/user", "", 403),
        row("DELETE", "crud/test/meta", "", 403),
        row("DELETE", "crud/test/nosuch", "", 403),
        row("DELETE", "crud/nosuch", "", 403),
        row("GET", "crud/nosuch", "", 404),
        row("GET", "crud/test/user/nosuch", "", 404),
    ]
}

fn names() -> Vec<Row> {
    let long = "a".repeat(10_000);
    let mut rows = Vec::new();
    for (name, status) in [
        ("a%20b", 400),
        ("a%2Fb", 400),
        ("a%5Cb", 400),
        ("a%3Fb", 400),
        ("%20", 400),
        ("5a", 403),
        ("_a", 403),
        ("a.b", 403),
        ("%C3%BC", 403),
        ("a%00b", 403),
        ("a%FF", 400),
        (long.as_str(), 403),
        ("abcdefghijabcdefghijabcdefghij", 403),
    ] {
        rows.push(row("POST", format!("crud/test/user/{name}"), "{}", status));
        rows.push(row("POST", format!("crud/test/{name}"), "{}", status));
        let user = r#"{"email":"a@b.c","password":"x"}"#;
        rows.push(row("POST", format!("crud/{name}"), user, status));
    }
    rows
}

fn queries() -> Vec<Row> {
    let data = "crud/test/user/numbers/data";
    let ranges = [
        ("", 400),
        ("limit=5", 400),
        ("transform=$", 400),
        ("t1=x", 400),
        ("t1=nan", 400),
        ("t1=inf", 400),
        ("t1=1&limit=-1", 400),
        ("t1=1&limit=x", 400),
        ("i1=1.0", 400),
        ("i1=x", 400),
        ("i1=1&i2=x", 400),
        ("i1=99999999999999999999", 400),
        ("i1=0x", 400),
        ("i1=--1", 400),
        ("i1=100", 403),
        ("i1=2&i2=1", 403),
        ("i1=0&i2=-100", 403),
        ("q=time2index", 403),
        ("q=time2index&t=x", 403),
        ("q=time2index&t=nan", 403),
    ];
    let mut rows: Vec<Row> = ranges
        .iter()
        .map(|(query, status)| row("GET", format!("{data}?{query}"), "", *status))
        .collect();
    rows.extend([
        row("GET", "crud/test?q=zork", "", 400),
        row("GET", "crud/test/user?q=zork", "", 400),
        row("GET", "crud/test/user/numbers?q=ls", "", 400),
        row("GET", "crud/?q=zork", "", 400),
        row("GET", "crud/", "", 400),
        row("GET", "?q=zork", "", 400),
        row("GET", "", "", 400),
        row("GET", "zork", "", 404),
        row("GET", "crud/a/b/c/d", "", 404),
        row("GET", "crud/a/b/c/data/e", "", 404),
        row("POST", "meta/version", "{}", 405),
        row("DELETE", data, "", 400),
        row("DELETE", "crud/test/user/numbers/data?limit=5", "", 400),
        row("DELETE", "crud/test/user/numbers/data?t1=1&limit=5", "", 400),
        row("DELETE", "crud/test/user/numbers/data?t1=1&t2=-5", "", 400),
        row("DELETE", "crud/test/user/numbers/data?i1=0&positions=0", "", 400),
        row("DELETE", "crud/test/user/numbers/data?i1=7", "", 403),
        row("DELETE", "crud/test/user/numbers/data?i1=0&i2=0", "", 400),
        row("DELETE", "crud/test/user/numbers/data?i1=0&transform=if%20$%3E5", "", 400),
        row("DELETE", "crud/test/user/numbers/data?i1=0&q=merge", "", 400),
        row("DELETE", "crud/test/user/numbers/data?i1=0&t1=5&t2=6", "", 403),
        row("PATCH", "crud/test/user/numbers/data?i1=0&i2=1&transform=$", "[]", 400),
        row("DELETE", "crud/test/user/numbers/data?i1=0&downlink=true", "", 403),
        row("DELETE", "crud/test/user/zork/data?i1=0", "", 403),
        row("PATCH", data, "[]", 400),
        row("PATCH", "crud/test/user/numbers/data?i1=0&i2=1", "{", 400),
        row("PATCH", "crud/test/user/numbers/data?i1=0&i2=1", r#"[{"t":1,"d":"x"}]"#, 403),
        row("PATCH", "crud/test/user/numbers/data?i1=0&i2=1", r#"[{"t":7,"d":1}]"#, 403),
        row("PATCH", "crud/test/user/numbers/data?i1=1", r#"[{"t":4,"d":1}]"#, 403),
        row("PATCH", "crud/test/user/numbers/data?i1=0", r#"[{"t":3,"d":1},{"t":2,"d":1}]"#, 403),
        row("POST", "crud/test/user/numbers/data?q=merge", r#"[{"t":3,"d":"x"}]"#, 403),
        row("POST", "crud/test/user/numbers/data?q=merge", r#"[{"t":3,"d":1},{"t":2,"d":1}]"#, 403),
        row("PATCH", "crud/test", "{}", 405),
        row("ZORK", "crud/test", "", 405),
    ]);
    rows
}

/// All that is on the server, as its administrator sees it.
async fn everything(server: &TestServer, key: &str) -> Vec<Answer> {
    let mut seen = Vec::new();
    for path in [
        "crud/?q=ls",
        "crud/test?q=ls",
        "crud/test?q=streams",
        "crud/test/user/numbers",
        "crud/test/user/numbers/data?i1=0",
        "crud/test/user/numbers/data?i1=0&downlink=true",
        "crud/test/meta/log/data?i1=0",
    ] {
        seen.push(server.send(key, "GET", path, "").await);
    }
    seen
}

/// That an answer is an error with the server's error object.
fn assert_error(answer: &Answer, status: u16, request: &str) {
    assert_eq!(answer.status, status, "{request}: {answer:?}");
    let error = answer.json();
    assert_eq!(error["code"], status, "{request}: {answer:?}");
    assert!(!answer.msg().is_empty(), "{request}: {answer:?}");
    assert!(error["ref"].as_str().is_some_and(|name| name.len() == 36), "{request}: {answer:?}");
}

#[tokio::test]
async fn malformed_requests_get_an_error_and_change_nothing() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/numbers", r#"{"schema":"{\"type\":\"number\"}"}"#).await;
    server.insert(&key, "test/user/numbers", r#"[{"t":5,"d":1},{"t":6,"d":2}]"#).await;
    let before = everything(&server, &key).await;

    let rows = [bodies(), objects(), names(), queries()].concat();
    assert!(rows.len() >= 60, "only {} rows", rows.len());
    for (verb, path, body, status) in &rows {
        let answer = server.send(&key, verb, path, body).await;
        let body: String = body.chars().take(100).collect();
        assert_error(&answer, *status, &format!("{verb} {path:.100} {body}"));
    }
    assert_eq!(everything(&server, &key).await, before);
}

#[tokio::test]
async fn numbers_that_json_does_not_have_are_named() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", "{}").await;
    for (body, name) in [
        (r#"[{"d":NaN}]"#, "NaN"),
        (r#"[{"t":1,"d":[1.5, NaN ]}]"#, "NaN"),
        ("[{\"d\":1},\n {\"t\":NaN}]", "NaN"),
        (r#"[{"d":-Infinity}]"#, "Infinity"),
        (r#"[{"d":Infinity}]"#, "Infinity"),
    ] {
        let refused = server.send(&key, "POST", "crud/test/user/s/data", body).await;
        assert_error(&refused, 400, body);
        let hint = format!("{name} is not JSON, null stands for a missing value");
        assert!(refused.msg().ends_with(&hint), "{body}: {refused:?}");
    }
    let refused = server.send(&key, "POST", "crud/test/user/s/data", r#"[{"d":"NaN"},x]"#).await;
    assert!(!refused.msg().contains("NaN"), "{refused:?}");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    for path in ["crud/test/user/any/data", "crud/test/user/any"] {
        let request = server.request(Method::PUT, path).basic_auth("", Some(&key));
        let response =
            request.body(b"[{\"d\":\"\xff\"}]".as_slice()).send().await.expect("an answer");
        assert_error(&Answer::of(response).await, 400, path);
    }
    assert_eq!(server.read(&key, "test/user/any", "i1=0").await, "[]");
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_and_the_server_lives() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/any", "{}").await;
    let pieces = (0..100).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1_000_000]));
    let body = Body::wrap_stream(futures_util::stream::iter(pieces));
    let request = server.request(Method::PUT, "crud/test/user/any/data");
    let response = request.basic_auth("", Some(&key)).body(body).send().await.expect("an answer");
    assert_error(&Answer::of(response).await, 413, "100 MB");
    assert_eq!(server.read(&key, "test/user/any", "q=length").await, "0");
}

#[tokio::test]
async fn malformed_credentials_are_refused() {
    let server = TestServer::start().await;
    for authorization in [
        "Basic",
        "Basic !!!",
        "Bearer abc",
        "Bearer",
        "Digest abc",
        "Basic dGVzdA==",
        "Basic Og==",
        "Basic OmFiYw==",
        "Basic dGVzdDp3cm9uZw==",
    ] {
        let request = server.request(Method::GET, "?q=this").header("authorization", authorization);
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_error(&answer, 401, authorization);
    }
}
