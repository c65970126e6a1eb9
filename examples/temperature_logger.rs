//! A thermometer that logs into a file and sends its values when the server can be reached. It is
//! switched on without a network, and the server stops once in between; no datapoint is lost.
//!
//! The temperature is that of this machine if Linux provides it, and otherwise a sine wave.
//!
//! `cargo run --package examples --example temperature_logger`

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use connectordb::logger::{Logger, LoggerStream, Status};
use connectordb::testing::TestServer;
use connectordb::{ApiKey, StreamCreate};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{interval, sleep};

/// The file in which Linux provides the machine's temperature, in thousandths of a degree Celsius.
const SENSOR: &str = "/sys/class/thermal/thermal_zone0/temp";

/// The number of readings, one every 50 ms.
const READINGS: u32 = 80;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    // The owner creates the device once and copies its key to it.
    let key = server.apikey("thermometer").await?;

    server.stop().await;
    println!("         The thermometer is switched on where there is no network.");
    let file = server.directory().join("cache.db");
    let logger = open(file, server.url(), key).await?;
    let reading = tokio::spawn(read_sensor(logger.stream("temperature")?));
    let showing = tokio::spawn(show(logger.status()));

    sleep(Duration::from_secs(1)).await;
    println!("         The network is there.");
    server.restart().await?;
    sleep(Duration::from_millis(1500)).await;
    println!("         The server stops.");
    server.stop().await;
    sleep(Duration::from_secs(1)).await;
    println!("         The server starts again.");
    server.restart().await?;

    reading.await??;
    println!("         The thermometer is switched off.");
    logger.sync().await?;
    logger.close().await?;
    showing.abort();

    let stream = server.cdb().stream("test/thermometer/temperature")?.typed::<f64>();
    let stored = stream.range(..).await?;
    println!("{READINGS} datapoints were logged, and {} are stored.", stored.len());
    println!("Their mean is {:.1} °C.", stored.mean().ok_or("nothing is stored")?);
    Ok(())
}

/// Opens the logger of the thermometer. Nothing here needs the network.
async fn open(file: PathBuf, url: &str, key: ApiKey) -> Result<Logger, Box<dyn Error>> {
    let logger = Logger::builder(file)
        .serverurl(url)
        .apikey(key)
        .syncperiod(Duration::from_millis(500))
        .open()
        .await?;
    let number = StreamCreate::new().schema(json!({"type": "number"}));
    logger.add_stream_later("temperature", number).await?;
    logger.start();
    Ok(logger)
}

/// Logs a temperature 20 times a second.
async fn read_sensor(stream: LoggerStream<f64>) -> connectordb::Result<()> {
    let mut ticks = interval(Duration::from_millis(50));
    for number in 0..READINGS {
        ticks.tick().await;
        stream.insert(temperature(number)).await?;
    }
    Ok(())
}

fn temperature(number: u32) -> f64 {
    let measured = std::fs::read_to_string(SENSOR).ok();
    let measured: Option<f64> = measured.and_then(|text| text.trim().parse().ok());
    measured.map_or(21.0 + (f64::from(number) / 20.0).sin(), |thousandths| thousandths / 1000.0)
}

/// Prints the status of the logger twice a second.
async fn show(status: watch::Receiver<Status>) {
    let started = Instant::now();
    let mut ticks = interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        let Status { cached, last_error, .. } = status.borrow().clone();
        let server = match last_error {
            Some(error) => error.to_string(),
            None => "no error".to_owned(),
        };
        println!("{:5.1} s  {cached:2} waiting; {server}", started.elapsed().as_secs_f64());
    }
}
