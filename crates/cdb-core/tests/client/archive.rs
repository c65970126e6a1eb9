//! Exporting and importing archives.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cdb_core::{
    ArchiveError, ArchiveProblem, ConnectorDb, Datapoint, DeviceCreate, Error, Progress,
    StreamCreate, StreamUpdate,
};
use faults::{Fault, Proxy};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{TestServer, log_in};

/// An archive that the original server exported.
const ORIGINAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cdb-archive/tests/original-v2");

/// Returns all files of an archive by path, parsed as JSON.
fn files(directory: &Path) -> BTreeMap<PathBuf, Value> {
    let mut found = BTreeMap::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let text = fs::read(&path).expect("a file");
                let value = serde_json::from_slice(&text).expect("JSON");
                found.insert(path.strip_prefix(directory).expect("below it").to_owned(), value);
            }
        }
    }
    found
}

/// Returns the files of an archive without what an import over the API does not keep: the devices
/// `meta`, which the server writes itself, and the origins of requests.
fn imported_files(directory: &Path) -> BTreeMap<PathBuf, Value> {
    let mut files = files(directory);
    files.retain(|path, _| !path.components().any(|part| part.as_os_str() == "meta"));
    for (path, value) in &mut files {
        if path.ends_with("downlink.json") {
            for datapoint in value.as_array_mut().expect("an array") {
                datapoint.as_object_mut().expect("a datapoint").remove("o");
            }
        }
    }
    files
}

/// Gives the user `me` a device with streams, data and requests.
async fn fill(server: &TestServer) {
    let user = server.me.user();
    user.set_nickname("Me & <co>").await.expect("changed");
    let sensor = user.device("sensor").expect("a name");
    let lamp = StreamCreate::new().downlink(true).schema(json!({"type": "boolean"}));
    let create = DeviceCreate::new().role("reader").public(true).description("Ünïcödé");
    let create = create.stream("lamp", lamp).stream("values", StreamCreate::new().icon("fa:x"));
    sensor.create(create).await.expect("a device");
    let key = sensor.apikey().await.expect("an answer").expect("a key");
    let own = server.with_key(key).await.expect("a connection");
    let values = own.stream("values").expect("a name");
    let data: Vec<_> =
        [json!(0.1), json!(1e300), json!("ä\n\u{1f600}"), json!({"b": [null], "a": 1})]
            .into_iter()
            .zip(1..)
            .map(|(d, t)| Datapoint::new(f64::from(t) + 0.123_456_789, d).expect("a time"))
            .collect();
    values.insert_array(&data).await.expect("stored");
    own.stream("lamp").expect("a name").insert(true).await.expect("stored");
    let lamp = server.me.stream("me/sensor/lamp").expect("a path");
    lamp.insert(false).await.expect("sent");
    // The stored values do not match the new schema.
    let strings = json!({"type": "string"});
    values.set(StreamUpdate::new().schema(strings)).await.expect("changed");
    server.stream_of(0..7_000).await;
}

#[tokio::test]
async fn a_user_is_moved_to_another_server_with_all_data() {
    let (from, to) = (TestServer::start().await, TestServer::start().await);
    fill(&from).await;
    to.admin.user_at("me").expect("a name").delete().await.expect("deleted");
    let directory = tempfile::tempdir().expect("a directory");
    let [first, second] = ["first", "second"].map(|name| directory.path().join(name));
    let mut reports = Vec::new();
    let exported = from.admin.user_at("me").expect("a name").export(&first);
    let exported = exported.on_progress(|now| reports.push(now)).await.expect("exported");
    assert_eq!(exported.objects, exported.total_objects);
    assert_eq!(exported.datapoints, exported.total_datapoints);
    assert_eq!(reports.last(), Some(&exported));
    let bytes = |now: &Progress| now.bytes;
    assert!(reports.is_sorted_by_key(bytes) && reports.len() > 5);

    let imported = to.admin.import_users(&first).passwords_are_names(true).await.expect("imported");
    assert_eq!((imported.objects, imported.total_objects), (6, 6));
    assert_eq!((imported.datapoints, imported.total_datapoints), (7_006, 7_006));
    log_in(&to.server, "me", "me").await;
    let user = to.admin.user_at("me").expect("a name");
    user.export(&second).await.expect("exported");
    assert_eq!(imported_files(&first), imported_files(&second));
    let requests = to.admin.stream("me/sensor/lamp").expect("a path").query().downlink().await;
    assert_eq!(requests.expect("datapoints")[0].o.as_deref(), Some("test/user"));

    let refused = to.admin.import_users(&first).await.expect_err("the user exists");
    assert!(matches!(refused, Error::Import { imported, .. } if imported.is_empty()));
    let resumed = to.admin.import_users(&first).resume(true).await.expect("nothing to do");
    assert_eq!(resumed.datapoints, 7_006);
    let third = directory.path().join("third");
    user.export(&third).await.expect("exported");
    assert_eq!(imported_files(&second), imported_files(&third));
}

