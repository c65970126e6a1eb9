//! Tests in which futures are dropped, runtimes end, and proxies refuse: each logged datapoint is
//! stored on the server once, at every point of interruption and with each outcome of a request.

use std::path::Path;

use cdb_core::StreamCreate;
use cdb_logger::{Datapoint, Error, FileError, Logger};
use faults::{Outcome, Proxy, polled};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::support::{TIMEOUT, TempHome, cause};

/// The response of a proxy that refuses a request for reasons other than its content.
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 38\r\n\
    connection: close\r\n\r\n<h1>Write access by this proxy denied.";

/// The response of a proxy that refuses a request because of its size.
const TOO_LARGE: &str = "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 9\r\nconnection: close\r\n\r\n\
    too large";

const OUTCOMES: [Outcome; 4] =
    [Outcome::Answered, Outcome::NotDelivered, Outcome::Stored, Outcome::Refused(FORBIDDEN)];

/// The streams to which values are logged.
const STREAMS: [&str; 2] = ["a", "b"];

/// A server behind a proxy, a logger's file, and the values that were logged.
struct Case {
    home: TempHome,
    proxy: Proxy,
    /// For each stream, the values whose insert has returned.
    logged: [Vec<i64>; 2],
    /// The values whose insert was dropped. They may be logged or not.
    uncertain: Vec<i64>,
    next: i64,
}

impl Case {
    async fn start() -> Self {
        let home = TempHome::start().await;
        let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
        let integers = || StreamCreate::new().schema(json!({"type": "integer"}));
        for stream in STREAMS {
            home.stream(stream, integers()).await;
        }
        let logger = home.logger().serverurl(proxy.url()).open().await.expect("a logger");
        for stream in STREAMS {
            logger.add_stream(stream, integers()).await.expect("added");
        }
        logger.close().await.expect("closed");
        Self { home, proxy, logged: Default::default(), uncertain: Vec::new(), next: 0 }
    }

    fn file(&self) -> std::path::PathBuf {
        self.home.file()
    }

    /// Logs three values into each stream.
    async fn log(&mut self, logger: &Logger) {
        for _ in 0..3 {
            for (stream, logged) in STREAMS.iter().zip(&mut self.logged) {
                logger.insert(stream, self.next).await.expect("logged");
                logged.push(self.next);
                self.next += 1;
            }
        }
    }

    /// Syncs, and checks that the server has stored each logged value once.
    async fn check(&mut self, logger: &Logger, what: &str) {
        self.proxy.inserts(Outcome::Answered);
        let synced = timeout(TIMEOUT, logger.sync()).await.expect("in time");
        if let Err(error) = synced {
            // The error is of a request from before the proxy's outcome was changed.
            assert!(error.is_temporary() || is_proxy_error(&error), "{what}: {error:?}");
            timeout(TIMEOUT, logger.sync()).await.expect("in time").expect("synced");
        }
        assert_eq!((logger.len(), logger.status().borrow().set_aside), (0, 0), "{what}");
        for (stream, logged) in STREAMS.iter().zip(&mut self.logged) {
            let stored = self.home.values(stream).await;
            let certain: Vec<_> =
                stored.iter().copied().filter(|value| !self.uncertain.contains(value)).collect();
            assert_eq!(&certain, logged, "{what}: {stream}");
            assert!(stored.is_sorted_by(|a, b| a < b), "{what}: {stream}: {stored:?}");
        }
    }
}

/// Returns `true` if the error is the response `FORBIDDEN` of the proxy.
fn is_proxy_error(error: &Error) -> bool {
    match error {
        Error::Streams(failed) => failed.iter().all(|(_, error)| is_proxy_error(error)),
        Error::Server(error) => {
            error.server_error().is_some_and(|error| error.msg.contains("by this proxy"))
        }
        _ => false,
    }
}

/// The call that is interrupted.
#[derive(Debug, Clone, Copy)]
enum Call {
    Insert,
    Sync,
    Close,
}

impl Call {
    const ALL: [Self; 3] = [Self::Insert, Self::Sync, Self::Close];

