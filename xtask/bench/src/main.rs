//! What `cargo xtask bench` runs: each figure is a ratio of two measurements of one run, since the
//! seconds of one machine mean little on another.

mod broadcast;
mod connection;
mod copy;
mod cpu;
mod ingest;
mod live;
mod logger;
mod memory;
mod process;
mod python;
mod read;
mod script;
mod server;
mod single;

use std::error::Error;
use std::time::{Duration, Instant};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many datapoints a long stream has.
const LONG: usize = 1_000_000;

/// How many pairs a ratio is the middle of.
const PAIRS: usize = 21;

/// How many datapoints a batch has.
const BATCH: usize = 5_000;

#[tokio::main]
async fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["all"] => all().await,
        ["scripts"] => script::run(),
        ["logger"] => logger::run(&server::Server::start()?).await,
        ["live"] => live::run(&server::Server::start()?).await,
        // The other side of `copy`, in a process of its own as the server is.
        ["serve", file] => copy::serve(file).await,
        ["drain", file] => logger::drain(file).await,
        // The other side of `live`.
        ["broadcast"] => broadcast::serve().await,
        _ => Err("what is to be measured?".into()),
    }
}

async fn all() -> Result {
    script::run()?;
    let server = server::Server::start()?;
    memory::idle(&server).await?;
    ingest::run(&server).await?;
    single::run(&server).await?;
    read::run(&server).await?;
    memory::reading(&server).await?;
    // By itself: what a server has got from the system and not given back would hide the rest.
    live::run(&server::Server::start()?).await?;
    logger::run(&server).await?;
    python::run(&server).await
}

/// One figure: what it is, how it came out, what it is to be.
fn report(what: &str, figure: f64, unit: &str, aim: &str) {
    println!("{what:<64} {figure:>7.2} {unit:<4} (aim: {aim})");
}

/// The shortest of some runs: whatever disturbs a run makes it longer.
async fn shortest<F: Future<Output = Result>>(
    runs: usize,
    run: impl Fn() -> F,
) -> Result<Duration> {
    let mut shortest = Duration::MAX;
    for _ in 0..runs {
        let started = Instant::now();
        run().await?;
        shortest = shortest.min(started.elapsed());
    }
    Ok(shortest)
}

/// The ratio of two things' times: the middle one of many pairs, since whatever else the machine
/// does comes and goes.
async fn middle_ratio<A: Future<Output = Result>, B: Future<Output = Result>>(
    a: impl Fn() -> A,
    b: impl Fn() -> B,
) -> Result<f64> {
    let mut ratios = Vec::new();
    for _ in 0..PAIRS {
        ratios.push(ratio(shortest(1, &a).await?, shortest(1, &b).await?));
    }
    ratios.sort_by(f64::total_cmp);
    Ok(ratios[PAIRS / 2])
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// So many datapoints in batches, as bodies of requests. Times go on from one to the next.
fn batches(count: usize) -> Vec<bytes::Bytes> {
    let body = |batch: usize| {
        let points = (batch * BATCH..(batch + 1) * BATCH).map(|i| {
            let (t, d) = (1_464_250_199.934 + i as f64, (i as f64 * 0.37).sin() * 20.0 + 15.0);
            format!(r#"{{"t":{t:.3},"d":{d:.2}}}"#)
        });
        format!("[{}]", points.collect::<Vec<_>>().join(",")).into()
    };
    (0..count / BATCH).map(body).collect()
}
