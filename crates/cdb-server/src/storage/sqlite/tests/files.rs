//! Which files are opened, and by whom.

use std::collections::BTreeMap;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::*;
use crate::storage::StorageError;

/// The files of a directory with their content.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read(path).expect("a file"))
        })
        .collect()
}

async fn open(file: &Path) -> Result<SqliteStorage, OpenError> {
    SqliteStorage::open(file).await
}

/// Executes statements on a file, which is created.
async fn execute(file: &Path, statements: &[&'static str]) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = options.connect().await.expect("a connection");
    for statement in statements {
        sqlx::query(*statement).execute(&mut connection).await.expect("executed");
    }
    connection
}

#[tokio::test]
async fn files_of_others_are_refused_and_stay_as_they_are() {
    let table = "CREATE TABLE letters (text TEXT)";
    for statements in [
        &[table][..],
        &["PRAGMA journal_mode = WAL", table],
        &["PRAGMA application_id = 77"],
        &["PRAGMA user_version = 5"],
        &["CREATE VIEW letters AS SELECT 1"],
        &["CREATE TABLE user (id)", "CREATE TABLE _sqlx_migrations (id)"],
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("data.db");
        execute(&file, statements).await.close().await.expect("closed");
        let before = files(directory.path());
        let error = open(&file).await.expect_err("it is not a data file").to_string();
        assert!(error.contains("database of another program"), "{error}");
        assert_eq!(files(directory.path()), before, "{statements:?}");
    }
    for text in
        ["x", "SQLite format 3\0", "A letter to my aunt.", &"A letter to my aunt. ".repeat(1000)]
    {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("data.db");
        std::fs::write(&file, text).expect("written");
        let before = files(directory.path());
        let error = open(&file).await.expect_err("it is not a data file").to_string();
        assert!(error.contains("not an SQLite database"), "{error}");
        assert_eq!(files(directory.path()), before);
    }
}

#[tokio::test]
async fn a_file_of_others_whose_tables_are_in_its_log_stays_as_it_is() {
    let (directory, left) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("one"));
    let file = directory.path().join("data.db");
    let statements = ["PRAGMA journal_mode = WAL", "CREATE TABLE letters (text TEXT)"];
    let connection = execute(&file, &statements).await;
    for name in ["data.db", "data.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).expect("a copy");
    }
    connection.close().await.expect("closed");
    let before = files(left.path());
    assert!(matches!(open(&left.path().join("data.db")).await, Err(OpenError::Foreign(_))));
    assert_eq!(files(left.path()), before);
}

/// Copies a file and its log, and then closes it and copies its first bytes: as if the checkpoint had
/// been interrupted within the first page.
async fn interrupt_checkpoint(file: &Path, left: &Path, close: impl Future<Output = ()>) {
    for suffix in ["", "-wal"] {
        std::fs::copy(lock::beside(file, suffix), lock::beside(left, suffix)).expect("a copy");
    }
    close.await;
    let closed = std::fs::read(file).expect("a file");
    let mut interrupted = std::fs::read(left).expect("a file");
    assert!(interrupted.len() < closed.len(), "the log has no further pages");
    interrupted[..512].copy_from_slice(&closed[..512]);
    std::fs::write(left, interrupted).expect("written");
}

#[tokio::test]
async fn a_file_of_others_whose_checkpoint_was_interrupted_stays_as_it_is() {
    let (directory, left) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("one"));
    let [file, interrupted] = [&directory, &left].map(|it| it.path().join("data.db"));
    let statements = [
        "PRAGMA journal_mode = WAL",
        "PRAGMA application_id = 77",
        "CREATE TABLE letters (text TEXT)",
        "INSERT INTO letters VALUES (hex(zeroblob(100000)))",
    ];
    let connection = execute(&file, &statements).await;
    let close = async { connection.close().await.expect("closed") };
    interrupt_checkpoint(&file, &interrupted, close).await;
    let before = files(left.path());
    let error = open(&interrupted).await.expect_err("it is not a data file").to_string();
    assert!(error.contains("database of another program"), "{error}");
    assert_eq!(files(left.path()), before);
}

#[tokio::test]
async fn a_data_file_whose_checkpoint_was_interrupted_is_opened() {
    let (directory, store, array) = store().await;
    // Text that blocks cannot make much smaller.
    let random = || uuid::Uuid::new_v4().to_string().repeat(2);
    let large: Vec<_> = (1..=10_000).map(|t| json!({"t": t, "d": random()})).collect();
    insert(&store, array, &large.into()).await.expect("stored");
    let left = tempfile::tempdir().expect("a directory");
    let [file, interrupted] = [&directory, &left].map(|it| it.path().join("data.db"));
    interrupt_checkpoint(&file, &interrupted, store.close()).await;
    let store = open(&interrupted).await.expect("a store");
    assert_eq!(length(&store, array).await.expect("a length"), 10_000);
    store.close().await;
}

