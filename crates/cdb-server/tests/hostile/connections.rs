//! Connections that are opened and not used, or whose headers never end.

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::caller::connect;
use crate::support::server::allow_open_files;
use crate::support::{Attack, ServerProcess, over_and_over};

/// More connections than the server may have files open.
const MANY: usize = 1_100;

/// How many files this process may have open for that.
const OPEN_FILES: usize = 2 * MANY;

#[tokio::test]
async fn silent_connections() {
    allow_open_files(OPEN_FILES);
    let server = ServerProcess::start().await;
    let attack = async || {
        // All at once, which is more than are accepted at once. The server may not take them.
        let connections = (0..MANY).map(|_| connect(server.address, None));
        let _connections = join_all(connections).await;
        std::future::pending().await
    };
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn large_headers() {
    allow_open_files(OPEN_FILES);
    let server = ServerProcess::start().await;
    let header = format!("GET /api/v1/?q=this HTTP/1.1\r\nx: {}", "x".repeat(350_000));
    let attack = || {
        over_and_over(400, async |_| {
            // The server may not take it, or close it.
            let Ok(mut connection) = connect(server.address, None).await else { return };
            if connection.write_all(header.as_bytes()).await.is_ok() {
                let _ = connection.read_u8().await;
            }
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
}
