//! A thermostat and its user. The device receives wanted temperatures as requests in a downlink,
//! accepts them as far as it can, and reports the actual temperature, which changes slowly. The
//! user sends requests and subscribes to both streams.
//!
//! `cargo run --package examples --example thermostat`

use std::error::Error;
use std::time::Duration;

use connectordb::testing::TestServer;
use connectordb::{ApiKey, ConnectorDb, DeviceCreate, Reply, Result, StreamCreate};
use serde_json::json;
use tokio::sync::watch;

/// The highest temperature that the thermostat can reach, in °C.
const MAX_TEMPERATURE: f64 = 25.0;

/// The maximum change of the temperature in one step, in °C.
const STEP: f64 = 0.5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let key = install(server.cdb()).await?;
    tokio::select! {
        ended = thermostat(server.url(), key) => ended?,
        lived = live(server.cdb()) => lived?,
    }
    Ok(())
}

/// Creates the device with its streams, if it does not exist, and returns its key.
async fn install(user: &ConnectorDb) -> Result<ApiKey> {
    let number = || StreamCreate::new().schema(json!({"type": "number"}));
    let create = DeviceCreate::new()
        .stream("wanted", number().downlink(true).description("The wanted temperature in °C"))
        .stream("actual", number().description("The actual temperature in °C"));
    user.user().device("thermostat")?.ensure(create).await
}

/// The program on the device.
async fn thermostat(url: &str, key: ApiKey) -> Result<()> {
    let cdb = ConnectorDb::builder().url(url).apikey(key).connect().await?;
    let (set, wanted) = watch::channel(18.0);
    // Accepts each request with the temperature that the device can reach.
    let _callback = cdb
        .stream("wanted")?
        .typed::<f64>()
        .on_downlink(move |request| {
            let possible = request.d.min(MAX_TEMPERATURE);
            set.send_replace(possible);
            let from = request.o.unwrap_or_default();
            println!("device: {from} requests {} °C, accepted with {possible} °C", request.d);
            async move { Reply::AcceptWith(possible) }
        })
        .await?;

    let actual = cdb.stream("actual")?.typed::<f64>();
    let mut temperature = 18.0;
    actual.insert(temperature).await?;
    let mut minutes = tokio::time::interval(Duration::from_millis(100));
    loop {
        minutes.tick().await;
        let missing = *wanted.borrow() - temperature;
        if missing != 0.0 {
            temperature += missing.clamp(-STEP, STEP);
            actual.insert(temperature).await?;
        }
    }
}

/// The program of the user.
async fn live(user: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    let wanted = user.stream("test/thermostat/wanted")?.typed::<f64>();
    let actual = user.stream("test/thermostat/actual")?.typed::<f64>();
    let mut acknowledged = wanted.subscribe().await?;
    let mut temperatures = actual.subscribe().await?;
    if actual.is_empty().await? {
        println!("user:   waiting for the first temperature");
        temperatures.next().await.ok_or("the subscription has ended")??;
    }

    for requested in [21.0, 30.0, 23.5] {
        println!("user:   request {requested} °C");
        wanted.insert(requested).await?;
        let batch = acknowledged.next().await.ok_or("the subscription has ended")??;
        let accepted = batch.last().ok_or("the batch is empty")?.d;
        println!("user:   the device accepts {accepted} °C");
        while let Some(batch) = temperatures.next().await {
            let now = batch?.last().ok_or("the batch is empty")?.d;
            println!("user:   the temperature is {now:4.1} °C");
            if now == accepted {
                break;
            }
        }
    }
    println!(
        "The stream {} has the accepted values {:?}",
        wanted.path(),
        wanted.range(..).await?.d().collect::<Vec<_>>()
    );
    let requested = wanted.query().downlink().await?;
    println!("Its downlink has the requested values {:?}", requested.d().collect::<Vec<_>>());
    Ok(())
}
