use cdb_core::{
    ConnectorDb, DeviceCreate, DeviceUpdate, Error, StreamCreate, StreamUpdate, UserCreate,
};
use serde_json::json;

use crate::support::TestServer;

#[tokio::test]
async fn setters_change_the_server_and_the_cache_of_clones() {
    let server = TestServer::start().await;
    let user = server.me.user();
    let clone = user.clone();
    user.set_nickname("Me").await.expect("set");
    user.set_description("I like trains.").await.expect("set");
    user.set_icon("material:train").await.expect("set");
    user.set_email("my@example.com").await.expect("set");
    user.set_public(false).await.expect("set");
    let other = server.admin.user_at("me").expect("a name");
    for handle in [clone, other] {
        let data = handle.data().await.expect("data");
        assert_eq!(data.nickname.as_deref(), Some("Me"));
        assert_eq!(handle.description().await.expect("data").as_deref(), Some("I like trains."));
        assert_eq!(handle.icon().await.expect("data").as_deref(), Some("material:train"));
        assert_eq!(handle.email().await.expect("data").as_deref(), Some("my@example.com"));
        assert_eq!(handle.role().await.expect("data").as_deref(), Some("user"));
        assert_eq!(handle.public().await.expect("data"), Some(false));
    }
    assert!(user.set_role("admin").await.expect_err("not allowed").is_forbidden());
}

#[tokio::test]
async fn cached_properties_stay_until_they_are_refreshed() {
    let server = TestServer::start().await;
    let stream = server.me.stream("numbers").expect("a name");
    stream.create(StreamCreate::new().nickname("old")).await.expect("made");
    let other = server.me.stream("numbers").expect("a name");
    other.set_nickname("new").await.expect("set");
    assert_eq!(stream.nickname().await.expect("data"), "old");
    assert_eq!(stream.refresh().await.expect("data").nickname, "new");
    assert_eq!(stream.nickname().await.expect("data"), "new");
    stream.delete().await.expect("deleted");
    assert!(stream.nickname().await.expect_err("gone").is_not_found());
}

#[tokio::test]
async fn a_user_is_created_with_devices_and_streams() {
    let server = TestServer::start().await;
    let user = server.admin.user_at("grower").expect("a name");
    let rain = StreamCreate::new().schema(json!({"type": "number"})).datatype("rain.mm");
    let create = UserCreate::new("g@example.com", "secret")
        .role("user")
        .public(false)
        .device("garden", DeviceCreate::new().nickname("The garden").stream("rain", rain))
        .stream("mood", StreamCreate::new());
    let made = user.create(create).await.expect("made");
    assert_eq!(made.public, Some(false));
    let garden = user.device("garden").expect("a name");
    assert_eq!(garden.nickname().await.expect("data").as_deref(), Some("The garden"));
    assert_eq!(garden.enabled().await.expect("data"), Some(true));
    assert_eq!(garden.visible().await.expect("data"), Some(true));
    assert_eq!(garden.stream("rain").expect("a name").datatype().await.expect("data"), "rain.mm");
    let devices = user.devices().await.expect("devices");
    let names: Vec<_> = devices.iter().map(|device| device.name()).collect();
    assert_eq!(names, ["user", "meta", "garden"]);
}

#[tokio::test]
async fn a_bad_schema_is_not_sent() {
    let server = TestServer::start().await;
    let bad = || StreamCreate::new().schema(json!({"type": 5}));
    let stream = server.me.stream("bad").expect("a name");
    assert!(matches!(stream.create(bad()).await, Err(Error::Schema(_))));
    let device = server.me.user().device("bad").expect("a name");
    let refused = device.create(DeviceCreate::new().stream("bad", bad())).await;
    assert!(matches!(refused, Err(Error::Schema(_))));
    let user = server.admin.user_at("bad").expect("a name");
    let create = UserCreate::new("a@b.c", "x");
    let create = create.device("bad", DeviceCreate::new().stream("bad", bad()));
    assert!(matches!(user.create(create).await, Err(Error::Schema(_))));
    assert!(!user.exists().await.expect("an answer"));
    stream.create(StreamCreate::new()).await.expect("made");
    assert!(matches!(stream.set_schema(json!(5)).await, Err(Error::Schema(_))));
    assert_eq!(stream.sschema().await.expect("data"), "{}");
}

