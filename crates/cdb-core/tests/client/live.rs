//! Subscriptions.

use std::sync::Arc;
use std::time::Duration;

use cdb_core::{
    ConnectionState, Datapoint, DatapointArray, Error, StreamCreate, StreamUpdate, Subscription,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::TestServer;

/// The time limit of everything that a test waits for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the values of the next batch.
async fn next<T>(subscription: &mut Subscription<T>) -> Vec<T> {
    let batch = item(subscription).await.expect("not the end").expect("a batch");
    batch.into_iter().map(|dp| dp.d).collect()
}

async fn item<T>(
    subscription: &mut Subscription<T>,
) -> Option<cdb_core::Result<DatapointArray<T>>> {
    timeout(TIMEOUT, subscription.next()).await.expect("an item")
}

#[tokio::test]
async fn each_insert_is_delivered_as_one_batch() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..3).await;
    let mut subscription = stream.subscribe().await.expect("a subscription");
    let data = [Datapoint::at(10, json!("a")), Datapoint::at(11, json!({"b": 1}))];
    stream.insert_array(&data).await.expect("stored");
    stream.insert(5).await.expect("stored");
    let batch = item(&mut subscription).await.expect("not the end").expect("a batch");
    assert_eq!(*batch, data);
    assert_eq!(next(&mut subscription).await, [json!(5)]);
}

#[tokio::test]
async fn a_transform_is_run_over_each_insert() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..3).await;
    let mut high = stream.subscribe().transform("if $ > 5").typed::<i64>().await.expect("one");
    let mut last = stream.subscribe().transform("sum | if last").typed::<i64>().await.expect("one");
    for values in [&[4, 6, 7][..], &[1], &[8]] {
        let data: Vec<_> = values.iter().map(|d| Datapoint::at(10, *d)).collect();
        stream.insert_array(&data).await.expect("stored");
    }
    assert_eq!(next(&mut high).await, [6, 7]);
    assert_eq!(next(&mut high).await, [8]);
    for sum in [17, 1, 8] {
        assert_eq!(next(&mut last).await, [sum]);
    }
}

#[tokio::test]
async fn subscriptions_share_one_websocket_that_closes_after_the_last() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let mut state = server.me.connection_state();
    assert!(matches!(*state.borrow(), ConnectionState::Idle));
    let mut first = stream.subscribe().await.expect("a subscription");
    stream.insert(1).await.expect("stored");
    let mut second = stream.subscribe().await.expect("a subscription");
    let third = stream.subscribe().transform("$ * 2").await.expect("a subscription");
    assert!(matches!(*state.borrow(), ConnectionState::Connected));
    state.mark_unchanged();
    stream.insert(2).await.expect("stored");
    assert_eq!(next(&mut first).await, [1]);
    assert_eq!(next(&mut first).await, [2]);
    assert_eq!(next(&mut second).await, [2]);
    first.unsubscribe().await;
    third.unsubscribe().await;
    stream.insert(3).await.expect("stored");
    assert_eq!(next(&mut second).await, [3]);
    assert!(!state.has_changed().expect("a connection"));
    drop(second);
    let idle = state.wait_for(|state| matches!(state, ConnectionState::Idle));
    timeout(TIMEOUT, idle).await.expect("it closes").expect("a connection");
    let mut again = stream.subscribe().await.expect("a subscription");
    stream.insert(4).await.expect("stored");
    assert_eq!(next(&mut again).await, [4]);
}

