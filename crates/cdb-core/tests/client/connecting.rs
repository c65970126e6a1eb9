use std::net::TcpListener;
use std::time::Duration;

use cdb_core::{ConnectionState, ConnectorDb, Error, Object, StreamCreate};
use futures_util::StreamExt;

use crate::support::TestServer;

#[tokio::test]
async fn a_login_acts_as_the_device_that_the_server_reports() {
    let server = TestServer::start().await;
    assert_eq!(server.me.path(), "me/user");
    assert_eq!(server.me.ping().await.expect("an answer"), "me/user");
    assert_eq!(server.me.info().await.expect("an answer").version, "0.3.0");
    let url = server.server.url();
    let by_address = ConnectorDb::builder().url(&url).password("ME@example.com", "secret");
    assert_eq!(by_address.connect().await.expect("a connection").path(), "me/user");
    let nobody = ConnectorDb::builder().url(&url).connect().await.expect("a connection");
    assert_eq!(nobody.path(), "nobody");
    assert!(!nobody.exists().await.expect("an answer"));
}

#[tokio::test]
async fn the_api_key_is_used_after_a_login_with_a_password() {
    let server = TestServer::start().await;
    // The connection does not notice that the password changes, because it uses the API key.
    let user = server.admin.user_at("me").expect("a name");
    user.set_password("another").await.expect("changed");
    assert_eq!(server.me.ping().await.expect("an answer"), "me/user");
    let old = ConnectorDb::builder().url(server.server.url()).password("me", "secret");
    let refused = old.connect().await.expect_err("the old password");
    assert!(refused.is_unauthorized(), "{refused:?}");
}

#[tokio::test]
async fn a_new_key_is_used_at_once_and_the_old_one_is_refused() {
    let server = TestServer::start().await;
    let old = server.me.apikey().await.expect("an answer").expect("a key");
    let new = server.me.reset_apikey().await.expect("a new key");
    assert_ne!(new, old);
    assert_eq!(server.me.ping().await.expect("an answer"), "me/user");
    assert_eq!(server.me.apikey().await.expect("an answer"), Some(new));
    let refused = server.with_key(old).await.expect_err("the old key");
    assert_eq!(refused.server_error().map(|error| error.code), Some(401));
}

#[tokio::test]
async fn objects_are_found_by_their_paths() {
    let server = TestServer::start().await;
    for (path, depth) in [("me", 1), ("me/user", 2), ("me/user/x", 3)] {
        let object = server.me.object(path).expect("a path");
        let (found, kind) = match object {
            Object::User(user) => (user.path().to_string(), 1),
            Object::Device(device) => (device.path().to_string(), 2),
            Object::Stream(stream) => (stream.path().to_string(), 3),
        };
        assert_eq!((found.as_str(), kind), (path, depth));
    }
    for path in ["", "a b", "a//b", "a/b/c/d", "/a", "ü"] {
        assert!(matches!(server.me.object(path), Err(Error::Path(_))), "{path}");
    }
    assert_eq!(server.me.stream("own").expect("a name").path().to_string(), "me/user/own");
    assert_eq!(server.me.stream("a/b/c").expect("a path").path().to_string(), "a/b/c");
    assert_eq!(server.me.device_at("a/b").expect("a path").user().name(), "a");
}

#[tokio::test]
async fn only_administrators_count_and_list_users() {
    let server = TestServer::start().await;
    assert_eq!(server.admin.count_users().await.expect("a number"), 2);
    assert_eq!(server.admin.count_devices().await.expect("a number"), 4);
    assert_eq!(server.admin.count_streams().await.expect("a number"), 2);
    let users = server.admin.users().await.expect("users");
    assert_eq!(users.iter().map(|user| user.name()).collect::<Vec<_>>(), ["test", "me"]);
    assert!(server.me.count_users().await.expect_err("not allowed").is_forbidden());
    assert!(server.me.users().await.expect_err("not allowed").is_forbidden());
}

#[tokio::test]
async fn exists_fails_if_the_server_cannot_be_reached() {
    let server = TestServer::start().await;
    let stream = server.me.stream("numbers").expect("a name");
    server.server.shutdown().await;
    let error = stream.exists().await.expect_err("no server");
    assert!(error.is_temporary(), "{error:?}");
}

