//! The blocking API, against a server.

use connectordb::StreamCreate;
use connectordb::blocking::{Wait, WaitEach};
use connectordb::logger::Logger;
use connectordb::testing::TestServer;
use serde_json::json;

#[test]
fn a_logger_syncs_while_the_program_does_something_else() {
    let server = TestServer::start().wait().expect("it starts");
    let key = server.apikey("pedometer").wait().expect("a key");
    let file = server.directory().join("cache.db");
    let logger = Logger::builder(file).serverurl(server.url()).apikey(key);
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
    let stream = server.cdb().stream("test/pedometer/steps").expect("a path");
    assert_eq!(stream.len().wait().expect("an answer"), 10);
    logger.close().wait().expect("it closes");
    server.stop().wait();
}

#[test]
fn a_subscription_can_be_iterated_over() {
    let server = TestServer::start().wait().expect("it starts");
    let stream = server.cdb().stream("n").expect("a name").typed::<u32>();
    stream.ensure(StreamCreate::new()).wait().expect("made");
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
    server.stop().wait();
}
