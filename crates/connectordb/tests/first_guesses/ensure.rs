//! Creating what is missing.

use super::*;

#[tokio::test]
async fn a_stream_is_created_once_by_programs_that_start_together() -> TestResult {
    let server = TestServer::start().await?;
    let mood = server.cdb().stream("mood")?;
    let create = || stream_of("integer");
    let (one, two) = tokio::join!(mood.ensure(create()), mood.ensure(create()));
    assert_eq!(one?.name, two?.name);
    mood.ensure(create()).await?;
    assert_eq!(server.cdb().streams().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn another_schema_is_an_error_that_shows_both() -> TestResult {
    let server = TestServer::start().await?;
    let mood = server.cdb().stream("mood")?;
    mood.ensure(stream_of("integer")).await?;
    let error = mood.ensure(stream_of("string")).await.unwrap_err();
    assert!(error.already_exists());
    let text = error.to_string();
    assert!(text.contains("integer") && text.contains("string"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_device_is_created_and_its_key_returned() -> TestResult {
    let server = TestServer::start().await?;
    let thermometer = server.cdb().user().device("thermometer")?;
    let create = DeviceCreate::new().stream("temperature", stream_of("number"));
    let key = thermometer.ensure(create.clone()).await?;
    assert_eq!(thermometer.ensure(create).await?.expose(), key.expose());

    let device = ConnectorDb::builder().url(server.url()).apikey(key).connect().await?;
    device.stream("temperature")?.insert(21.5).await?;
    Ok(())
}
