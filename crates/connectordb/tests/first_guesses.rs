//! The code that a new user writes before reading the documentation, compiled and run against a
//! server. Each module is about one topic, each test about one guess.

#![allow(clippy::unwrap_used, reason = "most tests are about errors")]

use std::time::Duration;

use connectordb::testing::TestServer;
use connectordb::{ConnectorDb, Datapoint, DeviceCreate, StreamCreate, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// The temperature and humidity of a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Climate {
    celsius: f64,
    humidity: u8,
}

/// A stream with a schema of this type.
fn stream_of(kind: &str) -> StreamCreate {
    StreamCreate::new().schema(json!({"type": kind}))
}

/// Waits until `condition` holds.
async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it happens in time");
}

/// Typed streams. That they refuse values of other types is in the documentation of `TypedStream`.
mod typed_streams {
    use connectordb::TypedStream;
    use serde::de::DeserializeOwned;

    use super::*;

    #[tokio::test]
    async fn values_are_written_and_read_as_the_type() -> TestResult {
        let server = TestServer::start().await?;
        let level: TypedStream<u8> = server.cdb().stream("level")?.typed();
        level.ensure(stream_of("integer")).await?;
        level.insert(7).await?;
        level.insert_array(&[Datapoint::now(9), Datapoint::now(11)]).await?;

        let last: Option<Datapoint<u8>> = level.get(-1).await?;
        assert_eq!(last.ok_or("no datapoint")?.d, 11);
        let all = level.range(..).await?;
        assert_eq!(all.d().copied().collect::<Vec<u8>>(), [7, 9, 11]);
        Ok(())
    }

    #[tokio::test]
    async fn values_may_be_a_struct_of_the_program() -> TestResult {
        let server = TestServer::start().await?;
        let climate = server.cdb().stream("climate")?.typed::<Climate>();
        climate.ensure(stream_of("object")).await?;
        let value = Climate { celsius: 21.5, humidity: 40 };
        climate.insert(value.clone()).await?;
        assert_eq!(climate.get(0).await?.ok_or("no datapoint")?.d, value);
        Ok(())
    }

    #[tokio::test]
    async fn a_function_may_be_generic_over_the_type() -> TestResult {
        async fn last<T>(stream: &TypedStream<T>) -> connectordb::Result<Option<T>>
        where
            T: DeserializeOwned + Send + 'static,
        {
            Ok(stream.get(-1).await?.map(|datapoint| datapoint.d))
        }

        let server = TestServer::start().await?;
        let name = server.cdb().stream("name")?.typed::<String>();
        name.ensure(stream_of("string")).await?;
        assert_eq!(last(&name).await?, None);
        name.insert("garden".to_owned()).await?;
        assert_eq!(last(&name).await?.as_deref(), Some("garden"));
        Ok(())
    }

    #[tokio::test]
    async fn calls_can_be_made_from_spawned_tasks() -> TestResult {
        let server = TestServer::start().await?;
        let count = server.cdb().stream("count")?.typed::<u32>();
        count.ensure(stream_of("integer")).await?;
        let task = tokio::spawn({
            let count = count.clone();
            async move { count.insert(1).await }
        });
        task.await??;
        assert_eq!(count.len().await?, 1);
        Ok(())
    }
}

/// Asking an error what went wrong, whatever its type.
mod errors {
    use connectordb::logger::Logger;
    use connectordb::query::{Column, Dataset, Merge};
    use connectordb::{ErrorKind, StreamPath, http, logger, query};
    use tokio::net::TcpListener;

    use super::*;

    /// What the predicates of an error say.
    #[derive(Debug, Default, PartialEq)]
    struct Answers {
        not_found: bool,
        exists: bool,
        forbidden: bool,
        unauthorized: bool,
        invalid: bool,
        timeout: bool,
        temporary: bool,
        status: Option<u16>,
    }

    macro_rules! answers {
        ($error:expr) => {
            Answers {
                not_found: $error.is_not_found(),
                exists: $error.already_exists(),
                forbidden: $error.is_forbidden(),
                unauthorized: $error.is_unauthorized(),
                invalid: $error.is_invalid(),
                timeout: $error.is_timeout(),
                temporary: $error.is_temporary(),
                status: $error.status(),
            }
        };
    }

