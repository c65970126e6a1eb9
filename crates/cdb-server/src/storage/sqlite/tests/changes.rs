//! Changes of objects while the journal holds datapoints.

use super::*;

/// Creates a stream beside the first one, and returns its data array.
async fn another_stream(store: &SqliteStorage, name: &str) -> (Stream, Array) {
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let mut stream = tx.streams(1).await.expect("the streams").remove(0);
    stream.name = name.into();
    tx.insert_stream(&mut stream).await.expect("a stream");
    tx.commit().await.expect("a commit");
    let array = Array { stream: stream.id, downlink: false };
    (stream, array)
}

/// Creates a device beside the first one, with streams, and returns their data arrays.
async fn another_device(store: &SqliteStorage, streams: usize) -> (Device, Vec<Array>) {
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let mut device = tx.devices(1).await.expect("the devices").remove(0);
    device.name = "another".into();
    device.apikey = "another".into();
    tx.insert_device(&mut device).await.expect("a device");
    let mut stream = tx.streams(1).await.expect("the streams").remove(0);
    stream.device_id = device.id;
    let mut arrays = Vec::new();
    for number in 0..streams {
        stream.name = number.to_string();
        tx.insert_stream(&mut stream).await.expect("a stream");
        arrays.push(Array { stream: stream.id, downlink: number % 2 == 0 });
    }
    tx.commit().await.expect("a commit");
    (device, arrays)
}

/// Opens a copy of the data file as it is, which is what a killed process leaves.
async fn after_a_kill(directory: &TempDir) -> (TempDir, SqliteStorage) {
    let left = tempfile::tempdir().expect("a directory");
    for name in ["data.db", "data.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).expect("a copy");
    }
    let store = SqliteStorage::open(&left.path().join("data.db")).await.expect("a store");
    (left, store)
}

/// Checks what is left if the process is killed now, and if it goes on and empties the journal.
async fn check(directory: &TempDir, store: SqliteStorage, kept: &[(Array, usize)], gone: &[Array]) {
    let bytes = store.heads.journal_bytes();
    let (_left, killed) = after_a_kill(directory).await;
    assert_eq!(killed.heads.journal_bytes(), bytes);
    for store in [store, killed] {
        for is_flushed in [false, true] {
            for (array, count) in kept {
                let length = length(&store, *array).await.expect("a length");
                assert_eq!(length, *count as u64);
                let points = read(&store, *array, 0..length).await;
                assert_eq!(points.len(), *count, "flushed: {is_flushed}");
            }
            for array in gone {
                assert_eq!(length(&store, *array).await.expect("a length"), 0);
                assert_eq!(read(&store, *array, 0..0).await, [Value::Null; 0]);
            }
            flush(&store).await;
        }
        assert_eq!(store.heads.journal_bytes(), 0);
        let arrays = count(&store, "SELECT count(DISTINCT stream_id * 2 + substream) FROM block");
        assert_eq!(arrays.await, kept.len() as i64);
    }
}

#[tokio::test]
async fn a_change_of_an_object_writes_no_blocks() {
    let (directory, store, array) = store().await;
    for t in 1..=3 {
        insert(&store, array, &json!([{"t": t, "d": t}])).await.expect("stored");
    }
    let (mut stream, other) = another_stream(&store, "another").await;
    insert(&store, other, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    let mut tx = store.begin(operator::change()).await.expect("a change");
    stream.nickname = "changed".into();
    tx.update_stream(&stream).await.expect("an update");
    tx.append(array, &batch(&json!([{"t": 4, "d": 4}])).await).await.expect("appended");
    tx.commit().await.expect("a commit");
    insert(&store, array, &json!([{"t": 5, "d": 5}])).await.expect("stored");
    assert_eq!(count(&store, "SELECT count(*) FROM block").await, 0);
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 6);
    check(&directory, store, &[(array, 5), (other, 1)], &[]).await;
}

#[tokio::test]
async fn large_batches_of_a_change_follow_what_the_journal_holds() {
    let (directory, store, array) = store().await;
    insert(&store, array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    let large = batch(&json!([{"t": 3, "d": "x".repeat(100_000)}])).await;
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.append(array, &batch(&json!([{"t": 2, "d": 2}])).await).await.expect("appended");
    tx.append(array, &large).await.expect("appended");
    tx.append(array, &batch(&json!([{"t": 4, "d": 4}])).await).await.expect("appended");
    tx.commit().await.expect("a commit");
    assert_eq!(count(&store, "SELECT count(*) FROM block").await, 2);
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 1);
    check(&directory, store, &[(array, 4)], &[]).await;
}

#[tokio::test]
async fn the_journal_becomes_blocks_also_if_only_objects_are_changed() {
    let (_directory, store, array) = store().await;
    for t in 1..=150 {
        let entry = batch(&json!([{"t": t, "d": "x".repeat(10_000)}])).await;
        let mut tx = store.begin(operator::change()).await.expect("a change");
        tx.append(array, &entry).await.expect("appended");
        tx.commit().await.expect("a commit");
    }
    store.settled().await;
    let waiting = count(&store, "SELECT sum(length(data)) FROM journal").await;
    assert!(waiting < 1024 * 1024, "{waiting} bytes");
    assert_eq!(read(&store, array, 0..150).await.len(), 150);
}

