//! A well-behaved client, which inserts a datapoint every few milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::server::ServerProcess;
use crate::http;

/// The time from one insert to the next.
const INTERVAL: Duration = Duration::from_millis(5);

/// An insert that has no answer by then has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client that inserts until it is stopped, each datapoint over a new connection. It has a thread of
/// its own, so that only the server can delay it.
pub(crate) struct Inserts {
    stop: Arc<AtomicBool>,
    latencies: oneshot::Receiver<Latencies>,
}

/// How long inserts took.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    sorted: Vec<Duration>,
    /// How many were not answered 200 in time, and why one of them was not.
    pub(crate) failed: usize,
    pub(crate) failure: Option<String>,
}

impl Inserts {
    /// Starts to insert as the device `test/meter`.
    pub(crate) fn start(server: &ServerProcess) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (done, latencies) = oneshot::channel();
        let (stopped, url, key) = (Arc::clone(&stop), server.meter_url(), server.meter.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let latencies = runtime.expect("a runtime").block_on(insert(&url, &key, &stopped));
            // The test may have failed meanwhile.
            let _ = done.send(latencies);
        });
        Self { stop, latencies }
    }

    /// Stops, when the present insert has been answered.
    pub(crate) async fn stop(self) -> Latencies {
        self.stop.store(true, Ordering::Relaxed);
        self.latencies.await.expect("the client runs")
    }
}

async fn insert(url: &str, key: &str, stopped: &AtomicBool) -> Latencies {
    let client = http::client_builder().no_proxy().pool_max_idle_per_host(0).timeout(PATIENCE);
    let client = client.build().expect("a client");
    let mut latencies = Latencies::default();
    let mut every = tokio::time::interval(INTERVAL);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !stopped.load(Ordering::Relaxed) {
        every.tick().await;
        let started = Instant::now();
        let request = client.post(url).basic_auth("", Some(key)).body(r#"[{"d":21.5}]"#);
        let failure = match request.send().await {
            Ok(response) if response.status().as_u16() == 200 => None,
            Ok(response) => Some(response.status().to_string()),
            Err(error) => Some(format!("{error:?}")),
        };
        latencies.add(started.elapsed(), failure);
    }
    latencies.sorted.sort();
    latencies
}

impl Latencies {
    /// Adds an insert, and those that a client would have sent meanwhile that does not wait for the
    /// answer: a stall of a second is not one slow insert among many, but hundreds.
    fn add(&mut self, took: Duration, failure: Option<String>) {
        self.failed += usize::from(failure.is_some());
        self.failure = self.failure.take().or(failure);
        let mut latency = took;
        loop {
            self.sorted.push(latency);
            latency = latency.saturating_sub(INTERVAL);
            if latency < INTERVAL {
                return;
            }
        }
    }

    /// The latency that 99 % of the inserts do not exceed.
    pub(crate) fn p99(&self) -> Duration {
        self.sorted[(self.sorted.len() * 99).div_ceil(100) - 1]
    }

    /// Returns those of which more took long.
    pub(crate) fn slower(self, other: Self) -> Self {
        if other.p99() > self.p99() { other } else { self }
    }

    pub(crate) fn max(&self) -> Duration {
        self.sorted[self.sorted.len() - 1]
    }
}