#[tokio::test]
async fn an_archive_of_the_original_server_is_imported() {
    let server = TestServer::start().await;
    // The user in the archive has the same name as this server's administrator.
    let directory = tempfile::tempdir().expect("a directory");
    let archive = directory.path().join("archive");
    copy(Path::new(ORIGINAL), &archive);
    fs::rename(archive.join("test"), archive.join("old")).expect("renamed");
    let imported = server.admin.import_users(&archive).await.expect("imported");
    let user = server.admin.user_at("old").expect("a name");
    assert_eq!(user.email().await.expect("an answer").as_deref(), Some("test@localhost"));
    let mut names = Vec::new();
    for device in user.devices().await.expect("devices") {
        names.push(device.name().to_owned());
    }
    names.sort();
    assert_eq!(names, ["android", "chrome", "laptop", "lights", "meta", "user"]);
    let again = directory.path().join("again");
    user.export(&again).await.expect("exported");
    let (mut before, mut after) = (imported_files(&archive), imported_files(&again));
    for files in [&mut before, &mut after] {
        files.remove(Path::new("connectordb.json"));
        let user = files.get_mut(Path::new("old/user.json")).expect("a user");
        let user = user.as_object_mut().expect("an object");
        user.retain(|key, _| key != "name" && !key.starts_with("password"));
    }
    assert_eq!(before, after);
    assert_eq!(imported.datapoints, imported.total_datapoints);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[tokio::test]
async fn a_device_and_a_stream_are_moved_without_their_user() {
    let (from, to) = (TestServer::start().await, TestServer::start().await);
    fill(&from).await;
    let directory = tempfile::tempdir().expect("a directory");
    let [device, stream, again] = ["d", "s", "again"].map(|name| directory.path().join(name));
    from.admin.device_at("me/sensor").expect("a path").export(&device).await.expect("exported");
    from.me.stream("numbers").expect("a name").export(&stream).await.expect("exported");

    // The administrator imports the device, with a new key.
    let user = to.admin.user_at("me").expect("a name");
    user.import_device(&device).new_keys(true).await.expect("imported");
    let sensor = user.device("sensor").expect("a name");
    let key = sensor.apikey().await.expect("an answer").expect("a key");
    assert_ne!(files(&device)[Path::new("device.json")]["apikey"], key.expose());
    sensor.export(&again).await.expect("exported");
    let (mut before, mut after) = (imported_files(&device), imported_files(&again));
    for files in [&mut before, &mut after] {
        files.get_mut(Path::new("device.json")).expect("a device")["apikey"] = Value::Null;
    }
    assert_eq!(before, after);

    // The device imports its own stream.
    to.me.import_stream(&stream).await.expect("imported");
    assert_eq!(to.me.stream("numbers").expect("a name").len().await.expect("a number"), 7_000);
    let taken = from
        .me
        .stream("numbers")
        .expect("a name")
        .export(&stream)
        .await
        .expect_err("the directory exists");
    assert!(
        matches!(taken, Error::Archive(ArchiveError { problem: ArchiveProblem::Exists, .. })),
        "{taken:?}"
    );
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 3);
}

#[tokio::test]
async fn several_users_are_exported_to_one_archive() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let archive = directory.path().join("archive");
    for name in ["me", "test"] {
        server.admin.user_at(name).expect("a name").export(&archive).await.expect("exported");
    }
    let me = server.admin.user_at("me").expect("a name");
    let taken = me.export(&archive).await.expect_err("the user is in the archive");
    assert!(
        matches!(taken, Error::Archive(ArchiveError { problem: ArchiveProblem::Exists, .. })),
        "{taken:?}"
    );
    let mut names: Vec<_> = fs::read_dir(&archive)
        .expect("a directory")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    assert_eq!(names, ["connectordb.json", "me", "test"]);
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
    // A directory that is not an archive is refused.
    assert!(me.export(directory.path()).await.is_err());
}

/// Connects through a proxy, without retries.
async fn connect_through(proxy: &Proxy, login: (&str, &str)) -> ConnectorDb {
    let builder = ConnectorDb::builder().url(proxy.url()).password(login.0, login.1);
    builder.retries(0).connect().await.expect("a connection")
}