#[tokio::test]
async fn properties_of_a_device() {
    let server = TestServer::start().await;
    let device = server.me.user().device("sensor").expect("a name");
    assert!(!device.exists().await.expect("an answer"));
    device.create(DeviceCreate::new().apikey("my-own-key").role("reader")).await.expect("made");
    assert!(device.exists().await.expect("an answer"));
    assert_eq!(device.role().await.expect("data").as_deref(), Some("reader"));
    assert_eq!(device.public().await.expect("data"), Some(false));
    device.set_enabled(false).await.expect("set");
    device.set_role("none").await.expect("set");
    device.set_public(true).await.expect("set");
    device.set_visible(false).await.expect("set");
    let both = DeviceUpdate::new().nickname("Sensor").description("hangs outside");
    device.set(both).await.expect("set");
    let data = device.refresh().await.expect("data");
    assert_eq!(data.enabled, Some(false));
    assert_eq!(data.visible, Some(false));
    assert_eq!(data.description.as_deref(), Some("hangs outside"));
    let itself = server.with_key("my-own-key".into()).await.expect("a connection");
    assert_eq!(itself.path(), "me/sensor");
    let new = device.reset_apikey().await.expect("a key");
    assert!(itself.ping().await.expect_err("the old key").is_unauthorized());
    assert_eq!(server.with_key(new).await.expect("a connection").path(), "me/sensor");
    device.delete().await.expect("deleted");
    assert!(!device.exists().await.expect("an answer"));
}

#[tokio::test]
async fn properties_of_a_stream() {
    let server = TestServer::start().await;
    let stream = server.me.stream("mood").expect("a name");
    let create = StreamCreate::new().schema(json!({"type": "integer"})).downlink(true);
    stream.create(create.description("How it goes").icon("fa:smile-o")).await.expect("made");
    assert_eq!(stream.schema().await.expect("data"), json!({"type": "integer"}));
    assert_eq!(stream.sschema().await.expect("data"), r#"{"type":"integer"}"#);
    assert!(stream.downlink().await.expect("data"));
    assert!(!stream.ephemeral().await.expect("data"));
    assert_eq!(stream.icon().await.expect("data"), "fa:smile-o");
    stream.set_schema(json!({"type": "string"})).await.expect("set");
    stream.set_datatype("text").await.expect("set");
    stream.set_downlink(false).await.expect("set");
    stream.set_ephemeral(true).await.expect("set");
    let data = stream.set(StreamUpdate::new().nickname("Mood")).await.expect("set");
    assert_eq!(data.schema.as_str(), r#"{"type":"string"}"#);
    assert_eq!((data.datatype.as_str(), data.downlink, data.ephemeral), ("text", false, true));
    assert_eq!(stream.device().name(), "user");
    assert_eq!(stream.user().name(), "me");
    assert_eq!(stream.name(), "mood");
}

#[tokio::test]
async fn streams_of_a_user_are_filtered() {
    let server = TestServer::start().await;
    let user = server.me.user();
    let open = user.device("open").expect("a name");
    let lamp = StreamCreate::new().downlink(true);
    open.create(DeviceCreate::new().public(true).stream("lamp", lamp)).await.expect("made");
    server.me.stream("plain").expect("a name").create(StreamCreate::new()).await.expect("made");
    let paths = |streams: Vec<cdb_core::Stream>| -> Vec<String> {
        streams.iter().map(|stream| stream.path().to_string()).collect()
    };
    assert_eq!(paths(user.streams().await.expect("streams")), ["me/open/lamp", "me/user/plain"]);
    let public = user.streams().public(true).await.expect("streams");
    assert_eq!(paths(public), ["me/open/lamp"]);
    let downlinks = user.streams().downlink(true).await.expect("streams");
    assert_eq!(paths(downlinks), ["me/open/lamp"]);
    let all = user.streams().visible(false).await.expect("streams");
    assert_eq!(all.len(), 3);
    assert_eq!(paths(server.me.streams().await.expect("streams")), ["me/user/plain"]);
}

#[tokio::test]
async fn a_device_sees_only_itself_and_its_streams() {
    let server = TestServer::start().await;
    let device = server.me.user().device("sensor").expect("a name");
    let create = DeviceCreate::new().stream("own", StreamCreate::new());
    let key = device.create(create).await.expect("made").apikey.expect("a key");
    let sensor: ConnectorDb = server.with_key(key).await.expect("a connection");
    assert!(sensor.exists().await.expect("an answer"));
    assert_eq!(sensor.streams().await.expect("streams").len(), 1);
    assert!(!sensor.user().exists().await.expect("an answer"));
    assert!(sensor.user().devices().await.expect_err("hidden").is_not_found());
    let refused = server.me.stream("me/sensor/own").expect("a path").insert(1).await;
    let refused = refused.expect_err("not the owner");
    let error = refused.server_error().expect("an error of the server");
    assert_eq!((error.code, error.msg.as_str()), (403, "Write access to stream data denied."));
    assert_eq!(error.reference.len(), 36);
}
