//! The tutorial: everything that a first day with ConnectorDB needs.
//!
//! `cargo run --example tutorial`

use std::error::Error;

use connectordb::pipescript::ArrayTransform;
use connectordb::query::{Dataset, Merge};
use connectordb::{ConnectorDb, Datapoint, DeviceCreate, StreamCreate, Timestamp, UserCreate};
use examples::ExampleServer;
use serde::Serialize;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let example = ExampleServer::start().await?;
    println!("A server of our own runs at {}.", example.url());

    prepare(&example.url()).await?;
    let cdb = connect(&example.url()).await?;
    properties(&cdb).await?;
    streams(&cdb).await?;
    reading(&cdb).await?;
    queries(&cdb).await?;
    subscribing(&cdb).await?;
    devices(&cdb, &example.url()).await?;
    downlinks(&cdb, &example.url()).await?;

    example.server.shutdown().await;
    println!("\nThe server has stopped.");
    Ok(())
}

/// Makes the user that the tutorial is about.
async fn prepare(url: &str) -> Result<(), Box<dyn Error>> {
    let admin = ConnectorDb::builder().url(url).password("test", "test").connect().await?;
    let myuser = admin.user_at("myuser")?;
    myuser.create(UserCreate::new("myuser@example.com", "mypassword")).await?;
    println!("Its administrator has made the user {}.", myuser.path());
    Ok(())
}

async fn connect(url: &str) -> Result<ConnectorDb, Box<dyn Error>> {
    println!("\n# Connecting");
    let cdb = ConnectorDb::builder().url(url).password("myuser", "mypassword").connect().await?;
    println!("Whoever logs in with a password acts as a device named user: {}", cdb.path());
    println!("The server speaks version {} of the protocol.", cdb.info().await?.version);
    Ok(cdb)
}

async fn properties(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Properties");
    println!("Streams of this device: {:?}", names(&cdb.streams().await?));
    let user = cdb.user();
    println!("E-mail address of the user: {}", user.email().await?.unwrap_or_default());
    user.set_nickname("My User").await?;
    user.set_description("I like trains.").await?;
    println!("It has got a nickname: {}", user.nickname().await?.unwrap_or_default());
    println!("All that the server says of it: {}", text(&user.data().await?)?);
    Ok(())
}

async fn streams(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Streams");
    let productivity = cdb.stream("productivity")?;
    println!("Is there a stream {}? {}", productivity.path(), productivity.exists().await?);
    let schema = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let create = StreamCreate::new().schema(schema).description("How it goes, from 0 to 10");
    productivity.create(create).await?;
    println!("And now? {}", productivity.exists().await?);
    println!("Its values must fit {}", productivity.sschema().await?);

    productivity.insert(8).await?;
    productivity.insert(7).await?;
    println!("Two values are in it, so its length is {}.", productivity.len().await?);
    let refused = productivity.insert("very good").await.err();
    println!("What does not fit is refused: {}", refused.ok_or("it was not")?);
    println!("So the length still is {}.", productivity.len().await?);

    let hour = 3600.0;
    let now = Timestamp::now().floor(1);
    let history = [(3.0, 5), (2.0, 9), (1.0, 6)];
    let history = history.map(|(hours, value)| Datapoint::at(now - hours * hour, value));
    let refused = productivity.insert_array(&history).await.err();
    println!("Time does not run backwards: {}", refused.ok_or("it was not")?);
    let diary = cdb.stream("diary")?;
    diary.create(StreamCreate::new()).await?;
    println!("Into an empty stream go {} old values.", diary.insert_array(&history).await?);
    Ok(())
}

async fn reading(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Reading");
    let diary = cdb.stream("diary")?;
    println!("The first:         {}", text(&diary.get(0).await?)?);
    println!("The last:          {}", text(&diary.get(-1).await?)?);
    println!("There is no tenth: {:?}", diary.get(9).await?);
    println!("All but the first: {}", text(&diary.range(1..).await?)?);
    println!("The last two:      {}", text(&diary.range(-2..).await?)?);

    let all = diary.range(..).await?;
    println!("Values: {}", text(&all.d().collect::<Vec<_>>())?);
    println!("Times:  {}", text(&all.t().collect::<Vec<_>>())?);
    println!("Mean:   {:.2}", all.mean().ok_or("there are no numbers")?);

    // The first time is not included, the second is.
    let (first, second) = (all[0].t, all[1].t);
    let between = diary.query().t1(first).t2(second).await?;
    println!("After {first}, up to {second}: {}", text(&between)?);
    let two = diary.query().i1(0).i2(2).await?;
    println!("By index, 0 and 1: {}", text(&two)?);
    let numbers = diary.typed::<f64>().query().limit(2).await?;
    println!("At most two, as floats: {:?}", numbers.d().collect::<Vec<_>>());
    Ok(())
}

