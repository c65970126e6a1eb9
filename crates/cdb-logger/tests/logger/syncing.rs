//! Tests of sending datapoints to the server.

use std::collections::BTreeMap;
use std::time::Duration;

use cdb_core::{Datapoint, StreamCreate, StreamUpdate, Timestamp};
use cdb_logger::{Error, Logger};
use faults::{Fault, Proxy};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::{TIMEOUT, TempHome, cause};

fn integers() -> StreamCreate {
    StreamCreate::new().schema(json!({"type": "integer"}))
}

/// Opens a logger with a stream `numbers`.
async fn with_numbers(home: &TempHome) -> Logger {
    let logger = home.logger().open().await.expect("a logger");
    logger.add_stream("numbers", integers()).await.expect("a stream");
    logger
}

async fn insert(logger: &Logger, values: impl IntoIterator<Item = i64>) {
    for value in values {
        logger.insert("numbers", value).await.expect("logged");
    }
}

#[tokio::test]
async fn datapoints_are_stored_once_and_in_order() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    assert!(logger.contains("numbers") && !logger.contains("others"));
    assert_eq!(logger.name().await.expect("a name"), "test/sensor");
    let before = Timestamp::now();
    insert(&logger, 0..12_000).await;
    assert_eq!(logger.len(), 12_000);
    assert_eq!(logger.lastsynctime(), None);
    let synced = logger.sync().await.expect("synced");
    assert_eq!((synced.sent, synced.recovered, synced.restamped), (12_000, 0, 0));
    assert!(logger.is_empty());
    assert!(logger.lastsynctime().is_some_and(|t| t >= before));
    assert!(home.values("numbers").await.into_iter().eq(0..12_000));
    let data = home.device.stream("numbers").expect("a name").range(..).await.expect("data");
    assert!(data.t().is_sorted_by(|a, b| a < b));
    assert!(data[0].t >= before);
    insert(&logger, [12_000]).await;
    assert_eq!(logger.sync().await.expect("synced").sent, 1);
    assert_eq!(home.values("numbers").await.len(), 12_001);
}

#[tokio::test]
async fn invalid_values_are_not_logged() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    let refused = logger.insert("others", 1).await.expect_err("the stream was not added");
    assert!(matches!(refused, Error::UnknownStream(_)), "{refused:?}");
    let refused = logger.insert("numbers", "one").await.expect_err("it is not an integer");
    assert!(matches!(refused, Error::Unfit { .. }), "{refused:?}");
    let refused = logger.insert("numbers", f64::NAN).await.expect_err("NaN has no JSON");
    assert!(matches!(refused, Error::Unwritable(_)), "{refused:?}");
    let refused = logger.add_stream("missing", StreamCreate::new()).await.expect_err("no schema");
    assert!(matches!(refused, Error::MissingStream(_)), "{refused:?}");
    assert!(logger.add_stream_force("a b", None).await.is_err());
    assert!(logger.is_empty());
}

#[tokio::test]
async fn insert_many_logs_all_datapoints_or_none() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    logger.add_stream("texts", StreamCreate::new().schema(json!({}))).await.expect("a stream");
    let points = |times: &[f64]| {
        times.iter().map(|t| Datapoint::new(*t, 1).expect("a time")).collect::<Vec<_>>()
    };
    let mut data = BTreeMap::from([
        ("numbers".to_owned(), points(&[1.0, 2.0, 2.0])),
        ("texts".to_owned(), points(&[5.0, 4.0])),
    ]);
    let refused = logger.insert_many(&data).await.expect_err("the times descend");
    assert!(matches!(refused, Error::Order(stream) if stream == "texts"));
    assert!(logger.is_empty());
    data.insert("texts".to_owned(), points(&[5.0, 6.0]));
    logger.insert_many(&data).await.expect("logged");
    assert_eq!(logger.len(), 5);
    let refused = logger.insert_many(&data).await.expect_err("earlier than the last datapoint");
    assert!(matches!(refused, Error::Order(_)));
    logger.sync().await.expect("synced");
    let stored = home.device.stream("numbers").expect("a name").range(..).await.expect("data");
    let times: Vec<f64> = stored.t().map(Timestamp::as_secs_f64).collect();
    assert_eq!(times, [1.0, 2.0, 2.0_f64.next_up()]);
}

