//! Tests with disks that are full or fail: datapoints whose insert succeeded are in the file, and
//! are stored on the server once.

use std::path::Path;

use cdb_core::StreamCreate;
use cdb_logger::{Error, FileError, Logger};
use faults::{DiskError, FaultyDisk, Outcome, Proxy, SeededRng, TestProcess, variables};
use serde_json::json;

use crate::support::TempHome;

/// The test that is run as the logging process, and its environment variables.
const LOGGER: &str = "disk::logs_and_syncs";
const FILE: &str = "CDB_TEST_CACHE";
const FIRST: &str = "CDB_TEST_FIRST";
const COUNT: &str = "CDB_TEST_COUNT";

/// The streams to which values are logged in turn.
const STREAMS: [&str; 2] = ["a", "b"];

#[test]
#[ignore = "run as a separate process by another test"]
fn logs_and_syncs() {
    let variable = |name| std::env::var(name).expect("a variable");
    let number = |name| variable(name).parse::<u64>().expect("a number");
    let (first, count) = (number(FIRST), number(COUNT));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let Ok(logger) = Logger::builder(variable(FILE)).open().await else { return };
        for value in first..first + count {
            let stream = (value % 2) as usize;
            match logger.insert(STREAMS[stream], value).await {
                Ok(()) => println!("\nLOGGED {value}"),
                Err(error) => assert!(matches!(error, Error::File { .. }), "{error:?}"),
            }
            if value % 10 == 0
                && let Err(error) = logger.sync().await
            {
                println!("{error}");
            }
        }
        // Closing may fail, but the logged values are in the file all the same.
        let _ = logger.close().await;
    });
    println!("\nDONE");
}

/// A server behind a proxy, and a logger's file on a failing disk.
struct Case {
    home: TempHome,
    proxy: Proxy,
    disk: FaultyDisk,
    /// For each stream, the values whose insert succeeded.
    logged: [Vec<u64>; 2],
    next: u64,
}

impl Case {
    async fn start() -> Self {
        let home = TempHome::start().await;
        let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
        let logger = home.logger().serverurl(proxy.url()).open().await.expect("a logger");
        for stream in STREAMS {
            let integers = StreamCreate::new().schema(json!({"type": "integer"}));
            logger.add_stream(stream, integers).await.expect("added");
        }
        logger.close().await.expect("closed");
        let disk = FaultyDisk::new(&home.file());
        Self { home, proxy, disk, logged: Default::default(), next: 0 }
    }

    /// Logs values in a separate process, which is killed after `kill_after` of them.
    fn log(&mut self, count: u64, kill_after: Option<usize>) {
        let (first, file) = (self.next.to_string(), self.home.file());
        let environment = self.disk.environment();
        let mut variables = variables(&environment);
        let count_text = count.to_string();
        variables.extend([
            (FILE, file.as_os_str()),
            (FIRST, first.as_ref()),
            (COUNT, count_text.as_ref()),
        ]);
        let mut process = TestProcess::start(LOGGER, &variables);
        let logged = |line: String| {
            line.strip_prefix("LOGGED ").map(|value| value.parse::<u64>().expect("a number"))
        };
        let mut values: Vec<u64> =
            process.lines().filter_map(logged).take(kill_after.unwrap_or(usize::MAX)).collect();
        if kill_after.is_some() {
            process.kill();
        }
        values.extend(process.lines().filter_map(logged));
        for value in values {
            self.logged[(value % 2) as usize].push(value);
        }
        self.next += count;
    }

