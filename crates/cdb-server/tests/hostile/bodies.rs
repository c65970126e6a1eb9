//! Bodies that are large, and come slowly.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use crate::support::caller::connect;
use crate::support::{Attack, Caller, ServerProcess, over_and_over};

/// The number of connections.
const CONNECTIONS: usize = 60;

/// The length of each body, a little less than what the server takes.
const LENGTH: usize = 9_900_000;

/// The time after which an attacker who was refused sends another body.
const RETRY: Duration = Duration::from_secs(1);

/// Sends all of a body but its end, and that byte by byte.
async fn send_slowly(caller: &Caller, path: &str, body: &[u8]) -> std::io::Result<()> {
    let login = caller.authorization().map(|login| format!("authorization: {login}\r\n"));
    let head = format!(
        "POST /api/v1/{path} HTTP/1.1\r\nhost: server\r\ncontent-length: {LENGTH}\r\n{}\r\n",
        login.unwrap_or_default(),
    );
    let mut connection = connect(caller.server, None).await?;
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(body).await?;
    loop {
        connection.write_all(b" ").await?;
        sleep(Duration::from_millis(100)).await;
    }
}

/// Sends slow bodies over many connections at a time.
pub(crate) async fn slow_bodies(caller: &Caller, paths: &[&str]) {
    let body = vec![b' '; LENGTH - 1000];
    over_and_over(CONNECTIONS, async |attacker| {
        // The server may refuse it, or the connection.
        let _ = send_slowly(caller, paths[attacker % paths.len()], &body).await;
        sleep(RETRY).await;
    })
    .await;
}

#[tokio::test]
async fn slow_bodies_of_callers_without_credentials() {
    let server = ServerProcess::start().await;
    let paths = ["crud/test/meter/temperature/data", "query/dataset", "crud/test/meter/s"];
    let attack = || slow_bodies(&server.nobody, &paths);
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn slow_bodies_of_a_device_without_a_role() {
    let server = ServerProcess::start().await;
    server.rogue.create("mallory/rogue/s", serde_json::json!({})).await;
    let attack = || slow_bodies(&server.rogue, &["crud/mallory/rogue/s/data"]);
    Attack::on(&server).assert_bearable(attack).await;
}
