//! Subscriptions over connections that break.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cdb_core::{
    ApiKey, ConnectionState, ConnectorDb, Datapoint, Error, Lagged, Reconnect, Stream,
    StreamCreate, Subscription, Timestamp, UserCreate,
};
use faults::{Fault, Proxy, SeededRng, ServerProcess};
use serde_json::json;
use tokio::time::timeout;

use crate::live::TIMEOUT;
use crate::support::TestServer;

/// Connects through a proxy, with short pauses between attempts.
async fn connect_through(proxy: &Proxy, key: ApiKey) -> ConnectorDb {
    let reconnect = Reconnect::new()
        .shortest(Duration::from_millis(10))
        .longest(Duration::from_millis(100))
        .heartbeat(Duration::from_millis(400));
    let builder = ConnectorDb::builder().url(proxy.url()).apikey(key).reconnect(reconnect);
    // The short timeout makes a stalled call fail before the test's own time limit.
    builder.timeout(Duration::from_secs(2)).connect().await.expect("a connection")
}

/// A server, a proxy in front of it, and a connection through the proxy.
struct ProxiedServer {
    server: TestServer,
    proxy: Proxy,
    cdb: ConnectorDb,
}

impl ProxiedServer {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let proxy = Proxy::start(server.server.address()).await.expect("a proxy");
        let key = server.me.apikey().await.expect("an answer").expect("a key");
        let cdb = connect_through(&proxy, key).await;
        Self { server, proxy, cdb }
    }

    /// Creates a stream. Returns a handle that is connected directly, and one through the proxy.
    async fn stream(&self, create: StreamCreate) -> (Stream, Stream) {
        let stream = self.server.me.stream("numbers").expect("a name");
        stream.create(create).await.expect("a stream");
        (stream, self.cdb.stream("numbers").expect("a name"))
    }

    /// Causes a fault, and waits until the websocket is lost and open again.
    async fn reconnect_after(&self, fault: impl FnOnce(&Proxy)) {
        let mut state = self.cdb.connection_state();
        fault(&self.proxy);
        for wanted in [false, true] {
            let is = |state: &ConnectionState| matches!(state, ConnectionState::Connected);
            let change = state.wait_for(|state| is(state) == wanted);
            timeout(TIMEOUT, change).await.expect("it changes").expect("a connection");
        }
    }
}

/// Returns the next `count` values, from one or more batches.
async fn take(subscription: &mut Subscription<i64>, count: usize) -> Vec<i64> {
    let mut values = Vec::new();
    while values.len() < count {
        let batch = item(subscription).await.expect("a batch");
        values.extend(batch);
    }
    values
}

async fn item(subscription: &mut Subscription<i64>) -> cdb_core::Result<Vec<i64>> {
    let item = timeout(TIMEOUT, subscription.next()).await.expect("an item");
    Ok(item.expect("not the end")?.into_iter().map(|dp| dp.d).collect())
}

async fn insert(stream: &Stream, values: impl IntoIterator<Item = i64>) {
    for value in values {
        stream.insert(value).await.expect("stored");
    }
}

#[tokio::test]
async fn inserts_while_the_connection_is_lost_are_delivered_afterwards() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    let mut all = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    let even = through_proxy.subscribe().transform("if $ % 2 == 0").typed::<i64>().await;
    let mut even = even.expect("a subscription");
    let faults = [Fault::Cut, Fault::HalfClose, Fault::Truncate(7), Fault::Truncate(1)];
    for (fault, start) in faults.into_iter().zip((0..).step_by(10)) {
        insert(&stream, start..start + 3).await;
        assert_eq!(take(&mut all, 3).await, [start, start + 1, start + 2]);
        proxied.proxy.refuse(true);
        proxied.proxy.fault(fault);
        insert(&stream, start + 3..start + 10).await;
        proxied.proxy.refuse(false);
        assert!(take(&mut all, 7).await.into_iter().eq(start + 3..start + 10));
        assert!(take(&mut even, 5).await.into_iter().eq((start..start + 10).step_by(2)));
    }
}

#[tokio::test]
async fn a_connection_to_a_silent_server_counts_as_lost() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    let mut all = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    let lost = |state: &ConnectionState| matches!(state, ConnectionState::Reconnecting { .. });
    proxied.proxy.stall(true);
    let mut state = proxied.cdb.connection_state();
    timeout(TIMEOUT, state.wait_for(lost)).await.expect("it is lost").expect("a connection");
    insert(&stream, [1]).await;
    proxied.proxy.stall(false);
    assert_eq!(take(&mut all, 1).await, [1]);
}

