//! InfluxDB 1, which syncs its log before it acknowledges an insert.

use std::fmt::Write as _;

use super::{BUCKETS, Figures, Reading, load, median, megabytes, text, until};
use crate::Result;
use crate::process::Background;

pub(super) const PROGRAM: &str = "influxd";

const ADDRESS: &str = "127.0.0.1:28086";

pub(super) async fn run(client: &reqwest::Client, readings: &[Reading]) -> Result<Figures> {
    let directory = tempfile::tempdir_in("target")?;
    let data = directory.path().join("influx");
    let server = Background::start(
        std::process::Command::new(PROGRAM)
            .env("INFLUXDB_REPORTING_DISABLED", "true")
            .env("INFLUXDB_BIND_ADDRESS", "127.0.0.1:28088")
            .env("INFLUXDB_HTTP_BIND_ADDRESS", ADDRESS)
            .env("INFLUXDB_HTTP_LOG_ENABLED", "false")
            .env("INFLUXDB_META_DIR", data.join("meta"))
            .env("INFLUXDB_DATA_DIR", data.join("data"))
            .env("INFLUXDB_DATA_WAL_DIR", data.join("wal")),
    )?;
    let url = format!("http://{ADDRESS}");
    let ping = async || -> Result<String> {
        client.get(format!("{url}/ping")).send().await?.error_for_status()?;
        Ok(String::new())
    };
    until("it is not ready", 60, async || ping().await.map(|_| true)).await?;
    let query = async |query: &str| {
        let form = [("db", "bench"), ("epoch", "ms"), ("q", query)];
        let parameters: Vec<_> =
            form.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        text(client.post(format!("{url}/query?{}", parameters.join("&")))).await
    };
    query("CREATE DATABASE bench").await?;
    let inserted = load(readings, async |batch| {
        let mut body = String::new();
        for (t, tenths) in batch {
            writeln!(body, "thermometer value={}.{} {t}", tenths / 10, tenths % 10)?;
        }
        text(client.post(format!("{url}/write?db=bench&precision=ms")).body(body)).await.map(drop)
    });
    let inserted = inserted.await?;
    let (first, last) = (readings[0].0, readings[readings.len() - 1].0);
    let width = (last - first) / BUCKETS as i64 + 1;
    let between = |from: i64, to: i64| {
        format!("SELECT value FROM thermometer WHERE time >= {from}ms AND time <= {to}ms")
    };
    let middle = readings.len() / 2;
    let has_values = |it: &str| it.contains("\"values\":[[");
    let mut figures = [
        None,
        inserted,
        median(async || query("SELECT mean(value) FROM thermometer").await, has_values).await?,
        median(
            async || {
                query(&format!(
                    "SELECT mean(value) FROM thermometer WHERE time >= {first}ms AND time <= \
                     {last}ms GROUP BY time({width}ms)"
                ))
                .await
            },
            has_values,
        )
        .await?,
        median(
            async || query("SELECT count(value) FROM thermometer WHERE value > 20").await,
            has_values,
        )
        .await?,
        None,
        median(
            async || query("SELECT value FROM thermometer").await,
            |it| it.len() > 15 * readings.len(),
        )
        .await?,
        median(
            async || query("SELECT value FROM thermometer ORDER BY time DESC LIMIT 5").await,
            has_values,
        )
        .await?,
        median(
            async || query(&between(readings[middle].0, readings[middle + 9].0)).await,
            has_values,
        )
        .await?,
        median(ping, |_| true).await?,
    ];
    server.stop()?;
    figures[0] = megabytes(&data)?;
    Ok(figures)
}

/// A text as a part of a URL.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
