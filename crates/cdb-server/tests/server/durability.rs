//! Inserts that are answered before they are on disk.

use std::time::Duration;

use cdb_server::{Durability, Server, StartError};
use serde_json::json;
use tempfile::TempDir;

use crate::socket::Socket;
use crate::support::{TestServer, start_in};

/// A server that answers inserts at once.
async fn start(durability: Durability) -> Result<(Server, TempDir), StartError> {
    let directory = tempfile::tempdir().expect("a directory");
    let builder = Server::builder().data(directory.path().join("data.db")).listen("127.0.0.1:0");
    let server = builder.admin("test", "test").durability(durability).start().await?;
    Ok((server, directory))
}

#[tokio::test]
async fn an_answered_insert_is_read_sent_to_subscribers_and_kept_by_a_shutdown() {
    let (server, directory) =
        start(Durability::Batched(Duration::from_secs(60))).await.expect("one");
    let mut server = TestServer::of(server, directory);
    let key = server.key_of("test").await;
    let stream = "test/user/stream";
    server.create(&key, stream, "{}").await;
    let session = server.send(&key, "GET", "session", "").await.json();
    assert_eq!(session["durability"], "60s");
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(r#"{"cmd":"subscribe","arg":"test/user/stream","transform":""}"#).await;
    server.insert(&key, stream, r#"[{"t":1,"d":1}]"#).await;
    server.insert(&key, stream, r#"[{"t":2,"d":2}]"#).await;
    for d in 1..3 {
        assert_eq!(socket.next().await["data"], json!([{"t": d, "d": d}]));
    }
    let path = format!("crud/{stream}/data");
    let refused = server.send(&key, "POST", &path, r#"[{"t":1,"d":3}]"#).await;
    assert_eq!(refused.status, 403);
    let all = r#"[{"t":1,"d":1},{"t":2,"d":2}]"#;
    assert_eq!(server.read(&key, stream, "i1=0").await, all);
    server.server.shutdown().await;
    server.server = start_in(&server.directory).await;
    assert_eq!(server.read(&key, stream, "i1=0").await, all);
    let session = server.send(&key, "GET", "session", "").await.json();
    assert_eq!(session["durability"], "full");
}

#[tokio::test]
async fn inserts_do_not_wait_for_too_short_or_too_long() {
    for time in [Duration::from_millis(99), Duration::from_millis(60_001)] {
        let refused = start(Durability::Batched(time)).await;
        assert!(matches!(refused, Err(StartError::Durability(refused)) if refused == time));
    }
}