#[tokio::test]
async fn a_file_of_others_whose_tables_are_in_its_journal_stays_as_it_is() {
    let (directory, left) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("one"));
    let [file, interrupted] = [&directory, &left].map(|it| it.path().join("data.db"));
    let statements = [
        "CREATE TABLE letters (text TEXT)",
        // The journal is valid at once, not only when the transaction is committed.
        "PRAGMA synchronous = OFF",
        "BEGIN",
        "DROP TABLE letters",
    ];
    let mut connection = execute(&file, &statements).await;
    let journal = [&file, &interrupted].map(|file| lock::beside(file, "-journal"));
    std::fs::copy(&journal[0], &journal[1]).expect("a copy");
    sqlx::query("COMMIT").execute(&mut connection).await.expect("executed");
    connection.close().await.expect("closed");
    std::fs::copy(&file, &interrupted).expect("a copy");
    let before = files(left.path());
    assert!(matches!(open(&interrupted).await, Err(OpenError::Foreign(_))));
    assert_eq!(files(left.path()), before);
}

#[tokio::test]
async fn a_log_without_its_file_is_not_deleted() {
    let (directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    let left = tempfile::tempdir().expect("a directory");
    let [log, left_log] = [&directory, &left].map(|it| it.path().join("data.db-wal"));
    std::fs::copy(log, &left_log).expect("a copy");
    let error = open(&left.path().join("data.db")).await.expect_err("a log").to_string();
    assert!(error.contains("data.db-wal holds changes"), "{error}");
    std::fs::copy(directory.path().join("data.db"), left.path().join("data.db")).expect("a copy");
    let store = open(&left.path().join("data.db")).await.expect("it has its file");
    assert_eq!(length(&store, array).await.expect("a length"), 1);
}

#[tokio::test]
async fn a_newer_file_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("data.db");
    open(&file).await.expect("a store").close().await;
    execute(&file, &["PRAGMA user_version = 99"]).await.close().await.expect("closed");
    let before = files(directory.path());
    let error = open(&file).await.expect_err("it is newer").to_string();
    let supported = format!("up to {}", identify::format_version());
    assert!(error.contains("format 99") && error.contains(&supported), "{error}");
    assert_eq!(files(directory.path()), before);
}

/// A file as version 0.1.0 wrote it, with three blocks and two rows in the journal.
async fn first_format(file: &Path) -> SqliteConnection {
    let mut connection =
        execute(file, &["PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL"]).await;
    MIGRATIONS.run_to(1, &mut connection).await.expect("tables");
    for statement in [
        "INSERT INTO user VALUES (1, 'u', '', 'e', '', '', 'user', 1, '', '', '')",
        "INSERT INTO device VALUES (1, 1, 'd', '', '', '', 'k', x'00', 1, 1, '', 1, 1)",
        "INSERT INTO stream VALUES (1, 1, 's', '', '', '', '{}', '', 0, 0)",
        "INSERT INTO block VALUES (1, 0, 0, 2, 2.0, 0, CAST('[{\"t\":1,\"d\":1},{\"t\":2,\"d\":2}]' AS BLOB))",
        "INSERT INTO block VALUES (1, 0, 2, 3, 3.0, 0, CAST('[{\"t\":3,\"d\":[3]}]' AS BLOB))",
        "INSERT INTO block VALUES (1, 0, 3, 4, 4.0, 0, CAST('[{\"t\":4,\"d\":4}]' AS BLOB))",
        "INSERT INTO journal VALUES (1, 1, 0, CAST('{\"t\":5,\"d\":5}' AS BLOB))",
        "INSERT INTO journal VALUES (2, 1, 0, CAST('{\"t\":6,\"d\":6},{\"t\":7,\"d\":7}' AS BLOB))",
    ] {
        sqlx::query(statement).execute(&mut connection).await.expect("executed");
    }
    connection
}

const FIRST: Array = Array { stream: 1, downlink: false };

#[tokio::test]
async fn a_file_of_the_first_format_is_adopted() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("data.db");
    first_format(&file).await.close().await.expect("closed");
    let store = open(&file).await.expect("a store");
    let read = read(&store, FIRST, 0..7).await;
    assert!(read.iter().zip(1..).all(|(datapoint, t)| datapoint["t"] == t), "{read:?}");
    assert_eq!(index_after(&store, FIRST, 3.5).await.expect("an index"), 3);
    insert(&store, FIRST, &json!([{"t": 8, "d": 8}])).await.expect("stored");
    flush(&store).await;
    assert_eq!(length(&store, FIRST).await.expect("a length"), 8);
    store.close().await;
    let bytes = std::fs::read(&file).expect("a file");
    assert_eq!(bytes[68..72], [0x43, 0x44, 0x42, 0x66]);
    assert_eq!(i64::from(bytes[63]), identify::format_version());
}