    /// Syncs from a disk that works, and checks that the server has stored each logged value once.
    async fn check(&self, what: &str) {
        self.disk.work();
        self.proxy.inserts(Outcome::Answered);
        let logger = Logger::builder(self.home.file()).open().await.expect("a logger");
        logger.sync().await.expect("synced");
        assert_eq!((logger.len(), logger.status().borrow().set_aside), (0, 0), "{what}");
        logger.close().await.expect("closed");
        for (stream, logged) in STREAMS.iter().zip(&self.logged) {
            // Values in strictly ascending order have no duplicates.
            let stored = self.home.values(stream).await;
            assert!(stored.is_sorted_by(|a, b| a < b), "{what}: {stream}: {stored:?}");
            for value in logged {
                let found = stored.binary_search(&(*value as i64));
                assert!(found.is_ok(), "{what}: {stream} lacks {value}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_datapoint_is_stored_once_whichever_write_or_fsync_fails() {
    let mut case = Case::start().await;
    let outcomes = [Outcome::Answered, Outcome::NotDelivered, Outcome::Stored];
    for (count, error) in [(1, DiskError::Io), (4, DiskError::NoSpace)] {
        for call in 0.. {
            let outcome = outcomes[((call + count) % 3) as usize];
            case.proxy.inserts(outcome);
            case.disk.fail_calls(call, count, error);
            case.log(21, None);
            let failed = case.disk.failed();
            case.check(&format!("call {call}, {count} times, {outcome:?}")).await;
            if failed == 0 {
                assert!(call > 30, "{call} calls");
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_datapoint_is_stored_once_if_disk_calls_fail_and_the_logger_is_killed() {
    let mut rng = SeededRng::from_environment();
    let mut case = Case::start().await;
    for round in 0..40 {
        let error = if round % 2 == 0 { DiskError::Io } else { DiskError::NoSpace };
        case.disk.fail_randomly(rng.within(0..100), rng.within(0..u64::MAX), error);
        case.log(150, Some(rng.within(1..140) as usize));
        case.disk.work();
        if round % 5 == 4 {
            case.check(&format!("round {round}")).await;
        }
    }
}

#[test]
fn logged_datapoints_survive_a_full_disk() {
    let directory = tempfile::tempdir().expect("a directory");
    let inner = "disk::logs_on_a_small_disk_that_is_filled_and_freed";
    faults::on_small_disk(inner, directory.path(), 2 * 1024 * 1024);
}

#[tokio::test]
#[ignore = "run on a small disk by another test"]
async fn logs_on_a_small_disk_that_is_filled_and_freed() {
    let disk = faults::small_disk();
    let file = disk.join("cache.db");
    let logger = Logger::builder(&file).open().await.expect("a logger");
    logger.add_stream_force("a", None).await.expect("added");
    let (mut logged, mut failures) = (0, 0);
    for round in 0..5 {
        let ballast = faults::fill(&disk);
        // Opening the file again after an error frees some space in its write-ahead log.
        for _ in 0..3 {
            let error = log_until_it_fails(&logger, &mut logged).await;
            let is_full = matches!(&error, Error::File { problem: FileError::Full, .. });
            assert!(is_full, "round {round}: {error:?}");
            failures += 1;
        }
        std::fs::remove_file(ballast).expect("it is removed");
        for _ in 0..20 {
            logger.insert("a", logged).await.expect("there is room");
            logged += 1;
        }
        assert_eq!(logger.len(), logged);
    }
    assert_eq!(failures, 15);
    drop(logger);
    assert_eq!(pending_in(&file).await, logged);
}

async fn log_until_it_fails(logger: &Logger, logged: &mut u64) -> Error {
    let text = "x".repeat(1000);
    loop {
        match logger.insert("a", json!([*logged, text])).await {
            Ok(()) => *logged += 1,
            Err(error) => return error,
        }
    }
}

/// Returns the number of pending datapoints in a file, once the logger before has closed it.
async fn pending_in(file: &Path) -> u64 {
    loop {
        match Logger::builder(file).open().await {
            Ok(logger) => return logger.len(),
            Err(error) => {
                let is_open = matches!(&error, Error::File { problem: FileError::InUse, .. });
                assert!(is_open, "{error:?}");
            }
        }
    }
}
