//! How the time of a request grows with the length of a stream, and with the number of streams.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};

use crate::server::Server;
use crate::{BATCH, Result, batches};

const LENGTHS: [usize; 3] = [5_000, 100_000, 10_000_000];
const STREAMS: [usize; 3] = [10, 1_000, 100_000];

/// The number of times that a request is sent, of which the median time is reported.
const REQUESTS: usize = 15;

/// So many streams, at most, are written to and asked for.
const SAMPLE: usize = 1_000;

pub(crate) async fn run() -> Result {
    println!(
        "{:>12} {:>12} {:>12} {:>10} {:>10} {:>10} {:>10}",
        "datapoints", "insert ns", "count ns", "plot ms", "last 5 ms", "slice ms", "length ms"
    );
    for length in LENGTHS {
        of_length(length).await?;
    }
    println!(
        "\n{:>12} {:>12} {:>12} {:>12} {:>14}",
        "streams", "create µs", "insert µs", "last 5 ms", "latest of each µs"
    );
    for streams in STREAMS {
        of_streams(streams).await?;
    }
    Ok(())
}

struct Asked {
    client: Client,
    url: String,
    key: String,
}

impl Asked {
    async fn of(server: &Server) -> Result<Self> {
        let url = format!("{}/api/v1/", server.process.url);
        Ok(Self { client: Client::new(), url, key: server.key().await? })
    }

    async fn send(&self, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Result {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.basic_auth("", Some(&self.key)).body(body);
        request.send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }

    /// The median time of a request.
    async fn time(&self, method: Method, path: &str, body: &str) -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..REQUESTS {
            let started = Instant::now();
            self.send(method.clone(), path, body.to_owned()).await?;
            times.push(started.elapsed());
        }
        times.sort();
        Ok(times[REQUESTS / 2])
    }
}

async fn of_length(length: usize) -> Result {
    let server = Server::start()?;
    let asked = Asked::of(&server).await?;
    asked.send(Method::POST, "crud/test/user/s", r#"{"schema":"{\"type\":\"number\"}"}"#).await?;
    let bodies = batches(length);
    let started = Instant::now();
    for body in &bodies {
        asked.send(Method::PUT, "crud/test/user/s/data", body.clone()).await?;
    }
    let stored = bodies.len() * BATCH;
    let inserted = per(started.elapsed(), stored);
    let data = |query: &str| format!("crud/test/user/s/data?{query}");
    let count = "i1=0&transform=if%20%24%3E20%20%7C%20count%20%7C%20if%20last";
    let get = async |query: &str| asked.time(Method::GET, &data(query), "").await;
    let counted = per(get(count).await?, stored);
    let plot = millis(get("q=plot&columns=1000").await?);
    let last = millis(get("i1=-5").await?);
    let middle = stored / 2;
    let slice = millis(get(&format!("i1={middle}&i2={}", middle + 10)).await?);
    let length = millis(get("q=length").await?);
    println!(
        "{stored:>12} {:>12.0} {:>12.1} {plot:>10.2} {last:>10.2} {slice:>10.2} {length:>10.2}",
        inserted * 1e9,
        counted * 1e9,
    );
    Ok(())
}

async fn of_streams(streams: usize) -> Result {
    let server = Server::start()?;
    let asked = Asked::of(&server).await?;
    let path = |number: usize| format!("crud/test/user/s{number}");
    let started = Instant::now();
    for number in 0..streams {
        asked.send(Method::POST, &path(number), "{}").await?;
    }
    let created = per(started.elapsed(), streams);
    let step = streams.div_ceil(SAMPLE);
    let sample: Vec<_> = (0..streams).step_by(step).collect();
    let started = Instant::now();
    for number in &sample {
        let data = format!("{}/data", path(*number));
        asked.send(Method::PUT, &data, r#"[{"d":1}]"#).await?;
    }
    let inserted = per(started.elapsed(), sample.len());
    let last = format!("{}/data?i1=-5", path(streams / 2 / step * step));
    let last = millis(asked.time(Method::GET, &last, "").await?);
    let paths: Vec<_> = sample.iter().map(|number| format!("\"test/user/s{number}\"")).collect();
    let latest =
        asked.time(Method::POST, "query/latest", &format!("[{}]", paths.join(","))).await?;
    println!(
        "{streams:>12} {:>12.0} {:>12.0} {last:>12.2} {:>14.1}",
        created * 1e6,
        inserted * 1e6,
        per(latest, sample.len()) * 1e6,
    );
    Ok(())
}

fn per(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() / count as f64
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
