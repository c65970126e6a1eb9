//! Types that a call changes or keeps.

use connectordb::Reply;

use super::*;

#[tokio::test]
async fn a_transform_makes_values_of_another_type() -> TestResult {
    let server = TestServer::start().await?;
    let mood = server.cdb().stream("mood")?.typed::<i64>();
    mood.ensure(stream_of("integer")).await?;
    let mut good = mood.subscribe().transform("$ > 2").typed::<bool>().await?;
    mood.insert(1).await?;
    mood.insert(3).await?;
    let all = mood.query().transform("$ > 2").typed::<bool>().await?;
    assert_eq!(all.d().copied().collect::<Vec<bool>>(), [false, true]);
    assert!(!good.next().await.ok_or("the end")??[0].d);
    let last = mood.range(-1..).transform("$ * 2").typed::<i64>().await?;
    assert_eq!(last[0].d, 6);
    Ok(())
}

#[tokio::test]
async fn a_typed_request_is_answered_with_a_value_of_the_type() -> TestResult {
    let server = TestServer::start().await?;
    let number = stream_of("number").downlink(true);
    let create = DeviceCreate::new().stream("wanted", number);
    let key = server.cdb().user().device("thermostat")?.ensure(create).await?;
    let device = ConnectorDb::builder().url(server.url()).apikey(key).connect().await?;
    let _callback = device
        .stream("wanted")?
        .typed::<f64>()
        .on_downlink(async |request| match request.d {
            celsius if celsius > 25.0 => Reply::AcceptWith(25.0),
            celsius if celsius < 5.0 => Reply::Ignore,
            _ => Reply::Accept,
        })
        .await?;

    let wanted = server.cdb().stream("test/thermostat/wanted")?.typed::<f64>();
    let mut changes = wanted.subscribe().await?;
    for (request, answer) in [(21.0, 21.0), (30.0, 25.0)] {
        wanted.insert(request).await?;
        assert_eq!(changes.next().await.ok_or("the end")??[0].d, answer);
    }
    Ok(())
}

#[test]
fn a_gateway_makes_a_call_and_writes_its_method() -> TestResult {
    use connectordb::types::endpoint::{API, Endpoint, Insert};

    let stream = "farm/garden/temperature".parse()?;
    let points = [Datapoint::at(5, 21.5)];
    let insert = Insert::new(&stream, &points);
    let line = format!("{} {API}{}", insert.method(), insert.path());
    assert_eq!(line, "POST /api/v1/crud/farm/garden/temperature/data");
    let body = serde_json::to_string(&insert.body())?;
    assert_eq!(body, r#"[{"t":5,"d":21.5}]"#);
    Ok(())
}
