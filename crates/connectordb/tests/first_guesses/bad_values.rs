//! Values that are not what the program expects.

use super::*;

/// A stream without a schema with a good, a bad and another good datapoint.
async fn stream(server: &TestServer) -> Result<connectordb::Stream, Box<dyn std::error::Error>> {
    let stream = server.cdb().stream("climate")?;
    stream.ensure(StreamCreate::new()).await?;
    let good = json!({"celsius": 21.5, "humidity": 40});
    let points = [(1, good.clone()), (2, Value::Null), (3, good)];
    stream.insert_array(&points.map(|(t, d)| Datapoint::at(t, d))).await?;
    Ok(stream)
}

#[tokio::test]
async fn not_a_number_is_not_inserted() -> TestResult {
    let server = TestServer::start().await?;
    let number = server.cdb().stream("number")?.typed::<f64>();
    number.ensure(stream_of("number")).await?;
    for value in [f64::NAN, f64::INFINITY] {
        let error = number.insert(value).await.unwrap_err();
        assert!(error.is_invalid(), "{error}");
        assert!(number.insert_array(&[Datapoint::now(value)]).await.is_err());
    }
    assert_eq!(number.len().await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_error_names_the_datapoint_and_the_type() -> TestResult {
    let server = TestServer::start().await?;
    let climate = stream(&server).await?.typed::<Climate>();
    let error = climate.range(..).await.unwrap_err().to_string();
    assert!(
        error.contains("the value at 2 in test/user/climate cannot be read as Climate"),
        "{error}"
    );
    assert!(error.contains("null"), "{error}");
    Ok(())
}

#[tokio::test]
async fn bad_values_are_left_out() -> TestResult {
    let server = TestServer::start().await?;
    let climate = stream(&server).await?.typed::<Climate>();
    assert_eq!(climate.query().skip_invalid().await?.len(), 2);
    assert_eq!(climate.range(1..).skip_invalid().await?.len(), 1);
    Ok(())
}