#[tokio::test]
async fn an_export_that_fails_leaves_no_files() {
    let server = TestServer::start().await;
    fill(&server).await;
    let proxy = Proxy::start(server.server.address()).await.expect("a proxy");
    let cdb = connect_through(&proxy, ("me", "secret")).await;
    let directory = tempfile::tempdir().expect("a directory");
    let archive = directory.path().join("archive");
    for objects in 1..6 {
        let user = cdb.user();
        let export = user.export(&archive).on_progress(|now| {
            if now.objects == objects {
                proxy.fault(Fault::Cut);
                proxy.refuse(true);
            }
        });
        export.await.expect_err("the connection is lost");
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
        proxy.refuse(false);
    }
}

#[tokio::test]
async fn an_import_that_fails_is_resumed() {
    let (from, to) = (TestServer::start().await, TestServer::start().await);
    fill(&from).await;
    let directory = tempfile::tempdir().expect("a directory");
    let [first, second] = ["first", "second"].map(|name| directory.path().join(name));
    from.admin.user_at("me").expect("a name").export(&first).await.expect("exported");
    to.admin.user_at("me").expect("a name").delete().await.expect("deleted");
    let proxy = Proxy::start(to.server.address()).await.expect("a proxy");
    let cdb = connect_through(&proxy, ("test", "test")).await;
    let mut before = 0;
    for cut in [0, 5_000, 7_000, 7_004] {
        let import =
            cdb.import_users(&first).resume(true).passwords_are_names(true).on_progress(|now| {
                if now.datapoints >= cut && now.bytes > 0 {
                    proxy.fault(Fault::Cut);
                    proxy.refuse(true);
                }
            });
        let failed = import.await.expect_err("the connection is lost");
        let Error::Import { imported, failed, error } = failed else { panic!("{failed:?}") };
        assert!(error.is_temporary(), "{failed} {error:?}");
        assert!(imported.len() >= before);
        before = imported.len();
        proxy.refuse(false);
    }
    cdb.import_users(&first).resume(true).passwords_are_names(true).await.expect("imported");
    to.admin.user_at("me").expect("a name").export(&second).await.expect("exported");
    assert_eq!(imported_files(&first), imported_files(&second));
    // The data on the server are not the beginning of those in the archive.
    to.imported_me().await.stream("numbers").expect("a name").insert(1).await.expect("stored");
    let different = cdb.import_users(&first).resume(true).await.expect_err("the data differ");
    assert!(different.to_string().contains("not the first ones"), "{different}");
}

/// Any JSON value.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"\\\\]{1,3}", inner, 0..3)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// The settings of a stream, the values of its data, and the values of its requests.
type AnyStream = (StreamCreate, Vec<Value>, Vec<Value>);

fn stream() -> impl Strategy<Value = AnyStream> {
    let data = || prop::collection::vec(value(), 0..6);
    (any::<bool>(), ".{0,9}", data(), data()).prop_map(|(downlink, text, data, requests)| {
        let create = StreamCreate::new().downlink(downlink).description(text);
        (create, data, if downlink { requests } else { Vec::new() })
    })
}

/// Devices by name, each with its streams by name.
type Tree = BTreeMap<String, BTreeMap<String, AnyStream>>;

fn tree() -> impl Strategy<Value = Tree> {
    let streams = prop::collection::btree_map("[a-z][a-z0-9_-]{0,4}", stream(), 0..3);
    prop::collection::btree_map("(user|[a-z][a-z0-9]{0,4})", streams, 0..3)
}

/// Creates the user `any` with the devices and streams of a tree.
async fn create_tree(server: &TestServer, tree: &Tree) {
    let user = server.admin.user_at("any").expect("a name");
    user.create(cdb_core::UserCreate::new("any@example.com", "any")).await.expect("a user");
    for (name, streams) in tree {
        let device = user.device(name).expect("a name");
        if name != "user" {
            device.create(DeviceCreate::new()).await.expect("a device");
        }
        let key = device.apikey().await.expect("an answer").expect("a key");
        let own = server.with_key(key).await.expect("a connection");
        for (name, (create, data, requests)) in streams {
            let stream = own.stream(name).expect("a name");
            device.stream(name).expect("a name").create(create.clone()).await.expect("a stream");
            let points = |values: &[Value]| {
                let times = (1..).map(|t| f64::from(t) / 3.0);
                times
                    .zip(values)
                    .map(|(t, d)| Datapoint::new(t, d.clone()).expect("a time"))
                    .collect::<Vec<_>>()
            };
            stream.insert_array(&points(data)).await.expect("stored");
            let theirs = device.stream(name).expect("a name");
            theirs.insert_array(&points(requests)).downlink(true).await.expect("sent");
        }
    }
}

