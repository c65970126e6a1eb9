//! VictoriaMetrics. It keeps what it gets in memory for some seconds, so that an insert is not durable when it
//! is acknowledged.

use std::fmt::Write as _;

use super::{BUCKETS, FIRST, Figures, Reading, load, median, megabytes, text, until};
use crate::Result;
use crate::process::Background;

pub(super) const PROGRAM: &str = "victoria-metrics";

const ADDRESS: &str = "127.0.0.1:28428";

pub(super) async fn run(client: &reqwest::Client, readings: &[Reading]) -> Result<Figures> {
    let directory = tempfile::tempdir_in("target")?;
    let data = directory.path().join("data");
    let server = Background::start(
        std::process::Command::new(PROGRAM)
            .arg(format!("-storageDataPath={}", data.display()))
            .arg(format!("-httpListenAddr={ADDRESS}"))
            .args(["-retentionPeriod=100y", "-search.latencyOffset=0s", "-loggerLevel=ERROR"])
            .args(["-search.maxPointsPerTimeseries=2000000", "-search.disableCache"]),
    )?;
    let url = format!("http://{ADDRESS}");
    let get = async |path: &str| text(client.get(format!("{url}/{path}"))).await;
    until("it is not ready", 30, async || Ok(get("health").await? == "OK")).await?;
    let inserted = load(readings, async |batch| {
        let mut body = String::from(r#"{"metric":{"__name__":"thermometer"},"values":["#);
        for (index, (_, tenths)) in batch.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(body, "{comma}{}.{}", tenths / 10, tenths % 10)?;
        }
        body.push_str(r#"],"timestamps":["#);
        for (index, (t, _)) in batch.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(body, "{comma}{t}")?;
        }
        body.push_str("]}\n");
        text(client.post(format!("{url}/api/v1/import")).body(body)).await.map(drop)
    });
    let inserted = inserted.await?;
    get("internal/force_flush").await?;
    get("internal/force_merge").await?;
    let (first, last) = (readings[0].0, readings[readings.len() - 1].0);
    let span = (last - first) / 1000 + 2;
    let end = last as f64 / 1000.0;
    let of_all = |function: &str| {
        format!("api/v1/query?time={end}&nocache=1&query={function}(thermometer[{span}s]")
    };
    let step = span / BUCKETS as i64 + 1;
    let buckets = format!(
        "api/v1/query_range?start={}&end={end}&step={step}s&nocache=1&query=avg_over_time(thermometer[{step}s])",
        FIRST + step as f64
    );
    let export = |from: i64, to: i64| {
        let (from, to) = (from as f64 / 1000.0, to as f64 / 1000.0);
        format!("api/v1/export?match[]=thermometer&start={from}&end={to}")
    };
    let middle = readings.len() / 2;
    let five = export(readings[readings.len() - 5].0, last);
    let ten = export(readings[middle].0, readings[middle + 9].0);
    let has_value = |it: &str| it.contains("\"value\":[");
    let mut figures = [
        None,
        inserted,
        median(async || get(&format!("{})", of_all("avg_over_time"))).await, has_value).await?,
        median(async || get(&buckets).await, |it| it.matches("[16").count() >= BUCKETS - 2).await?,
        median(async || get(&format!("{},20)", of_all("count_gt_over_time"))).await, has_value)
            .await?,
        None,
        median(async || get(&export(first, last)).await, |it| it.len() > 15 * readings.len())
            .await?,
        median(async || get(&five).await, |it| it.contains("values")).await?,
        median(async || get(&ten).await, |it| it.contains("values")).await?,
        median(async || get("health").await, |it| it == "OK").await?,
    ];
    server.stop()?;
    figures[0] = megabytes(&data)?;
    Ok(figures)
}
