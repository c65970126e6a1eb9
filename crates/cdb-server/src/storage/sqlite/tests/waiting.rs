//! Inserts that are answered before they are in the file.

use std::time::Instant;

use super::*;

/// Longer than a test takes.
const LONG: Durability = Durability::Batched(Duration::from_secs(60));

/// A store with a stream, in which inserts wait.
async fn waiting_store(durability: Durability) -> (TempDir, SqliteStorage, Array) {
    let (directory, store, array) = store().await;
    store.close().await;
    drop(store);
    let store = SqliteStorage::open_durably(&directory.path().join("data.db"), durability).await;
    (directory, store.expect("a store"), array)
}

/// Inserts `d` at the time `d` for each number of a range, one by one.
async fn insert_each(store: &SqliteStorage, array: Array, range: std::ops::Range<u64>) {
    for d in range {
        insert(store, array, &json!([{"t": d, "d": d}])).await.expect("answered");
    }
}

fn points(range: std::ops::Range<u64>) -> Vec<Value> {
    range.map(|d| json!({"t": d, "d": d})).collect()
}

/// The number of datapoints in the file.
async fn count_in_file(store: &SqliteStorage) -> i64 {
    let journal = "SELECT coalesce(sum(end_index - first_index), 0) FROM journal";
    let blocks = "SELECT coalesce(sum(end_index - first_index), 0) FROM block";
    count(store, journal).await + count(store, blocks).await
}

/// The datapoints of an array in a file that is opened again.
async fn reopened(directory: &TempDir, array: Array) -> Vec<Value> {
    let store = SqliteStorage::open(&directory.path().join("data.db")).await.expect("a store");
    let length = length(&store, array).await.expect("a length");
    let points = read(&store, array, 0..length).await;
    store.close().await;
    points
}

#[tokio::test]
async fn what_waits_is_read_and_later_inserts_are_checked_against_it() {
    let (_directory, store, array) = waiting_store(LONG).await;
    insert_each(&store, array, 1..4).await;
    assert_eq!(count_in_file(&store).await, 0);
    assert_eq!(length(&store, array).await.expect("a length"), 3);
    assert_eq!(index_after(&store, array, 2.0).await.expect("an index"), 2);
    assert_eq!(read(&store, array, 0..3).await, points(1..4));
    let early = insert(&store, array, &json!([{"t": 2, "d": 2}])).await;
    assert!(matches!(early, Err(CommitError::Order)), "{early:?}");
    let permit = AppendPermit::for_test(array, store.changes.now(), Vec::new());
    let batch = batch(&json!([{"t": 4, "d": 4}])).await;
    let append = Append { permit, batch, late: IfLate::Refuse, index: Some(2) };
    let index = store.insert(append).await;
    assert!(matches!(index, Err(CommitError::Index)), "{index:?}");
    assert_eq!(read(&store, array, 0..3).await, points(1..4));
}

#[tokio::test]
async fn what_waits_is_in_the_file_when_the_time_is_over() {
    let time = Duration::from_millis(100);
    let (_directory, store, array) = waiting_store(Durability::Batched(time)).await;
    let started = Instant::now();
    insert_each(&store, array, 1..4).await;
    while count_in_file(&store).await < 3 {
        assert!(started.elapsed() < Duration::from_secs(30), "it is not written");
    }
    assert!(started.elapsed() >= time, "{:?}", started.elapsed());
    // The next one waits again.
    insert_each(&store, array, 4..5).await;
    assert_eq!(read(&store, array, 0..4).await, points(1..5));
}

#[tokio::test]
async fn what_waits_is_in_the_file_before_a_change_and_a_large_insert() {
    let (_directory, store, array) = waiting_store(LONG).await;
    insert_each(&store, array, 1..4).await;
    let change = store.begin(operator::change()).await.expect("a change");
    change.commit().await.expect("a commit");
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 1, "it was one commit");
    assert_eq!(count_in_file(&store).await, 3);
    insert_each(&store, array, 4..6).await;
    assert_eq!(count_in_file(&store).await, 3);
    let large: Vec<_> = points(6..2000);
    insert(&store, array, &json!(large)).await.expect("stored");
    assert_eq!(count_in_file(&store).await, 1999);
    assert_eq!(read(&store, array, 0..1999).await, points(1..2000));
}

