//! Starting, stopping, and what lies in the file.

use cdb_server::{Server, StartError};

use crate::support::{TestServer, start_in};

#[tokio::test]
async fn what_is_stored_survives_a_restart() {
    let mut server = TestServer::start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/kept", r#"{"downlink":true}"#).await;
    server.insert(&key, "test/user/kept", r#"[{"t":1,"d":1},{"t":2,"d":2}]"#).await;
    server.server.shutdown().await;
    server.server = start_in(&server.directory).await;
    assert_eq!(server.key_of("test").await, key);
    server.insert(&key, "test/user/kept", r#"[{"t":3,"d":3}]"#).await;
    let refused = server.send(&key, "POST", "crud/test/user/kept/data", r#"[{"t":2,"d":2}]"#).await;
    assert_eq!(refused.status, 403);
    let read = server.read(&key, "test/user/kept", "i1=0").await;
    assert_eq!(read, r#"[{"t":1,"d":1},{"t":2,"d":2},{"t":3,"d":3}]"#);
}

#[tokio::test]
async fn a_data_file_has_one_server() {
    let server = TestServer::start().await;
    let file = server.directory.path().join("data.db");
    let second = Server::builder().data(&file).listen("127.0.0.1:0").start().await;
    assert!(matches!(second, Err(StartError::InUse(path)) if path == file));
}

#[tokio::test]
async fn a_new_file_needs_an_administrator() {
    let directory = tempfile::tempdir().expect("a directory");
    let builder = || Server::builder().data(directory.path().join("data.db")).listen("127.0.0.1:0");
    let nameless = builder().start().await;
    assert!(matches!(nameless, Err(StartError::NoAdministrator)));
    let reserved = builder().admin("nobody", "secret").start().await;
    assert!(matches!(reserved, Err(StartError::Administrator(_))));
    let server = builder().admin("me", "secret").start().await.expect("it starts");
    server.shutdown().await;
}

#[tokio::test]
async fn an_address_in_use_is_told() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let second = Server::builder()
        .data(directory.path().join("data.db"))
        .listen(server.server.address().to_string())
        .admin("test", "test")
        .start()
        .await;
    assert!(matches!(second, Err(StartError::Listen { .. })));
}

#[tokio::test]
async fn what_is_no_data_file_is_left_as_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("data.db");
    let text = "This is a letter to my aunt, and no database. ".repeat(100);
    std::fs::write(&file, &text).expect("a file");
    let refused = Server::builder().data(&file).listen("127.0.0.1:0").admin("a", "b").start().await;
    assert!(matches!(refused, Err(StartError::Data { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), text);
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let server = TestServer::start().await;
    let mut files = 0;
    for file in std::fs::read_dir(server.directory.path()).expect("the directory") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("its metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
        files += 1;
    }
    assert!(files >= 2);
}

#[tokio::test]
async fn a_password_is_not_in_the_file_as_it_is() {
    let server = TestServer::start().await;
    let admin = server.key_of("test").await;
    server.create_user(&admin, "unmistakable").await;
    let body = r#"{"password":"a-very-secret-password"}"#;
    assert_eq!(server.send(&admin, "PUT", "crud/unmistakable", body).await.status, 200);
    let directory = server.directory;
    server.server.shutdown().await;
    let file = std::fs::read(directory.path().join("data.db")).expect("the file");
    let contains = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains("$argon2id$"));
    assert!(contains("unmistakable"));
    assert!(!contains("a-very-secret-password"));
}
