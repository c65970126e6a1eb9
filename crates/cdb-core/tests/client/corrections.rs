//! Corrections of stored datapoints.

use std::time::Duration;

use cdb_core::{Datapoint, Error, ErrorKind, Stream, StreamUpdate, Timestamp};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::live::TIMEOUT;
use crate::support::TestServer;

fn at(t: f64, d: impl Into<Value>) -> Datapoint {
    Datapoint::new(t, d.into()).expect("a time")
}

fn time(t: f64) -> Timestamp {
    Timestamp::new(t).expect("a time")
}

async fn values(stream: &Stream) -> Vec<Value> {
    stream.query().await.expect("datapoints").into_iter().map(|point| point.d).collect()
}

#[tokio::test]
async fn ranges_of_times_and_indexes_are_deleted_and_replaced() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..10).await;
    // The times are 0.5, 1.5, …
    let deleted = stream.delete_range(time(1.5)..time(3.5)).await.expect("deleted");
    assert_eq!(
        (deleted, values(&stream).await),
        (2, [0, 3, 4, 5, 6, 7, 8, 9].map(Value::from).into())
    );
    assert_eq!(stream.delete_range(-2..).await.expect("deleted"), 2);
    assert_eq!(stream.delete_range(3..3).await.expect("deleted"), 0);
    assert_eq!(
        stream.delete_range(100..).await.map_err(|error| error.kind()),
        Err(Some(ErrorKind::Range))
    );
    let points = [at(4.0, "a"), at(4.6, "b"), at(4.7, "c")];
    let done = stream.replace(time(3.5)..=time(4.5), &points).await.expect("replaced");
    assert_eq!((done.removed, done.inserted, done.length), (2, 3, 7));
    let expected = [json!(0), json!("a"), json!("b"), json!("c"), json!(5), json!(6), json!(7)];
    assert_eq!(values(&stream).await, expected);
    let outside = stream.replace(1..2, &[at(9.0, 1)]).await.expect_err("an error");
    assert_eq!(outside.kind(), Some(ErrorKind::Order));
    assert_eq!(values(&stream).await, expected);
    assert_eq!(stream.end().await.expect("an end"), 10);
    // Before an index, and where it is not said where.
    assert_eq!(stream.replace(1..1, &[at(3.9, "d")]).await.expect("inserted").length, 8);
    assert_eq!(stream.get(1).await.expect("read").map(|point| point.d), Some(json!("d")));
    for range in [0..0, -1..0] {
        let refused = stream.replace(range, &[at(3.9, "e")]).downlink().await;
        assert!(matches!(refused, Err(Error::EmptyRange)), "{refused:?}");
    }
    assert_eq!(stream.delete_range(1..2).await.expect("deleted"), 1);
    assert_eq!(stream.delete_range::<i64>(..).await.expect("deleted"), 7);
    assert_eq!((stream.len().await.ok(), stream.end().await.ok()), (Some(0), Some(10)));
}

#[tokio::test]
async fn requests_of_a_downlink_are_corrected_by_themselves() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..2).await;
    stream.set(StreamUpdate::new().downlink(true)).await.expect("changed");
    stream.insert_late(&[at(1.0, 7), at(2.0, 8)]).downlink().await.expect("inserted");
    stream.replace(0..1, &[at(1.0, 9)]).downlink().await.expect("replaced");
    assert_eq!(stream.delete_range(1..).downlink().await.expect("deleted"), 1);
    let requests = stream.query().downlink().await.expect("requests");
    assert_eq!(requests.into_iter().map(|point| point.d).collect::<Vec<_>>(), [json!(9)]);
    assert_eq!(stream.len().await.expect("a length"), 2);
}

