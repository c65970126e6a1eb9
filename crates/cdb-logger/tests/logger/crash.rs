//! Tests in which processes are killed and connections break at arbitrary moments.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use cdb_core::{ConnectorDb, Datapoint, DeviceCreate, Stream, StreamCreate, Timestamp};
use cdb_logger::{Logger, Status};
use faults::{Fault, Proxy, SeededRng, ServerProcess, TestProcess};
use serde_json::json;
use tokio::time::timeout;

use crate::support::{TIMEOUT, TempHome};

/// How many times the logging process is killed.
const KILLS: u64 = 200;

/// The number of kills of the logging process for each kill of the server.
const KILLS_PER_SERVER_KILL: u64 = 4;

/// The number of streams that are logged at the same time.
const STREAMS: u64 = 2;

/// The difference between the first values of a process and the next.
const VALUES_PER_PROCESS: u64 = 1_000_000;

const SERVER: &str = "crash::serves_until_it_is_killed";
const LOGGER: &str = "crash::logs_until_it_is_killed";

/// The environment variables of the logging process: its file, and its first value.
const FILE: &str = "CDB_TEST_CACHE";
const START: &str = "CDB_TEST_START";

#[test]
#[ignore = "run as a separate process by another test"]
fn serves_until_it_is_killed() {
    faults::serve_until_killed();
}

