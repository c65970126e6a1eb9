//! The logger.

use connectordb::logger::Logger;

use super::*;

#[tokio::test]
async fn a_device_in_the_field_starts_without_a_network() -> TestResult {
    let server = TestServer::start().await?;
    let key = server.apikey("sensor").await?;
    server.stop().await;

    let logger = Logger::builder(server.directory().join("cache.db"))
        .serverurl(server.url())
        .apikey(key)
        .syncperiod(Duration::from_millis(100))
        .open()
        .await?;
    logger.add_stream_later("t", stream_of("number")).await?;
    logger.stream::<f64>("t")?.insert(21.5).await?;
    assert_eq!(logger.len(), 1);
    assert_eq!(logger.syncperiod(), Duration::from_millis(100));
    logger.start();

    server.restart().await?;
    until(|| logger.is_empty()).await;
    let stream = server.cdb().stream("test/sensor/t")?.typed::<f64>();
    assert_eq!(stream.get(-1).await?.ok_or("no datapoint")?.d, 21.5);
    assert_eq!(stream.schema().await?, json!({"type": "number"}));
    logger.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_typed_handle_logs_datapoints_with_their_times() -> TestResult {
    let server = TestServer::start().await?;
    let logger = Logger::builder(server.directory().join("cache.db"))
        .serverurl(server.url())
        .apikey(server.cdb().apikey().await?.ok_or("no key")?)
        .open()
        .await?;
    logger.add_stream_later("climate", stream_of("object")).await?;
    let climate = logger.stream::<Climate>("climate")?;
    climate.insert_array(&[Datapoint::at(5, Climate { celsius: 4.5, humidity: 90 })]).await?;
    logger.sync().await?;
    let stored = server.cdb().stream("climate")?.typed::<Climate>().get(0).await?;
    assert_eq!(stored.ok_or("no datapoint")?.t, Timestamp::from(5));
    assert!(logger.stream::<f64>("unknown").unwrap_err().is_not_found());
    logger.close().await?;
    Ok(())
}