#[test]
fn any_user_is_the_same_after_an_export_and_an_import() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(TestServer::start());
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(24) });
    let checked = runner.run(&tree(), |tree| {
        runtime.block_on(async {
            create_tree(&server, &tree).await;
            let directory = tempfile::tempdir().expect("a directory");
            let [first, second] = ["first", "second"].map(|name| directory.path().join(name));
            let user = server.admin.user_at("any").expect("a name");
            user.export(&first).await.expect("exported");
            user.delete().await.expect("deleted");
            server.admin.import_users(&first).passwords_are_names(true).await.expect("imported");
            user.export(&second).await.expect("exported");
            user.delete().await.expect("deleted");
            prop_assert_eq!(imported_files(&first), imported_files(&second));
            Ok(())
        })
    });
    checked.expect("the archives are equal");
}

/// A part of the expected error, and a change to the archive that causes it.
#[cfg(unix)]
type Case<'a> = (&'a str, &'a dyn Fn(&Path));

#[cfg(unix)]
#[tokio::test]
async fn an_archive_that_is_not_valid_changes_nothing() {
    use std::os::unix::fs::symlink;

    let server = TestServer::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let secret = directory.path().join("secret.json");
    fs::write(&secret, r#"{"name": "x"}"#).expect("written");
    let stream = Path::new("new/user/s");
    let cases: [Case<'_>; 13] = [
        ("no file with its description", &|it| {
            fs::remove_file(it.join("new/user.json")).expect("removed")
        }),
        ("versions of 3", &|it| {
            fs::write(it.join("connectordb.json"), r#"{"Version": 3}"#).expect("written");
        }),
        ("cannot be read", &|it| {
            fs::write(it.join("new/user.json"), r#"{"name": "#).expect("written");
        }),
        ("name", &|it| fs::rename(it.join("new"), it.join("n w")).expect("renamed")),
        ("name", &|it| fs::rename(it.join(stream), it.join("new/user/s..")).expect("renamed")),
        ("not a regular file", &|it| {
            fs::remove_file(it.join("new/user.json")).expect("removed");
            symlink(&secret, it.join("new/user.json")).expect("linked");
        }),
        ("no users", &|it| {
            fs::rename(it.join("new"), directory.path().join("elsewhere")).expect("renamed");
            symlink(directory.path().join("elsewhere"), it.join("new")).expect("linked");
        }),
        ("incomplete", &|it| {
            fs::write(it.join(stream).join("data.json"), r#"[{"t":1,"d":2}"#).expect("written");
        }),
        ("cannot be read", &|it| {
            fs::write(it.join(stream).join("data.json"), r#"[{"t":1,"d":2},x]"#).expect("written");
        }),
        ("earlier", &|it| {
            let falling = r#"[{"t":2,"d":2},{"t":1,"d":2}]"#;
            fs::write(it.join(stream).join("data.json"), falling).expect("written");
        }),
        ("larger", &|it| {
            let large = format!(r#"[{{"t":2,"d":"{}"}}]"#, "x".repeat(20_000_000));
            fs::write(it.join(stream).join("data.json"), large).expect("written");
        }),
        ("larger", &|it| {
            let file = fs::File::create(it.join("new/user.json")).expect("a file");
            file.set_len(1 << 40).expect("a large file");
        }),
        ("not found", &|it| {
            fs::remove_file(it.join(stream).join("data.json")).expect("removed");
        }),
    ];
    for (number, (problem, corrupt)) in cases.into_iter().enumerate() {
        let archive = directory.path().join(format!("archive{number}"));
        let name = |name: &str| json!({"name": name, "email": "n@example.com"}).to_string();
        fs::create_dir_all(archive.join(stream)).expect("directories");
        fs::write(archive.join("new/user.json"), name("new")).expect("written");
        fs::write(archive.join("new/user/device.json"), name("user")).expect("written");
        fs::write(archive.join(stream).join("stream.json"), name("s")).expect("written");
        fs::write(archive.join(stream).join("data.json"), "[]").expect("written");
        corrupt(&archive);
        let refused =
            server.admin.import_users(&archive).await.expect_err("the archive is not valid");
        assert!(matches!(refused, Error::Archive { .. }), "{number} {refused:?}");
        let text = refused.to_string().to_lowercase();
        let expected =
            problem.replace("versions of 3", "version 3").replace("not found", "no such");
        assert!(text.contains(&expected), "{number}: {text} instead of {expected}");
        assert_eq!(server.admin.count_users().await.expect("a number"), 2);
    }
}
