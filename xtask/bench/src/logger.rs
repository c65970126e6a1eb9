//! The logger, compared with that of the Python client and with bare SQLite on the same disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use connectordb::logger::{Durability, Logger};
use connectordb::{Datapoint, StreamCreate};
use futures_util::future::try_join_all;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::process::{self, Process};
use crate::server::Server;
use crate::{BATCH, LONG, Result, ratio, report, single};

/// The number of datapoints that each task logs, one by one.
const INSERTS: usize = 3_000;

/// The number of concurrent tasks.
const TASKS: usize = 16;

/// Logs with the Python client, and prints the number of datapoints per second.
const SCRIPT: &str = r#"
import sys, time
from connectordb.logger import Logger
file, inserts = sys.argv[1], int(sys.argv[2])
logger = Logger(file)
logger.addStream_force("numbers", {"type": "number"})
started = time.perf_counter()
for i in range(inserts):
    logger.insert("numbers", i * 0.25)
print(inserts / (time.perf_counter() - started))
"#;

pub(crate) async fn run(server: &Server) -> Result {
    let directory = tempfile::tempdir_in("target")?;
    let python = python(&directory.path().join("python.db"))?;
    let bare = single::bare_commits().await?;
    println!("The Python logger: {python:.0} inserts a second; bare SQLite: {bare:.0}");
    let batched = Durability::Batched(Duration::from_secs(1));
    for (name, durability) in [("synced", Durability::Full), ("batched", batched)] {
        for tasks in [1, TASKS] {
            let file = directory.path().join(format!("{name}{tasks}.db"));
            let speed = inserts(&file, durability, tasks).await?;
            let what = format!("logging, {name}, {tasks} tasks / the Python logger");
            let aim = if (tasks, durability) == (TASKS, Durability::Full) { ">= 20" } else { "" };
            report(&what, speed / python, "x", aim);
            println!("    {speed:.0} inserts a second, {:.1} x bare SQLite", speed / bare);
        }
    }
    backlog(server, &directory.path().join("backlog.db")).await?;
    long_backlog(server, &directory.path().join("long.db")).await
}

fn python(file: &Path) -> Result<f64> {
    let output = Command::new(std::env::var("PYTHON")?)
        .args(["-c", SCRIPT])
        .arg(file)
        .arg(INSERTS.to_string())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// The number of datapoints per second that concurrent tasks log.
async fn inserts(file: &Path, durability: Durability, tasks: usize) -> Result<f64> {
    let logger = Logger::builder(file).durability(durability).open().await?;
    let schema = serde_json::json!({"type": "number"});
    logger.add_stream_force("numbers", Some(schema.into())).await?;
    let started = Instant::now();
    try_join_all((0..tasks).map(|_| {
        let logger = logger.clone();
        async move {
            let log = tokio::spawn(async move {
                for i in 0..INSERTS {
                    logger.insert("numbers", i as f64 * 0.25).await?;
                }
                Result::Ok(())
            });
            log.await?
        }
    }))
    .await?;
    let speed = (tasks * INSERTS) as f64 / started.elapsed().as_secs_f64();
    logger.close().await?;
    Ok(speed)
}

/// Syncing a backlog, compared with inserting the same data.
async fn backlog(server: &Server, file: &Path) -> Result {
    let key = server.key().await?;
    let logger = Logger::builder(file).apikey(key).serverurl(&server.process.url).open().await?;
    let mut ratios = Vec::new();
    for run in 0..5 {
        let create = StreamCreate::new().schema(serde_json::json!({"type": "number"}));
        let direct = server.connect().await?.stream(&format!("direct{run}"))?;
        direct.create(create.clone()).await?;
        let name = format!("logged{run}");
        logger.add_stream(&name, create).await?;
        let data: Vec<_> = (0..LONG)
            .map(|i| Datapoint::new(1_464_250_199.934 + i as f64, i as f64 * 0.25))
            .collect::<std::result::Result<_, _>>()?;
        for batch in data.chunks(BATCH) {
            logger.insert_many(&BTreeMap::from([(name.clone(), batch.to_vec())])).await?;
        }
        let started = Instant::now();
        direct.insert_array(&data).await?;
        let inserted = started.elapsed();
        let started = Instant::now();
        logger.sync().await?;
        let synced = started.elapsed();
        println!("    {synced:.2?} against {inserted:.2?}");
        ratios.push(ratio(synced, inserted));
    }
    ratios.sort_by(f64::total_cmp);
    let middle = ratios[ratios.len() / 2];
    report("syncing a backlog of 1,000,000 / insert_array of the same", middle, "x", "<= 1.3");
    Ok(logger.close().await?)
}

/// The number of datapoints of the long backlog.
const BACKLOG: usize = 10_000_000;

/// The memory that syncing a long backlog takes, measured in a separate process.
async fn long_backlog(server: &Server, file: &Path) -> Result {
    let key = server.key().await?;
    let logger = Logger::builder(file).apikey(key).serverurl(&server.process.url).open().await?;
    logger.add_stream("long", StreamCreate::new().schema(serde_json::json!({}))).await?;
    logger.close().await?;
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
    sqlx::query(
        "INSERT INTO cache
         WITH RECURSIVE number (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < ? - 1)
         SELECT 'long', 1464250199.934 + i, i * 0.25 FROM number",
    )
    .bind(i64::try_from(BACKLOG)?)
    .execute(&mut connection)
    .await?;
    connection.close().await?;
    let drained = Process::of_this(&["drain".as_ref(), file.as_os_str()])?;
    let most: f64 = drained.url.parse()?;
    report("memory while a backlog of 10,000,000 is synced", most, "MiB", "< 64");
    Ok(())
}

/// Syncs the file of a logger, and prints the peak memory of the process in MiB.
pub(crate) async fn drain(file: &str) -> Result {
    let logger = Logger::builder(file).open().await?;
    let synced = logger.sync().await?;
    if synced.sent != BACKLOG as u64 {
        return Err(format!("{synced:?}").into());
    }
    println!("{}", process::memory_of("self", "VmHWM:")?);
    Ok(logger.close().await?)
}
