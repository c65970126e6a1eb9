//! What a server counts while it runs, in the text format of Prometheus. The guide lists it.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// The upper bounds of the classes of times, in seconds: from a ping to a large query.
const SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The upper bounds of the classes of commits, in datapoints.
const DATAPOINTS: [f64; 7] = [1.0, 4.0, 16.0, 64.0, 256.0, 4096.0, 65536.0];

/// A class of requests: the method, the route of the protocol, and the status.
pub(crate) type RequestLabels = [(&'static str, String); 3];

/// A cache, and whether what was looked for was in it.
type CacheLabels = [(&'static str, &'static str); 2];

/// What a server counts. What is not counted as it happens, but can be asked for, is set before each report.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    caches: Family<CacheLabels, Counter>,
    pub(crate) failed_logins: Counter,
    pub(crate) datapoints_read: Counter,
    pub(crate) commit_seconds: Histogram,
    /// The sum is the number of datapoints that were inserted, apart from corrections.
    pub(crate) commit_datapoints: Histogram,
    websockets: Gauge,
    subscribers: Gauge,
    subscribers_behind: Gauge,
    lag: Gauge<u64, AtomicU64>,
    ready: Gauge,
    inserts_waiting: Gauge,
    messages_waiting: Gauge<u64, AtomicU64>,
    stored: Gauge<u64, AtomicU64>,
}

/// What is asked for before each report.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    /// Whether requests can be answered.
    pub(crate) is_ready: bool,
    /// Open websockets.
    pub(crate) websockets: usize,
    pub(crate) subscribers: SubscriberLevels,
    /// Inserts that wait to be committed.
    pub(crate) inserts_waiting: usize,
    /// The size of the data file and its log, in bytes.
    pub(crate) stored_bytes: u64,
}

/// How far behind subscribers are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SubscriberLevels {
    pub(crate) count: usize,
    /// Those that read what they have missed.
    pub(crate) behind: usize,
    /// The most datapoints that are not in the send queue of one of them yet.
    pub(crate) lag: u64,
    /// The bytes of messages that wait to be sent.
    pub(crate) waiting_bytes: u64,
}

/// A cache of which is counted how often something was in it.
#[derive(Debug, Clone)]
pub(crate) struct CacheCounters {
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("connectordb");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of the server", build);
        let metrics = Self {
            requests: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            commit_seconds: Histogram::new(SECONDS),
            commit_datapoints: Histogram::new(DATAPOINTS),
            caches: Family::default(),
            failed_logins: Counter::default(),
            datapoints_read: Counter::default(),
            websockets: Gauge::default(),
            subscribers: Gauge::default(),
            subscribers_behind: Gauge::default(),
            lag: Gauge::default(),
            ready: Gauge::default(),
            inserts_waiting: Gauge::default(),
            messages_waiting: Gauge::default(),
            stored: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register_with_unit(
            "request_duration",
            "The time from the head of a request to the head of its response",
            Unit::Seconds,
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "commit_duration",
            "The time that a commit of inserts takes until it is on disk",
            Unit::Seconds,
            metrics.commit_seconds.clone(),
        );
        registry.register(
            "commit_datapoints",
            "The datapoints of a commit of inserts; corrections are not among them",
            metrics.commit_datapoints.clone(),
        );
        registry.register(
            "datapoints_read",
            "The datapoints that were read; those that a summary stands for are not",
            metrics.datapoints_read.clone(),
        );
        registry.register(
            "cache_requests",
            "How often something was looked for in a cache, and whether it was there",
            metrics.caches.clone(),
        );
        registry.register(
            "failed_logins",
            "Requests with a wrong password or key",
            metrics.failed_logins.clone(),
        );
        registry.register("ready", "1 if requests can be answered", metrics.ready.clone());
        registry.register("websockets", "Open websockets", metrics.websockets.clone());
        registry.register("subscribers", "Open subscriptions", metrics.subscribers.clone());
        registry.register(
            "subscribers_behind",
            "Subscriptions that read what they have missed",
            metrics.subscribers_behind.clone(),
        );
        registry.register(
            "subscriber_lag_datapoints",
            "The most datapoints that are not in the send queue of a subscription yet",
            metrics.lag.clone(),
        );
        registry.register(
            "inserts_waiting",
            "Inserts that wait to be committed",
            metrics.inserts_waiting.clone(),
        );
        registry.register_with_unit(
            "messages_waiting",
            "Messages that wait to be sent to subscribers",
            Unit::Bytes,
            metrics.messages_waiting.clone(),
        );
        registry.register_with_unit(
            "stored",
            "The size of the data file and its log",
            Unit::Bytes,
            metrics.stored.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Counts a request.
    pub(crate) fn request(&self, labels: &RequestLabels, duration: Duration) {
        self.requests.get_or_create(labels).observe(duration.as_secs_f64());
    }

    /// Counts a commit of inserts, unless there were none.
    pub(crate) fn commit(&self, datapoints: u64, duration: Duration) {
        if datapoints == 0 {
            return;
        }
        self.commit_seconds.observe(duration.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a commit has fewer than 2^53 datapoints")]
        self.commit_datapoints.observe(datapoints as f64);
    }

    /// Returns the counters of a cache.
    pub(crate) fn cache(&self, name: &'static str) -> CacheCounters {
        let counter = |result| {
            let labels = [("cache", name), ("result", result)];
            self.caches.get_or_create_owned(&labels)
        };
        CacheCounters { hits: counter("hit"), misses: counter("miss") }
    }

    /// Returns all of it as text.
    pub(crate) fn report(&self, levels: &Levels) -> String {
        let gauge =
            |gauge: &Gauge, value: usize| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        let subscribers = levels.subscribers;
        gauge(&self.ready, usize::from(levels.is_ready));
        gauge(&self.websockets, levels.websockets);
        gauge(&self.subscribers, subscribers.count);
        gauge(&self.subscribers_behind, subscribers.behind);
        gauge(&self.inserts_waiting, levels.inserts_waiting);
        self.lag.set(subscribers.lag);
        self.messages_waiting.set(subscribers.waiting_bytes);
        self.stored.set(levels.stored_bytes);
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