#[tokio::test]
async fn a_deleted_stream_takes_its_part_of_the_journal_with_it() {
    let (directory, store, array) = store().await;
    let (stream, other) = another_stream(&store, "another").await;
    for array in [array, other, Array { downlink: true, ..other }] {
        insert(&store, array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    }
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.append(array, &batch(&json!([{"t": 2, "d": 2}])).await).await.expect("appended");
    tx.delete_stream(&stream).await.expect("deleted");
    tx.commit().await.expect("a commit");
    assert_eq!(count(&store, "SELECT count(*) FROM block").await, 0);
    // The new stream with the same name is another one.
    let (_, again) = another_stream(&store, "another").await;
    let gone = [other, Array { downlink: true, ..other }, again];
    check(&directory, store, &[(array, 2)], &gone).await;
}

#[tokio::test]
async fn a_read_of_a_stream_that_is_deleted_meanwhile_ends_with_an_error() {
    let (_directory, store, _) = store().await;
    let (stream, array) = another_stream(&store, "another").await;
    let data: Vec<Value> = (1..50_000).map(|t| json!({"t": t, "d": "some text"})).collect();
    insert(&store, array, &data.into()).await.expect("stored");
    insert(&store, array, &json!([{"t": 50_000, "d": 1}])).await.expect("stored");
    let mut reader = reader_of(&store, array, 0..50_000).await;
    reader.next_piece().await.expect("a piece").expect("the first");
    let mut recent = reader_of(&store, array, 49_999..50_000).await;
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.delete_stream(&stream).await.expect("deleted");
    tx.commit().await.expect("a commit");
    assert!(matches!(reader.next_piece().await, Err(ReadError::Gone)));
    assert!(matches!(recent.next_piece().await, Err(ReadError::Gone)));
}

#[tokio::test]
async fn a_read_between_a_deletion_and_the_change_of_memory_finds_no_damage() {
    let (_directory, store, array) = store().await;
    let data: Vec<Value> = (1..5000).map(|t| json!({"t": t, "d": "some text"})).collect();
    insert(&store, array, &data.into()).await.expect("stored");
    let mut writer = store.writer().await.expect("it is open");
    let deleted = sqlx::query("DELETE FROM stream").execute(&mut writer.connection).await;
    assert_eq!(deleted.expect("deleted").rows_affected(), 1);
    assert_eq!(length(&store, array).await.expect("a length"), 4999);
    let read = reader_of(&store, array, 0..4999).await.next_piece().await;
    assert!(matches!(read, Err(ReadError::Gone)), "{read:?}");
}

#[tokio::test]
async fn a_deleted_device_takes_its_part_of_the_journal_with_it() {
    // Few streams, and so many that the journal is emptied.
    for streams in [2, 40] {
        let (directory, store, array) = store().await;
        let (device, arrays) = another_device(&store, streams).await;
        for array in arrays.iter().chain([&array]) {
            insert(&store, *array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
        }
        let mut tx = store.begin(operator::change()).await.expect("a change");
        tx.delete_device(&device).await.expect("deleted");
        tx.append(array, &batch(&json!([{"t": 2, "d": 2}])).await).await.expect("appended");
        tx.commit().await.expect("a commit");
        let is_emptied = count(&store, "SELECT count(*) FROM block").await == 1;
        assert_eq!(is_emptied, streams == 40);
        insert(&store, array, &json!([{"t": 3, "d": 3}])).await.expect("stored");
        check(&directory, store, &[(array, 3)], &arrays).await;
    }
}

#[tokio::test]
async fn a_deleted_user_takes_its_part_of_the_journal_with_it() {
    let (directory, store, array) = store().await;
    let (_, mut gone) = another_device(&store, 2).await;
    gone.push(array);
    for array in &gone {
        insert(&store, *array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    }
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let user = tx.user("user").await.expect("a row").expect("the user");
    tx.delete_user(&user).await.expect("deleted");
    tx.commit().await.expect("a commit");
    assert_eq!(store.heads.journal_bytes(), 0);
    check(&directory, store, &[], &gone).await;
}

#[tokio::test]
async fn a_cleared_array_takes_its_part_of_the_journal_with_it() {
    let (directory, store, array) = store().await;
    let downlink = Array { downlink: true, ..array };
    for array in [array, downlink] {
        insert(&store, array, &json!([{"t": 5, "d": "x".repeat(100_000)}])).await.expect("stored");
        insert(&store, array, &json!([{"t": 6, "d": 1}])).await.expect("stored");
    }
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.clear(downlink).await.expect("cleared");
    tx.commit().await.expect("a commit");
    assert_eq!(length(&store, downlink).await.expect("a length"), 0);
    assert_eq!(count(&store, "SELECT count(*) FROM journal WHERE substream = 1").await, 0);
    // Earlier than what was there before.
    insert(&store, downlink, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    check(&directory, store, &[(array, 2), (downlink, 1)], &[]).await;
}

#[tokio::test]
async fn a_deletion_that_is_given_up_leaves_the_journal() {
    let (directory, store, array) = store().await;
    let (device, arrays) = another_device(&store, 40).await;
    let mut kept = vec![(array, 1)];
    kept.extend(arrays.iter().map(|array| (*array, 1)));
    for (array, _) in &kept {
        insert(&store, *array, &json!([{"t": 1, "d": 1}])).await.expect("stored");
    }
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.clear(array).await.expect("cleared");
    tx.delete_device(&device).await.expect("deleted");
    drop(tx);
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.delete_device(&device).await.expect("deleted");
    drop(tx);
    check(&directory, store, &kept, &[]).await;
}
