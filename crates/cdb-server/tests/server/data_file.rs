//! Archives straight from a data file, and into one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cdb_server::{ArchiveProblem, DataFile, DataFileError, StartError};
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, start_in};

/// What the original server has exported: a user `test` whose password is not known.
const ORIGINAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cdb-archive/tests/original-v2");

/// All files of an archive by their paths.
fn files(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("a file");
                found.insert(path.strip_prefix(directory).expect("below it").to_owned(), text);
            }
        }
    }
    found
}

/// The same with a password that is known.
fn original_with_password(directory: &Path, password: &str) {
    for (path, text) in files(Path::new(ORIGINAL)) {
        let mut text = text;
        if path.ends_with("user.json") {
            let user: Value = serde_json::from_str(&text).expect("JSON");
            let [hash, salt] = ["password", "password_salt"].map(|key| user[key].as_str());
            let (hash, salt) = (hash.expect("a hash"), salt.expect("a salt"));
            let known = bcrypt::hash(format!("{password}{salt}"), 4).expect("a hash");
            text = text.replace(hash, &known);
        }
        let path = directory.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        fs::write(path, text).expect("written");
    }
}

/// Writes an archive of one user.
fn archive(directory: &Path, user: Value, data: &str) {
    let stream = directory.join("me/user/s");
    fs::create_dir_all(&stream).expect("directories");
    let files = [
        ("connectordb.json", json!({"Version": 2})),
        ("me/user.json", user),
        ("me/user/device.json", json!({"name": "user", "role": "user", "apikey": "k"})),
        ("me/user/s/stream.json", json!({"name": "s", "schema": "{\"type\":\"string\"}"})),
    ];
    for (name, content) in files {
        fs::write(directory.join(name), content.to_string()).expect("written");
    }
    fs::write(stream.join("data.json"), data).expect("written");
}

fn user() -> Value {
    json!({"name": "me", "email": "me@localhost", "role": "user", "public": true,
           "password": "x", "password_salt": "", "password_scheme": "SHA512"})
}

/// What logs in by a password, or not.
async fn log_in(server: &TestServer, user: &str, password: &str) -> Answer {
    let request = server.request(reqwest::Method::GET, "?q=this");
    Answer::of(request.basic_auth(user, Some(password)).send().await.expect("an answer")).await
}

#[tokio::test]
async fn a_database_of_the_original_moves_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = DataFile::at(directory.path().join("data.db"));
    let original = directory.path().join("original");
    original_with_password(&original, "secret");
    let mut told = Vec::new();
    let imported =
        file.import(&original).on_progress(|now| told.push(now)).await.expect("imported");
    assert_eq!((imported.objects, imported.total_objects), (14, 14));
    assert_eq!(imported.datapoints, imported.total_datapoints);
    assert_eq!(told.last(), Some(&imported));
    assert!(file.has_administrator().await.expect("an answer"));

    // Without any change, the archive comes out as it went in, to the byte.
    let exported = directory.path().join("exported");
    file.export(&exported).await.expect("exported");
    let (mut expected, mut found) = (files(&original), files(&exported));
    let version = Path::new("connectordb.json");
    assert!(expected.remove(version).is_some_and(|text| text.contains("\"Version\": 2,")));
    assert!(found.remove(version).is_some_and(|text| text.contains("\"Version\": 2")));
    assert_eq!(found, expected);

    // Everyone logs in as before.
    let server = TestServer::of(start_in(&directory).await, directory);
    assert_eq!(log_in(&server, "test", "secret").await.text, "test/user");
    assert_eq!(log_in(&server, "test", "test").await.status, 401);
    let key = "ebd24833-85ea-4b38-4bb8-4c74ddc1b940";
    assert_eq!(server.send(key, "GET", "?q=this", "").await.text, "test/chrome");
    let own = server.request(reqwest::Method::GET, "crud/test/user");
    let own = own.basic_auth("test", Some("secret")).send().await.expect("an answer");
    let own = Answer::of(own).await.json()["apikey"].as_str().expect("a key").to_owned();
    assert_eq!(
        server.read(&own, "test/user/productivity", "i1=0").await,
        r#"[{"t":1481073039,"d":7}]"#
    );
    server.insert(&own, "test/user/productivity", r#"[{"d":8}]"#).await;
}

