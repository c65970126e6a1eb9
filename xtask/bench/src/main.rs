//! The benchmarks that `cargo xtask bench` runs. Each figure is a ratio of two measurements in one
//! run, because absolute times are not comparable between machines.

mod broadcast;
mod connection;
mod copy;
mod cpu;
mod growth;
mod ingest;
mod live;
mod logger;
mod memory;
mod peers;
mod process;
mod python;
mod read;
mod script;
mod server;
mod single;

use std::error::Error;
use std::time::{Duration, Instant};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The number of datapoints of a long stream.
const LONG: usize = 1_000_000;

/// The number of pairs of measurements whose median ratio is reported.
const PAIRS: usize = 21;

/// The number of datapoints of a batch.
const BATCH: usize = 5_000;

#[tokio::main]
async fn main() -> Result {
    // reqwest needs a provider of cryptography even if TLS is not used.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Err("there is another provider".into());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["all"] => all().await,
        ["scripts"] => script::run(),
        ["logger"] => logger::run(&server::Server::start()?).await,
        ["peers"] => peers::run().await,
        ["growth"] => growth::run().await,
        ["single"] => single::run(&server::Server::start()?).await,
        ["live"] => live::run(&server::Server::start()?).await,
        // The server process of `copy`.
        ["serve", file] => copy::serve(file).await,
        ["drain", file] => logger::drain(file).await,
        // The server process of `live`.
        ["broadcast"] => broadcast::serve().await,
        _ => Err("expected one of: all, peers, growth, scripts, logger, single, live".into()),
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
    // A new server: memory that the other one has not returned to the system would hide the rest.
    live::run(&server::Server::start()?).await?;
    logger::run(&server).await?;
    python::run(&server).await
}

/// Prints a figure and the aim for it.
fn report(what: &str, figure: f64, unit: &str, aim: &str) {
    println!("{what:<64} {figure:>7.2} {unit:<4} (aim: {aim})");
}

/// The shortest time of several runs, because disturbances only make a run longer.
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

/// The median ratio of the times of two functions, which are run alternately so that changes of the
/// machine's load affect both.
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

/// The bodies of requests that insert `count` datapoints in batches, with ascending times.
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