#[tokio::test]
async fn datapoints_of_another_program_do_not_displace_pending_ones() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    let other_handle = home.device.stream("numbers").expect("a name");
    insert(&logger, 0..10).await;
    let late = Datapoint::now(100);
    other_handle.insert_array(std::slice::from_ref(&late)).await.expect("stored");
    insert(&logger, 10..20).await;
    let synced = logger.sync().await.expect("synced");
    assert_eq!(synced.sent, 20);
    assert!(synced.restamped >= 10, "{synced:?}");
    let expected = std::iter::once(100).chain(0..20);
    assert!(home.values("numbers").await.into_iter().eq(expected));
    let restamped = logger.restamped().await.expect("a list");
    assert_eq!(restamped.len() as u64, synced.restamped);
    assert!(restamped[0].logged < late.t && restamped[0].t > late.t);
    // The other program's clock is far ahead.
    let ahead = Datapoint::at(late.t + 1e6, 200);
    other_handle.insert_array(&[ahead]).await.expect("stored");
    insert(&logger, 20..30).await;
    logger.sync().await.expect("synced");
    insert(&logger, 30..40).await;
    assert_eq!(logger.sync().await.expect("synced").restamped, 0);
    let expected = std::iter::once(100).chain(0..20).chain([200]).chain(20..40);
    assert!(home.values("numbers").await.into_iter().eq(expected));
}

#[tokio::test]
async fn datapoints_that_the_server_has_stored_are_not_sent_again() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
    logger.set_serverurl(proxy.url()).await.expect("set");
    logger.ping().await.expect("an answer");
    insert(&logger, 0..7_000).await;
    // The server stores the first chunk, but its response is lost.
    for _ in 0..5 {
        let mut stored = home
            .device
            .stream("numbers")
            .expect("a name")
            .subscribe()
            .await
            .expect("a subscription");
        let sync = logger.sync();
        let cut = async {
            // Some attempts have nothing left to send.
            let _ = timeout(Duration::from_millis(500), stored.next()).await;
            proxy.fault(Fault::Cut);
        };
        let (_, ()) = tokio::join!(sync, cut);
    }
    logger.sync().await.expect("synced");
    assert!(home.values("numbers").await.into_iter().eq(0..7_000));
    assert!(logger.is_empty());
}

#[tokio::test]
async fn a_delayed_request_is_not_stored_twice() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
    for value in 0..3 {
        logger.set_serverurl(proxy.url()).await.expect("set");
        insert(&logger, [value]).await;
        // The network delays the insert until the URL is changed, which drops the sync.
        proxy.hold(Some("POST"));
        let mut held = proxy.held();
        held.mark_unchanged();
        let is_held = async { held.changed().await.expect("it is held up") };
        tokio::select! {
            _ = logger.sync() => panic!("it is held up"),
            result = timeout(TIMEOUT, is_held) => result.expect("it is sent"),
        }
        logger.set_serverurl(home.server.url()).await.expect("set");
        // The running sync starts again with the other connection.
        logger.sync().await.expect("synced");
        assert!(home.values("numbers").await.into_iter().eq(0..=value));
        // Now the delayed request arrives too. Its response is not read.
        let mut answered = proxy.answered();
        answered.mark_unchanged();
        proxy.hold(None);
        timeout(TIMEOUT, answered.changed()).await.expect("an answer").expect("a proxy");
        assert!(home.values("numbers").await.into_iter().eq(0..=value));
    }
}

