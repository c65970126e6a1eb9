//! A tour of the client: users, devices, streams, queries, subscriptions and downlinks.
//!
//! `cargo run --package examples --example tutorial`

use std::error::Error;

use connectordb::pipescript::ArrayTransform;
use connectordb::query::{Dataset, Merge};
use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, Datapoint, DeviceCreate, StreamCreate, Timestamp, UserCreate};
use serde::Serialize;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    println!("An embedded server runs at {}.", server.url());

    prepare(server.url()).await?;
    let cdb = connect(server.url()).await?;
    properties(&cdb).await?;
    streams(&cdb).await?;
    reading(&cdb).await?;
    queries(&cdb).await?;
    subscribing(&cdb).await?;
    devices(&cdb, server.url()).await?;
    downlinks(&cdb, server.url()).await?;

    Ok(())
}

/// Creates the user of the tutorial.
async fn prepare(url: &str) -> Result<(), Box<dyn Error>> {
    let admin = ConnectorDb::builder().url(url).password("test", "test").connect().await?;
    let myuser = admin.user_at("myuser")?;
    myuser.create(UserCreate::new("myuser@example.com", "mypassword")).await?;
    println!("Its administrator has created the user {}.", myuser.path());
    Ok(())
}

async fn connect(url: &str) -> Result<ConnectorDb, Box<dyn Error>> {
    println!("\n# Connecting");
    let cdb = ConnectorDb::builder().url(url).password("myuser", "mypassword").connect().await?;
    println!("A password logs you in as the user's device \"user\": {}", cdb.path());
    println!("The server has version {} of the protocol.", cdb.info().await?.version);
    Ok(cdb)
}

async fn properties(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Properties");
    println!("Streams of this device: {:?}", names(&cdb.streams().await?));
    let user = cdb.user();
    println!("E-mail address of the user: {}", user.email().await?.unwrap_or_default());
    user.set_nickname("My User").await?;
    user.set_description("I like trains.").await?;
    println!("Its new nickname: {}", user.nickname().await?.unwrap_or_default());
    println!("All its properties: {}", text(&user.data().await?)?);
    Ok(())
}

async fn streams(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Streams");
    let productivity = cdb.stream("productivity")?;
    println!("Does {} exist? {}", productivity.path(), productivity.exists().await?);
    let schema = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let create = StreamCreate::new().schema(schema).description("Productivity from 0 to 10");
    productivity.create(create).await?;
    println!("Does it exist now? {}", productivity.exists().await?);
    println!("Its values must match the schema {}", productivity.sschema().await?);

    productivity.insert(8).await?;
    productivity.insert(7).await?;
    println!("After two inserts its length is {}.", productivity.len().await?);
    let refused = productivity.insert("very good").await.err();
    println!("A value that does not match is refused: {}", refused.ok_or("it was not refused")?);
    println!("The length is still {}.", productivity.len().await?);

    let hour = 3600.0;
    let now = Timestamp::now().floor(1);
    let history = [(3.0, 5), (2.0, 9), (1.0, 6)];
    let history = history.map(|(hours, value)| Datapoint::at(now - hours * hour, value));
    let refused = productivity.insert_array(&history).await.err();
    println!("Times before the last datapoint are refused: {}", refused.ok_or("they were not")?);
    let diary = cdb.stream("diary")?;
    diary.create(StreamCreate::new()).await?;
    println!("Inserted {} old values into an empty stream.", diary.insert_array(&history).await?);
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

    // t1 is excluded, t2 is included.
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
    println!("\n# Transforms and datasets");
    let info = cdb.info().await?;
    println!("The server has {} transforms, such as:", info.transforms.len());
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
    println!("An error in a script is found before it is sent: {}", refused.ok_or("it was not")?);
    let local = diary.range(..).await?.transform("sum | if last")?;
    println!("A script can also run locally, over datapoints in memory: {}", text(&local)?);

    let merged = Merge::new(cdb).stream("diary").stream("productivity").await?;
    println!(
        "The values of both streams, merged in order of time: {}",
        text(&merged.d().collect::<Vec<_>>())?
    );
    let table = Dataset::new(cdb).x("diary").column("productivity").await?;
    println!("For each entry of the diary, the productivity that is closest in time:\n{table}");
    Ok(())
}

