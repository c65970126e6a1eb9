//! The official Python client, with the same requests to the same server.

use std::process::Command;
use std::time::Instant;

use connectordb::Datapoint;

use crate::server::Server;
use crate::{Result, cpu, report};

const POINTS: usize = 200_000;

/// Prints the elapsed time and the processor time of inserting and of reading, in seconds.
const SCRIPT: &str = r#"
import sys, time
from connectordb import ConnectorDB
url, points = sys.argv[1], int(sys.argv[2])
stream = ConnectorDB("test", "test", url=url)["python"]
data = [{"t": 1464250199.934 + i, "d": i * 0.25} for i in range(points)]

def measure(work):
    started, worked = time.perf_counter(), time.process_time()
    work()
    print(time.perf_counter() - started, time.process_time() - worked)

measure(lambda: stream.insert_array(data))
measure(lambda: stream[:])
"#;

pub(crate) async fn run(server: &Server) -> Result {
    server.stream("python").await?;
    let points = POINTS.to_string();
    let output = Command::new(std::env::var("PYTHON")?)
        .args(["-c", SCRIPT, &server.process.url, &points])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let output = String::from_utf8(output.stdout)?;
    let seconds = output.split_whitespace().map(|word| Ok(word.parse()?));
    let python = seconds.collect::<Result<Vec<f64>>>()?;

    let data: Vec<_> = (0..POINTS)
        .map(|i| Datapoint::new(1_464_250_199.934 + i as f64, i as f64 * 0.25))
        .collect::<std::result::Result<_, _>>()?;
    let stream = server.stream("rust").await?.typed::<f64>();
    let insert = measure(async || Ok(stream.insert_array(&data).await.map(drop)?)).await?;
    let read = measure(async || Ok(stream.range(..).await.map(drop)?)).await?;
    for (what, python, ours) in
        [("insert_array", &python[..2], insert), ("reading all", &python[2..], read)]
    {
        report(&format!("{what}, the Python client / ours"), python[0] / ours.0, "x", ">= 10");
        let what = format!("{what}, the client's own processor time");
        report(&what, python[1] / ours.1, "x", ">= 10");
    }
    Ok(())
}

/// The elapsed time and the processor time of a function, in seconds.
async fn measure<F: Future<Output = Result>>(work: impl Fn() -> F) -> Result<(f64, f64)> {
    let (started, worked) = (Instant::now(), cpu::time()?);
    work().await?;
    Ok((started.elapsed().as_secs_f64(), (cpu::time()? - worked).as_secs_f64()))
}