async fn queries(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Asking");
    let info = cdb.info().await?;
    println!("The server's scripts know {} transforms, such as:", info.transforms.len());
    for name in ["if", "mean", "changed", "map"] {
        let transform = info.transforms.get(name).ok_or("a transform is missing")?;
        println!("  {name}: {}", transform.description);
    }
    let diary = cdb.stream("diary")?;
    for script in ["if $ > 5", "$ >= 6 | if changed", "mean | if last", "map($ > 5, count)"] {
        let found = diary.query().transform(script).await?;
        println!("{script:<20} {}", text(&found)?);
    }
    let refused = diary.query().transform("mean | if lsat").await.err();
    println!("A mistake is seen before anything is sent: {}", refused.ok_or("it was not")?);
    let here = diary.range(..).await?.transform("sum | if last")?;
    println!("A script runs here as well, on what has been read: {}", text(&here)?);

    let merged = Merge::new(cdb).stream("diary").stream("productivity").await?;
    println!(
        "Both streams as one series have the values {}",
        text(&merged.d().collect::<Vec<_>>())?
    );
    let table = Dataset::new(cdb).x("diary").column("productivity").await?;
    println!("What the productivity was closest to each entry of the diary:\n{table}");
    Ok(())
}

async fn subscribing(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Subscribing");
    let productivity = cdb.stream("productivity")?;
    let mut all = productivity.subscribe().await?;
    let mut good = productivity.typed::<i64>().subscribe().transform("if $ > 8").await?;
    productivity.insert(5).await?;
    productivity.insert(9).await?;
    for _ in 0..2 {
        let batch = all.next().await.ok_or("the subscription has ended")??;
        println!("As soon as it is stored, a subscriber gets {}", text(&batch)?);
    }
    let batch = good.next().await.ok_or("the subscription has ended")??;
    println!("Through \"if $ > 8\" comes only {}", batch[0].d);
    all.unsubscribe().await;

    let (called, mut calls) = tokio::sync::mpsc::channel(1);
    let callback = productivity
        .on_insert(move |batch| {
            let called = called.clone();
            async move {
                println!("A callback is called with {}", batch[0].d);
                // The tutorial goes on when it has been.
                called.send(()).await.ok();
            }
        })
        .await?;
    productivity.insert(7).await?;
    calls.recv().await.ok_or("the callback was not called")?;
    callback.stop().await?;
    Ok(())
}

async fn devices(cdb: &ConnectorDb, url: &str) -> Result<(), Box<dyn Error>> {
    println!("\n# Devices");
    let device = cdb.user().device("newdevice")?;
    device.create(DeviceCreate::new().stream("mystream", StreamCreate::new())).await?;
    let devices = cdb.user().devices().await?;
    let devices: Vec<_> = devices.iter().map(|device| device.path().to_string()).collect();
    println!("The user's devices now: {devices:?}");

    let key = device.apikey().await?.ok_or("the key cannot be seen")?;
    let newdevice = ConnectorDb::builder().url(url).apikey(key).connect().await?;
    println!("Logged in with its key, one is {}.", newdevice.path());
    println!("It sees itself: {}", newdevice.exists().await?);
    println!("It sees its streams: {:?}", names(&newdevice.streams().await?));
    println!("It does not see its user: {}", newdevice.user().exists().await?);
    println!(
        "Nor the user's other streams: {}",
        newdevice.stream("myuser/user/diary")?.exists().await?
    );

    newdevice.stream("mystream")?.insert(json!({"speed": 54})).await?;
    let theirs = cdb.stream("myuser/newdevice/mystream")?;
    println!("What it inserts, its user can read: {}", text(&theirs.get(-1).await?)?);
    let refused = theirs.insert(1).await.err().ok_or("another device's insert was taken")?;
    println!("Only it may insert there, though: {refused}");
    Ok(())
}

async fn downlinks(cdb: &ConnectorDb, url: &str) -> Result<(), Box<dyn Error>> {
    println!("\n# Downlinks");
    let boolean = StreamCreate::new().schema(json!({"type": "boolean"})).downlink(true);
    let lamp = cdb.user().device("lamp")?;
    lamp.create(DeviceCreate::new().stream("light", boolean)).await?;
    let key = lamp.apikey().await?.ok_or("the key cannot be seen")?;

    let lamp = ConnectorDb::builder().url(url).apikey(key).connect().await?;
    let mut requests = lamp.stream("light")?.typed::<bool>().downlinks().await?;

    let light = cdb.stream("myuser/lamp/light")?;
    light.insert(true).await?;
    println!("Asked for in {}: {}", light.path(), text(&light.query().downlink().await?)?);
    println!("The light itself has not changed: its length is {}", light.length(false).await?);

    let request = requests.next().await.ok_or("the subscription has ended")??;
    let origin = request.origin().unwrap_or_default().to_owned();
    println!("The lamp hears that {origin} asks for {}, and does it.", request.value());
    request.accept().await?;
    println!("Now the light is {}", text(&light.get(-1).await?)?);
    requests.unsubscribe().await;
    Ok(())
}

/// How it is sent: as JSON.
fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

fn names(streams: &[connectordb::Stream]) -> Vec<&str> {
    streams.iter().map(connectordb::Stream::name).collect()
}
