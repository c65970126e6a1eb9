//! The official Python client, at the same work on the same server.

use std::process::Command;
use std::time::Duration;

use connectordb::Datapoint;

use crate::server::Server;
use crate::{Result, ratio, report, shortest};

const POINTS: usize = 100_000;

/// Prints the seconds for inserting, and for reading.
const SCRIPT: &str = r#"
import sys, time
from connectordb import ConnectorDB
url, points = sys.argv[1], int(sys.argv[2])
stream = ConnectorDB("test", "test", url=url)["python"]
data = [{"t": 1464250199.934 + i, "d": i * 0.25} for i in range(points)]
started = time.perf_counter()
stream.insert_array(data)
print(time.perf_counter() - started)
shortest = None
for _ in range(3):
    started = time.perf_counter()
    assert len(stream[:]) == points
    seconds = time.perf_counter() - started
    shortest = seconds if shortest is None else min(shortest, seconds)
print(shortest)
"#;

pub(crate) async fn run(server: &Server) -> Result {
    server.stream("python").await?;
    let points = POINTS.to_string();
    let output = Command::new(std::env::var("PYTHON")?)
        .args(["-c", SCRIPT, &server.url, &points])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let output = String::from_utf8(output.stdout)?;
    let mut seconds = output.lines().map(|line| Ok(Duration::from_secs_f64(line.parse()?)));
    let mut python = || {
        seconds.next().ok_or("no output")?.map_err(|error: std::num::ParseFloatError| error.into())
    };
    let (python_insert, python_read): (Result<Duration>, Result<Duration>) = (python(), python());

    let data: Vec<_> = (0..POINTS)
        .map(|i| Datapoint::new(1_464_250_199.934 + i as f64, i as f64 * 0.25))
        .collect();
    let stream = server.stream("rust").await?.typed::<f64>();
    let insert = shortest(1, async || Ok(stream.insert_array(&data).await.map(drop)?)).await?;
    let read = shortest(3, async || Ok(stream.range(..).await.map(drop)?)).await?;
    report("insert_array, the Python client / ours", ratio(python_insert?, insert), "x", ">= 10");
    report("reading all, the Python client / ours", ratio(python_read?, read), "x", ">= 10");
    Ok(())
}
