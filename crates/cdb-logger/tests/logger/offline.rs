//! Tests of a first start without a server.

use cdb_core::{ConnectorDb, DeviceCreate, StreamCreate};
use cdb_logger::{Datapoint, Error, Logger};
use cdb_server::Server;
use serde_json::json;

use crate::support::{TempHome, cause};

fn numbers() -> StreamCreate {
    StreamCreate::new().schema(json!({"type": "number"})).nickname("How warm it is")
}

#[tokio::test]
async fn a_program_can_start_and_log_without_a_server() {
    let home = TempHome::start().await;
    let (url, data, device) = (home.server.url(), home.data.clone(), home.device.clone());
    let (file, key) = (home.file(), home.key.clone());
    let builder = || Logger::builder(&file).apikey(key.clone()).serverurl(&url);
    home.server.shutdown().await;

    let prepare = |logger: Logger| async move {
        logger.add_stream_later("temperature", numbers()).await?;
        logger.add_stream_later("state", StreamCreate::new()).await
    };
    let logger = builder().on_create(prepare).open().await.expect("a logger");
    let temperature = logger.stream::<f64>("temperature").expect("it was added");
    temperature.insert(21.5).await.expect("logged");
    let refused = logger.insert("temperature", "warm").await;
    assert!(matches!(refused, Err(Error::Unfit { .. })), "{refused:?}");
    let failed = logger.sync().await.expect_err("there is no server");
    assert!(failed.is_temporary(), "{failed}");
    // The datapoint and the streams are read from the file again.
    logger.close().await.expect("closed");
    let logger = builder().open().await.expect("a logger");
    logger.insert("temperature", 22.5).await.expect("logged");

    let address = url.trim_start_matches("http://").to_owned();
    let server = Server::builder().data(&data).listen(address).start().await;
    let server = server.expect("it starts again");
    assert_eq!(logger.sync().await.expect("synced").sent, 2);
    let stream = device.stream("temperature").expect("a name");
    assert_eq!(stream.nickname().await.expect("an answer"), "How warm it is");
    let sent = stream.typed::<f64>().range(..).await.expect("datapoints");
    assert!(sent.iter().map(|point| point.d).eq([21.5, 22.5]));
    // A stream without datapoints is created too.
    assert!(device.stream("state").expect("a name").exists().await.expect("an answer"));

    // At the next start, `add_stream_later` does not change the schema that the server has by now.
    stream.set_schema(json!({"type": "string"})).await.expect("changed");
    logger.add_stream("temperature", StreamCreate::new()).await.expect("added");
    logger.add_stream_later("temperature", numbers()).await.expect("added");
    logger.insert("temperature", "warm").await.expect("logged");
    assert_eq!(logger.sync().await.expect("synced").sent, 1);
    server.shutdown().await;
}

#[tokio::test]
async fn a_stream_to_be_created_may_exist() {
    let home = TempHome::start().await;
    let logger = home.logger().open().await.expect("a logger");
    logger.add_stream_later("numbers", numbers()).await.expect("added");
    // Until the stream is created, its properties can be replaced.
    logger.add_stream_later("numbers", StreamCreate::new()).await.expect("added");
    logger.insert("numbers", "text").await.expect("logged");
    let integers = StreamCreate::new().schema(json!({"type": "integer"}));
    home.stream("numbers", integers).await;
    let synced = logger.sync().await.expect("synced");
    assert_eq!((synced.sent, synced.set_aside), (0, 1));
    let refused = logger.insert("numbers", "text").await;
    assert!(matches!(refused, Err(Error::Unfit { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_stream_that_is_missing_again_is_created_again() {
    let home = TempHome::start().await;
    let logger = home.logger().open().await.expect("a logger");
    logger.add_stream_later("temperature", numbers()).await.expect("added");
    logger.insert("temperature", 1).await.expect("logged");
    logger.sync().await.expect("synced");
    home.device.stream("temperature").expect("a name").delete().await.expect("deleted");
    logger.insert("temperature", 2).await.expect("logged");
    assert_eq!(logger.sync().await.expect("synced").sent, 1);
    assert_eq!(home.values("temperature").await, [2]);

    // The same file, with the key of another device.
    let other = home.device.user().device("other").expect("a name");
    let admin = ConnectorDb::builder().url(home.server.url()).password("test", "test");
    let admin = admin.connect().await.expect("a connection");
    let other = admin.device_at(&other.path().to_string()).expect("a path");
    let key = other.ensure(DeviceCreate::new()).await.expect("a device");
    logger.set_apikey(key).await.expect("set");
    logger.insert("temperature", 3).await.expect("logged");
    assert_eq!(logger.sync().await.expect("synced").sent, 1);
    let stream = other.stream("temperature").expect("a name");
    assert_eq!(stream.nickname().await.expect("an answer"), "How warm it is");
}

#[tokio::test]
async fn a_stream_that_cannot_be_created_does_not_delay_the_others() {
    let home = TempHome::start().await;
    let logger = home.logger().open().await.expect("a logger");
    let icon = "a picture that is not one ".repeat(10_000);
    logger.add_stream_later("bad", numbers().icon(icon)).await.expect("added");
    logger.add_stream_later("good", numbers()).await.expect("added");
    logger.insert("bad", 1).await.expect("logged");
    logger.insert("good", 1).await.expect("logged");
    let failed = logger.sync().await.expect_err("one is refused");
    let cause = cause(failed);
    let Error::Streams(failed) = &*cause else { panic!("{cause:?}") };
    assert!(matches!(&**failed, [(name, Error::Server(_))] if name == "bad"), "{failed:?}");
    assert_eq!(logger.len(), 1);
    assert_eq!(home.values("good").await, [1]);
}

#[tokio::test]
async fn a_logger_stream_logs_values_of_its_type() {
    let home = TempHome::start().await;
    let logger = home.logger().open().await.expect("a logger");
    assert!(matches!(logger.stream::<f64>("numbers"), Err(Error::UnknownStream(_))));
    logger.add_stream("numbers", numbers()).await.expect("added");
    let numbers = logger.stream::<i64>("numbers").expect("it was added");
    let points = [1_i64, 2].map(|i| Datapoint::at(1_464_250_199 + i, i));
    numbers.insert_array(&points).await.expect("logged");
    numbers.insert(3).await.expect("logged");
    let earlier = numbers.insert_array(&points).await;
    assert!(matches!(earlier, Err(Error::Order(_))), "{earlier:?}");
    logger.sync().await.expect("synced");
    assert_eq!(home.values("numbers").await, [1, 2, 3]);
}
