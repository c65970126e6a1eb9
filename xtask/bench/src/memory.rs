//! The memory of the server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::try_join_all;

use crate::server::Server;
use crate::{Result, report};

const READERS: usize = 10;

pub(crate) async fn idle(server: &Server) -> Result {
    server.connect().await?;
    report("memory of the idle server, after a login", server.process.memory()?, "MiB", "< 25");
    Ok(())
}

/// The peak memory while ten clients each read a long stream.
pub(crate) async fn reading(server: &Server) -> Result {
    let key = server.key().await?;
    let url = format!("{}/api/v1/crud/test/user/ingest/data?i1=0", server.process.url);
    let done = AtomicBool::new(false);
    let readers = (0..READERS).map(|_| async {
        let client = reqwest::Client::new();
        let response = client.get(&url).basic_auth("", Some(&key)).send().await?;
        let mut pieces = response.error_for_status()?.bytes_stream();
        while pieces.try_next().await?.is_some() {}
        Ok::<_, reqwest::Error>(())
    });
    let read = async {
        let read = try_join_all(readers).await;
        done.store(true, Ordering::Relaxed);
        read
    };
    let watch = async {
        let mut max = 0.0_f64;
        while !done.load(Ordering::Relaxed) {
            max = max.max(server.process.memory()?);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Result::Ok(max)
    };
    let (read, most) = tokio::join!(read, watch);
    read?;
    report("memory while 10 clients each read 1,000,000 datapoints", most?, "MiB", "< 64");
    Ok(())
}