#[tokio::test]
async fn a_connection_without_inserts_stays_open() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    let mut all = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    let mut state = proxied.cdb.connection_state();
    state.mark_unchanged();
    // For three times the heartbeat, only pings and pongs are sent.
    timeout(Duration::from_millis(1200), all.next()).await.expect_err("no batch");
    assert!(!state.has_changed().expect("a connection"));
    insert(&stream, [1]).await;
    assert_eq!(take(&mut all, 1).await, [1]);
}

#[tokio::test]
async fn datapoints_that_cannot_be_read_again_are_reported_as_lagged() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    let sums = through_proxy.subscribe().transform("sum").typed::<i64>().await;
    let mut sums = sums.expect("a subscription");
    let now = proxied.server.me.stream("now").expect("a name");
    now.create(StreamCreate::new().ephemeral(true)).await.expect("a stream");
    let passing = proxied.cdb.stream("now").expect("a name").typed::<i64>();
    let mut passing = passing.subscribe().await.expect("a subscription");
    insert(&stream, [3]).await;
    assert_eq!(take(&mut sums, 1).await, [3]);

    proxied.reconnect_after(|proxy| proxy.fault(Fault::Cut)).await;
    // The length of the other stream shows that it has no new datapoints, so only the ephemeral
    // stream lags.
    let lagged = item(&mut passing).await.expect_err("an error");
    assert!(matches!(lagged, Error::Lagged(Lagged::Ephemeral)), "{lagged:?}");
    insert(&stream, [4]).await;
    insert(&now, [4]).await;
    assert_eq!(take(&mut sums, 1).await, [4]);
    assert_eq!(take(&mut passing, 1).await, [4]);

    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    insert(&stream, [5]).await;
    proxied.proxy.refuse(false);
    let lagged = item(&mut sums).await.expect_err("an error");
    assert!(matches!(lagged, Error::Lagged(Lagged::Transform)), "{lagged:?}");
    insert(&stream, [6]).await;
    assert_eq!(take(&mut sums, 1).await, [6]);
}

#[tokio::test]
async fn a_stream_that_is_created_again_is_delivered_from_the_start() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    let mut all = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    insert(&stream, 1..=3).await;
    assert_eq!(take(&mut all, 3).await, [1, 2, 3]);
    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    stream.delete().await.expect("deleted");
    stream.create(StreamCreate::new()).await.expect("a stream");
    insert(&stream, 11..=15).await;
    proxied.proxy.refuse(false);
    let lagged = item(&mut all).await.expect_err("an error");
    assert!(matches!(lagged, Error::Lagged(Lagged::Replaced)), "{lagged:?}");
    assert_eq!(take(&mut all, 5).await, [11, 12, 13, 14, 15]);
    insert(&stream, [16]).await;
    assert_eq!(take(&mut all, 1).await, [16]);
}

#[tokio::test]
async fn corrections_while_the_connection_is_lost_are_told_afterwards() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    let mut all = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    insert(&stream, 1..=3).await;
    assert_eq!(take(&mut all, 3).await, [1, 2, 3]);
    proxied.reconnect_after(|proxy| proxy.fault(Fault::Cut)).await;
    stream.delete_range(0..1).await.expect("deleted");
    let told = item(&mut all).await.expect_err("an error");
    assert!(matches!(told, Error::Corrected { .. }), "{told:?}");
    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    stream.delete_range(0..1).await.expect("deleted");
    insert(&stream, 4..=6).await;
    proxied.proxy.refuse(false);
    let told = item(&mut all).await.expect_err("an error");
    assert!(matches!(told, Error::Corrected { times: None }), "{told:?}");
    assert_eq!(take(&mut all, 3).await, [4, 5, 6]);
}

#[tokio::test]
async fn requests_while_the_connection_is_lost_are_delivered_afterwards() {
    let proxied = ProxiedServer::start().await;
    let (light, own) = proxied.stream(StreamCreate::new().downlink(true)).await;
    let mut requests = own.typed::<i64>().downlinks().await.expect("a subscription");
    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    let theirs = proxied.server.admin.stream("me/user/numbers").expect("a path");
    insert(&theirs, [1, 2]).await;
    proxied.proxy.refuse(false);
    for value in [1, 2] {
        let request = timeout(TIMEOUT, requests.next()).await.expect("a request");
        let request = request.expect("not the end").expect("a request");
        assert_eq!(*request.value(), value);
        request.accept().await.expect("stored");
    }
    assert_eq!(light.len().await.expect("a number"), 2);
}

