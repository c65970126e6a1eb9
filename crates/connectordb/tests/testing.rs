//! The server for tests, and outages of it.

use std::net::TcpListener;
use std::time::Duration;

use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, StreamCreate};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_restarted_server_has_the_same_url_and_data() -> Result {
    let server = TestServer::start().await?;
    let stream = server.device("thermometer").await?.stream("temperature")?;
    stream.ensure(StreamCreate::new()).await?;
    stream.insert(21.5).await?;
    for _ in 0..3 {
        server.restart().await?;
        assert_eq!(stream.len().await?, 1);
    }
    let again = server.device("thermometer").await?.stream("temperature")?;
    assert_eq!(again.len().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_stopped_server_cannot_be_reached_and_keeps_its_port() -> Result {
    let server = TestServer::start().await?;
    server.stop().await;
    server.stop().await;
    let connecting = ConnectorDb::builder().url(server.url()).retries(0).connect().await;
    let error = connecting.err().ok_or("the server is stopped")?;
    assert!(error.is_temporary(), "{error}");
    // Other programs that ask for a free port get another one.
    let port: u16 = server.url().rsplit(':').next().ok_or("no port")?.parse()?;
    let others: Vec<_> = (0..500).map_while(|_| TcpListener::bind("127.0.0.1:0").ok()).collect();
    for other in others {
        assert_ne!(other.local_addr()?.port(), port);
    }
    server.restart().await?;
    assert_eq!(server.cdb().ping().await?, "test/user");
    Ok(())
}

#[tokio::test]
async fn a_subscription_goes_on_after_a_restart() -> Result {
    let server = TestServer::start().await?;
    let stream = server.cdb().stream("n")?.typed::<u32>();
    stream.ensure(StreamCreate::new()).await?;
    let mut subscription = stream.subscribe().await?;
    server.restart().await?;
    stream.insert(1).await?;
    assert_eq!(subscription.next().await.ok_or("the end")??[0].d, 1);
    Ok(())
}

#[tokio::test]
async fn a_restart_goes_on_when_its_future_is_dropped() -> Result {
    let server = TestServer::start().await?;
    let dropped = tokio::time::timeout(Duration::ZERO, server.restart()).await;
    assert!(dropped.is_err(), "it cannot be ready at once");
    // Waits until the first restart is complete.
    server.restart().await?;
    assert_eq!(server.cdb().ping().await?, "test/user");
    Ok(())
}

#[tokio::test]
async fn users_and_devices_are_created_once_and_have_their_own_permissions() -> Result {
    let server = TestServer::start().await?;
    for _ in 0..2 {
        let alice = server.user("alice").await?;
        assert_eq!(alice.path(), "alice/user");
        assert!(alice.stream("test/user/mood")?.data().await.is_err());
        assert_eq!(server.device("lamp").await?.path(), "test/lamp");
    }
    assert!(server.device("not a name").await.err().ok_or("no error")?.is_invalid());
    assert!(server.user("not a name").await.err().ok_or("no error")?.is_invalid());
    Ok(())
}
