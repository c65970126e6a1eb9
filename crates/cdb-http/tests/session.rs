//! Sessions with servers that misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::any;
use cdb_http::{Credentials, Error, ProtocolError, Session, SessionBuilder};
use cdb_types::endpoint::{Insert, ListUsers, Ping, ReadData, Write};
use cdb_types::{DataQuery, Datapoint, Name, StreamPath, UserKind, UserPath, UserUpdate};
use futures_util::{StreamExt, stream};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

/// Starts a server that sends the same response to every request, and returns a builder of a
/// session with it.
async fn server_with_response<A: IntoResponse + 'static>(
    answer: impl Fn() -> A + Clone + Send + Sync + 'static,
) -> SessionBuilder {
    let handler = any(move || {
        let answer = answer.clone();
        async move { answer() }
    });
    serve(Router::new().fallback_service(handler)).await
}

async fn serve(router: Router) -> SessionBuilder {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Session::builder(url)
}

/// Starts a server that responds with these statuses in order, and then with the last one. Returns
/// a session with it and the count of its requests.
async fn statuses(list: &'static [u16]) -> (Session, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let builder = server_with_response(move || {
        let n = counter.fetch_add(1, Ordering::SeqCst).min(list.len() - 1);
        (StatusCode::from_u16(list[n]).expect("a status"), "me/user")
    });
    (builder.await.build().expect("a session"), count)
}

fn stream_path() -> StreamPath {
    "me/user/numbers".parse().expect("a path")
}

async fn insert(session: &Session) -> Result<(), Error> {
    let (stream, datapoints) = (&stream_path(), &[Datapoint::now(5)]);
    session.call(&Insert { stream, downlink: false, restamp: false, index: None, datapoints }).await
}

#[tokio::test]
async fn calls_that_only_read_are_repeated_until_the_server_is_back() {
    let (session, count) = statuses(&[503, 502, 504, 200]).await;
    assert_eq!(session.call(&Ping).await.expect("an answer"), "me/user");
    assert_eq!(count.load(Ordering::SeqCst), 4);
    let (session, count) = statuses(&[503]).await;
    let error = session.call(&Ping).await.expect_err("never");
    assert!(error.is_temporary(), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn calls_that_change_something_are_not_repeated() {
    let (session, count) = statuses(&[503, 200]).await;
    let error = insert(&session).await.expect_err("the first answer");
    assert_eq!(error.server_error().map(|error| error.code), Some(503));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn errors_that_are_not_temporary_are_not_repeated() {
    for status in [&[400_u16], &[401], &[403], &[404], &[413], &[500]] {
        let (session, count) = statuses(status).await;
        let error = session.call(&Ping).await.expect_err("an error");
        assert_eq!(error.server_error().map(|error| error.code), Some(status[0]));
        assert_eq!(count.load(Ordering::SeqCst), 1, "{status:?}");
    }
}

#[tokio::test]
async fn an_insert_is_repeated_until_the_server_can_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let session = Session::builder(format!("http://{address}")).retries(6).build();
    let session = session.expect("a session");
    let inserted = insert(&session);
    tokio::pin!(inserted);
    // The first attempt was made while there was no server.
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut inserted).await.is_err());
    let listener = TcpListener::bind(address).await.expect("the port again");
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let handler = any(move |body: String| async move {
        arrived.send(body).expect("somebody counts");
        "ok"
    });
    let router = Router::new().fallback_service(handler);
    tokio::spawn(async move { axum::serve(listener, router).await });
    inserted.await.expect("stored");
    assert!(arrivals.recv().await.expect("one").contains("\"d\":5"));
    assert!(arrivals.try_recv().is_err());
}

#[tokio::test]
async fn an_error_contains_the_servers_response() {
    let body = r#"{"code":403,"msg":"Write access to stream data denied.","ref":"some-ref"}"#;
    let session =
        server_with_response(move || (StatusCode::FORBIDDEN, body)).await.build().expect("one");
    let error = insert(&session).await.expect_err("refused");
    let Error::Forbidden(response) = &error else { panic!("{error:?}") };
    assert_eq!(response.msg, "Write access to stream data denied.");
    assert_eq!(response.reference, "some-ref");
    assert_eq!(error.to_string(), "403: Write access to stream data denied. (some-ref)");
}

#[tokio::test]
async fn an_error_whose_body_is_not_the_servers_json_has_its_text() {
    for (body, expected) in [
        ("", "Not Found"),
        ("  \n", "Not Found"),
        ("<h1>Gone fishing</h1>", "<h1>Gone fishing</h1>"),
        ("{\"msg\":\"no code\"}", "{\"msg\":\"no code\"}"),
        ("[]", "[]"),
    ] {
        let session =
            server_with_response(move || (StatusCode::NOT_FOUND, body)).await.build().expect("one");
        let error = session.call(&Ping).await.expect_err("an error");
        assert!(error.is_not_found(), "{error:?}");
        assert_eq!(error.server_error().map(|error| error.msg.as_str()), Some(expected));
    }
    let long = "x".repeat(100_000);
    let session =
        server_with_response(move || (StatusCode::BAD_GATEWAY, long.clone())).await.retries(0);
    let error = session.build().expect("one").call(&Ping).await.expect_err("an error");
    assert!(error.to_string().len() < 1000);
}