#[tokio::test]
async fn late_datapoints_are_sorted_in_however_much_lies_between_them() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    for t in [1.0, 2.0, 3.0, 4.0] {
        stream.insert_array(&[at(t, "x".repeat(3 << 20))]).await.expect("stored");
    }
    let late = [1.5, 2.5, 3.5, 4.0, 4.5].map(|t| at(t, t));
    assert_eq!(stream.insert_late(&late).await.expect("inserted"), 5);
    let points = stream.query().await.expect("datapoints");
    let times: Vec<_> = points.into_iter().map(|point| point.t.as_secs_f64()).collect();
    assert_eq!(times, [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.0, 4.5]);
    let none: [Datapoint; 0] = [];
    assert_eq!(stream.insert_late(&none).await.expect("nothing"), 0);
}

#[tokio::test]
async fn who_may_not_delete_a_stream_cannot_correct_it() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..3).await;
    let reader = server.me.device_at("me/reader").expect("a name");
    reader.create(cdb_core::DeviceCreate::new().role("writer")).await.expect("a device");
    let key = reader.apikey().await.expect("an answer").expect("a key");
    let other = server.with_key(key).await.expect("a connection");
    let theirs = other.stream(&stream.path().to_string()).expect("a path");
    assert!(
        theirs.delete_range(0..1).await.is_err_and(|error| error.kind() == Some(ErrorKind::Denied))
    );
    // That deletes datapoints, too.
    let kept = theirs.set_keep(Duration::from_secs(1)).await;
    assert!(kept.is_err_and(|error| error.kind() == Some(ErrorKind::Denied)));
    theirs.set_datatype("may be changed").await.expect("changed");
    assert_eq!(stream.len().await.expect("a length"), 3);
}

#[tokio::test]
async fn requests_go_on_after_a_corrected_downlink_was_emptied() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..1).await;
    stream.set(StreamUpdate::new().downlink(true)).await.expect("changed");
    let mut requests = stream.subscribe().downlink().await.expect("a subscription");
    let mut next = async || timeout(TIMEOUT, requests.next()).await.expect("an item");
    stream.insert_array(&[at(1.0, 1), at(2.0, 2)]).downlink(true).await.expect("stored");
    assert_eq!(next().await.expect("not the end").expect("a batch").len(), 2);
    stream.delete_range(0..1).downlink().await.expect("deleted");
    assert!(matches!(next().await, Some(Err(Error::Corrected { .. }))));
    for downlink in [false, true] {
        stream.set(StreamUpdate::new().downlink(downlink)).await.expect("changed");
    }
    stream.insert_array(&[at(1.0, 3)]).downlink(true).await.expect("stored");
    assert!(matches!(next().await, Some(Err(Error::Lagged(_)))));
    assert_eq!(next().await.expect("not the end").expect("a batch")[0].d, 3);
}

#[tokio::test]
async fn a_subscription_tells_what_was_corrected_and_goes_on() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..10).await;
    let mut all = stream.typed::<i64>().subscribe().await.expect("a subscription");
    stream.delete_range(2..=4).await.expect("deleted");
    let next = timeout(TIMEOUT, all.next()).await.expect("an item").expect("not the end");
    let Err(Error::Corrected { times: Some(times) }) = next else { panic!("{next:?}") };
    assert_eq!(times, (time(2.5), time(4.5)));
    stream.insert(11).await.expect("stored");
    let next = timeout(TIMEOUT, all.next()).await.expect("an item").expect("not the end");
    assert_eq!(next.expect("a batch")[0].d, 11);
}

#[tokio::test]
async fn for_how_long_datapoints_are_kept_is_a_property() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..3).await;
    assert_eq!(stream.keep().await.expect("a property"), None);
    let days = Duration::from_secs(90 * 86_400);
    stream.set_keep(days).await.expect("changed");
    assert_eq!(stream.refresh().await.expect("properties").keep, days.as_secs());
    assert_eq!(stream.keep().await.expect("a property"), Some(days));
    let update = StreamUpdate::new().keep(Duration::from_secs(u64::MAX));
    assert!(stream.set(update).await.is_err());
    stream.set_keep(Duration::ZERO).await.expect("changed");
    assert_eq!(stream.keep().await.expect("a property"), None);
}