#[tokio::test]
async fn subscriptions_that_are_not_allowed_or_not_valid_are_refused() {
    let server = TestServer::start().await;
    let missing = server.me.stream("missing").expect("a name");
    assert!(missing.subscribe().await.expect_err("no such stream").is_not_found());
    let stream = server.stream_of(0..0).await;
    let refused =
        stream.subscribe().transform("if $ >").await.expect_err("the script is not valid");
    assert!(refused.to_string().contains("line 1"), "{refused:?}");
    let stranger = server.admin.user_at("stranger").expect("a name");
    stranger.create(cdb_core::UserCreate::new("s@example.com", "secret")).await.expect("a user");
    let stranger = crate::support::log_in(&server.server, "stranger", "secret").await;
    let other = stranger.stream("me/user/numbers").expect("a path");
    assert!(other.subscribe().await.is_err());
    // The refused subscriptions do not affect others on the same websocket.
    let mut subscription = stream.subscribe().await.expect("a subscription");
    stream.insert(1).await.expect("stored");
    assert_eq!(next(&mut subscription).await, [1]);
}

#[tokio::test]
async fn a_subscription_ends_when_its_stream_is_deleted() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let mut subscription = stream.subscribe().await.expect("a subscription");
    let callback = stream.on_insert(async |_| {}).await.expect("a subscription");
    stream.delete().await.expect("deleted");
    let end = item(&mut subscription).await.expect("a reason").expect_err("an error");
    assert!(matches!(end, Error::Subscription(_)), "{end:?}");
    assert!(item(&mut subscription).await.is_none());
    let end = timeout(TIMEOUT, callback.finished()).await.expect("it ends");
    assert!(matches!(end, Err(Error::Subscription(_))), "{end:?}");
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_item() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let mut numbers = stream.typed::<i64>().subscribe().await.expect("a subscription");
    for value in [json!(1), json!("two"), json!(3)] {
        stream.insert(value).await.expect("stored");
    }
    assert_eq!(next(&mut numbers).await, [1]);
    let error = item(&mut numbers).await.expect("not the end").expect_err("not a number");
    assert!(matches!(error, Error::Value { .. }), "{error:?}");
    assert_eq!(next(&mut numbers).await, [3]);
}

#[tokio::test]
async fn callbacks_are_called_until_they_are_stopped() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let (sender, mut values) = mpsc::unbounded_channel();
    let callback = stream
        .typed::<i64>()
        .on_insert(move |batch| {
            let sender = sender.clone();
            async move { sender.send(batch[0].d).expect("the test listens") }
        })
        .await
        .expect("a subscription");
    stream.insert(1).await.expect("stored");
    stream.insert(2).await.expect("stored");
    for expected in [1, 2] {
        let value = timeout(TIMEOUT, values.recv()).await.expect("a call");
        assert_eq!(value, Some(expected));
    }
    callback.stop().await.expect("no error");
    stream.insert(3).await.expect("stored");
    // The callback was dropped together with its sender.
    assert_eq!(timeout(TIMEOUT, values.recv()).await.expect("the end"), None);
}

#[tokio::test]
async fn a_slow_reader_misses_nothing() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let mut all = stream.typed::<u64>().subscribe().await.expect("a subscription");
    let even = stream.subscribe().transform("if $ % 2 == 0").typed::<u64>().await;
    let mut even = even.expect("a subscription");
    let mut sums = stream.subscribe().transform("count").typed::<u64>().await.expect("one");
    for d in 0..1000_u64 {
        stream.insert(d).await.expect("stored");
    }
    let mut got = Vec::new();
    while got.len() < 1000 {
        got.extend(next(&mut all).await);
    }
    assert!(got.into_iter().eq(0..1000));
    let mut got = Vec::new();
    while got.len() < 500 {
        got.extend(next(&mut even).await);
    }
    assert!(got.into_iter().eq((0..1000).step_by(2)));
    // `count` depends on which datapoints were inserted together, so the dropped batches cannot be
    // read from the server.
    let (mut batches, mut lagged) = (0, 0);
    while lagged == 0 {
        match item(&mut sums).await.expect("not the end") {
            Ok(_) => batches += 1,
            Err(Error::Lagged(cdb_core::Lagged::Transform)) => lagged += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(batches < 1000, "{batches}");
    stream.insert(5).await.expect("stored");
    assert_eq!(next(&mut sums).await, [1]);
}

#[tokio::test]
async fn a_datapoint_at_which_the_transform_fails_is_left_out() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let mut doubled = stream.subscribe().transform("$ * 2").typed::<u64>().await.expect("one");
    for d in 0..400_u64 {
        // At most 256 batches wait; later datapoints are read from the server.
        let bad = [100, 300, 301, 350].contains(&d);
        let value = if bad { json!("bad") } else { json!(d) };
        stream.insert(value).await.expect("stored");
    }
    let mut got = Vec::new();
    while got.len() < 396 {
        got.extend(next(&mut doubled).await);
    }
    let good = (0..400).filter(|d| ![100, 300, 301, 350].contains(d));
    assert!(got.into_iter().eq(good.map(|d| 2 * d)));
}

