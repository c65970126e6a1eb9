//! A script without async: inserts the temperatures of a day and queries them.
//!
//! `cargo run --package examples --example without_async`

use std::error::Error;
use std::time::Duration;

use connectordb::blocking::{Wait, WaitEach};
use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, Datapoint, StreamCreate, Timestamp};
use serde_json::json;

/// The temperature at each hour of a day.
const DAY: [f64; 24] = [
    17.0, 16.5, 16.1, 15.8, 15.6, 15.9, 16.8, 18.2, 19.9, 21.3, 22.8, 23.9, 24.6, 25.1, 25.4, 25.2,
    24.7, 23.8, 22.5, 21.2, 20.1, 19.2, 18.4, 17.6,
];

fn main() -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().wait()?;
    let cdb = ConnectorDb::builder().url(server.url()).password("test", "test").connect().wait()?;
    let temperature = cdb.stream("temperature")?.typed::<f64>();
    temperature.ensure(StreamCreate::new().schema(json!({"type": "number"}))).wait()?;

    let midnight = Timestamp::try_from(1.7e9)?.floor(Duration::from_hours(24));
    let hours = (0..).map(|hour| midnight + Duration::from_hours(hour));
    let day: Vec<_> = hours.zip(DAY).map(|(t, d)| Datapoint::at(t, d)).collect();
    println!("Inserted {} temperatures.", temperature.insert_array(&day).wait()?);

    let mut warm = 0;
    for datapoint in temperature.query().stream().wait()?.wait_each() {
        warm += u32::from(datapoint?.d > 20.0);
    }
    println!("It was warmer than 20 degrees for {warm} hours.");
    let noon = midnight + Duration::from_hours(12);
    let morning = temperature.query().t2(noon).wait()?;
    println!("The mean until noon is {:.1} degrees.", morning.mean().ok_or("no values")?);
    let mean = temperature.query().transform("mean | if last").typed::<f64>().wait()?;
    println!("The mean of the day, computed on the server, is {:.1} degrees.", mean[0].d);

    if let Err(error) = cdb.stream("humidity")?.get(-1).wait() {
        println!("Is a missing stream not found? {}", error.is_not_found());
    }
    Ok(())
}
