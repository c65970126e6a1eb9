//! Asking an error what went wrong, whatever its type.

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
