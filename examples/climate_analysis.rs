//! An analysis of two days of a room's climate: how its temperature and humidity depend on each
//! other, and a Parquet file for each day, for pandas, Polars or DuckDB.
//!
//! `cargo run --package examples --example climate_analysis [DIRECTORY]` writes the files into the
//! directory, by default `target/climate_analysis`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use connectordb::query::{Column, ColumnType, Dataset, Table};
use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, Datapoint, StreamCreate, Timestamp};
use serde_json::json;

/// The length of a row.
const HOUR: Duration = Duration::from_hours(1);

/// The start of the first day: 1 May 2026.
const START: i64 = 1_777_593_600;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let files = std::env::args().nth(1).map(PathBuf::from);
    let files = files.unwrap_or_else(|| "target/climate_analysis".into());
    std::fs::create_dir_all(&files)?;
    let server = TestServer::start().await?;
    insert(server.cdb()).await?;

    let mut schemas = Vec::new();
    for day in 1..=2 {
        let midnight = Timestamp::from(START) + 24 * HOUR * (day - 1);
        let table = hourly(server.cdb(), midnight).await?;
        println!("Day {day} has {} hours; the first are", table.len());
        println!("{}", table.to_string().lines().take(4).collect::<Vec<_>>().join("\n"));
        let r = correlation(&table.column_f64("celsius")?, &table.column_f64("humidity")?);
        println!("The correlation of temperature and humidity is {r:.2}.\n");
        let file = files.join(format!("2026-05-0{day}.parquet"));
        table.write_parquet(&file)?;
        println!("Wrote {}.\n", file.display());
        schemas.push(table.record_batch()?.schema());
    }
    println!("Both files have the same columns: {}", schemas[0] == schemas[1]);
    Ok(())
}

/// Returns the means of each hour of a day. An hour without a value is null.
async fn hourly(cdb: &ConnectorDb, midnight: Timestamp) -> connectordb::query::Result<Table> {
    // Each row is about the hour before it.
    let first = midnight + HOUR;
    // Unlike the interpolator `mean`, this script has no result for an hour without values.
    let mean = |stream| Column::new(stream).interpolator("$ | mean").of_type(ColumnType::Float);
    Dataset::new(cdb)
        .t1(first)
        .t2(first + 24 * HOUR)
        .dt(HOUR)
        .column(mean("celsius"))
        .column(mean("humidity"))
        .await
}

/// Returns Pearson's correlation of two columns, without the rows in which a value is missing.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let pairs = || x.iter().zip(y).filter(|(x, y)| !x.is_nan() && !y.is_nan());
    let count = pairs().count() as f64;
    let (mean_x, mean_y) =
        pairs().fold((0.0, 0.0), |(sum_x, sum_y), (x, y)| (sum_x + x / count, sum_y + y / count));
    let sum =
        |of: fn(f64, f64) -> f64| pairs().map(|(x, y)| of(x - mean_x, y - mean_y)).sum::<f64>();
    sum(|x, y| x * y) / (sum(|x, _| x * x) * sum(|_, y| y * y)).sqrt()
}

/// Inserts a value every ten minutes, except for the night of the second day, when the sensor has no
/// power. On the first day, all temperatures are whole numbers.
async fn insert(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    let (celsius, humidity) = (cdb.stream("celsius")?, cdb.stream("humidity")?);
    let number = StreamCreate::new().schema(json!({"type": "number"}));
    celsius.ensure(number.clone()).await?;
    humidity.ensure(number).await?;
    let (mut temperatures, mut humidities) = (Vec::new(), Vec::new());
    for step in (0..144).chain(180..288) {
        let t = Timestamp::from(START) + step * Duration::from_mins(10);
        let warmth = f64::from(step % 144 / 36);
        let value = if step < 144 { warmth + 18.0 } else { warmth + 18.5 };
        temperatures.push(Datapoint::at(t, value));
        humidities.push(Datapoint::at(t, 60.0 - 4.0 * warmth + f64::from(step % 3)));
    }
    celsius.insert_array(&temperatures).await?;
    humidity.insert_array(&humidities).await?;
    Ok(())
}
