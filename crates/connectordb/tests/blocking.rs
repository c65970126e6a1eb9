//! The blocking API, against a server.

use connectordb::blocking::{Wait, WaitEach};
use connectordb::logger::Logger;
use connectordb::server::Server;
use connectordb::{ConnectorDb, StreamCreate};
use serde_json::json;

/// Starts a server with its data file in a directory.
fn start(directory: &tempfile::TempDir) -> Server {
    let builder = Server::builder().data(directory.path().join("data.db")).listen("127.0.0.1:0");
    builder.admin("test", "test").start().wait().expect("it starts")
}

#[test]
fn a_logger_syncs_while_the_program_does_something_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(&directory);
    let url = server.url();
    let cdb = ConnectorDb::builder().url(&url).password("test", "test").connect().wait();
    let cdb = cdb.expect("a connection");
    let key = cdb.apikey().wait().expect("an answer").expect("a key").expose().to_owned();
    let logger = Logger::builder(directory.path().join("cache.db")).serverurl(url).apikey(key);
    let logger = logger.open().wait().expect("it opens");
    logger.add_stream("steps", StreamCreate::new().schema(json!({}))).wait().expect("it is there");
    for steps in 0..10 {
        logger.insert("steps", steps).wait().expect("logged");
    }
    let mut status = logger.status();
    logger.start();
    while status.borrow_and_update().last_sync.is_none() {
        status.changed().wait().expect("it syncs");
    }
    assert_eq!(cdb.stream("steps").expect("a name").len().wait().expect("an answer"), 10);
    logger.close().wait().expect("it closes");
    server.shutdown().wait();
}

#[test]
fn a_subscription_can_be_iterated_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(&directory);
    let cdb = ConnectorDb::builder().url(server.url()).password("test", "test").connect().wait();
    let stream = cdb.expect("a connection").stream("n").expect("a name").typed::<u32>();
    stream.create(StreamCreate::new()).wait().expect("made");
    let subscription = stream.subscribe().wait().expect("subscribed");
    let inserting = std::thread::spawn({
        let stream = stream.clone();
        move || (0..20).for_each(|n| stream.insert(n).wait().expect("stored"))
    });
    let mut received = Vec::new();
    for batch in subscription.wait_each() {
        received.extend(batch.expect("no gap").into_iter().map(|point| point.d));
        if received.len() == 20 {
            break;
        }
    }
    inserting.join().expect("it ends");
    assert_eq!(received, (0..20).collect::<Vec<_>>());
    let all = stream.query().stream().wait().expect("an answer").wait_each();
    assert_eq!(all.map(|point| point.expect("whole").d).sum::<u32>(), 190);
    server.shutdown().wait();
}