    /// Makes the call and drops its future after `polls` polls. Returns `true` if it became ready.
    async fn make(self, case: &mut Case, logger: &Logger, polls: usize) -> bool {
        match self {
            Self::Insert => {
                case.next += 1;
                let is_done = polled(polls, logger.insert("a", case.next)).await.is_some();
                if is_done { &mut case.logged[0] } else { &mut case.uncertain }.push(case.next);
                case.next += 1;
                is_done
            }
            Self::Sync => polled(polls, logger.sync()).await.is_some(),
            Self::Close => polled(polls, logger.close()).await.is_some(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_datapoint_is_stored_once_if_a_call_is_dropped_at_any_await() {
    let mut case = Case::start().await;
    for outcome in OUTCOMES {
        for call in Call::ALL {
            for polls in 0.. {
                let what = format!("{call:?}, {outcome:?}, dropped after {polls} polls");
                let logger = Logger::builder(case.file()).open().await.expect("a logger");
                case.log(&logger).await;
                case.proxy.inserts(outcome);
                let is_done = call.make(&mut case, &logger, polls).await;
                let logger = if matches!(call, Call::Close) {
                    logger.close().await.expect("closed");
                    Logger::builder(case.file()).open().await.expect("a logger")
                } else {
                    logger
                };
                // Regression test: an insert after a dropped sync once lost a stream.
                logger.insert("a", case.next).await.expect("logged");
                case.logged[0].push(case.next);
                case.next += 1;
                case.check(&logger, &what).await;
                logger.close().await.expect("closed");
                if is_done {
                    break;
                }
            }
        }
    }
}

/// Opens the logger of a file as soon as the tasks of an earlier logger have closed it.
async fn open(file: &Path) -> Logger {
    loop {
        match Logger::builder(file).open().await {
            Ok(logger) => return logger,
            Err(error) => {
                let is_open = matches!(&error, Error::File { problem: FileError::InUse, .. });
                assert!(is_open, "{error:?}");
            }
        }
    }
}

#[test]
fn each_datapoint_is_stored_once_if_the_runtime_ends_during_a_sync() {
    let outer = Runtime::new().expect("a runtime");
    let mut case = outer.block_on(Case::start());
    for outcome in OUTCOMES {
        for ticks in (0..12).map(|power| 3_u32 << power) {
            let inner = Builder::new_current_thread().enable_all().build().expect("a runtime");
            inner.block_on(async {
                let logger = open(&case.file()).await;
                case.log(&logger).await;
                case.proxy.inserts(outcome);
                let syncing = {
                    let logger = logger.clone();
                    tokio::spawn(async move { logger.sync().await })
                };
                for _ in 0..ticks {
                    tokio::task::yield_now().await;
                }
                drop(syncing);
            });
            // Dropping the runtime drops all its tasks at their current await.
            drop(inner);
            outer.block_on(async {
                let logger = open(&case.file()).await;
                case.check(&logger, &format!("{outcome:?}, {ticks} ticks")).await;
                logger.close().await.expect("closed");
            });
        }
    }
}

#[tokio::test]
async fn datapoints_refused_by_a_proxy_stay_pending() {
    let mut case = Case::start().await;
    let logger = Logger::builder(case.file()).open().await.expect("a logger");
    for refusal in [FORBIDDEN, TOO_LARGE] {
        case.log(&logger).await;
        let pending = logger.len();
        case.proxy.inserts(Outcome::Refused(refusal));
        let failed = cause(logger.sync().await.expect_err("the proxy refuses"));
        assert!(matches!(&*failed, Error::Streams(failed) if failed.len() == 2), "{failed:?}");
        assert_eq!(logger.len(), pending);
        assert_eq!(logger.set_aside().await.expect("a list"), []);
        case.check(&logger, refusal).await;
    }
}

#[tokio::test]
async fn what_one_server_has_is_not_sent_to_the_next_one() {
    let home = TempHome::start().await;
    let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
    let logger = home.logger().serverurl(proxy.url()).open().await.expect("a logger");
    let integers = StreamCreate::new().schema(json!({"type": "integer"}));
    logger.add_stream("numbers", integers).await.expect("added");
    let points: Vec<_> = (0..30_000_i64).map(|i| Datapoint::at(1_700_000_000 + i, i)).collect();
    logger.insert_array("numbers", &points).await.expect("logged");
    let stream = home.device.stream("numbers").expect("a name");
    let mut stored = stream.subscribe().await.expect("a subscription");
    let syncing = tokio::spawn({
        let logger = logger.clone();
        async move { logger.sync().await }
    });
    // The second request is sent when the first one was answered.
    for _ in 0..2 {
        let batch = timeout(TIMEOUT, stored.next()).await.expect("a batch").expect("not the end");
        assert_eq!(batch.expect("datapoints").len(), 5_000);
    }
    proxy.stall(true);
    logger.set_serverurl("http://127.0.0.1:1").await.expect("set");
    assert!(logger.len() <= 25_000, "{}", logger.len());
    assert_eq!(logger.len() % 5_000, 0);
    syncing.await.expect("no panic").expect_err("there is no such server");
}