async fn subscribing(cdb: &ConnectorDb) -> Result<(), Box<dyn Error>> {
    println!("\n# Subscribing");
    let productivity = cdb.stream("productivity")?;
    let mut all = productivity.subscribe().await?;
    let mut good = productivity.subscribe().transform("if $ > 8").typed::<i64>().await?;
    productivity.insert(5).await?;
    productivity.insert(9).await?;
    for _ in 0..2 {
        let batch = all.next().await.ok_or("the subscription has ended")??;
        println!("The subscription receives {}", text(&batch)?);
    }
    let batch = good.next().await.ok_or("the subscription has ended")??;
    println!("The subscription with the transform \"if $ > 8\" receives {}", batch[0].d);
    all.unsubscribe().await;

    let (called, mut calls) = tokio::sync::mpsc::channel(1);
    let callback = productivity
        .on_insert(move |batch| {
            let called = called.clone();
            async move {
                println!("The callback is called with {}", batch[0].d);
                // The tutorial waits for this message before it stops the callback.
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
    println!("The user's devices: {devices:?}");

    let key = device.apikey().await?.ok_or("the key is not visible")?;
    let newdevice = ConnectorDb::builder().url(url).apikey(key).connect().await?;
    println!("Its key logs you in as {}.", newdevice.path());
    println!("It can read itself: {}", newdevice.exists().await?);
    println!("It can read its streams: {:?}", names(&newdevice.streams().await?));
    println!("It can read its user: {}", newdevice.user().exists().await?);
    println!(
        "It can read the user's other streams: {}",
        newdevice.stream("myuser/user/diary")?.exists().await?
    );

    newdevice.stream("mystream")?.insert(json!({"speed": 54})).await?;
    let mystream = cdb.stream("myuser/newdevice/mystream")?;
    println!("The user can read what it inserts: {}", text(&mystream.get(-1).await?)?);
    let refused = mystream.insert(1).await.err().ok_or("the insert was not refused")?;
    println!("Another device cannot insert into its stream: {refused}");
    Ok(())
}

async fn downlinks(cdb: &ConnectorDb, url: &str) -> Result<(), Box<dyn Error>> {
    println!("\n# Downlinks");
    let boolean = StreamCreate::new().schema(json!({"type": "boolean"})).downlink(true);
    let lamp = cdb.user().device("lamp")?;
    lamp.create(DeviceCreate::new().stream("light", boolean)).await?;
    let key = lamp.apikey().await?.ok_or("the key is not visible")?;

    let lamp = ConnectorDb::builder().url(url).apikey(key).connect().await?;
    let mut requests = lamp.stream("light")?.typed::<bool>().downlinks().await?;

    let light = cdb.stream("myuser/lamp/light")?;
    light.insert(true).await?;
    println!("The downlink of {}: {}", light.path(), text(&light.query().downlink().await?)?);
    println!("The stream itself has not changed: its length is {}.", light.length(false).await?);

    let request = requests.next().await.ok_or("the subscription has ended")??;
    let origin = request.origin().unwrap_or_default().to_owned();
    println!("The lamp receives the request of {origin} for {}, and accepts it.", request.value());
    request.accept().await?;
    println!("The last datapoint of the stream is now {}", text(&light.get(-1).await?)?);
    requests.unsubscribe().await;
    Ok(())
}

/// A value as JSON, the form in which it is sent.
fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

fn names(streams: &[connectordb::Stream]) -> Vec<&str> {
    streams.iter().map(connectordb::Stream::name).collect()
}