#[tokio::test]
async fn subscribing_without_a_connection_fails() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    let failed = through_proxy.subscribe().await.expect_err("no connection");
    assert!(failed.is_temporary(), "{failed:?}");
    proxied.proxy.refuse(false);
    let mut all = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    insert(&stream, [1]).await;
    assert_eq!(take(&mut all, 1).await, [1]);
    // An existing subscription waits for the server; a new one fails.
    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    assert!(through_proxy.subscribe().await.is_err());
    insert(&stream, [2]).await;
    proxied.proxy.refuse(false);
    assert_eq!(take(&mut all, 1).await, [2]);
}

#[tokio::test]
async fn the_original_server_is_followed_by_time() {
    let proxied = ProxiedServer::start().await;
    // The server then behaves like the original one, which does not answer commands.
    proxied.proxy.rewrite("answers=true", "answers=none");
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    insert(&stream, 1..=2).await;
    let mut all = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    let mut sums = through_proxy.subscribe().transform("sum").typed::<i64>().await.expect("one");
    let same = Datapoint::now(5);
    for d in [3, 5, 5] {
        let datapoint = Datapoint { d, ..same.clone() };
        stream.insert_array(&[datapoint]).restamp(true).await.expect("stored");
    }
    assert_eq!(take(&mut all, 3).await, [3, 5, 5]);
    assert_eq!(take(&mut sums, 3).await, [3, 5, 5]);
    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    // A datapoint with the same time, one with the same time and value, and later ones.
    for d in [6, 5] {
        let datapoint = Datapoint { d, ..same.clone() };
        stream.insert_array(&[datapoint]).restamp(true).await.expect("stored");
    }
    insert(&stream, 7..=8).await;
    proxied.proxy.refuse(false);
    assert_eq!(take(&mut all, 4).await, [6, 5, 7, 8]);
    let lagged = item(&mut sums).await.expect_err("an error");
    assert!(matches!(lagged, Error::Lagged(Lagged::Transform)), "{lagged:?}");
    insert(&stream, [9]).await;
    assert_eq!(take(&mut all, 1).await, [9]);
    assert_eq!(take(&mut sums, 1).await, [9]);
    // The original server ignores further commands after one that it refuses. So the client checks
    // with another call that the stream can be read.
    let missing = proxied.cdb.stream("missing").expect("a name");
    assert!(missing.subscribe().await.expect_err("no such stream").is_not_found());
    insert(&stream, [10]).await;
    assert_eq!(take(&mut all, 1).await, [10]);
    all.unsubscribe().await;
}

#[cfg(feature = "pipescript")]
#[tokio::test]
async fn the_original_server_is_followed_through_scripts_that_look_at_each_datapoint_alone() {
    let proxied = ProxiedServer::start().await;
    proxied.proxy.rewrite("answers=true", "answers=none");
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    insert(&stream, 1..=2).await;
    let even = through_proxy.subscribe().transform("if $ % 2 == 0").typed::<i64>().await;
    let mut even = even.expect("a subscription");
    insert(&stream, 3..=4).await;
    assert_eq!(take(&mut even, 1).await, [4]);
    for start in [5, 11] {
        proxied.proxy.refuse(true);
        proxied.proxy.fault(Fault::Cut);
        insert(&stream, start..start + 6).await;
        proxied.proxy.refuse(false);
        assert_eq!(take(&mut even, 3).await, [start + 1, start + 3, start + 5]);
    }
}

/// The number of datapoints that are inserted while connections break.
const DATAPOINTS: u64 = 100_000;

/// The number of faults.
const FAULTS: u64 = 200;

/// The server is killed at one in this number of faults, instead of a broken connection.
const KILLED_EVERY: u64 = 40;

/// The test that runs the server in another process.
const SERVER: &str = "faults::serves_until_it_is_killed";

#[test]
#[ignore = "runs the server in another process; started by a test"]
fn serves_until_it_is_killed() {
    faults::serve_until_killed();
}

/// A subscriber whose connection breaks again and again.
struct Watcher {
    proxy: Arc<Proxy>,
    cdb: ConnectorDb,
    watching: tokio::task::JoinHandle<()>,
}

