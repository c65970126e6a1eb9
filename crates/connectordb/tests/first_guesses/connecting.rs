//! Connecting.

use connectordb::{ConnectionState, Reconnect};
use futures_util::StreamExt;

use super::*;

#[tokio::test]
async fn a_url_may_lack_its_scheme() -> TestResult {
    let server = TestServer::start().await?;
    let address = server.url().replace("http://", "");
    let port = address.rsplit(':').next().ok_or("no port")?;
    for url in [address.clone(), format!("localhost:{port}"), format!("127.0.0.1:{port}/")] {
        let cdb = ConnectorDb::builder().url(&url).password("test", "test").connect().await?;
        assert_eq!(cdb.ping().await?, "test/user", "{url}");
    }
    Ok(())
}

#[tokio::test]
async fn https_to_a_server_without_tls_says_what_to_write() -> TestResult {
    let server = TestServer::start().await?;
    let url = server.url().replace("http://", "https://");
    let error = ConnectorDb::builder().url(url).retries(0).connect().await.unwrap_err();
    assert!(error.to_string().contains("http://"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_program_starts_before_its_server() -> TestResult {
    let server = TestServer::start().await?;
    server.cdb().stream("mood")?.ensure(stream_of("integer")).await?;
    server.stop().await;

    let cdb = ConnectorDb::builder()
        .url(server.url())
        .password("test", "test")
        .retries(0)
        .connect_lazy()?;
    let mood = cdb.stream("mood")?;
    assert!(mood.insert(8).await.unwrap_err().is_temporary());
    server.restart().await?;
    mood.insert(8).await?;
    assert_eq!(mood.len().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_key_needs_the_path_of_its_device_to_connect_lazily() -> TestResult {
    let server = TestServer::start().await?;
    let key = server.apikey("lamp").await?;
    let builder = ConnectorDb::builder().url(server.url()).apikey(key);
    let error = builder.clone().connect_lazy().unwrap_err();
    assert!(error.to_string().contains(".device(\"user/device\")"), "{error}");
    let lamp = builder.device("test/lamp").connect_lazy()?;
    assert_eq!(lamp.ping().await?, "test/lamp");
    Ok(())
}

#[tokio::test]
async fn a_program_watches_reconnects() -> TestResult {
    let server = TestServer::start().await?;
    let cdb = ConnectorDb::builder()
        .url(server.url())
        .password("test", "test")
        .reconnect(Reconnect::new().shortest(Duration::from_millis(20)))
        .connect()
        .await?;
    let mood = cdb.stream("mood")?;
    mood.ensure(stream_of("integer")).await?;
    let mut states = cdb.connection_states();
    let first = states.next().await.ok_or("no state")?;
    assert_eq!(first.to_string(), "not connected, since there is no subscription");

    let _changes = mood.subscribe().await?;
    server.stop().await;
    let mut lost = states
        .by_ref()
        .filter(|state| std::future::ready(matches!(state, ConnectionState::Reconnecting { .. })));
    let lost = lost.next().await.ok_or("no state")?;
    assert!(lost.to_string().starts_with("connecting again in"), "{lost}");
    server.restart().await?;
    while let Some(state) = states.next().await {
        if matches!(state, ConnectionState::Connected) {
            assert_eq!(state.to_string(), "connected");
            break;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_state_is_displayed() -> TestResult {
    let server = TestServer::start().await?;
    let state = server.cdb().connection_state();
    let text = format!("The websocket is {}.", *state.borrow());
    assert!(text.contains("not connected"), "{text}");
    Ok(())
}
