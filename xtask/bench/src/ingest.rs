//! Inserting batches, compared with parsing them.

use std::time::Instant;

use serde_json::Value;

use crate::server::Server;
use crate::{LONG, Result, batches, ratio, report, shortest};

pub(crate) async fn run(server: &Server) -> Result {
    let bodies = batches(LONG);
    let parse = shortest(3, async || {
        for body in &bodies {
            let value: Value = serde_json::from_slice(body)?;
            std::hint::black_box(&value);
        }
        Ok(())
    })
    .await?;
    let key = server.key().await?;
    let client = reqwest::Client::new();
    server.stream("ingest").await?;
    let url = format!("{}/api/v1/crud/test/user/ingest/data", server.process.url);
    let started = Instant::now();
    for body in &bodies {
        let request = client.post(&url).basic_auth("", Some(&key)).body(body.clone());
        request.send().await?.error_for_status()?.bytes().await?;
    }
    let ingest = started.elapsed();
    let speed = LONG as f64 / ingest.as_secs_f64();
    report(
        "batches of 5,000 from one connection / parsing with serde_json",
        ratio(parse, ingest),
        "x",
        ">= 0.5",
    );
    println!("    {speed:.0} datapoints a second, durable");
    Ok(())
}