#[tokio::test]
async fn a_call_to_a_silent_server_times_out() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let builder = ConnectorDb::builder().url(url).timeout(Duration::from_millis(50)).retries(1);
    let error = builder.connect().await.expect_err("no answer");
    assert!(error.is_temporary(), "{error:?}");
}

#[tokio::test]
async fn debug_output_has_no_secrets() {
    let server = TestServer::start().await;
    let key = server.me.apikey().await.expect("an answer").expect("a key");
    let builder = ConnectorDb::builder().password("me", "open sesame").url("http://a.example");
    let refused = server.with_key("a-bad-key".into()).await.expect_err("a bad key");
    let printed = format!(
        "{builder:?} {:?} {:?} {:?} {refused:?} {refused}",
        server.me,
        server.me.data().await.expect("an answer"),
        server.me.user(),
    );
    for secret in [key.expose(), "open sesame", "a-bad-key"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn handles_can_be_sent_shared_and_cloned() {
    fn handle<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}
    handle::<ConnectorDb>();
    handle::<cdb_core::User>();
    handle::<cdb_core::Device>();
    handle::<cdb_core::Stream>();
    handle::<cdb_core::TypedStream<std::rc::Rc<str>>>();
}

#[tokio::test]
async fn a_program_may_start_before_its_server() {
    let server = TestServer::start().await;
    let key = server.me.apikey().await.expect("an answer").expect("a key");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}");
    let builder = ConnectorDb::builder().url(&url).apikey(key.clone()).retries(0);
    let unknown = builder.clone().connect_lazy().expect_err("of which device?");
    assert!(matches!(unknown, Error::UnknownDevice), "{unknown:?}");
    let cdb = builder.device("me/user").connect_lazy().expect("nothing is sent");
    assert_eq!(cdb.path(), "me/user");
    let numbers = cdb.stream("numbers").expect("a name");
    let error = numbers.insert(1).await.expect_err("no server");
    assert!(error.is_temporary(), "{error:?}");

    let data = tempfile::tempdir().expect("a directory");
    let late = cdb_server::Server::builder()
        .data(data.path().join("data.db"))
        .listen(address.to_string())
        .admin("me", "secret")
        .start()
        .await
        .expect("it starts");
    let with_password = ConnectorDb::builder().url(&url).password("me", "secret");
    let lazy = with_password.connect_lazy().expect("nothing is sent");
    assert_eq!(lazy.path(), "me/user");
    lazy.stream("numbers").expect("a name").ensure(StreamCreate::new()).await.expect("created");
    // That key is not one of this server.
    assert!(numbers.insert(1).await.expect_err("another key").is_unauthorized());
    lazy.stream("numbers").expect("a name").insert(1).await.expect("stored");
    late.shutdown().await;
}

#[tokio::test]
async fn the_login_of_another_device_is_noticed() {
    let server = TestServer::start().await;
    let login = || ConnectorDb::builder().url(server.server.url()).password("me", "secret");
    let error = login().device("me/other").connect().await.expect_err("another device");
    assert_eq!(error.to_string(), "this login is that of me/user, not of me/other");
    login().device("me/user").connect().await.expect("the same device");
    let by_address = ConnectorDb::builder().password("me@example.com", "secret").connect_lazy();
    assert!(matches!(by_address, Err(Error::UnknownDevice)));
}

#[tokio::test]
async fn the_states_of_the_websocket_are_a_stream() {
    let server = TestServer::start().await;
    let stream = server.stream_of(0..1).await;
    let mut states = server.me.connection_states();
    let first = states.next().await.expect("a state");
    assert_eq!(first.to_string(), "not connected, since there is no subscription");
    let _subscription = stream.subscribe().await.expect("a subscription");
    while !matches!(states.next().await, Some(ConnectionState::Connected)) {}
    server.server.shutdown().await;
    let text = loop {
        let state = states.next().await.expect("a state");
        if matches!(state, ConnectionState::Reconnecting { .. }) {
            break state.to_string();
        }
    };
    assert!(text.starts_with("connecting again in "), "{text}");
}