#[tokio::test]
async fn a_response_that_is_not_json_is_an_error() {
    for body in ["", "ok", "[{", "{}"] {
        let session = server_with_response(move || body).await.build().expect("a session");
        let error = session.call(&ListUsers).await.expect_err("an error");
        assert!(matches!(error, Error::Protocol(ProtocolError::Unreadable(_))), "{error:?}");
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let elsewhere = || (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, "/elsewhere")]);
    let session = server_with_response(elsewhere).await;
    let error = session.build().expect("one").call(&Ping).await.expect_err("an error");
    assert!(matches!(error, Error::Protocol(ProtocolError::Redirection(301))), "{error:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_with_an_error() {
    let seen = Arc::new(Notify::new());
    let first_is_seen = Arc::clone(&seen);
    let broken = move || {
        let seen = Arc::clone(&first_is_seen);
        let breaks = stream::once(async move {
            seen.notified().await;
            Err(std::io::Error::other("the cable"))
        });
        Body::from_stream(stream::iter([Ok("[{\"t\":1}")]).chain(breaks))
    };
    let session = server_with_response(broken).await.build().expect("a session");
    let (stream, query) = (&stream_path(), &DataQuery::all());
    let mut body = session.open(&ReadData::<f64>::new(stream, query)).await.expect("a beginning");
    assert_eq!(body.next().await.expect("a piece").expect("good"), "[{\"t\":1}");
    seen.notify_one();
    let last = body.next().await;
    assert!(matches!(last, Some(Err(Error::Transport(_)))), "{last:?}");
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_with_an_error() {
    let silent = any(|| async { std::future::pending::<()>().await });
    let builder = serve(Router::new().fallback_service(silent)).await;
    let session = builder.timeout(Duration::from_millis(20)).retries(0).build().expect("one");
    let error = session.call(&Ping).await.expect_err("an error");
    assert!(matches!(&error, Error::Transport(broken) if broken.is_timeout()), "{error:?}");
    let (stream, query) = (&stream_path(), &DataQuery::all());
    let error = session.open(&ReadData::<f64>::new(stream, query)).await.expect_err("an error");
    assert!(matches!(&error, Error::Transport(broken) if broken.is_timeout()), "{error:?}");
}

#[tokio::test]
async fn responses_may_be_compressed() {
    // The text `me/user`, compressed with gzip.
    const GZIP: &[u8] = &[
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x4d, 0xd5, 0x2f, 0x2d, 0x4e, 0x2d, 2, 0, 0x32,
        0xdd, 0x72, 0xc0, 7, 0, 0, 0,
    ];
    let handler = any(|headers: HeaderMap| async move {
        assert!(headers[header::ACCEPT_ENCODING].to_str().is_ok_and(|list| list.contains("gzip")));
        ([(header::CONTENT_ENCODING, "gzip")], GZIP)
    });
    let builder = serve(Router::new().fallback_service(handler)).await;
    let session = builder.build().expect("a session");
    assert_eq!(session.call(&Ping).await.expect("an answer"), "me/user");
}

#[tokio::test]
async fn credentials_are_sent_with_each_request_and_can_change() {
    let handler = any(|headers: HeaderMap| async move {
        let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        sent.unwrap_or("none").to_owned()
    });
    let builder = serve(Router::new().fallback_service(handler)).await;
    let session = builder.build().expect("a session");
    let clone = session.clone();
    assert_eq!(clone.call(&Ping).await.expect("an answer"), "none");
    session.set_credentials(Credentials::password("me", "secret"));
    assert_eq!(clone.call(&Ping).await.expect("an answer"), "Basic bWU6c2VjcmV0");
    session.set_credentials(Credentials::api_key("key"));
    assert_eq!(clone.call(&Ping).await.expect("an answer"), "Basic OmtleQ==");
}

#[tokio::test]
async fn no_secret_is_printed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let builder = Session::builder(url).retries(0);
    let builder = builder.credentials(Credentials::password("me", "open sesame"));
    let session = builder.clone().build().expect("a session");
    let mut printed = format!("{builder:?} {session:?}");
    let path = UserPath::from("me".parse::<Name>().expect("a name"));
    let update = UserUpdate::new().password("a new one");
    let error = session.call(&Write::<UserKind>(&path, &update)).await.expect_err("nobody there");
    printed += &format!("{error} {error:?} {update:?}");
    session.set_credentials(Credentials::api_key("the-key"));
    let error = session.call(&Ping).await.expect_err("nobody there");
    printed += &format!("{error} {error:?} {session:?}");
    for secret in ["open sesame", "a new one", "the-key", "dGhlLWtleQ", "b3BlbiBzZXNhbWU"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_call_can_be_made_from_any_task() {
    fn sendable<T: Send>(_: &T) {}
    let session = Session::builder("http://localhost").build().expect("a session");
    sendable(&session.call(&Ping));
    let (stream, query) = (&stream_path(), &DataQuery::all());
    sendable(&session.open(&ReadData::<String>::new(stream, query)));
}