#[tokio::test]
async fn a_deleted_stream_takes_with_it_what_waits() {
    let (directory, store, array) = waiting_store(LONG).await;
    insert_each(&store, array, 1..4).await;
    let mut change = store.begin(operator::change()).await.expect("a change");
    let stream = change.streams(1).await.expect("streams").remove(0);
    change.delete_stream(&stream).await.expect("deleted");
    change.commit().await.expect("a commit");
    assert_eq!(count_in_file(&store).await, 0);
    store.close().await;
    drop(store);
    assert_eq!(reopened(&directory, array).await, points(0..0));
}

#[tokio::test]
async fn nothing_is_lost_by_closing_or_dropping() {
    for closes in [true, false] {
        let (directory, store, array) = waiting_store(LONG).await;
        insert_each(&store, array, 1..1000).await;
        if closes {
            store.close().await;
        }
        drop(store);
        assert_eq!(reopened(&directory, array).await, points(1..1000), "closes: {closes}");
    }
}

#[tokio::test]
async fn a_copy_has_what_waits() {
    let (directory, store, array) = waiting_store(LONG).await;
    insert_each(&store, array, 1..4).await;
    let mut copy = store.copy().await.expect("a copy");
    let mut bytes = Vec::new();
    loop {
        let piece = copy.next_piece().expect("a piece");
        if piece.is_empty() {
            break;
        }
        bytes.extend(piece);
    }
    assert_eq!(copy.length(), bytes.len() as u64);
    store.close().await;
    drop(store);
    std::fs::write(directory.path().join("data.db"), bytes).expect("written");
    assert_eq!(reopened(&directory, array).await, points(1..4));
}

/// Makes writes of the journal fail, or not.
async fn fail_writes(store: &SqliteStorage, fails: bool) {
    let trigger = match fails {
        true => {
            "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'full'); END"
        }
        false => "DROP TRIGGER full",
    };
    let change = async |connection: &mut sqlx::sqlite::SqliteConnection| {
        Ok(sqlx::query(trigger).execute(connection).await?)
    };
    store.writer().await.expect("it is open").transaction(change).await.expect("a trigger");
}

#[tokio::test]
async fn what_cannot_be_written_stays_and_inserts_are_refused_when_it_is_much() {
    let (directory, store, array) = waiting_store(LONG).await;
    fail_writes(&store, true).await;
    let text = "x".repeat(10_000);
    let mut answered = 0;
    let refused = loop {
        match insert(&store, array, &json!([{"t": answered + 1, "d": text}])).await {
            Ok(()) => answered += 1,
            Err(error) => break error,
        }
        assert!(answered < 100, "this takes too much memory");
    };
    assert!(answered > 20, "{answered}: {refused}");
    let change = store.begin(operator::change()).await;
    assert!(change.is_err(), "it depends on what waits");
    drop(change);
    assert_eq!(length(&store, array).await.expect("a length"), answered);
    fail_writes(&store, false).await;
    insert(&store, array, &json!([{"t": answered + 1, "d": text}])).await.expect("there is room");
    store.close().await;
    drop(store);
    let points: Vec<_> = (1..=answered + 1).map(|t| json!({"t": t, "d": text})).collect();
    assert_eq!(reopened(&directory, array).await, points);
}

#[tokio::test]
async fn what_was_written_by_a_commit_that_failed_is_not_written_twice() {
    let (directory, store, array) = waiting_store(LONG).await;
    insert_each(&store, array, 1..4).await;
    {
        let mut writer = store.writer().await.expect("it is open");
        writer.write_but_fail().await;
    }
    assert_eq!(count_in_file(&store).await, 3);
    insert_each(&store, array, 4..6).await;
    assert_eq!(read(&store, array, 0..5).await, points(1..6));
    store.close().await;
    drop(store);
    assert_eq!(reopened(&directory, array).await, points(1..6));
}
