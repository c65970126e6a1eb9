use cdb_core::{Datapoint, Error, Latest, Stream, StreamCreate, Timestamp};
use futures_util::{StreamExt, TryStreamExt, future};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::TestServer;

fn values<T>(data: cdb_core::DatapointArray<T>) -> Vec<T> {
    data.into_iter().map(|dp| dp.d).collect()
}

fn numbers(range: std::ops::Range<i32>) -> Vec<Value> {
    range.map(Value::from).collect()
}

#[tokio::test]
async fn an_insert_gets_the_current_time() {
    let server = TestServer::start().await;
    let stream = server.stream_of(1..1).await;
    assert!(stream.is_empty().await.expect("a length"));
    let before = Timestamp::now();
    stream.insert("hi").await.expect("stored");
    stream.append(json!({"a": [1, null]})).await.expect("stored");
    let last = stream.get(-1).await.expect("an answer").expect("a datapoint");
    assert_eq!(last.d, json!({"a": [1, null]}));
    assert!(before <= last.t && last.t <= Timestamp::now());
    assert_eq!(last.o, None);
    assert_eq!(stream.len().await.expect("a length"), 2);
    stream.insert(None::<f64>).await.expect("stored");
    assert_eq!(stream.get(2).await.expect("an answer").map(|dp| dp.d), Some(Value::Null));
}

#[tokio::test]
async fn an_insert_is_never_earlier_than_the_last_datapoint() {
    let server = TestServer::start().await;
    let stream = server.stream_of(1..1).await;
    let future = Timestamp::now() + 1e4;
    stream.insert_array(&[Datapoint { t: future, d: 1, o: None }]).await.expect("stored");
    stream.insert(2).await.expect("stored");
    assert_eq!(stream.get(-1).await.expect("an answer").map(|dp| dp.t), Some(future));
}

#[tokio::test]
async fn indexes_count_from_either_end() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..9).await;
    let get = async |index| stream.get(index).await.expect("an answer").map(|dp| dp.d);
    assert_eq!(get(0).await, Some(json!(0)));
    assert_eq!(get(8).await, Some(json!(8)));
    assert_eq!(get(-1).await, Some(json!(8)));
    assert_eq!(get(-9).await, Some(json!(0)));
    for outside in [9, 10, 100, -10, -100, i64::MAX, i64::MIN] {
        assert_eq!(get(outside).await, None, "{outside}");
    }
}

#[tokio::test]
#[allow(clippy::reversed_empty_ranges, reason = "the ends count from different sides")]
async fn every_form_of_range_is_read() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..9).await;
    async fn range(stream: &Stream, range: impl std::ops::RangeBounds<i64>) -> Vec<Value> {
        values(stream.range(range).await.expect("an answer"))
    }
    assert_eq!(range(&stream, ..).await, numbers(0..9));
    assert_eq!(range(&stream, 3..).await, numbers(3..9));
    assert_eq!(range(&stream, ..3).await, numbers(0..3));
    assert_eq!(range(&stream, 3..5).await, numbers(3..5));
    assert_eq!(range(&stream, 3..=5).await, numbers(3..6));
    assert_eq!(range(&stream, -3..).await, numbers(6..9));
    assert_eq!(range(&stream, ..-3).await, numbers(0..6));
    assert_eq!(range(&stream, -3..-1).await, numbers(6..8));
    assert_eq!(range(&stream, -3..=-1).await, numbers(6..9));
    assert_eq!(range(&stream, 2..-2).await, numbers(2..7));
    assert_eq!(range(&stream, -100..100).await, numbers(0..9));
    for empty in [0..0, 3..3, 5..3, 9..20, 100..200, -1..-3, 0..-9, -3..2] {
        assert_eq!(range(&stream, empty.clone()).await, numbers(0..0), "{empty:?}");
    }
}

