//! A program with its tests: it names the devices whose batteries are low.
//!
//! `cargo run --package examples --example low_battery` runs it, and
//! `cargo test --package examples --example low_battery` its tests.

use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, DatapointArray, Result, StreamCreate};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    let server = TestServer::start().await?;
    for (name, level) in [("thermometer", 80.0), ("doorbell", 7.5), ("smoke_detector", 12.0)] {
        insert_level(&server, name, level).await?;
    }
    for name in low_batteries(server.cdb(), 20.0).await? {
        println!("Change the battery of {name}.");
    }
    Ok(())
}

/// Returns the names of the user's devices whose last battery level is below `percent`. Devices
/// without a stream `battery`, or with an empty one, are left out.
async fn low_batteries(cdb: &ConnectorDb, percent: f64) -> Result<Vec<String>> {
    let mut low = Vec::new();
    for device in cdb.user().devices().await? {
        match device.stream("battery")?.typed::<f64>().get(-1).await {
            Ok(Some(level)) if level.d < percent => low.push(device.name().to_owned()),
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(low)
}

/// Returns how many percent a battery loses in a day, or `None` if this cannot be told.
#[cfg_attr(not(test), expect(dead_code, reason = "only tested"))]
fn loss_per_day(levels: &DatapointArray<f64>) -> Option<f64> {
    let (first, last) = (levels.first()?, levels.last()?);
    let days = (last.t - first.t) / 86_400.0;
    (days > 0.0).then(|| (first.d - last.d) / days)
}

/// Inserts the battery level of a device, as the device itself does.
async fn insert_level(server: &TestServer, name: &str, level: f64) -> Result<()> {
    let battery = server.device(name).await?.stream("battery")?.typed::<f64>();
    battery.ensure(StreamCreate::new().schema(json!({"type": "number"}))).await?;
    battery.insert(level).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use connectordb::{Datapoint, Timestamp};

    use super::*;

    #[tokio::test]
    async fn only_low_batteries_are_named() -> Result<()> {
        let server = TestServer::start().await?;
        insert_level(&server, "full", 100.0).await?;
        insert_level(&server, "low", 5.0).await?;
        server.device("without_battery").await?;
        assert_eq!(low_batteries(server.cdb(), 20.0).await?, ["low"]);
        assert!(low_batteries(server.cdb(), 1.0).await?.is_empty());
        Ok(())
    }

    #[tokio::test]
    async fn an_outage_is_an_error_and_not_an_empty_list() -> Result<()> {
        let server = TestServer::start().await?;
        insert_level(&server, "low", 5.0).await?;
        server.stop().await;
        let refused = low_batteries(server.cdb(), 20.0).await;
        assert!(refused.is_err_and(|error| error.is_temporary()));
        server.restart().await?;
        assert_eq!(low_batteries(server.cdb(), 20.0).await?, ["low"]);
        Ok(())
    }

    #[tokio::test]
    async fn a_value_that_is_not_a_number_is_an_error_that_names_it() -> Result<()> {
        let server = TestServer::start().await?;
        let battery = server.device("old").await?.stream("battery")?;
        battery.ensure(StreamCreate::new()).await?;
        battery.insert("half").await?;
        let error = low_batteries(server.cdb(), 20.0).await.expect_err("not a number").to_string();
        assert!(error.contains("test/old/battery cannot be read as f64"), "{error}");
        Ok(())
    }

    #[test]
    fn the_loss_needs_no_server() {
        let start = Timestamp::from(1_700_000_000);
        let day = Duration::from_hours(24);
        let level = |days: u32, level| Datapoint::at(start + days * day, level);
        let levels = DatapointArray::from(vec![level(0, 90.0), level(2, 80.0)]);
        assert_eq!(loss_per_day(&levels), Some(5.0));
        assert_eq!(loss_per_day(&DatapointArray::default()), None);
    }
}
