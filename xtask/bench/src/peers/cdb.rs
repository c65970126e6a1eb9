//! This project's server.

use std::fmt::Write as _;

use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::{BUCKETS, COLUMNS, FIRST, Figures, Reading, load, median, megabytes, text, until};
use crate::Result;
use crate::server::Server;

/// How long it may take until all blocks are columns, in seconds: they are made after a minute of rest.
const MAX_FINISH_SECS: u64 = 300;

pub(super) async fn run(client: &reqwest::Client, readings: &[Reading]) -> Result<Figures> {
    let mut server = Server::start()?;
    let key = server.key().await?;
    server.stream("thermometer").await?;
    let api = format!("{}/api/v1/", server.process.url);
    let data = format!("{api}crud/test/user/thermometer/data");
    let inserted = load(readings, async |batch| {
        let mut body = String::from("[");
        for (t, tenths) in batch {
            let (seconds, milliseconds) = (t / 1000, t % 1000);
            let (degrees, tenth) = (tenths / 10, tenths % 10);
            let comma = if body.len() > 1 { "," } else { "" };
            write!(body, r#"{comma}{{"t":{seconds}.{milliseconds:03},"d":{degrees}.{tenth}}}"#)?;
        }
        body.push(']');
        let request = client.post(&data).basic_auth("", Some(&key)).body(body);
        text(request).await.map(drop)
    });
    let inserted = inserted.await?;
    let options = SqliteConnectOptions::new().filename(server.file()).read_only(true);
    until("blocks are still text", MAX_FINISH_SECS, async || {
        let mut file: SqliteConnection = options.connect().await?;
        let count = "SELECT count(*) FROM block WHERE encoding = 1 AND text_bytes >= 65536";
        let left: i64 = sqlx::query_scalar(count).fetch_one(&mut file).await?;
        file.close().await?;
        Ok(left == 0)
    })
    .await?;
    let get = async |parameters: &str| -> Result<String> {
        text(client.get(format!("{data}?{parameters}")).basic_auth("", Some(&key))).await
    };
    let (first, last) = (FIRST, FIRST + readings.len() as f64 * 1.01);
    let dataset = json!({
        "t1": first, "t2": last, "dt": (last - first) / BUCKETS as f64,
        "dataset": {"mean": {"stream": "test/user/thermometer", "interpolator": "mean"}},
    })
    .to_string();
    let middle = readings.len() / 2;
    let mut figures = [
        None,
        inserted,
        median(async || get("i1=0&transform=mean%7Cif%20last").await, |it| it.contains("\"d\":2"))
            .await?,
        median(
            async || {
                let request = client.post(format!("{api}query/dataset")).basic_auth("", Some(&key));
                text(request.body(dataset.clone())).await
            },
            |it| it.matches("mean").count() >= BUCKETS,
        )
        .await?,
        median(
            async || get("i1=0&transform=if%20$%3E20%7Ccount%7Cif%20last").await,
            |it| it.contains("\"d\":"),
        )
        .await?,
        median(
            async || get(&format!("q=plot&columns={COLUMNS}")).await,
            |it| it.contains("\"mean\":["),
        )
        .await?,
        median(async || get("i1=0").await, |it| it.len() > 20 * readings.len()).await?,
        median(async || get("i1=-5").await, |it| it.matches("\"t\":").count() == 5).await?,
        median(
            async || get(&format!("i1={middle}&i2={}", middle + 10)).await,
            |it| it.matches("\"t\":").count() == 10,
        )
        .await?,
        median(
            async || text(client.get(format!("{api}?q=this")).basic_auth("", Some(&key))).await,
            |it| it == "test/user",
        )
        .await?,
    ];
    figures[0] = megabytes(&server.stop()?)?;
    Ok(figures)
}