#[tokio::test]
async fn a_time_range_is_open_at_its_start_and_closed_at_its_end() {
    let server = TestServer::start().await;
    let stream = server.stream_of(-3..9).await;
    let t = |seconds: f64| Timestamp::new(seconds).expect("a time");
    let after = stream.query().t1(t(2.5)).t2(t(5.5)).await.expect("an answer");
    assert_eq!(values(after), numbers(3..6));
    let from_the_start = stream.query().t2(t(2.5)).await.expect("an answer");
    assert_eq!(values(from_the_start), numbers(-3..3));
    let limited = stream.query().t1(t(2.5)).limit(2).await.expect("an answer");
    assert_eq!(values(limited), numbers(3..5));
    assert_eq!(values(stream.query().limit(2).await.expect("an answer")), numbers(-3..-1));
    assert_eq!(values(stream.query().await.expect("an answer")), numbers(-3..9));
    let by_index = stream.query().i1(1).i2(-9).await.expect("an answer");
    assert_eq!(values(by_index), numbers(-2..0));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Weather {
    temperature: f64,
    #[serde(default)]
    rain: Option<f64>,
}

#[tokio::test]
async fn values_are_read_and_written_as_a_rust_type() {
    let server = TestServer::start().await;
    let stream = server.stream_of(1..1).await.typed::<Weather>();
    let weather = Weather { temperature: 21.5, rain: None };
    stream.insert(weather.clone()).await.expect("stored");
    let warmer = Weather { temperature: 23.0, rain: Some(0.25) };
    stream.insert_array(&[Datapoint::now(warmer.clone())]).await.expect("stored");
    assert_eq!(values(stream.range(..).await.expect("an answer")), [weather, warmer]);
    assert_eq!(stream.len().await.expect("a length"), 2);
    let temperature = stream.get(0).await.expect("an answer").map(|dp| dp.d.temperature);
    assert_eq!(temperature, Some(21.5));
    let not_text = stream.typed::<String>().get(0).await.expect_err("not a text");
    let t = stream.get(0).await.expect("an answer").expect("a datapoint").t;
    let expected = format!(
        "the value at {t} in me/user/numbers cannot be read as String: invalid type: map, expected a string"
    );
    assert_eq!(not_text.to_string(), expected);
}

#[tokio::test]
async fn a_long_stream_is_read_datapoint_by_datapoint() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..50_000).await;
    let mut data = stream.typed::<i32>().query().stream().await.expect("a stream");
    for expected in 0..50_000 {
        assert_eq!(data.try_next().await.expect("all of it").map(|dp| dp.d), Some(expected));
    }
    assert_eq!(data.try_next().await.expect("all of it"), None);
    // The rest of the answer is not read.
    let mut data = stream.query().i1(10).stream().await.expect("a stream");
    let first = data.next().await.expect("one").expect("a datapoint");
    assert_eq!(first.d, 10);
}

#[tokio::test]
async fn a_refused_insert_stores_nothing() {
    let server = TestServer::start().await;
    let stream = server.stream_of(1..4).await;
    let early = stream.insert_array(&[Datapoint::at(2, 2)]).await.expect_err("too early");
    assert!(matches!(&early, Error::Http(error) if error.is_invalid()), "{early:?}");
    let restamped = [Datapoint::at(2, 2), Datapoint::at(9, 9)];
    assert_eq!(stream.insert_array(&restamped).restamp(true).await.expect("stored"), 2);
    let times: Vec<_> = stream.range(3..).await.expect("an answer").t().collect();
    assert_eq!(times.iter().map(|t| t.as_secs_f64()).collect::<Vec<_>>(), [3.5, 9.0]);
    assert_eq!(stream.insert_array::<i32>(&[]).await.expect("nothing to do"), 0);
}

#[tokio::test]
async fn an_error_in_a_later_chunk_says_how_many_were_stored() {
    let server = TestServer::start().await;
    let stream = server.stream_of(1..1).await;
    stream.set_schema(json!({"type": "number"})).await.expect("set");
    let mut data: Vec<_> = (1..12_002).map(|t| Datapoint::at(t, json!(t))).collect();
    data[11_000].d = json!("not a number");
    let error = stream.insert_array(&data).await.expect_err("the third chunk");
    assert!(matches!(error, Error::PartialInsert { stored: 10_000, .. }), "{error:?}");
    assert!(error.is_invalid());
    assert_eq!(stream.len().await.expect("a length"), 10_000);
    data[11_000].d = json!(1);
    assert_eq!(stream.insert_array(&data[10_000..]).await.expect("the rest"), 2_001);
}