#[tokio::test]
async fn datapoints_that_do_not_match_the_schema_are_set_aside() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    logger.add_stream("others", integers()).await.expect("a stream");
    insert(&logger, [1, 20, 3, 40, 5]).await;
    logger.insert("others", 6).await.expect("logged");
    let stream = home.device.stream("numbers").expect("a name");
    let small = json!({"type": "integer", "maximum": 10});
    stream.set_schema(small).await.expect("another schema");
    let synced = logger.sync().await.expect("synced");
    assert_eq!((synced.sent, synced.set_aside), (4, 2));
    assert_eq!(home.values("numbers").await, [1, 3, 5]);
    assert_eq!(home.values("others").await, [6]);
    let aside = logger.set_aside().await.expect("a list");
    let aside: Vec<_> =
        aside.iter().map(|point| (point.stream.as_str(), point.json.as_str())).collect();
    assert_eq!(aside, [("numbers", "20"), ("numbers", "40")]);
    assert_eq!(logger.status().borrow().set_aside, 2);
    assert!(logger.is_empty());
    // The logger now checks values against the new schema.
    assert!(matches!(logger.insert("numbers", 30).await, Err(Error::Unfit { .. })));
    let aside = logger.set_aside().await.expect("a list");
    let [twenty, forty] = &*aside else { panic!("{aside:?}") };
    assert_eq!(logger.discard_set_aside([forty]).await.expect("discarded"), 1);
    assert_eq!(logger.retry_set_aside([twenty, forty]).await.expect("retried"), 1);
    assert_eq!(logger.status().borrow().set_aside, 0);
    assert_eq!(logger.len(), 1);
    // The datapoint is refused again, until the schema is changed.
    assert_eq!(logger.sync().await.expect("synced").set_aside, 1);
    stream.set_schema(json!({"type": "integer"})).await.expect("another schema");
    let aside = logger.set_aside().await.expect("a list");
    assert!(aside[0].reason.contains("10") && aside[0].json == "20", "{aside:?}");
    logger.retry_set_aside(&aside).await.expect("retried");
    assert_eq!(logger.sync().await.expect("synced").sent, 1);
    assert_eq!(home.values("numbers").await, [1, 3, 5, 20]);
    logger.cleardata().await.expect("cleared");
    assert!(logger.set_aside().await.expect("a list").is_empty());
}

#[tokio::test]
async fn a_value_that_is_too_large_is_set_aside() {
    let home = TempHome::start().await;
    let logger = home.logger().open().await.expect("a logger");
    logger.add_stream("any", StreamCreate::new().schema(json!({}))).await.expect("a stream");
    for n in 0..20 {
        let length = if n == 7 { 11 * 1024 * 1024 } else { 100 };
        logger.insert("any", "x".repeat(length)).await.expect("logged");
    }
    let synced = logger.sync().await.expect("synced");
    assert_eq!((synced.sent, synced.set_aside), (19, 1));
    let stream = home.device.stream("any").expect("a name");
    assert_eq!(stream.len().await.expect("a number"), 19);
}

#[tokio::test]
async fn a_missing_stream_does_not_delay_the_others() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    logger.add_stream_force("nowhere", None).await.expect("added");
    logger.insert("nowhere", "kept").await.expect("logged");
    insert(&logger, 1..=3).await;
    let failed = logger.sync().await.expect_err("one stream is missing");
    let cause = cause(failed);
    let Error::Streams(failed) = &*cause else { panic!("{cause:?}") };
    assert_eq!(failed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["nowhere"]);
    assert_eq!(home.values("numbers").await, [1, 2, 3]);
    assert_eq!((logger.len(), logger.lastsynctime()), (1, None));
    assert!(logger.status().borrow().last_error.is_some());
    home.stream("nowhere", StreamCreate::new()).await;
    logger.sync().await.expect("synced");
    assert!(logger.is_empty());
}