impl Watcher {
    /// Subscribes through a proxy of its own. The task panics unless it receives every datapoint
    /// that passes the transform exactly once and in order.
    async fn start(address: std::net::SocketAddr, key: ApiKey, kind: Kind) -> Self {
        let proxy = Arc::new(Proxy::start(address).await.expect("a proxy"));
        if kind == Kind::Original {
            proxy.rewrite("answers=true", "answers=none");
        }
        let cdb = connect_through(&proxy, key).await;
        let subscribe = cdb.stream("numbers").expect("a name").typed::<u64>().subscribe();
        let (subscribe, step) = match kind {
            Kind::Transformed => (subscribe.transform("if $ % 3 == 0").typed(), 3),
            _ => (subscribe, 1),
        };
        let mut subscription = subscribe.await.expect("a subscription");
        let watching = tokio::spawn(async move {
            let mut expected = (0..DATAPOINTS).step_by(step).peekable();
            while expected.peek().is_some() {
                let batch = match subscription.next().await.expect("not the end") {
                    Err(Error::Corrected { .. }) => continue,
                    batch => batch.expect("a batch"),
                };
                for datapoint in batch {
                    assert_eq!(Some(datapoint.d), expected.next(), "{kind:?}");
                }
                if kind == Kind::Slow {
                    tokio::time::sleep(Duration::from_millis(15)).await;
                }
            }
        });
        Self { proxy, cdb, watching }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Transformed,
    Slow,
    Original,
}

/// Inserts all datapoints in batches of less than 200, and starts again after a failure. `done` is
/// the number of datapoints that are known to be stored.
async fn insert_all(
    url: impl Fn() -> String,
    key: ApiKey,
    mut rng: SeededRng,
    done: Arc<AtomicU64>,
) {
    let mut next = 0;
    while next < DATAPOINTS {
        let cdb = ConnectorDb::builder().url(url()).apikey(key.clone()).retries(0).connect().await;
        let Ok(cdb) = cdb else { continue };
        let stream = cdb.stream("numbers").expect("a name");
        // An insert without an answer may be stored or not, so the end says where to go on.
        let Ok(end) = stream.end().await else { continue };
        next = end;
        while next < DATAPOINTS {
            let end = DATAPOINTS.min(next + rng.within(1..200));
            let data: Vec<_> = (next..end).map(|d| Datapoint::at(1 + d, d)).collect();
            if stream.insert_array(&data).await.is_err() {
                break;
            }
            next = end;
            done.store(next, Ordering::Relaxed);
        }
    }
}

/// Before it are only datapoints that come and go.
fn before_all() -> Timestamp {
    Timestamp::ZERO + 0.95
}

/// Sorts datapoints in before all others, and deletes them, again and again. What subscribers have not got
/// yet stays as it is, and its indexes do not.
async fn correct_forever(url: impl Fn() -> String, key: ApiKey) {
    loop {
        let cdb = ConnectorDb::builder().url(url()).apikey(key.clone()).retries(0).connect().await;
        let Ok(cdb) = cdb else { continue };
        let stream = cdb.stream("numbers").expect("a name");
        let late = (1..=9).map(|d| Datapoint::at(Timestamp::ZERO + f64::from(d) / 10.0, d));
        let late: Vec<_> = late.collect();
        while stream.insert_late(&late).await.is_ok()
            && stream.delete_range(..before_all()).await.is_ok()
        {
            // As often as a person would who cannot stop.
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_datapoint_comes_once_and_in_order_through_200_faults() {
    watch_through_faults(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_datapoint_comes_once_and_in_order_though_others_are_corrected() {
    watch_through_faults(true).await;
}

async fn watch_through_faults(corrects: bool) {
    let mut rng = SeededRng::from_environment();
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data.db");
    let mut server = ServerProcess::start(SERVER, &data);
    let admin = ConnectorDb::builder().url(server.url()).password("test", "test");
    let admin = admin.connect().await.expect("a connection");
    let me = admin.user_at("me").expect("a name");
    me.create(UserCreate::new("me@example.com", "secret")).await.expect("a user");
    let own = admin.device_at("me/user").expect("a path");
    let key = own.apikey().await.expect("an answer").expect("a key");
    own.stream("numbers").expect("a name").create(StreamCreate::new()).await.expect("a stream");

    let kinds = [Kind::Plain, Kind::Plain, Kind::Transformed, Kind::Slow, Kind::Original];
    let mut watchers = Vec::new();
    for kind in kinds {
        watchers.push(Watcher::start(server.address, key.clone(), kind).await);
    }

    let address = Arc::new(std::sync::Mutex::new(server.url()));
    let done = Arc::new(AtomicU64::new(0));
    let at = Arc::clone(&address);
    let url_now = move || at.lock().expect("no panic").clone();
    let (url_then, key_then) = (url_now.clone(), key.clone());
    let inserting = tokio::spawn(insert_all(url_now, key, rng.clone(), Arc::clone(&done)));
    let mut correcting = None;
    for number in 0..FAULTS {
        if corrects && number == FAULTS / 20 {
            let correct = correct_forever(url_then.clone(), key_then.clone());
            correcting = Some(tokio::spawn(correct));
        }
        // The faults are spread evenly over the inserts.
        let from = number * DATAPOINTS / FAULTS;
        while done.load(Ordering::Relaxed) < from {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(rng.within(0..40))).await;
        if number % KILLED_EVERY == KILLED_EVERY / 2 {
            drop(server);
            server = ServerProcess::start(SERVER, &data);
            watchers.iter().for_each(|watcher| watcher.proxy.lead_to(server.address));
            *address.lock().expect("no panic") = server.url();
            continue;
        }
        for watcher in &watchers {
            let pause = Duration::from_millis(rng.within(0..30));
            match rng.within(0..8) {
                0 | 1 => watcher.proxy.fault(Fault::Cut),
                2 => watcher.proxy.fault(Fault::HalfClose),
                3 => watcher.proxy.fault(Fault::Truncate(rng.within(1..5000) as usize)),
                4 => watcher.proxy.delay(pause / 10),
                5 => {
                    let proxy = Arc::clone(&watcher.proxy);
                    tokio::spawn(async move {
                        proxy.stall(true);
                        tokio::time::sleep(20 * pause).await;
                        proxy.stall(false);
                    });
                }
                6 => {
                    let proxy = Arc::clone(&watcher.proxy);
                    tokio::spawn(async move {
                        proxy.refuse(true);
                        proxy.fault(Fault::Cut);
                        tokio::time::sleep(pause).await;
                        proxy.refuse(false);
                    });
                }
                _ => {}
            }
        }
    }
    timeout(3 * TIMEOUT, inserting).await.expect("it ends").expect("no panic");
    let direct = ConnectorDb::builder().url(server.url()).password("me", "secret").connect().await;
    let stored = direct.expect("a connection").stream("numbers").expect("a name").typed::<u64>();
    if let Some(correcting) = correcting {
        correcting.abort();
        assert!(correcting.await.is_err_and(|error| error.is_cancelled()));
        stored.delete_range(..before_all()).await.expect("deleted");
    }
    let stored = stored.range(..).await.expect("datapoints");
    assert!(stored.d().copied().eq(0..DATAPOINTS));
    for Watcher { proxy, cdb, watching } in watchers {
        proxy.delay(Duration::ZERO);
        let state = cdb.connection_state();
        let watched = timeout(3 * TIMEOUT, watching).await;
        watched
            .unwrap_or_else(|_| panic!("not all datapoints were delivered: {:?}", *state.borrow()))
            .expect("every datapoint once and in order");
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_one_error_and_the_others_are_delivered() {
    let proxied = ProxiedServer::start().await;
    let (stream, through_proxy) = proxied.stream(StreamCreate::new()).await;
    let mut numbers = through_proxy.typed::<i64>().subscribe().await.expect("a subscription");
    let check = async |numbers: &mut Subscription<i64>, expected: [i64; 3]| {
        assert_eq!(take(numbers, 1).await, expected[..1]);
        let error = item(numbers).await.expect_err("a text");
        assert!(matches!(&error, Error::Value { expected, .. } if expected == "i64"), "{error:?}");
        assert_eq!(take(numbers, 2).await, expected[1..]);
    };
    stream.insert_json(r#"[{"t":1,"d":1},{"t":2,"d":"two"},{"t":3,"d":3}]"#).await.expect("stored");
    stream.insert(4).await.expect("stored");
    check(&mut numbers, [1, 3, 4]).await;
    // What is read after the connection was lost is no different.
    proxied.proxy.refuse(true);
    proxied.proxy.fault(Fault::Cut);
    for value in [json!(5), json!(null), json!(7)] {
        stream.insert(value).await.expect("stored");
    }
    proxied.proxy.refuse(false);
    let first = take(&mut numbers, 1).await;
    assert_eq!(first, [5]);
    assert!(matches!(item(&mut numbers).await, Err(Error::Value { .. })));
    assert_eq!(take(&mut numbers, 1).await, [7]);
    stream.insert(8).await.expect("stored");
    assert_eq!(take(&mut numbers, 1).await, [8]);
}