#[tokio::test]
async fn what_others_have_written_stays_theirs() {
    let mut server = TestServer::start().await;
    let key = server.key_of("test").await;
    let lamp = r#"{"streams":{"light":{"downlink":true,"schema":"{\"type\":\"boolean\"}"}}}"#;
    let own = server.create_device(&key, "test/lamp", lamp).await;
    server.insert(&own, "test/lamp/light", r#"[{"t":1,"d":false}]"#).await;
    server.insert(&key, "test/lamp/light", r#"[{"t":2,"d":true}]"#).await;
    let many: Vec<_> = (0..50_000).map(|t| json!({"t": t + 10, "d": t, "x": 0})).collect();
    server.create(&key, "test/user/many", "{}").await;
    server.insert(&key, "test/user/many", &json!(many).to_string()).await;
    let log = server.read(&key, "test/meta/log", "i1=0").await;
    let all = "test/user/many";
    let before = server.read(&key, all, "i1=0").await;
    server.server.shutdown().await;
    let from = DataFile::at(server.directory.path().join("data.db"));
    let kept = tempfile::tempdir().expect("a directory");
    let archive = kept.path().join("archive");
    let exported = from.export(&archive).user("test").await.expect("exported");
    assert_eq!(exported.datapoints, 50_002 + 2);

    let directory = tempfile::tempdir().expect("a directory");
    let to = DataFile::at(directory.path().join("data.db"));
    assert_eq!(to.import(&archive).await.expect("imported"), exported);
    server = TestServer::of(start_in(&directory).await, directory);
    assert_eq!(server.key_of("test").await, key);
    assert_eq!(server.read(&key, all, "i1=0").await, before);
    assert_eq!(server.read(&key, "test/meta/log", "i1=0").await, log);
    let asked = server.read(&own, "test/lamp/light", "i1=0&downlink=true").await;
    assert_eq!(asked, r#"[{"t":2,"d":true,"o":"test/user"}]"#);
    server.insert(&key, all, r#"[{"d":1}]"#).await;
    server.server.shutdown().await;

    // As a copy: nobody has the key of another.
    let third = tempfile::tempdir().expect("a directory");
    let copy = DataFile::at(third.path().join("data.db"));
    copy.import(&archive).new_keys(true).await.expect("imported");
    let copy = TestServer::of(start_in(&third).await, third);
    assert_ne!(copy.key_of("test").await, key);
}

#[tokio::test]
async fn what_cannot_be_imported_changes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("data.db");
    let file = DataFile::at(&path);
    let refusals = [
        (user(), r#"[{"t":1,"d":"a"},{"t":2,"d":1e999}]"#, "data.json"),
        (user(), r#"[{"t":1,"d":"a"}"#, "data.json"),
        (user(), r#"[{"t":2,"d":"a"},{"t":1,"d":"a"}]"#, "data.json"),
        (json!({"email": "a@b.c", "role": "user"}), "[]", "user.json"),
        (json!({"role": "king", "password": "x", "password_scheme": "SHA512"}), "[]", "me"),
        (json!({"role": "user", "password": "x", "password_scheme": "rot13"}), "[]", "me"),
    ];
    for (number, (user, data, place)) in refusals.into_iter().enumerate() {
        let bad = directory.path().join(number.to_string());
        archive(&bad, user, data);
        let refused = file.import(&bad).await.expect_err("it is wrong");
        let DataFileError::Archive(error) = &refused else { panic!("{number}: {refused:?}") };
        assert!(error.path.ends_with(place), "{number}: {error:?}");
        let beside: Vec<_> = fs::read_dir(directory.path()).expect("a directory").collect();
        assert_eq!(beside.len(), number + 1, "{number}: something is left of the data file");
    }

    // Whoever is not logged in is called so.
    let bad = directory.path().join("nobody");
    archive(&bad, user(), "[]");
    fs::rename(bad.join("me"), bad.join("nobody")).expect("renamed");
    let refused = file.import(&bad).await.expect_err("it is wrong").to_string();
    assert!(refused.ends_with("Username 'nobody' not allowed"), "{refused}");

    let good = directory.path().join("good");
    archive(&good, user(), r#"[{"t":1,"d":5}]"#);
    file.import(&good).await.expect("imported");
    let before = directory.path().join("before");
    file.export(&before).await.expect("exported");
    let again = file.import(&good).await.expect_err("it is there");
    let DataFileError::Archive(again) = again else { panic!("{again:?}") };
    assert!(matches!(again.problem, ArchiveProblem::Refused(_)), "{again:?}");
    let after = directory.path().join("after");
    file.export(&after).await.expect("exported");
    assert_eq!(files(&before), files(&after));
    assert!(!file.has_administrator().await.expect("an answer"));
}

#[tokio::test]
async fn a_data_file_in_use_or_missing_is_not_exported() {
    let server = TestServer::start().await;
    let archive = server.directory.path().join("archive");
    let file = server.directory.path().join("data.db");
    let running = DataFile::at(&file).export(&archive).await;
    assert!(matches!(running, Err(DataFileError::Open(StartError::InUse(_)))), "{running:?}");
    let missing = server.directory.path().join("other.db");
    let refused = DataFile::at(&missing).export(&archive).await;
    assert!(matches!(refused, Err(DataFileError::Open(StartError::Data { .. }))), "{refused:?}");
    assert!(!missing.exists() && !archive.exists());
    server.server.shutdown().await;
    let stranger = DataFile::at(&file).export(&archive).user("stranger").await;
    assert!(matches!(stranger, Err(DataFileError::NoUser(name)) if name == "stranger"));
    assert!(!archive.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn an_archive_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let server = TestServer::start().await;
    let directory = server.directory;
    server.server.shutdown().await;
    let archive = directory.path().join("archive");
    DataFile::at(directory.path().join("data.db")).export(&archive).await.expect("exported");
    for (name, expected) in [("", 0o700), ("test", 0o700), ("test/user.json", 0o600)] {
        let mode = fs::metadata(archive.join(name)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, expected, "{name}");
    }
}