#[tokio::test]
async fn a_file_of_the_first_format_is_adopted_though_it_is_in_its_log() {
    let (directory, left) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("one"));
    let connection = first_format(&directory.path().join("data.db")).await;
    for name in ["data.db", "data.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).expect("a copy");
    }
    connection.close().await.expect("closed");
    let store = open(&left.path().join("data.db")).await.expect("a store");
    assert_eq!(length(&store, FIRST).await.expect("a length"), 7);
}

#[tokio::test]
async fn blocks_without_checksums_are_checked_by_what_they_hold() {
    for damage in [
        "UPDATE block SET data = CAST(replace(data, '\"d\":[3]', '\"d\":[3') AS BLOB) WHERE first_index = 2",
        "UPDATE block SET data = CAST('[{\"t\":3},{\"t\":3}]' AS BLOB) WHERE first_index = 2",
        "UPDATE block SET data = CAST('[{\"t\":2,\"d\":3}]' AS BLOB) WHERE first_index = 2",
        "UPDATE block SET data = CAST('[]' AS BLOB) WHERE first_index = 2",
        "UPDATE block SET encoding = 1 WHERE first_index = 2",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("data.db");
        let mut connection = first_format(&file).await;
        sqlx::query(damage).execute(&mut connection).await.expect("executed");
        connection.close().await.expect("closed");
        let store = open(&file).await.expect("a store");
        let error =
            reader_of(&store, FIRST, 0..7).await.next_piece().await.expect_err(damage).to_string();
        assert!(error.contains("2 to 2 of"), "{error}");
        assert_eq!(read(&store, FIRST, 0..2).await.len(), 2);
        assert_eq!(read(&store, FIRST, 3..7).await.len(), 4);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_has_one_owner_whatever_its_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let [file, symbolic, hard, renamed] =
        ["data.db", "symbolic", "hard", "renamed"].map(|name| directory.path().join(name));
    let store = open(&file).await.expect("a store");
    std::os::unix::fs::symlink(&file, &symbolic).expect("a link");
    assert!(matches!(open(&symbolic).await, Err(OpenError::InUse)));
    std::fs::hard_link(&file, &hard).expect("a link");
    assert!(matches!(open(&hard).await, Err(OpenError::InUse)));
    std::fs::rename(&file, &renamed).expect("renamed");
    assert!(matches!(open(&renamed).await, Err(OpenError::InUse)));
    // The first one has kept its locks.
    assert!(matches!(open(&renamed).await, Err(OpenError::InUse)));
    store
        .begin(operator::change())
        .await
        .expect("a change")
        .commit()
        .await
        .expect("it can still write");
}

#[tokio::test]
async fn a_server_whose_file_has_another_owner_stops_writing() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    let file = _directory.path().join("data.db");
    execute(&file, &["UPDATE owner SET epoch = 5"]).await.close().await.expect("closed");
    let large = Value::from(vec![json!({"t": 2, "d": "x".repeat(100)}); 300]);
    for data in [json!([{"t": 2, "d": 2}]), large.clone(), json!([{"t": 2, "d": 2}])] {
        let error = insert(&store, array, &data).await.expect_err("it has another owner");
        assert!(error.to_string().contains("another server has opened the data file"), "{error}");
    }
    assert!(matches!(store.begin(operator::change()).await, Err(StorageError::Superseded)));
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 1);
    assert_eq!(read(&store, array, 0..1).await, [json!({"t": 1, "d": 1})]);
    store.close().await;
    let mut connection = execute(&file, &[]).await;
    let epoch: i64 = sqlx::query_scalar("SELECT epoch FROM owner")
        .fetch_one(&mut connection)
        .await
        .expect("an epoch");
    assert_eq!(epoch, 5);
}

#[tokio::test]
async fn a_file_is_not_opened_without_the_log_of_its_last_changes() {
    let (directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    let left = tempfile::tempdir().expect("a directory");
    let [file, moved] = ["data.db", "moved.db"].map(|name| left.path().join(name));
    std::fs::copy(directory.path().join("data.db"), &moved).expect("a copy");
    // Its log is still where the store has it open.
    let error = open(&moved).await.expect_err("its log is elsewhere").to_string();
    assert!(error.contains("data.db-wal"), "{error}");
    std::fs::copy(directory.path().join("data.db"), &file).expect("a copy");
    std::fs::copy(directory.path().join("data.db-wal"), left.path().join("data.db-wal"))
        .expect("a copy");
    let store = open(&file).await.expect("it has its log");
    assert_eq!(length(&store, array).await.expect("a length"), 1);
}
