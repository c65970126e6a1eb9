//! A thermostat, and somebody who is cold: the device takes wanted temperatures by downlink, moves
//! there slowly and reports the actual one, the user asks and watches. Both print what they see.
//!
//! `cargo run --example thermostat`

use std::error::Error;
use std::time::Duration;

use connectordb::{ApiKey, ConnectorDb, DeviceCreate, Reply, StreamCreate};
use examples::ExampleServer;
use serde_json::json;
use tokio::sync::watch;

/// How warm the thermostat can make it, in °C.
const MAX_TEMPERATURE: f64 = 25.0;

/// How much warmer or colder it can make it in one step.
const STEP: f64 = 0.5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let example = ExampleServer::start().await?;
    let user = ConnectorDb::builder().url(example.url()).password("test", "test").connect().await?;
    let key = install(&user).await?;

    let url = example.url();
    tokio::select! {
        ended = thermostat(&url, key) => ended?,
        lived = live(&user) => lived?,
    }
    example.server.shutdown().await;
    Ok(())
}

/// Makes the device with its streams, and gives its key.
async fn install(user: &ConnectorDb) -> Result<ApiKey, Box<dyn Error>> {
    let number = || StreamCreate::new().schema(json!({"type": "number"}));
    let thermostat = user.user().device("thermostat")?;
    let create = DeviceCreate::new()
        .stream("wanted", number().downlink(true).description("What it is asked for, in °C"))
        .stream("actual", number().description("How warm it is, in °C"));
    thermostat.create(create).await?;
    Ok(thermostat.apikey().await?.ok_or("the key cannot be seen")?)
}

/// What runs on the device.
async fn thermostat(url: &str, key: ApiKey) -> Result<(), Box<dyn Error>> {
    let cdb = ConnectorDb::builder().url(url).apikey(key).connect().await?;
    let (set, wanted) = watch::channel(18.0);
    // Whatever is asked for is acknowledged, as far as it can be done.
    let _callback = cdb
        .stream("wanted")?
        .typed::<f64>()
        .on_downlink(move |request| {
            let possible = request.d.min(MAX_TEMPERATURE);
            set.send_replace(possible);
            let from = request.o.unwrap_or_default();
            println!("device: {from} asks for {} °C, I can do {possible}", request.d);
            async move { Reply::AcceptWith(json!(possible)) }
        })
        .await?;

    let actual = cdb.stream("actual")?;
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

/// What its user does.
async fn live(user: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    let wanted = user.stream("test/thermostat/wanted")?.typed::<f64>();
    let actual = user.stream("test/thermostat/actual")?.typed::<f64>();
    let mut acknowledged = wanted.subscribe().await?;
    let mut temperatures = actual.subscribe().await?;
    if actual.is_empty().await? {
        println!("user:   the thermostat is not there yet");
        temperatures.next().await.ok_or("it never came")??;
    }

    for wish in [21.0, 30.0, 23.5] {
        println!("user:   I would like {wish} °C");
        wanted.insert(wish).await?;
        let batch = acknowledged.next().await.ok_or("the thermostat is gone")??;
        let promised = batch.last().ok_or("nothing was promised")?.d;
        println!("user:   it promises {promised} °C");
        while let Some(batch) = temperatures.next().await {
            let now = batch?.last().ok_or("no temperature")?.d;
            println!("user:   it is {now:4.1} °C");
            if now == promised {
                break;
            }
        }
    }
    println!(
        "In the stream {} are {:?}",
        wanted.path(),
        wanted.range(..).await?.d().collect::<Vec<_>>()
    );
    let requested = wanted.query().downlink().await?;
    println!("and in its downlink, what was asked for: {:?}", requested.d().collect::<Vec<_>>());
    Ok(())
}