    /// A server that accepts connections and never answers.
    async fn silent_server() -> std::io::Result<(TcpListener, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok((listener, url))
    }

    #[test]
    fn every_error_type_has_the_same_predicates() {
        fn of_core(error: &connectordb::Error) -> Answers {
            answers!(error)
        }
        fn of_http(error: &http::Error) -> Answers {
            answers!(error)
        }
        fn of_query(error: &query::Error) -> Answers {
            answers!(error)
        }
        fn of_logger(error: &logger::Error) -> Answers {
            answers!(error)
        }
        let invalid = Answers { invalid: true, ..Answers::default() };
        let path = || connectordb::Error::from("a name".parse::<StreamPath>().unwrap_err());
        assert_eq!(of_core(&path()), invalid);
        assert_eq!(of_http(&http::Error::from(http::UrlError::Malformed)), invalid);
        assert_eq!(of_query(&query::Error::from(path())), invalid);
        assert_eq!(of_logger(&logger::Error::from(path())), invalid);
    }

    #[tokio::test]
    async fn a_missing_stream_is_not_found() -> TestResult {
        let server = TestServer::start().await?;
        let missing = server.cdb().stream("missing")?;
        assert!(missing.get(-1).await.unwrap_err().is_not_found());
        assert!(missing.len().await.unwrap_err().is_not_found());
        assert!(missing.range(..).await.unwrap_err().is_not_found());
        assert!(missing.insert(1).await.unwrap_err().is_not_found());
        assert!(missing.insert_array(&[Datapoint::now(1)]).await.unwrap_err().is_not_found());
        assert!(missing.subscribe().await.unwrap_err().is_not_found());
        assert!(missing.data().await.unwrap_err().is_not_found());
        assert!(missing.delete().await.unwrap_err().is_not_found());
        let error = server.cdb().stream("test/nobody/x")?.get(-1).await.unwrap_err();
        assert!(error.is_not_found() && !error.is_forbidden(), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_missing_stream_can_be_created_where_it_is_noticed() -> TestResult {
        let server = TestServer::start().await?;
        let mood = server.cdb().stream("mood")?;
        match mood.insert(8).await {
            Err(error) if error.is_not_found() => {
                mood.create(stream_of("integer")).await?;
                mood.insert(8).await?;
            }
            result => result?,
        }
        assert_eq!(mood.len().await?, 1);
        Ok(())
    }

    #[tokio::test]
    async fn what_exists_cannot_be_created_again() -> TestResult {
        let server = TestServer::start().await?;
        let mood = server.cdb().stream("mood")?;
        mood.create(stream_of("integer")).await?;
        let error = mood.create(stream_of("integer")).await.unwrap_err();
        assert!(error.already_exists(), "{error}");
        let device = server.cdb().user().device("lamp")?;
        device.create(DeviceCreate::new()).await?;
        let error = device.create(DeviceCreate::new()).await.unwrap_err();
        assert!(error.already_exists(), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn what_belongs_to_another_device_is_forbidden() -> TestResult {
        let server = TestServer::start().await?;
        let lamp = server.device("lamp").await?;
        lamp.stream("light")?.ensure(stream_of("boolean")).await?;
        let error = server.cdb().stream("test/lamp/light")?.insert(true).await.unwrap_err();
        assert!(error.is_forbidden() && !error.is_not_found(), "{error}");
        assert_eq!(error.status(), Some(403));
        let alice = server.user("alice").await?;
        assert!(alice.users().await.unwrap_err().is_forbidden());
        Ok(())
    }

    #[tokio::test]
    async fn a_wrong_login_is_unauthorized() -> TestResult {
        let server = TestServer::start().await?;
        let login = ConnectorDb::builder().url(server.url()).password("test", "wrong");
        let error = login.connect().await.unwrap_err();
        assert!(error.is_unauthorized() && !error.is_temporary(), "{error}");
        assert_eq!(error.status(), Some(401));
        Ok(())
    }

    #[tokio::test]
    async fn what_would_be_refused_again_is_invalid() -> TestResult {
        let server = TestServer::start().await?;
        let mood = server.cdb().stream("mood")?;
        mood.ensure(stream_of("integer")).await?;
        mood.insert(8).await?;
        let of_schema = mood.insert("fine").await.unwrap_err();
        let of_order = mood.insert_array(&[Datapoint::at(1, 1)]).await.unwrap_err();
        let of_path = server.cdb().stream("a name").unwrap_err();
        let of_script = mood.query().transform("if $ >").await.unwrap_err();
        let schema = StreamCreate::new().schema(json!({"type": "nothing"}));
        let of_type = server.cdb().stream("new")?.create(schema).await.unwrap_err();
        let of_time = mood.query().t1(f64::NAN).await.unwrap_err();
        for error in [of_schema, of_order, of_path, of_script, of_type, of_time] {
            assert!(error.is_invalid() && !error.is_temporary(), "{error}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_temporary_and_named() -> TestResult {
        let server = TestServer::start().await?;
        let address = server.url().replace("http://", "");
        server.stop().await;
        let error = ConnectorDb::builder().url(server.url()).connect().await.unwrap_err();
        assert!(error.is_temporary() && !error.is_timeout(), "{error}");
        assert_eq!(error.status(), None);
        let expected = format!("the server cannot be reached: connection refused ({address})");
        assert_eq!(error.to_string(), expected);
        Ok(())
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_a_timeout() -> TestResult {
        let (_listener, url) = silent_server().await?;
        let builder = ConnectorDb::builder().url(url).timeout(Duration::from_millis(50)).retries(0);
        let error = builder.connect().await.unwrap_err();
        assert!(error.is_timeout() && error.is_temporary(), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_query_has_the_same_predicates() -> TestResult {
        let server = TestServer::start().await?;
        server.cdb().stream("mood")?.ensure(stream_of("integer")).await?;
        let error = Dataset::new(server.cdb()).x("mood").column("missing").await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        let column = Column::new("mood").interpolator("maen");
        let error = Dataset::new(server.cdb()).x("mood").column(column).await.unwrap_err();
        assert!(error.is_invalid(), "{error}");
        assert!(error.to_string().contains("did you mean mean?"), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn the_error_of_a_query_names_the_missing_stream() -> TestResult {
        let server = TestServer::start().await?;
        server.cdb().stream("mood")?.ensure(stream_of("integer")).await?;
        let error = Dataset::new(server.cdb()).x("mood").column("missing").await.unwrap_err();
        assert!(error.to_string().starts_with("test/user/missing: "), "{error}");
        let merge = Merge::new(server.cdb()).stream("mood").stream("missing");
        let error = merge.await.unwrap_err();
        assert!(error.to_string().starts_with("test/user/missing: "), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_question_mark_converts_the_error_of_a_query() -> TestResult {
        async fn days(cdb: &ConnectorDb) -> connectordb::Result<usize> {
            Ok(Dataset::new(cdb).x("missing").column("mood").await?.len())
        }
        async fn no_column(cdb: &ConnectorDb) -> connectordb::Result<Vec<f64>> {
            Ok(Dataset::new(cdb).x("mood").await?.column_f64("rain")?)
        }

        let server = TestServer::start().await?;
        let mood = server.cdb().stream("mood")?;
        mood.ensure(stream_of("integer")).await?;
        let error = days(server.cdb()).await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        let error = no_column(server.cdb()).await.unwrap_err();
        assert!(error.is_invalid(), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_question_mark_converts_the_error_of_a_logger() -> TestResult {
        async fn log(logger: &Logger) -> connectordb::Result<()> {
            logger.insert("unknown", 1).await?;
            Ok(())
        }
        async fn sync(logger: &Logger) -> connectordb::Result<()> {
            logger.sync().await?;
            Ok(())
        }

        let server = TestServer::start().await?;
        let key = server.apikey("sensor").await?;
        let logger = Logger::builder(server.directory().join("cache.db"))
            .apikey(key)
            .serverurl(server.url())
            .open()
            .await?;
        assert!(log(&logger).await.unwrap_err().is_not_found());

        // The predicates of what `sync` returns are those of its cause.
        logger.add_stream_force("s", None).await?;
        logger.insert("s", 1).await?;
        assert!(sync(&logger).await.unwrap_err().is_not_found());

        server.stop().await;
        let error = sync(&logger).await.unwrap_err();
        assert!(error.is_temporary() && !error.is_not_found(), "{error}");
        assert!(error.to_string().contains("connection refused"), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_converted_error_answers_as_the_original_does() -> TestResult {
        let server = TestServer::start().await?;
        let logger = Logger::builder(server.directory().join("cache.db"))
            .apikey("not the key of a device")
            .serverurl(server.url())
            .open()
            .await?;
        logger.add_stream_force("s", None).await?;
        logger.insert("s", 1).await?;
        let original = logger.sync().await.unwrap_err();
        let expected = Answers { unauthorized: true, status: Some(401), ..Answers::default() };
        assert_eq!(answers!(original), expected);
        let message = original.to_string();
        let converted = connectordb::Error::from(original);
        assert_eq!(answers!(converted), expected);
        assert_eq!(converted.kind(), Some(ErrorKind::Unauthorized));
        assert_eq!(converted.to_string(), message);
        assert!(converted.server_error().is_some());
        Ok(())
    }
}

/// Creating what is missing.
mod ensure {
    use super::*;

    #[tokio::test]
    async fn a_stream_is_created_once_by_programs_that_start_together() -> TestResult {
        let server = TestServer::start().await?;
        let mood = server.cdb().stream("mood")?;
        let create = || stream_of("integer");
        let (one, two) = tokio::join!(mood.ensure(create()), mood.ensure(create()));
        assert_eq!(one?.name, two?.name);
        mood.ensure(create()).await?;
        assert_eq!(server.cdb().streams().await?.len(), 1);
        Ok(())
    }

    #[tokio::test]
    async fn another_schema_is_an_error_that_shows_both() -> TestResult {
        let server = TestServer::start().await?;
        let mood = server.cdb().stream("mood")?;
        mood.ensure(stream_of("integer")).await?;
        let error = mood.ensure(stream_of("string")).await.unwrap_err();
        assert!(error.already_exists());
        let text = error.to_string();
        assert!(text.contains("integer") && text.contains("string"), "{text}");
        Ok(())
    }

    #[tokio::test]
    async fn a_device_is_created_and_its_key_returned() -> TestResult {
        let server = TestServer::start().await?;
        let thermometer = server.cdb().user().device("thermometer")?;
        let create = DeviceCreate::new().stream("temperature", stream_of("number"));
        let key = thermometer.ensure(create.clone()).await?;
        assert_eq!(thermometer.ensure(create).await?.expose(), key.expose());

        let device = ConnectorDb::builder().url(server.url()).apikey(key).connect().await?;
        device.stream("temperature")?.insert(21.5).await?;
        Ok(())
    }
}

/// Times of all types.
mod time {
    use std::time::SystemTime;

    use connectordb::query::{Dataset, Source};

    use super::*;

    #[test]
    fn durations_and_seconds_are_added_and_subtracted() {
        let now = Timestamp::now();
        assert_eq!(now - Duration::from_secs(60), now - 60.0);
        assert_eq!(now + Duration::from_millis(500), now + 0.5);
        assert_eq!((now + 1.0) - now, 1.0);
        let mut t = now;
        t += Duration::from_secs(1);
        t -= 1.0;
        assert_eq!(t, now);
    }

    #[test]
    fn times_are_made_from_what_a_program_has() -> TestResult {
        let ns: i64 = 1_700_000_000_500_000_000;
        let t = Timestamp::from_nanos(ns);
        assert_eq!(t, Timestamp::try_from(1.7e9 + 0.5)?);
        assert_eq!(t, Timestamp::from_millis(1_700_000_000_500));
        assert_eq!(t, Timestamp::from_nanos(1_700_000_000_500_000_000_u64));
        assert_eq!(Timestamp::from(1_700_000_000), t - 0.5);
        assert!(Timestamp::from(SystemTime::now()) <= Timestamp::now());
        assert_eq!(
            SystemTime::try_from(Timestamp::from(60))?,
            SystemTime::UNIX_EPOCH + Duration::from_secs(60)
        );
        Ok(())
    }

    #[test]
    fn nanoseconds_since_1970_may_come_from_the_standard_library() -> TestResult {
        let now = SystemTime::now();
        let ns = now.duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
        assert!((Timestamp::from_nanos(ns) - Timestamp::from(now)).abs() < 1e-6);
        Ok(())
    }

    #[cfg(feature = "jiff-1")]
    #[tokio::test]
    async fn times_of_jiff_are_times() -> TestResult {
        let time: jiff::Timestamp = "2023-11-14T22:13:20Z".parse()?;
        assert_eq!(Timestamp::from(time), Timestamp::from(1_700_000_000));
        assert_eq!(jiff::Timestamp::try_from(Timestamp::from(1_700_000_000))?, time);
        let server = TestServer::start().await?;
        let steps = server.cdb().stream("steps")?;
        steps.ensure(stream_of("number")).await?;
        steps.insert_array(&[Datapoint::at(time, 1)]).await?;
        assert_eq!(steps.query().t1(time).await?.len(), 0);
        assert_eq!(steps.query().t2(time).await?.len(), 1);
        Ok(())
    }

    #[test]
    fn a_time_is_rounded_down_to_hours() {
        let t = Timestamp::from(1_464_250_199);
        assert_eq!(t.floor(3600.0), Timestamp::from(1_464_249_600));
        assert_eq!(t.floor(3600), t.floor(Duration::from_secs(3600)));
    }

    #[test]
    fn a_datapoint_has_a_time_of_any_type() -> TestResult {
        let (t, d) = (Timestamp::now(), 21.5);
        assert_eq!(Datapoint::at(t, d), Datapoint::new(t, d)?);
        assert_eq!(Datapoint::new(1.7e9, d)?, Datapoint::at(1_700_000_000, d));
        assert_eq!(Datapoint::at(SystemTime::UNIX_EPOCH, d).t, Timestamp::ZERO);
        Ok(())
    }

    #[test]
    fn what_is_not_a_number_is_not_a_time() {
        for seconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Timestamp::try_from(seconds).is_err());
            let error = Datapoint::new(seconds, 1).unwrap_err();
            assert!(error.to_string().contains("is not a time"), "{error}");
        }
    }

    #[tokio::test]
    async fn queries_take_times_of_any_type() -> TestResult {
        let server = TestServer::start().await?;
        let cdb = server.cdb();
        let steps = cdb.stream("steps")?.typed::<f64>();
        steps.ensure(stream_of("number")).await?;
        let start = Timestamp::from(1_700_000_000);
        let day: Vec<_> = (0..24)
            .map(|hour| Datapoint::at(start + f64::from(hour) * 3600.0, f64::from(hour)))
            .collect();
        steps.insert_array(&day).await?;

        assert_eq!(steps.query().t1(1.7e9).await?.len(), 23);
        assert_eq!(steps.query().t1(start).t2(start + Duration::from_secs(3600)).await?.len(), 1);
        assert_eq!(steps.query().t1(1_700_000_000).await?.len(), 23);
        assert_eq!(steps.query().t2(SystemTime::now()).await?.len(), 24);
        assert!(steps.query().t1(f64::NAN).await.unwrap_err().is_invalid());

        let every_six_hours = Dataset::new(cdb)
            .t1(1.7e9)
            .t2(start + Duration::from_secs(86_400))
            .dt(Duration::from_secs(6 * 3600))
            .column(&steps)
            .await?;
        assert_eq!(every_six_hours.len(), 4);
        let recent = Source::new(&steps).t1(start + Duration::from_secs(3600));
        assert_eq!(Dataset::new(cdb).x(recent).column(&steps).await?.len(), 22);
        Ok(())
    }
}

/// Values that are not what the program expects.
mod bad_values {
    use super::*;

    /// A stream without a schema with a good, a bad and another good datapoint.
    async fn stream(
        server: &TestServer,
    ) -> Result<connectordb::Stream, Box<dyn std::error::Error>> {
        let stream = server.cdb().stream("climate")?;
        stream.ensure(StreamCreate::new()).await?;
        let good = json!({"celsius": 21.5, "humidity": 40});
        let points = [(1, good.clone()), (2, Value::Null), (3, good)];
        stream.insert_array(&points.map(|(t, d)| Datapoint::at(t, d))).await?;
        Ok(stream)
    }

    #[tokio::test]
    async fn not_a_number_is_not_inserted() -> TestResult {
        let server = TestServer::start().await?;
        let number = server.cdb().stream("number")?.typed::<f64>();
        number.ensure(stream_of("number")).await?;
        for value in [f64::NAN, f64::INFINITY] {
            let error = number.insert(value).await.unwrap_err();
            assert!(error.is_invalid(), "{error}");
            assert!(number.insert_array(&[Datapoint::now(value)]).await.is_err());
        }
        assert_eq!(number.len().await?, 0);
        Ok(())
    }

    #[tokio::test]
    async fn the_error_names_the_datapoint_and_the_type() -> TestResult {
        let server = TestServer::start().await?;
        let climate = stream(&server).await?.typed::<Climate>();
        let error = climate.range(..).await.unwrap_err().to_string();
        assert!(
            error.contains("the value at 2 in test/user/climate cannot be read as Climate"),
            "{error}"
        );
        assert!(error.contains("null"), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn bad_values_are_left_out() -> TestResult {
        let server = TestServer::start().await?;
        let climate = stream(&server).await?.typed::<Climate>();
        assert_eq!(climate.query().skip_invalid().await?.len(), 2);
        assert_eq!(climate.range(1..).skip_invalid().await?.len(), 1);
        Ok(())
    }
}

/// Tables.
mod tables {
    use connectordb::query::{Column, Dataset};

    use super::*;

    #[tokio::test]
    async fn numbers_are_floats_and_missing_ones_nan() -> TestResult {
        let server = TestServer::start().await?;
        let cdb = server.cdb();
        let mood = cdb.stream("mood")?.typed::<f64>();
        mood.ensure(stream_of("number")).await?;
        mood.insert_array(&[Datapoint::at(10, 5.0), Datapoint::at(20, 7.0)]).await?;
        cdb.stream("rain")?.ensure(stream_of("number")).await?;
        let rain = cdb.stream("rain")?.typed::<f64>();
        rain.insert_array(&[Datapoint::at(15, 3.5)]).await?;

        let before = Column::new(&rain).name("rain").interpolator("before");
        let table = Dataset::new(cdb).x(&mood).column(before).await?;
        assert_eq!(table.column_f64("x")?, [5.0, 7.0]);
        let rain = table.column_f64("rain")?;
        assert!(rain[0].is_nan());
        assert_eq!(rain[1], 3.5);
        assert!(table.column_f64("snow").unwrap_err().is_invalid());
        Ok(())
    }

    #[cfg(feature = "arrow")]
    #[tokio::test]
    async fn the_type_of_a_column_is_that_of_the_stream_on_every_day() -> TestResult {
        use connectordb::query::arrow_schema::DataType;

        let server = TestServer::start().await?;
        let cdb = server.cdb();
        let mood = cdb.stream("mood")?;
        mood.ensure(stream_of("number")).await?;
        let days = [Datapoint::at(10, json!(5)), Datapoint::at(20, json!(7.5))];
        mood.insert_array(&days).await?;
        let mut schemas = Vec::new();
        for t1 in [0, 10, 20] {
            let table = Dataset::new(cdb).x(&mood).t1(t1).t2(t1 + 10).column(&mood).await?;
            schemas.push(table.record_batch()?.schema());
        }
        assert_eq!(schemas[0].field_with_name("x")?.data_type(), &DataType::Float64);
        assert_eq!(schemas[0], schemas[1]);
        assert_eq!(schemas[0], schemas[2]);
        Ok(())
    }

    #[tokio::test]
    async fn a_step_without_a_start_is_an_error_before_sending() -> TestResult {
        let server = TestServer::start().await?;
        server.stop().await;
        let error = Dataset::new(server.cdb()).dt(1.0).column("mood").await.unwrap_err();
        assert!(error.is_invalid() && !error.is_temporary(), "{error}");
        let error = Dataset::new(server.cdb()).dt(1.0).t2(Timestamp::now()).column("mood").await;
        assert!(error.unwrap_err().is_invalid());
        Ok(())
    }
}

/// The logger.
mod logger {
    use connectordb::logger::Logger;

    use super::*;

    #[tokio::test]
    async fn a_device_in_the_field_starts_without_a_network() -> TestResult {
        let server = TestServer::start().await?;
        let key = server.apikey("sensor").await?;
        server.stop().await;

        let logger = Logger::builder(server.directory().join("cache.db"))
            .serverurl(server.url())
            .apikey(key)
            .syncperiod(Duration::from_millis(100))
            .open()
            .await?;
        logger.add_stream_later("t", stream_of("number")).await?;
        logger.stream::<f64>("t")?.insert(21.5).await?;
        assert_eq!(logger.len(), 1);
        assert_eq!(logger.syncperiod(), Duration::from_millis(100));
        logger.start();

        server.restart().await?;
        until(|| logger.is_empty()).await;
        let stream = server.cdb().stream("test/sensor/t")?.typed::<f64>();
        assert_eq!(stream.get(-1).await?.ok_or("no datapoint")?.d, 21.5);
        assert_eq!(stream.schema().await?, json!({"type": "number"}));
        logger.close().await?;
        Ok(())
    }

    #[tokio::test]
    async fn a_typed_handle_logs_datapoints_with_their_times() -> TestResult {
        let server = TestServer::start().await?;
        let logger = Logger::builder(server.directory().join("cache.db"))
            .serverurl(server.url())
            .apikey(server.cdb().apikey().await?.ok_or("no key")?)
            .open()
            .await?;
        logger.add_stream_later("climate", stream_of("object")).await?;
        let climate = logger.stream::<Climate>("climate")?;
        climate.insert_array(&[Datapoint::at(5, Climate { celsius: 4.5, humidity: 90 })]).await?;
        logger.sync().await?;
        let stored = server.cdb().stream("climate")?.typed::<Climate>().get(0).await?;
        assert_eq!(stored.ok_or("no datapoint")?.t, Timestamp::from(5));
        assert!(logger.stream::<f64>("unknown").unwrap_err().is_not_found());
        logger.close().await?;
        Ok(())
    }
}

/// Connecting.
mod connecting {
    use connectordb::{ConnectionState, Reconnect};
    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn a_url_may_lack_its_scheme() -> TestResult {
        let server = TestServer::start().await?;
        let address = server.url().replace("http://", "");
        let port = address.rsplit(':').next().ok_or("no port")?;
        for url in [address.clone(), format!("localhost:{port}"), format!("127.0.0.1:{port}/")] {
            let cdb = ConnectorDb::builder().url(&url).password("test", "test").connect().await?;
            assert_eq!(cdb.ping().await?, "test/user", "{url}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn https_to_a_server_without_tls_says_what_to_write() -> TestResult {
        let server = TestServer::start().await?;
        let url = server.url().replace("http://", "https://");
        let error = ConnectorDb::builder().url(url).retries(0).connect().await.unwrap_err();
        assert!(error.to_string().contains("http://"), "{error}");
        Ok(())
    }

    #[tokio::test]
    async fn a_program_starts_before_its_server() -> TestResult {
        let server = TestServer::start().await?;
        server.cdb().stream("mood")?.ensure(stream_of("integer")).await?;
        server.stop().await;

        let cdb = ConnectorDb::builder()
            .url(server.url())
            .password("test", "test")
            .retries(0)
            .connect_lazy()?;
        let mood = cdb.stream("mood")?;
        assert!(mood.insert(8).await.unwrap_err().is_temporary());
        server.restart().await?;
        mood.insert(8).await?;
        assert_eq!(mood.len().await?, 1);
        Ok(())
    }

    #[tokio::test]
    async fn a_key_needs_the_path_of_its_device_to_connect_lazily() -> TestResult {
        let server = TestServer::start().await?;
        let key = server.apikey("lamp").await?;
        let builder = ConnectorDb::builder().url(server.url()).apikey(key);
        let error = builder.clone().connect_lazy().unwrap_err();
        assert!(error.to_string().contains(".device(\"user/device\")"), "{error}");
        let lamp = builder.device("test/lamp").connect_lazy()?;
        assert_eq!(lamp.ping().await?, "test/lamp");
        Ok(())
    }

    #[tokio::test]
    async fn a_program_watches_reconnects() -> TestResult {
        let server = TestServer::start().await?;
        let cdb = ConnectorDb::builder()
            .url(server.url())
            .password("test", "test")
            .reconnect(Reconnect::new().shortest(Duration::from_millis(20)))
            .connect()
            .await?;
        let mood = cdb.stream("mood")?;
        mood.ensure(stream_of("integer")).await?;
        let mut states = cdb.connection_states();
        let first = states.next().await.ok_or("no state")?;
        assert_eq!(first.to_string(), "not connected, since there is no subscription");

        let _changes = mood.subscribe().await?;
        server.stop().await;
        let mut lost = states.by_ref().filter(|state| {
            std::future::ready(matches!(state, ConnectionState::Reconnecting { .. }))
        });
        let lost = lost.next().await.ok_or("no state")?;
        assert!(lost.to_string().starts_with("connecting again in"), "{lost}");
        server.restart().await?;
        while let Some(state) = states.next().await {
            if matches!(state, ConnectionState::Connected) {
                assert_eq!(state.to_string(), "connected");
                break;
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn the_state_is_displayed() -> TestResult {
        let server = TestServer::start().await?;
        let state = server.cdb().connection_state();
        let text = format!("The websocket is {}.", *state.borrow());
        assert!(text.contains("not connected"), "{text}");
        Ok(())
    }
}

/// Types that a call changes or keeps.
mod types_of_values {
    use connectordb::Reply;

    use super::*;

    #[tokio::test]
    async fn a_transform_makes_values_of_another_type() -> TestResult {
        let server = TestServer::start().await?;
        let mood = server.cdb().stream("mood")?.typed::<i64>();
        mood.ensure(stream_of("integer")).await?;
        let mut good = mood.subscribe().transform("$ > 2").typed::<bool>().await?;
        mood.insert(1).await?;
        mood.insert(3).await?;
        let all = mood.query().transform("$ > 2").typed::<bool>().await?;
        assert_eq!(all.d().copied().collect::<Vec<bool>>(), [false, true]);
        assert!(!good.next().await.ok_or("the end")??[0].d);
        let last = mood.range(-1..).transform("$ * 2").typed::<i64>().await?;
        assert_eq!(last[0].d, 6);
        Ok(())
    }

    #[tokio::test]
    async fn a_typed_request_is_answered_with_a_value_of_the_type() -> TestResult {
        let server = TestServer::start().await?;
        let number = stream_of("number").downlink(true);
        let create = DeviceCreate::new().stream("wanted", number);
        let key = server.cdb().user().device("thermostat")?.ensure(create).await?;
        let device = ConnectorDb::builder().url(server.url()).apikey(key).connect().await?;
        let _callback = device
            .stream("wanted")?
            .typed::<f64>()
            .on_downlink(async |request| match request.d {
                celsius if celsius > 25.0 => Reply::AcceptWith(25.0),
                celsius if celsius < 5.0 => Reply::Ignore,
                _ => Reply::Accept,
            })
            .await?;

        let wanted = server.cdb().stream("test/thermostat/wanted")?.typed::<f64>();
        let mut changes = wanted.subscribe().await?;
        for (request, answer) in [(21.0, 21.0), (30.0, 25.0)] {
            wanted.insert(request).await?;
            assert_eq!(changes.next().await.ok_or("the end")??[0].d, answer);
        }
        Ok(())
    }

    #[test]
    fn a_gateway_makes_a_call_and_writes_its_method() -> TestResult {
        use connectordb::types::endpoint::{API, Endpoint, Insert};

        let stream = "farm/garden/temperature".parse()?;
        let points = [Datapoint::at(5, 21.5)];
        let insert = Insert::new(&stream, &points);
        let line = format!("{} {API}{}", insert.method(), insert.path());
        assert_eq!(line, "POST /api/v1/crud/farm/garden/temperature/data");
        let body = serde_json::to_string(&insert.body())?;
        assert_eq!(body, r#"[{"t":5,"d":21.5}]"#);
        Ok(())
    }
}
