//! Tests of calls during a sync, and of calls at the same time.

use std::collections::BTreeMap;
use std::time::Duration;

use cdb_core::{Datapoint, StreamCreate};
use cdb_logger::{Logger, Status};
use faults::{Outcome, Proxy};
use serde_json::json;
use tokio::time::timeout;

use crate::support::{TIMEOUT, TempHome};

/// Starts a server behind a proxy, and a logger with a stream `numbers`.
async fn start() -> (TempHome, Proxy, Logger) {
    let home = TempHome::start().await;
    let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
    let logger = home.logger().serverurl(proxy.url()).open().await.expect("a logger");
    let integers = StreamCreate::new().schema(json!({"type": "integer"}));
    logger.add_stream("numbers", integers).await.expect("added");
    (home, proxy, logger)
}

/// Runs a sync whose datapoints the server stores, but whose response is lost.
async fn sync_without_answer(proxy: &Proxy, logger: &Logger) {
    proxy.inserts(Outcome::Stored);
    logger.sync().await.expect_err("the answer is lost");
    proxy.inserts(Outcome::Answered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_datapoint_logged_after_cleardata_during_a_sync_is_sent() {
    let (home, proxy, logger) = start().await;
    for value in 0..3 {
        logger.insert("numbers", value).await.expect("logged");
    }
    sync_without_answer(&proxy, &logger).await;
    // The next sync asks which of the datapoints the server has stored.
    proxy.hold(Some("t1="));
    let mut held = proxy.held();
    held.mark_unchanged();
    let syncing = tokio::spawn({
        let logger = logger.clone();
        async move { logger.sync().await }
    });
    timeout(TIMEOUT, held.changed()).await.expect("it asks").expect("a proxy");
    timeout(TIMEOUT, logger.cleardata()).await.expect("in time").expect("cleared");
    logger.insert("numbers", 100).await.expect("logged");
    proxy.hold(None);
    timeout(TIMEOUT, syncing).await.expect("in time").expect("no panic").expect("synced");
    logger.sync().await.expect("synced");
    assert_eq!(logger.len(), 0);
    assert_eq!(home.values("numbers").await, [0, 1, 2, 100]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_equal_datapoint_logged_after_a_restart_is_stored_too() {
    let (home, proxy, logger) = start().await;
    let point = vec![Datapoint::at(1_700_000_000, 1)];
    let data = BTreeMap::from([("numbers".to_owned(), point)]);
    logger.insert_many(&data).await.expect("logged");
    sync_without_answer(&proxy, &logger).await;
    assert_eq!(logger.sync().await.expect("synced").recovered, 1);
    logger.close().await.expect("closed");
    let logger = home.logger().open().await.expect("a logger");
    logger.insert_many(&data).await.expect("logged");
    assert_eq!(logger.sync().await.expect("synced").sent, 1);
    assert_eq!(home.values("numbers").await, [1, 1]);
}

#[tokio::test]
async fn an_outdated_set_aside_list_does_not_affect_new_entries() {
    let (home, _proxy, logger) = start().await;
    let stream = home.device.stream("numbers").expect("a name");
    stream.set_schema(json!({"type": "integer", "maximum": 10})).await.expect("another schema");
    logger.insert("numbers", 20).await.expect("logged");
    assert_eq!(logger.sync().await.expect("synced").set_aside, 1);
    let old = logger.set_aside().await.expect("a list");
    assert_eq!(logger.discard_set_aside(&old).await.expect("discarded"), 1);
    logger.add_stream_force("numbers", None).await.expect("added");
    logger.insert("numbers", 30).await.expect("logged");
    assert_eq!(logger.sync().await.expect("synced").set_aside, 1);
    assert_eq!(logger.discard_set_aside(&old).await.expect("an answer"), 0);
    assert_eq!(logger.retry_set_aside(&old).await.expect("an answer"), 0);
    let left = logger.set_aside().await.expect("a list");
    assert_eq!(left.iter().map(|point| point.json.as_str()).collect::<Vec<_>>(), ["30"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_do_not_wait_for_a_connection_attempt() {
    let (_home, proxy, logger) = start().await;
    logger.set_serverurl(proxy.url()).await.expect("set");
    proxy.stall(true);
    let connecting = tokio::spawn({
        let logger = logger.clone();
        async move { logger.ping().await }
    });
    proxy.accepted().wait_for(|count| *count > 1).await.expect("it connects");
    timeout(TIMEOUT, logger.set_apikey("another")).await.expect("in time").expect("set");
    timeout(TIMEOUT, logger.close()).await.expect("in time").expect("closed");
    connecting.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_during_a_sync_runs_another_sync_after_it() {
    let (home, proxy, logger) = start().await;
    logger.insert("numbers", 1).await.expect("logged");
    proxy.hold(Some("POST"));
    let mut held = proxy.held();
    held.mark_unchanged();
    let syncing = tokio::spawn({
        let logger = logger.clone();
        async move { logger.sync().await }
    });
    timeout(TIMEOUT, held.changed()).await.expect("it sends").expect("a proxy");
    logger.start();
    logger.add_stream_force("another", None).await.expect("added");
    home.stream("another", StreamCreate::new()).await;
    // The running sync has already read the list of streams, which does not contain this one.
    logger.insert("another", 2).await.expect("logged");
    proxy.hold(None);
    timeout(TIMEOUT, syncing).await.expect("in time").expect("no panic").expect("synced");
    let mut status = logger.status();
    let is_done = |status: &Status| status.cached == 0 && !status.syncing;
    timeout(TIMEOUT, status.wait_for(is_done)).await.expect("it syncs").expect("a logger");
    assert_eq!(logger.syncperiod(), Duration::from_secs(600));
}

#[tokio::test]
async fn the_logger_keeps_syncing_after_a_callback_panics() {
    let home = TempHome::start().await;
    let logger = home.logger().on_sync(|_| async { panic!("a callback") });
    let logger = logger.open().await.expect("a logger");
    for _ in 0..2 {
        timeout(TIMEOUT, logger.sync()).await.expect("in time").expect("synced");
    }
}
