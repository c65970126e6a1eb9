//! What errors say, to programs and to people.

use std::net::TcpListener;
use std::time::Duration;

use cdb_core::{ConnectorDb, Datapoint, DeviceCreate, Error, Schema, StreamCreate, Timestamp};
use futures_util::TryStreamExt;
use serde::Deserialize;
use serde_json::json;

use crate::support::TestServer;

/// The names of the predicates that are true.
fn predicates(error: &Error) -> Vec<&'static str> {
    let all = [
        ("not found", error.is_not_found()),
        ("exists", error.already_exists()),
        ("unauthorized", error.is_unauthorized()),
        ("forbidden", error.is_forbidden()),
        ("invalid", error.is_invalid()),
        ("timeout", error.is_timeout()),
        ("temporary", error.is_temporary()),
    ];
    all.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn each_error_of_the_server_has_one_predicate() {
    let server = TestServer::start().await;
    let numbers = server.stream_of(5..8).await;
    numbers.set_schema(json!({"type": "number"})).await.expect("set");
    let missing = server.me.stream("missing").expect("a name");
    let theirs = server.me.stream("test/user/log").expect("a path");
    let cases = [
        (missing.refresh().await.map(drop), "not found", Some(404)),
        (missing.range(..).await.map(drop), "not found", Some(403)),
        (missing.insert(1).await, "not found", Some(403)),
        (missing.len().await.map(drop), "not found", Some(403)),
        (numbers.create(StreamCreate::new()).await.map(drop), "exists", Some(403)),
        (numbers.insert("text").await, "invalid", Some(403)),
        (numbers.insert_array(&[Datapoint::at(1, 1)]).await.map(drop), "invalid", Some(403)),
        (numbers.insert_json("[{").await, "invalid", Some(400)),
        (server.me.count_users().await.map(drop), "forbidden", Some(403)),
        (server.me.stream("a/b").map(drop), "invalid", None),
        (theirs.insert(1).await, "forbidden", Some(403)),
        (server.with_key("wrong".into()).await.map(drop), "unauthorized", Some(401)),
    ];
    for (number, (result, predicate, status)) in cases.into_iter().enumerate() {
        let error = result.expect_err("refused");
        assert_eq!(predicates(&error), [predicate], "{number}: {error:?}");
        assert_eq!(error.status(), status, "{number}: {error:?}");
    }
}

#[tokio::test]
async fn the_cause_of_a_lost_connection_is_said_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let silent = ConnectorDb::builder().url(format!("http://{address}"));
    let silent = silent.timeout(Duration::from_millis(50)).retries(0);
    let error = silent.connect().await.expect_err("no answer");
    assert_eq!(error.to_string(), format!("the server did not answer in time ({address})"));
    assert_eq!(predicates(&error), ["timeout", "temporary"]);
    assert!(std::error::Error::source(&error).is_none());

    drop(listener);
    // A scheme is not needed for an address.
    let nobody = ConnectorDb::builder().url(address.to_string()).retries(0);
    let error = nobody.connect().await.expect_err("no server");
    let expected = format!("the server cannot be reached: connection refused ({address})");
    assert_eq!(error.to_string(), expected);
    assert_eq!(predicates(&error), ["temporary"]);
    assert!(std::error::Error::source(&error).is_none());
}

#[tokio::test]
async fn a_server_without_tls_is_recognised() {
    let server = TestServer::start().await;
    let url = server.server.url().replace("http://", "https://");
    let error = ConnectorDb::builder().url(url).retries(0).connect().await.expect_err("no TLS");
    assert!(error.to_string().contains("write http:// before its name"), "{error}");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Climate {
    temperature: f64,
}

#[tokio::test]
async fn a_value_of_another_type_is_named_or_left_out() {
    let server = TestServer::start().await;
    let stream = server.me.stream("climate").expect("a name");
    stream.create(StreamCreate::new()).await.expect("a stream");
    let points = r#"[{"t":1.5,"d":{"temperature":20}},{"t":2.25},{"t":3,"d":{"temperature":21}},
        {"t":4,"d":{"temperature":1e0,"more":"\n"}},{"t":5,"d":{"temperature":"warm"}}]"#;
    stream.insert_json(points).await.expect("stored");
    let climate = stream.typed::<Climate>();
    let error = climate.range(..).await.expect_err("one is null");
    let text = error.to_string();
    let expected =
        "the value at 2.25 in me/user/climate cannot be read as Climate: invalid type: null";
    assert!(text.starts_with(expected) && !text.contains("line"), "{text}");
    assert!(matches!(error, Error::Value { t, .. } if Some(t) == Timestamp::new(2.25)));
    // One that `serde_json` reads, since its number has an exponent.
    let error = climate.range(3..).await.expect_err("one is a text");
    assert!(error.to_string().starts_with("the value at 5 in me/user/climate"), "{error}");

    let valid = climate.query().skip_invalid().await.expect("the others");
    let temperatures = valid.iter().map(|point| point.d.temperature);
    assert!(temperatures.eq([20.0, 21.0, 1.0]));
    let one_by_one = climate.query().skip_invalid().stream().await.expect("a stream");
    assert_eq!(one_by_one.try_collect::<Vec<_>>().await.expect("the others").len(), 3);
    let is_late = stream.query().transform("count > 2").typed::<bool>().await.expect("booleans");
    assert!(is_late.iter().map(|point| point.d).eq([false, false, true, true, true]));
}