#[tokio::test]
async fn background_syncs_call_the_callbacks() {
    let home = TempHome::start().await;
    let (outcome_sender, mut outcomes) = mpsc::unbounded_channel();
    let failure_sender = outcome_sender.clone();
    let builder = home.logger();
    let logger = builder
        .on_sync(move |synced| {
            outcome_sender.send(Ok(synced.sent)).expect("the test listens");
            async {}
        })
        .on_sync_fail(move |error| {
            failure_sender.send(Err(error.is_temporary())).expect("the test listens");
            async {}
        })
        .open()
        .await
        .expect("a logger");
    logger.add_stream("numbers", integers()).await.expect("a stream");
    let mut next =
        async || timeout(TIMEOUT, outcomes.recv()).await.expect("a sync").expect("an outcome");
    insert(&logger, 0..3).await;
    logger.start();
    assert_eq!(next().await, Ok(3));
    insert(&logger, 3..5).await;
    // The current pause starts again with the new period.
    logger.set_syncperiod(Duration::from_millis(20)).await.expect("set");
    while next().await != Ok(2) {}
    assert_eq!(home.values("numbers").await, [0, 1, 2, 3, 4]);
    let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
    proxy.refuse(true);
    logger.set_serverurl(proxy.url()).await.expect("set");
    while next().await != Err(true) {}
    proxy.refuse(false);
    while next().await.is_err() {}
    logger.stop().await;
    while outcomes.try_recv().is_ok() {}
    logger.start();
    timeout(TIMEOUT, outcomes.recv()).await.expect("a sync").expect("an outcome").expect("synced");
    drop(logger);
    // The task ends when the last handle is dropped, and drops the callbacks.
    while timeout(TIMEOUT, outcomes.recv()).await.expect("the end").is_some() {}
}

#[tokio::test]
async fn inserts_do_not_wait_for_a_server_that_does_not_answer() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
    logger.set_serverurl(proxy.url()).await.expect("set");
    logger.ping().await.expect("an answer");
    insert(&logger, 0..10).await;
    proxy.stall(true);
    let syncing = tokio::spawn({
        let logger = logger.clone();
        async move { logger.sync().await }
    });
    let mut status = logger.status();
    timeout(TIMEOUT, status.wait_for(|status| status.syncing))
        .await
        .expect("it syncs")
        .expect("a logger");
    timeout(TIMEOUT, insert(&logger, 10..20)).await.expect("inserts do not wait");
    proxy.stall(false);
    syncing.await.expect("no panic").expect("synced");
    logger.sync().await.expect("synced");
    assert!(home.values("numbers").await.into_iter().eq(0..20));
}

#[tokio::test]
async fn several_tasks_log_at_the_same_time() {
    let home = TempHome::start().await;
    let logger = with_numbers(&home).await;
    let tasks = (0..16_i64).map(|task| {
        let logger = logger.clone();
        tokio::spawn(async move { insert(&logger, task * 100..(task + 1) * 100).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    assert_eq!(logger.len(), 1600);
    logger.sync().await.expect("synced");
    let mut values = home.values("numbers").await;
    values.sort_unstable();
    assert!(values.into_iter().eq(0..1600));
}

#[tokio::test]
async fn add_stream_uses_the_schema_of_an_existing_stream() {
    let home = TempHome::start().await;
    let logger = home.logger().open().await.expect("a logger");
    let stream = home.stream("numbers", integers()).await;
    stream.set(StreamUpdate::new().nickname("Numbers")).await.expect("changed");
    let other = StreamCreate::new().schema(json!({"type": "string"}));
    logger.add_stream("numbers", other).await.expect("added");
    assert!(logger.insert("numbers", "text").await.is_err());
    logger.insert("numbers", 1).await.expect("logged");
    logger.set_apikey("no such key").await.expect("set");
    assert!(logger.sync().await.expect_err("a wrong key").is_unauthorized());
    assert_eq!(logger.len(), 1);
}

#[tokio::test]
async fn a_new_sync_period_does_not_put_off_the_first_sync() {
    // Which of the two the task sees first is a matter of chance.
    for _ in 0..10 {
        let home = tempfile::tempdir().expect("a directory");
        let (failed, mut failures) = mpsc::unbounded_channel();
        let logger = Logger::builder(home.path().join("cache.db"))
            .apikey("a key")
            .serverurl("http://127.0.0.1:1")
            .syncperiod(Duration::from_secs(600))
            .on_sync_fail(move |_| {
                let sent = failed.send(());
                async move { sent.expect("the test listens") }
            });
        let logger = logger.open().await.expect("a logger");
        logger.set_syncperiod(Duration::from_secs(300)).await.expect("set");
        logger.start();
        timeout(TIMEOUT, failures.recv()).await.expect("the first sync").expect("a failure");
        logger.close().await.expect("closed");
    }
}
