//! Logs a temperature while the server is stopped and started again, and shows that no datapoint is
//! lost.
//!
//! The temperature is that of this machine if Linux provides it, and otherwise a sine wave.
//!
//! `cargo run --example temperature_logger`

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use connectordb::logger::{Logger, Status};
use connectordb::server::Server;
use connectordb::{ConnectorDb, DeviceCreate, StreamCreate};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{interval, sleep};

/// The file in which Linux provides the machine's temperature, in thousandths of a degree Celsius.
const SENSOR: &str = "/sys/class/thermal/thermal_zone0/temp";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let data = directory.path().join("connectordb.db");
    let server = serve(&data, "127.0.0.1:0").await?;
    let (url, address) = (server.url(), server.address().to_string());

    // The owner creates the device and copies its key to it.
    let admin = ConnectorDb::builder().url(&url).password("test", "test").connect().await?;
    let thermometer = admin.user().device("thermometer")?;
    thermometer.create(DeviceCreate::new()).await?;
    let key = thermometer.apikey().await?.ok_or("the key is not visible")?;

    let file = directory.path().join("cache.db");
    let logger = Logger::builder(&file)
        .on_create({
            let url = url.clone();
            move |logger: Logger| async move {
                logger.set_serverurl(url).await?;
                logger.set_apikey(key.expose()).await?;
                logger.set_syncperiod(Duration::from_millis(500)).await?;
                let number = StreamCreate::new().schema(json!({"type": "number"}));
                logger.add_stream("temperature", number).await
            }
        })
        .open()
        .await?;
    logger.start();

    let (turned_on, is_on) = watch::channel(true);
    let logging = tokio::spawn(log(logger.clone(), is_on));
    let watching = tokio::spawn(show(logger.status()));

    sleep(Duration::from_secs(1)).await;
    println!("         The server stops.");
    server.shutdown().await;
    sleep(Duration::from_secs(2)).await;
    println!("         The server starts again.");
    let server = serve(&data, &address).await?;
    sleep(Duration::from_secs(2)).await;

    println!("         The thermometer is turned off.");
    turned_on.send(false)?;
    let logged = logging.await?;
    logger.stop().await;
    logger.sync().await?;
    let waiting = logger.len();
    logger.close().await?;
    watching.abort();

    let stream = admin.stream("test/thermometer/temperature")?.typed::<f64>();
    let stored = stream.range(..).await?;
    println!("{logged} datapoints were logged, of which {waiting} have not been sent.");
    println!(
        "The stream has {} datapoints with a mean of {:.1} °C.",
        stored.len(),
        stored.mean().unwrap_or(0.0)
    );
    server.shutdown().await;
    Ok(())
}

async fn serve(data: &Path, listen: &str) -> Result<Server, Box<dyn Error>> {
    let builder = Server::builder().data(data).listen(listen).admin("test", "test");
    Ok(builder.start().await?)
}

/// Logs a temperature twenty times a second until `is_on` is false. Returns the number of logged
/// datapoints.
async fn log(logger: Logger, is_on: watch::Receiver<bool>) -> u64 {
    let mut ticks = interval(Duration::from_millis(50));
    let mut logged = 0;
    while *is_on.borrow() {
        ticks.tick().await;
        match logger.insert("temperature", temperature(logged)).await {
            Ok(()) => logged += 1,
            Err(error) => println!("         {error}"),
        }
    }
    logged
}

fn temperature(number: u64) -> f64 {
    let measured = std::fs::read_to_string(SENSOR).ok();
    let measured: Option<f64> = measured.and_then(|text| text.trim().parse().ok());
    measured.map_or(21.0 + (number as f64 / 20.0).sin(), |thousandths| thousandths / 1000.0)
}

/// Prints the status of the logger twice a second.
async fn show(status: watch::Receiver<Status>) {
    let started = Instant::now();
    let mut ticks = interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        let Status { cached, last_error, .. } = status.borrow().clone();
        let server = match last_error {
            Some(error) if error.is_temporary() => "the server cannot be reached",
            Some(_) => "the last sync failed",
            None => "no error",
        };
        println!("{:5.1} s  {cached:3} waiting, {server}", started.elapsed().as_secs_f64());
    }
}