#[tokio::test]
async fn what_json_cannot_hold_is_not_sent() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await.typed::<f64>();
    let error = stream.insert(f64::NAN).await.expect_err("not a number");
    assert!(error.to_string().contains("NaN"), "{error}");
    let points = [Datapoint::at(1, 1.0), Datapoint::at(2, f64::INFINITY)];
    let error = stream.insert_array(&points).await.expect_err("infinite");
    assert!(error.to_string().contains("inf"), "{error}");
    assert!(stream.is_empty().await.expect("an answer"));
    for t in [f64::NAN, f64::NEG_INFINITY] {
        assert!(Datapoint::new(t, 1).is_err());
        let error = stream.query().t1(0.0).t2(t).await.expect_err("not a time");
        assert!(matches!(error, Error::Time(_)) && error.is_invalid(), "{error:?}");
    }
}

#[tokio::test]
async fn programs_that_ensure_the_same_at_the_same_time_all_succeed() {
    let server = TestServer::start().await;
    let create = || StreamCreate::new().schema(json!({"type": "number"})).nickname("Numbers");
    let ensured = (0..8).map(|_| {
        let cdb = server.me.clone();
        tokio::spawn(async move {
            let stream = cdb.stream("numbers").expect("a name");
            let info = stream.ensure(create()).await.expect("it exists");
            let device = cdb.user().device("sensor").expect("a name");
            let create = DeviceCreate::new().stream("temperature", create());
            (info, device.ensure(create).await.expect("it exists"))
        })
    });
    let ensured = futures_util::future::join_all(ensured).await;
    let ensured: Vec<_> = ensured.into_iter().map(|task| task.expect("no panic")).collect();
    assert!(ensured.iter().all(|other| *other == ensured[0]), "{ensured:?}");
    let sensor = server.with_key(ensured[0].1.clone()).await.expect("a connection");
    assert_eq!(sensor.path(), "me/sensor");
    assert!(sensor.stream("temperature").expect("a name").exists().await.expect("an answer"));

    // What exists is left as it is, and compared only with what is given.
    let stream = server.me.stream("numbers").expect("a name");
    let info = stream.ensure(StreamCreate::new().nickname("Other")).await.expect("it exists");
    assert_eq!(info.nickname, "Numbers");
    let spaced: Schema = r#"{ "type" : "number" }"#.parse().expect("JSON");
    let spaced = StreamCreate::new().schema(spaced);
    stream.ensure(spaced).await.expect("the same schema");
    let other = StreamCreate::new().schema(json!({"type": "string"}));
    let error = stream.ensure(other).await.expect_err("another schema");
    assert!(error.already_exists(), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(r#"{"type":"number"}"#) && text.contains(r#"{"type":"string"}"#),
        "{text}"
    );
    // Of a device that exists, streams that are missing are created.
    let device = server.me.user().device("sensor").expect("a name");
    let create = DeviceCreate::new().stream("humidity", StreamCreate::new());
    assert_eq!(device.ensure(create).await.expect("it exists"), ensured[0].1);
    assert!(device.stream("humidity").expect("a name").exists().await.expect("an answer"));
}

#[tokio::test]
async fn what_may_not_be_created_is_not_ensured() {
    let server = TestServer::start().await;
    let theirs = server.me.stream("test/user/numbers").expect("a path");
    let error = theirs.ensure(StreamCreate::new()).await.expect_err("not allowed");
    assert!(!error.already_exists() && !error.is_temporary(), "{error:?}");
}
