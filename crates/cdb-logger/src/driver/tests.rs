//! Tests that drop a sync at each of its awaits.

use std::path::Path;
use std::sync::Arc;

use cdb_core::{ConnectorDb, DeviceCreate, StreamCreate};
use cdb_server::Server;
use faults::{Outcome, Proxy, polled};
use serde_json::json;

use super::sync::sync_all;
use crate::shared::Shared;
use crate::{Error, Logger, LoggerBuilder};

const STREAMS: [&str; 2] = ["a", "b"];

async fn logger(builder: LoggerBuilder) -> (Logger, Arc<Shared>) {
    let logger = builder.open().await.expect("a logger");
    let shared = logger.shared();
    (logger, shared)
}

async fn values(device: &ConnectorDb, stream: &str) -> Vec<i64> {
    let stream = device.stream(stream).expect("a name").typed::<i64>();
    stream.range(..).await.expect("datapoints").into_iter().map(|point| point.d).collect()
}

async fn server(data: &Path) -> (Server, ConnectorDb) {
    let server = Server::builder().data(data).listen("127.0.0.1:0").admin("test", "test");
    let server = server.start().await.expect("it starts");
    let admin = ConnectorDb::builder().url(server.url()).password("test", "test");
    let admin = admin.connect().await.expect("a connection");
    let sensor = admin.user().device("sensor").expect("a name");
    sensor.create(DeviceCreate::new()).await.expect("a device");
    let key = sensor.apikey().await.expect("an answer").expect("a key");
    let device = ConnectorDb::builder().url(server.url()).apikey(key).connect().await;
    (server, device.expect("a connection"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_datapoint_is_stored_once_if_a_sync_is_dropped_at_any_await() {
    let directory = tempfile::tempdir().expect("a directory");
    let (server, device) = server(&directory.path().join("data.db")).await;
    let proxy = Proxy::start(server.address()).await.expect("a proxy");
    let key = device.apikey().await.expect("an answer").expect("a key");
    let builder = Logger::builder(directory.path().join("cache.db"));
    let builder = builder.apikey(key.expose()).serverurl(proxy.url());
    let (logger, shared) = logger(builder).await;
    let small = json!({"type": "integer", "minimum": 0});
    for name in STREAMS {
        let stream = device.stream(name).expect("a name");
        stream.create(StreamCreate::new().schema(small.clone())).await.expect("a stream");
        logger.add_stream_force(name, None).await.expect("added");
    }
    let (mut logged, mut refused) = ([vec![], vec![]], 0);
    let mut next = 1;
    for outcome in [Outcome::Answered, Outcome::NotDelivered, Outcome::Stored] {
        // The server refuses the content of a negative value.
        for is_refused in [false, true] {
            for polls in 0.. {
                let what = format!("{outcome:?}, refused: {is_refused}, {polls} polls");
                for (stream, logged) in STREAMS.iter().zip(&mut logged) {
                    for value in [next, next + 1] {
                        logger.insert(stream, value).await.expect("logged");
                        logged.push(value);
                    }
                    next += 2;
                }
                if is_refused {
                    // Without a schema, the logger accepts the negative value.
                    logger.add_stream_force("a", None).await.expect("added");
                    logger.insert("a", -next).await.expect("logged");
                    refused += 1;
                }
                proxy.inserts(outcome);
                let result = polled(polls, sync_all(&shared)).await;
                proxy.inserts(Outcome::Answered);
                let is_done = result.is_some();
                assert!(matches!(result, None | Some(Ok(_) | Err(Error::Server(_)))), "{what}");
                logger.sync().await.expect("synced");
                assert_eq!(logger.len(), 0, "{what}");
                assert_eq!(logger.set_aside().await.expect("a list").len(), refused, "{what}");
                for (stream, logged) in STREAMS.iter().zip(&logged) {
                    assert_eq!(&values(&device, stream).await, logged, "{what}: {stream}");
                }
                if is_done {
                    assert!(polls > 5, "{what}");
                    break;
                }
            }
        }
    }
}
