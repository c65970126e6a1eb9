//! Tables.

use connectordb::query::{Column, Dataset};

use super::*;

#[tokio::test]
async fn numbers_are_floats_and_missing_ones_nan() -> TestResult {
    let server = TestServer::start().await?;
    let cdb = server.cdb();
    let mood = cdb.stream("mood")?.typed::<f64>();
    mood.ensure(stream_of("number")).await?;
    mood.insert_array(&[Datapoint::at(10, 5.0), Datapoint::at(20, 7.0)]).await?;
    cdb.stream("rain")?.ensure(stream_of("number")).await?;
    let rain = cdb.stream("rain")?.typed::<f64>();
    rain.insert_array(&[Datapoint::at(15, 3.5)]).await?;

    let before = Column::new(&rain).name("rain").interpolator("before");
    let table = Dataset::new(cdb).x(&mood).column(before).await?;
    assert_eq!(table.column_f64("x")?, [5.0, 7.0]);
    let rain = table.column_f64("rain")?;
    assert!(rain[0].is_nan());
    assert_eq!(rain[1], 3.5);
    assert!(table.column_f64("snow").unwrap_err().is_invalid());
    Ok(())
}

#[cfg(feature = "arrow")]
#[tokio::test]
async fn the_type_of_a_column_is_that_of_the_stream_on_every_day() -> TestResult {
    use connectordb::query::arrow_schema::DataType;

    let server = TestServer::start().await?;
    let cdb = server.cdb();
    let mood = cdb.stream("mood")?;
    mood.ensure(stream_of("number")).await?;
    let days = [Datapoint::at(10, json!(5)), Datapoint::at(20, json!(7.5))];
    mood.insert_array(&days).await?;
    let mut schemas = Vec::new();
    for t1 in [0, 10, 20] {
        let table = Dataset::new(cdb).x(&mood).t1(t1).t2(t1 + 10).column(&mood).await?;
        schemas.push(table.record_batch()?.schema());
    }
    assert_eq!(schemas[0].field_with_name("x")?.data_type(), &DataType::Float64);
    assert_eq!(schemas[0], schemas[1]);
    assert_eq!(schemas[0], schemas[2]);
    Ok(())
}

#[tokio::test]
async fn a_step_without_a_start_is_an_error_before_sending() -> TestResult {
    let server = TestServer::start().await?;
    server.stop().await;
    let error = Dataset::new(server.cdb()).dt(1.0).column("mood").await.unwrap_err();
    assert!(error.is_invalid() && !error.is_temporary(), "{error}");
    let error = Dataset::new(server.cdb()).dt(1.0).t2(Timestamp::now()).column("mood").await;
    assert!(error.unwrap_err().is_invalid());
    Ok(())
}