#[tokio::test]
async fn a_new_key_carries_over_to_the_websocket() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let mut state = server.me.connection_state();
    let mut subscription = stream.subscribe().await.expect("a subscription");
    state.mark_unchanged();
    server.me.reset_apikey().await.expect("a new key");
    stream.insert(1).await.expect("stored");
    assert_eq!(next(&mut subscription).await, [1]);
    // The websocket was closed and opened again with the new key.
    assert!(state.has_changed().expect("a connection"));
    assert!(matches!(*state.borrow(), ConnectionState::Connected));
}

#[tokio::test]
async fn a_login_that_is_not_valid_any_more_ends_subscriptions() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..0).await;
    let mut subscription = stream.subscribe().await.expect("a subscription");
    let own = server.admin.device_at("me/user").expect("a path");
    own.reset_apikey().await.expect("a new key");
    let end = item(&mut subscription).await.expect("a reason").expect_err("an error");
    assert!(end.is_unauthorized(), "{end:?}");
    assert!(item(&mut subscription).await.is_none());
    let state = server.me.connection_state();
    assert!(matches!(&*state.borrow(), ConnectionState::Closed { why } if why.is_unauthorized()));
    assert!(stream.subscribe().await.expect_err("the old key").is_unauthorized());
}

#[tokio::test]
async fn inserts_into_ephemeral_streams_are_delivered() {
    let server = TestServer::start().await;
    let stream = server.me.stream("now").expect("a name");
    stream.create(StreamCreate::new().ephemeral(true)).await.expect("a stream");
    let mut subscription = stream.subscribe().await.expect("a subscription");
    stream.insert("here").await.expect("sent");
    assert_eq!(next(&mut subscription).await, ["here"]);
    assert_eq!(stream.len().await.expect("a number"), 0);
}

#[tokio::test]
async fn the_owner_of_a_downlink_accepts_requests() {
    let server = TestServer::start().await;
    let light = server.me.stream("light").expect("a name");
    let create = StreamCreate::new().schema(json!({"type": "boolean"})).downlink(true);
    light.create(create).await.expect("a stream");
    let mut requests = light.typed::<bool>().downlinks().await.expect("a subscription");
    let mut changes = light.subscribe().await.expect("a subscription");

    let theirs = server.admin.stream("me/user/light").expect("a path");
    theirs.insert(true).await.expect("sent");
    assert_eq!(theirs.length(true).await.expect("a number"), 1);
    assert_eq!(theirs.length(false).await.expect("a number"), 0);
    let stored = theirs.query().downlink().await.expect("requests");
    let request = timeout(TIMEOUT, requests.next()).await.expect("a request");
    let request = request.expect("not the end").expect("a request");
    assert!(request.value());
    assert_eq!(request.origin(), Some("test/user"));
    assert_eq!(request.time(), stored[0].t);
    request.accept().await.expect("stored");
    let change = item(&mut changes).await.expect("not the end").expect("a change");
    assert_eq!(*change, [Datapoint { o: None, ..stored[0].clone() }]);

    theirs.insert(false).await.expect("sent");
    let request = timeout(TIMEOUT, requests.next()).await.expect("a request");
    let request = request.expect("not the end").expect("a request");
    request.accept_with(true).await.expect("stored");
    assert_eq!(next(&mut changes).await, [true]);

    theirs.insert(true).await.expect("sent");
    let request = timeout(TIMEOUT, requests.next()).await.expect("a request");
    drop(request);
    requests.unsubscribe().await;
    assert_eq!(light.len().await.expect("a number"), 2);
    assert_eq!(light.length(true).await.expect("a number"), 3);
}