#[test]
#[ignore = "run as a separate process by another test"]
fn logs_until_it_is_killed() {
    let file = std::env::var_os(FILE).expect("a file");
    let start: u64 = std::env::var(START).expect("a number").parse().expect("a number");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let logger = Logger::builder(file).open().await.expect("a logger");
        logger.start();
        let tasks = (0..STREAMS).map(|stream| {
            let logger = logger.clone();
            tokio::spawn(async move {
                for value in start.. {
                    logger.insert(&name(stream), value).await.expect("logged");
                    // A single write, so that the line is read completely or not at all.
                    println!("\nLOGGED {stream} {value}");
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("no panic");
        }
    });
}

fn name(stream: u64) -> String {
    format!("numbers{stream}")
}

/// Parses the stream and the value from a line `LOGGED stream value`.
fn parse_logged(line: &str) -> Option<(usize, u64)> {
    let (_, line) = line.split_once("LOGGED ")?;
    let (stream, value) = line.split_once(' ')?;
    Some((stream.parse().ok()?, value.parse().ok()?))
}

/// Creates the logger's file, and the device and its streams on the server. Returns a connection of
/// the administrator.
async fn prepare(server: &ServerProcess, url: &str, file: &Path) -> ConnectorDb {
    let admin = ConnectorDb::builder().url(server.url()).password("test", "test");
    let admin = admin.connect().await.expect("a connection");
    let sensor = admin.user().device("sensor").expect("a name");
    let streams = (0..STREAMS).fold(DeviceCreate::new(), |device, stream| {
        device.stream(name(stream), StreamCreate::new().schema(json!({"type": "integer"})))
    });
    sensor.create(streams).await.expect("a device");
    let key = sensor.apikey().await.expect("an answer").expect("a key");
    let logger = Logger::builder(file).apikey(key.expose()).serverurl(url).open().await;
    let logger = logger.expect("a logger");
    for stream in 0..STREAMS {
        logger.add_stream(&name(stream), StreamCreate::new()).await.expect("added");
    }
    logger.set_syncperiod(Duration::from_millis(30)).await.expect("set");
    logger.close().await.expect("closed");
    admin
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_datapoint_is_stored_once_despite_200_crashes() {
    let mut rng = SeededRng::from_environment();
    let directory = tempfile::tempdir().expect("a directory");
    let (data, file) = (directory.path().join("data.db"), directory.path().join("cache.db"));
    let mut server = ServerProcess::start(SERVER, &data);
    let proxy = Proxy::start(server.address).await.expect("a proxy");
    prepare(&server, &proxy.url(), &file).await;

    // For each stream, the number of values that each process has logged.
    let mut counts = vec![Vec::new(); STREAMS as usize];
    for kill in 0..KILLS {
        let start = (kill * VALUES_PER_PROCESS).to_string();
        let start: &OsStr = start.as_ref();
        let mut process = TestProcess::start(LOGGER, &[(FILE, file.as_os_str()), (START, start)]);
        let mut count = vec![0; STREAMS as usize];
        let kill_after = rng.within(1..120);
        let kill_server_at = (kill % KILLS_PER_SERVER_KILL == 0).then(|| rng.within(0..kill_after));
        let wait = Duration::from_micros(rng.within(0..30_000));
        let mut record = |line: String| {
            if let Some((stream, value)) = parse_logged(&line) {
                assert_eq!(value, kill * VALUES_PER_PROCESS + count[stream]);
                count[stream] += 1;
            }
            count.iter().sum::<u64>()
        };
        while let Some(line) = process.lines().next() {
            let logged = record(line);
            if Some(logged) == kill_server_at {
                drop(server);
                server = ServerProcess::start(SERVER, &data);
                proxy.lead_to(server.address);
            }
            if logged >= kill_after {
                break;
            }
        }
        tokio::time::sleep(wait).await;
        process.kill();
        process.lines().for_each(|line| {
            record(line);
        });
        counts.iter_mut().zip(count).for_each(|(counts, count)| counts.push(count));
    }

    let logger = Logger::builder(&file).open().await.expect("a logger");
    logger.start();
    let mut status = logger.status();
    let is_done = |status: &Status| status.cached == 0 && !status.syncing;
    timeout(TIMEOUT, status.wait_for(is_done)).await.expect("it syncs").expect("a logger");
    logger.close().await.expect("closed");

    let admin = ConnectorDb::builder().url(server.url()).password("test", "test");
    let admin = admin.connect().await.expect("a connection");
    for (stream, counts) in counts.iter().enumerate() {
        let path = format!("test/sensor/{}", name(stream as u64));
        let stream = admin.stream(&path).expect("a path").typed::<u64>();
        let stored = stream.range(..).await.expect("datapoints");
        let mut stored = stored.into_iter().map(|dp| dp.d).peekable();
        for (kill, count) in (0..).zip(counts) {
            let first = kill * VALUES_PER_PROCESS;
            for value in first..first + count {
                assert_eq!(stored.next(), Some(value), "{path}");
            }
            // The process may have logged one more value without printing it before it was killed.
            let _ = stored.next_if_eq(&(first + count));
        }
        assert_eq!(stored.next(), None, "{path}");
    }
}

#[tokio::test]
async fn each_datapoint_is_stored_once_if_requests_break_at_any_byte() {
    break_requests(async |_| {}).await;
}

#[tokio::test]
async fn each_datapoint_is_stored_once_if_the_stream_is_corrected_meanwhile() {
    break_requests(async |stream| {
        // Long before those that are logged. Each sync has one of them more, or all fewer.
        let late = [Datapoint::at(Timestamp::ZERO + 5.0, -1)];
        assert_eq!(stream.insert_late(&late).await.expect("inserted"), 1);
        if stream.len().await.expect("a length").is_multiple_of(3) {
            let before = ..Timestamp::ZERO + 10.0;
            assert!(stream.delete_range(before).await.expect("deleted") > 0);
        }
    })
    .await;
}

/// Syncs over connections that break, while something is done with the stream. Negative values in it are not
/// those that were logged.
async fn break_requests(meanwhile: impl AsyncFn(&Stream)) {
    let home = TempHome::start().await;
    let proxy = Proxy::start(home.server.address()).await.expect("a proxy");
    let logger = home.logger().open().await.expect("a logger");
    let integers = StreamCreate::new().schema(json!({"type": "integer"}));
    logger.add_stream("numbers", integers).await.expect("a stream");
    logger.set_serverurl(proxy.url()).await.expect("set");
    let mut next = 0;
    let mut log = async || {
        for value in next..next + 20 {
            logger.insert("numbers", value).await.expect("logged");
        }
        next += 20;
    };
    // A sync pings the server, fetches the end of the stream, and then sends. Bytes are counted
    // from the first request on, so each request breaks in its head, its body and its response.
    let upward = (0..1500).step_by(67).map(Fault::TruncateUpward);
    let downward = (0..1500).step_by(43).map(Fault::Truncate);
    let (mut interrupted, mut completed) = (0, 0);
    for fault in upward.chain(downward).chain([Fault::Cut, Fault::HalfClose]) {
        logger.ping().await.expect("a connection that can break");
        log().await;
        proxy.fault(fault);
        let stream = home.device.stream("numbers").expect("a name");
        let (synced, ()) = tokio::join!(logger.sync(), meanwhile(&stream));
        match synced {
            Ok(_) => completed += 1,
            Err(error) => {
                assert!(error.is_temporary(), "{error:?}");
                interrupted += 1;
            }
        }
    }
    assert!(interrupted > 5 && completed > 5, "{interrupted} {completed}");
    logger.sync().await.expect("synced");
    let expected = 0..20 * (interrupted + completed);
    let stored = home.values("numbers").await;
    assert!(stored.into_iter().filter(|value| *value >= 0).eq(expected));
}