#[tokio::test]
async fn large_datapoints_are_sent_in_smaller_chunks() {
    let server = TestServer::start().await;
    let stream = server.stream_of(1..1).await;
    let text = "x".repeat(3_000_000);
    let data: Vec<_> = (1..8).map(|t| Datapoint::at(t, text.as_str())).collect();
    assert_eq!(stream.insert_array(&data).await.expect("stored"), 7);
    let read = stream.typed::<String>().query().await.expect("an answer");
    assert!(read.len() == 7 && read.d().all(|d| *d == text));
    let too_large = stream.insert("x".repeat(11_000_000)).await.expect_err("too large");
    assert_eq!(too_large.server_error().map(|error| error.code), Some(413));
}

#[tokio::test]
async fn requests_are_apart_from_data() {
    let server = TestServer::start().await;
    let device = server.me.user().device("lamp").expect("a name");
    let light = StreamCreate::new().downlink(true);
    let create = cdb_core::DeviceCreate::new().stream("light", light);
    device.create(create).await.expect("made");
    let light = device.stream("light").expect("a name");
    light.insert(true).await.expect("sent");
    assert_eq!(light.len().await.expect("a length"), 0);
    assert_eq!(light.length(true).await.expect("a length"), 1);
    let requests = light.query().downlink().await.expect("an answer");
    assert_eq!(requests[0].d, true);
    assert_eq!(requests[0].o.as_deref(), Some("me/user"));
}

#[tokio::test]
async fn many_tasks_use_one_connection() {
    let server = TestServer::start().await;
    let stream = server.stream_of(1..1).await;
    let tasks = (0..20).map(|i| {
        let stream = stream.clone();
        tokio::spawn(async move {
            stream.insert(i).await?;
            stream.len().await
        })
    });
    for task in future::join_all(tasks).await {
        assert!(task.expect("no panic").expect("stored") >= 1);
    }
    let mut found = values(stream.typed::<i32>().range(..).await.expect("an answer"));
    found.sort_unstable();
    assert!(found.into_iter().eq(0..20));
}

#[tokio::test]
async fn an_insert_with_an_index_is_stored_once_if_sent_twice() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..3).await;
    let body = r#"[{"t":10,"d":3},{"t":10,"d":4}]"#;
    stream.insert_json_at(3, body).await.expect("stored");
    for index in [0, 3, 4, 6] {
        let refused =
            stream.insert_json_at(index, body).await.expect_err("the stream has 5 datapoints");
        let message = refused.server_error().map(|error| error.msg.as_str());
        assert_eq!(message, Some(cdb_types::endpoint::OTHER_INDEX));
    }
    assert_eq!(stream.len().await.expect("a number"), 5);
    stream.insert_json_at(5, r#"[{"t":10,"d":5}]"#).await.expect("stored");
    stream.insert_json(r#"[{"t":10,"d":6}]"#).await.expect("stored");
    assert!(stream.insert_json(r#"[{"t":9,"d":7}]"#).await.expect_err("too early").is_invalid());
    assert_eq!(stream.len().await.expect("a number"), 7);
}

#[tokio::test]
async fn plots_statistics_and_last_datapoints() {
    let server = TestServer::start().await;
    let cdb = &server.me;
    let stream = cdb.stream("temperature").expect("a name");
    stream.create(StreamCreate::new()).await.expect("created");
    let points: Vec<_> = (1..=1000).map(|t| Datapoint::at(t, t % 10)).collect();
    stream.insert_array(&points).await.expect("inserted");
    let plot = stream.plot(.., 10).await.expect("a plot");
    assert_eq!((plot.count, plot.len(), plot.mean[3]), (1000, 10, 4.5));
    let [from, to] = [101, 200].map(|t| Timestamp::ZERO + f64::from(t));
    assert_eq!(stream.plot(from..to, 3).await.expect("a plot").count, 99);
    let doubled = stream.plot(from..=to, 1).transform("$*2").await.expect("a plot");
    assert_eq!((doubled.count, doubled.d[0]), (100, [2.0, 0.0, 18.0, 0.0]));
    let statistics = stream.statistics().await.expect("statistics");
    assert_eq!(statistics.last, Some(Datapoint::at(1000, json!(0))));
    assert_eq!(statistics.keys[""].number.map(|number| number.mean), Some(4.5));
    let part = stream.statistics().range(from..).await.expect("statistics");
    assert_eq!(part.count, 900);
    let latest = cdb.latest([cdb.path(), "no/such/stream"]).await.expect("a list");
    assert_eq!(latest, [Latest::new(stream.path().clone(), 1000, statistics.last)]);
    assert_eq!(latest[0].age(Timestamp::ZERO + 1060.0), Some(60.0));
}