#[tokio::test]
async fn a_downlink_callback_replies_with_its_result() {
    let server = TestServer::start().await;
    let light = server.me.stream("light").expect("a name");
    light.create(StreamCreate::new().downlink(true)).await.expect("a stream");
    let callback = light.on_downlink(async |request| request.d.is_boolean()).await.expect("one");
    let mut changes = light.subscribe().await.expect("a subscription");
    let theirs = server.admin.stream("me/user/light").expect("a path");
    for value in [json!("no boolean"), json!(true)] {
        theirs.insert(value).await.expect("sent");
    }
    assert_eq!(next(&mut changes).await, [true]);
    callback.stop().await.expect("no error");
    let halve = async |request: Datapoint<f64>| cdb_core::Reply::AcceptWith(request.d / 2.0);
    let callback = light.typed::<f64>().on_downlink(halve).await.expect("one");
    theirs.insert(3).await.expect("sent");
    assert_eq!(next(&mut changes).await, [1.5]);
    drop(callback);
}

#[tokio::test]
async fn only_the_owner_of_a_stream_receives_requests() {
    let server = TestServer::start().await;
    let light = server.me.stream("light").expect("a name");
    light.create(StreamCreate::new().downlink(true)).await.expect("a stream");
    let theirs = server.admin.stream("me/user/light").expect("a path");
    let refused = theirs.downlinks().await.expect_err("another device owns the stream");
    assert!(matches!(refused, Error::NotOwner(_)), "{refused:?}");
    // Other devices may still subscribe to the downlink.
    let mut requests = theirs.subscribe().downlink().await.expect("a subscription");
    theirs.insert(1).await.expect("sent");
    assert_eq!(next(&mut requests).await, [1]);
}

#[tokio::test]
async fn a_downlink_that_is_turned_off_and_on_is_reported_as_replaced() {
    let server = TestServer::start().await;
    let light = server.me.stream("light").expect("a name");
    light.create(StreamCreate::new().downlink(true)).await.expect("a stream");
    let mut requests = light.subscribe().downlink().await.expect("a subscription");
    let theirs = server.admin.stream("me/user/light").expect("a path");
    for value in 1..=2 {
        theirs.insert(value).await.expect("sent");
        assert_eq!(next(&mut requests).await, [value]);
    }
    for downlink in [false, true] {
        light.set(StreamUpdate::new().downlink(downlink)).await.expect("changed");
    }
    theirs.insert(3).await.expect("sent");
    let lagged = item(&mut requests).await.expect("not the end").expect_err("an error");
    assert!(matches!(lagged, Error::Lagged(cdb_core::Lagged::Replaced)), "{lagged:?}");
    for value in 3..=4 {
        assert_eq!(next(&mut requests).await, [value]);
        theirs.insert(4).await.expect("sent");
    }
}

#[tokio::test]
async fn a_subscription_can_be_used_from_other_tasks_and_runtimes() {
    let server = TestServer::start().await;
    let stream = Arc::new(server.stream_of(0..0).await);
    let theirs = Arc::clone(&stream);
    // This runtime ends, and with it the task that owns the websocket.
    let got = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut subscription = theirs.subscribe().await.expect("a subscription");
            theirs.insert(1).await.expect("stored");
            next(&mut subscription).await
        })
    });
    let got = tokio::task::spawn_blocking(|| got.join()).await.expect("no panic");
    assert_eq!(got.expect("no panic"), [json!(1)]);
    let mut subscription: Subscription<Value> = stream.subscribe().await.expect("a subscription");
    stream.insert(2).await.expect("stored");
    assert_eq!(next(&mut subscription).await, [2]);
}
