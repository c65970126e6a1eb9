//! Tests of the file.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cdb_core::StreamCreate;
use cdb_logger::{Durability, Error, FileError, Logger};
use serde_json::{Value, json};

use crate::support::TempHome;

fn problem(error: Error) -> FileError {
    match error {
        Error::File { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn on_create_runs_once_for_a_new_file() {
    let home = TempHome::start().await;
    let (key, url) = (home.key.expose().to_owned(), home.server.url());
    let created = Logger::builder(home.file())
        .on_create(move |logger: Logger| async move {
            logger.set_apikey(key).await?;
            logger.set_serverurl(url).await?;
            logger.set_syncperiod(Duration::from_secs(5)).await?;
            logger.set_data(json!({"room": "kitchen"})).await?;
            logger.add_stream("numbers", StreamCreate::new().schema(json!({}))).await
        })
        .open()
        .await
        .expect("a logger");
    created.insert("numbers", 1).await.expect("logged");
    created.close().await.expect("closed");
    assert!(matches!(created.insert("numbers", 2).await, Err(Error::Closed)));
    let never = async |_| Err::<(), _>("it is not new");
    let again = Logger::builder(home.file()).on_create(never).open().await.expect("a logger");
    assert_eq!(again.apikey(), home.key);
    assert_eq!(again.syncperiod(), Duration::from_secs(5));
    assert_eq!(again.data::<Value>().expect("data"), json!({"room": "kitchen"}));
    assert!(again.contains("numbers"));
    assert_eq!(again.len(), 1);
    again.sync().await.expect("synced");
    assert_eq!(home.values("numbers").await, [1]);
}

#[tokio::test]
async fn a_new_file_is_removed_if_on_create_fails() {
    let home = TempHome::start().await;
    let fails = async |_| Err::<(), _>("no server");
    let failed = home.logger().on_create(fails).open().await.expect_err("it fails");
    assert!(matches!(&failed, Error::OnCreate(why) if why.to_string() == "no server"));
    let left: Vec<_> = fs::read_dir(home.file().parent().expect("a directory"))
        .expect("files")
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("cache"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn a_new_file_has_the_default_settings_of_the_python_logger() {
    let directory = tempfile::tempdir().expect("a directory");
    let logger = Logger::builder(directory.path().join("cache.db")).open().await.expect("a logger");
    assert_eq!(logger.serverurl(), "http://localhost:3124");
    assert_eq!(logger.apikey().expose(), "");
    assert_eq!(logger.syncperiod(), Duration::from_secs(600));
    assert_eq!(logger.lastsynctime(), None);
    assert_eq!(logger.data::<Value>().expect("data"), json!({}));
    assert!(!format!("{logger:?}").contains("apikey"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_a_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("cache.db");
    let _logger = Logger::builder(&file).open().await.expect("a logger");
    for file in fs::read_dir(directory.path()).expect("files") {
        let mode = file.expect("a file").metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_second_logger_cannot_open_the_file() {
    let home = TempHome::start().await;
    let first = home.logger().open().await.expect("a logger");
    let second = home.logger().open().await.expect_err("the file is in use");
    let text = second.to_string();
    assert!(text.contains("cache.db") && text.contains("open"), "{text}");
    assert!(matches!(problem(second), FileError::InUse));
    first.close().await.expect("closed");
    home.logger().open().await.expect("the file is closed");
}

/// Opens a file that is not a logger's, checks that it is not changed, and returns the error.
async fn refused(file: &Path) -> FileError {
    let before = fs::read(file).expect("a file");
    let refused = Logger::builder(file).open().await.expect_err("it is not a logger's file");
    assert!(refused.to_string().contains("cache.db"), "{refused}");
    assert_eq!(fs::read(file).expect("a file"), before);
    problem(refused)
}

#[tokio::test]
async fn a_file_of_another_format_is_not_changed() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("cache.db");
    fs::write(&file, "This is a diary, and not short enough to be an empty file. ".repeat(100))
        .expect("written");
    assert!(matches!(refused(&file).await, FileError::Foreign(_)));

    // Another program's database.
    let home = TempHome::start().await;
    home.server.shutdown().await;
    fs::copy(home.data, &file).expect("copied");
    assert!(matches!(refused(&file).await, FileError::Foreign(_)));
}

#[tokio::test]
async fn a_damaged_file_is_not_changed() {
    let home = TempHome::start().await;
    let logger = home.logger().open().await.expect("a logger");
    logger.add_stream_force("numbers", None).await.expect("added");
    for n in 0..2000 {
        logger.insert("numbers", n).await.expect("logged");
    }
    logger.close().await.expect("closed");
    let file = home.file();
    let mut bytes = fs::read(&file).expect("a file");
    let length = bytes.len();
    bytes[length / 2..length / 2 + 5000].fill(0xff);
    fs::write(&file, &bytes).expect("written");
    assert!(matches!(refused(&file).await, FileError::Damaged(_)));
    bytes.truncate(length / 2);
    fs::write(&file, &bytes).expect("written");
    assert!(matches!(refused(&file).await, FileError::Damaged(_)));
}

#[tokio::test]
async fn batched_datapoints_are_in_the_file_after_the_logger_is_dropped() {
    let home = TempHome::start().await;
    let batched = Durability::Batched(Duration::from_millis(10));
    let logger = home.logger().durability(batched).open().await.expect("a logger");
    logger.add_stream_force("numbers", None).await.expect("added");
    for n in 0..100 {
        logger.insert("numbers", n).await.expect("logged");
    }
    drop(logger);
    let again = loop {
        // The first logger's tasks close the file some time after the logger is dropped.
        match home.logger().open().await {
            Ok(logger) => break logger,
            Err(error) => assert!(matches!(problem(error), FileError::InUse)),
        }
    };
    assert_eq!(again.len(), 100);
}
