//! A thermometer of a million readings here and in other databases, in one run.
//!
//! InfluxDB and VictoriaMetrics are measured where they are installed. All of them are asked over HTTP, on
//! the same machine, for the same answers; each figure is the median of several requests.

mod cdb;
mod influx;
mod victoria;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::{LONG, Result};

/// How often a question is asked.
const TIMES: usize = 9;

/// The number of buckets whose means are asked for.
const BUCKETS: usize = 1000;

/// The first reading, in seconds since 1970.
const FIRST: f64 = 1_600_000_000.0;

/// The number of columns of a plot.
const COLUMNS: usize = 1000;

/// The questions, with what is asked.
const ROWS: [&str; 10] = [
    "on disk, MB",
    "insert in batches of 5,000, one connection, million/s",
    "mean of all, ms",
    "1,000 buckets of means, ms",
    "how many are above 20, ms",
    "a plot of 1,000 columns, ms",
    "all readings, ms",
    "the last five, ms",
    "a slice of ten, ms",
    "a ping, ms",
];

/// The answers of a database to all questions, in their order; `None` for what it does not have.
type Figures = [Option<f64>; ROWS.len()];

/// A reading: the time in milliseconds since 1970, and the temperature in tenths of a degree.
type Reading = (i64, i32);

/// Measures all databases and prints a table.
pub(crate) async fn run() -> Result {
    let readings = readings();
    let client = reqwest::Client::new();
    let mut table = vec![("cdb", cdb::run(&client, &readings).await?)];
    for (name, program) in [("InfluxDB", influx::PROGRAM), ("VictoriaMetrics", victoria::PROGRAM)] {
        if !is_installed(program) {
            println!("{program} is not installed");
            continue;
        }
        let figures = match name {
            "InfluxDB" => influx::run(&client, &readings).await?,
            _ => victoria::run(&client, &readings).await?,
        };
        table.push((name, figures));
    }
    print!("{:<56}", "1,000,000 readings of a thermometer");
    table.iter().for_each(|(name, _)| print!(" {name:>16}"));
    println!();
    for (row, question) in ROWS.iter().enumerate() {
        print!("{question:<56}");
        for (_, figures) in &table {
            let figure = figures[row].map_or("-".to_owned(), |figure| format!("{figure:.2}"));
            print!(" {figure:>16}");
        }
        println!();
    }
    Ok(())
}

/// About a second apart, with a jitter of some milliseconds, in steps of at most a tenth of a degree.
fn readings() -> Vec<Reading> {
    let mut random = 1_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from((random >> 33) % below).unwrap_or_default()
    };
    let (mut t, mut tenths) = ((FIRST * 1000.0) as i64, 210);
    let reading = |_| {
        t += 995 + next(11);
        tenths = (tenths + next(3) as i32 - 1).clamp(150, 300);
        (t, tenths)
    };
    (0..LONG).map(reading).collect()
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).exists())
}

/// The median time of a request whose answer is read and checked, in milliseconds.
async fn median(
    ask: impl AsyncFn() -> Result<String>,
    is_right: impl Fn(&str) -> bool,
) -> Result<Option<f64>> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let started = Instant::now();
        let answer = ask().await?;
        times.push(started.elapsed());
        if !is_right(&answer) {
            let start: String = answer.chars().take(300).collect();
            return Err(format!("another answer was expected than {start}").into());
        }
    }
    times.sort_unstable();
    Ok(Some(times[TIMES / 2].as_secs_f64() * 1000.0))
}

/// The text of the answer to a request.
async fn text(request: reqwest::RequestBuilder) -> Result<String> {
    Ok(request.send().await?.error_for_status()?.text().await?)
}

/// Waits until something is there.
async fn until(what: &str, seconds: u64, is_there: impl AsyncFn() -> Result<bool>) -> Result {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !is_there().await.unwrap_or(false) {
        if Instant::now() > deadline {
            return Err(format!("{what} after {seconds} s").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// How many readings are inserted in a second, in millions, in batches that `send` sends.
async fn load(
    readings: &[Reading],
    send: impl AsyncFn(&[Reading]) -> Result,
) -> Result<Option<f64>> {
    let started = Instant::now();
    for batch in readings.chunks(crate::BATCH) {
        send(batch).await?;
    }
    Ok(Some(readings.len() as f64 / started.elapsed().as_secs_f64() / 1e6))
}

/// The size of all files in a directory, in megabytes.
fn megabytes(directory: &Path) -> Result<Option<f64>> {
    fn bytes(path: &Path) -> std::io::Result<u64> {
        let metadata = std::fs::symlink_metadata(path)?;
        if !metadata.is_dir() {
            return Ok(metadata.len());
        }
        std::fs::read_dir(path)?.map(|entry| bytes(&entry?.path())).sum()
    }
    Ok(Some(bytes(directory)? as f64 / 1e6))
}
