//! Columns that are made of full blocks.

use super::*;
use crate::storage::sqlite::finish::Finisher;

/// Makes columns of all full blocks.
pub(super) async fn finish(store: &SqliteStorage) {
    let mut finisher = Finisher::new(store.readers.clone(), &store.writer);
    while finisher.step().await.expect("written").expect("it is open") {}
}

/// The number of blocks with an encoding.
async fn encoded(store: &SqliteStorage, encoding: i64) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM block WHERE encoding = ?")
        .bind(encoding)
        .fetch_one(&store.readers)
        .await
        .expect("a count")
}

fn numbers(first: u64, count: u64) -> Value {
    let datapoint = |t| json!({"t": t as f64 + 0.5, "d": (t * 7919 % 1000) as f64 / 10.0});
    (first..first + count).map(datapoint).collect()
}

#[tokio::test]
async fn full_blocks_become_columns_and_the_file_smaller() {
    let (directory, store, array) = store().await;
    let mut all = Vec::new();
    for batch in 0..20 {
        let batch = numbers(batch * 10_000, 10_000);
        insert(&store, array, &batch).await.expect("stored");
        all.extend(batch.as_array().expect("datapoints").clone());
    }
    let other = Array { downlink: true, ..array };
    insert(&store, other, &numbers(0, 1000)).await.expect("stored");
    let file = directory.path().join("data.db");
    let size = async || {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&store.readers).await.expect("done");
        std::fs::metadata(&file).expect("a file").len()
    };
    let before = size().await;
    finish(&store).await;
    assert_eq!((encoded(&store, 0).await, encoded(&store, 3).await), (0, 0));
    // Those that may still be merged.
    assert!(encoded(&store, 1).await <= 2);
    assert!(encoded(&store, 2).await > 10);
    let after = size().await;
    assert!(after < before / 2 + 512 * 8192 / 2, "{after} of {before} bytes");
    for _ in 0..2 {
        assert!(read(&store, array, 0..200_000).await == all);
        assert_eq!(read(&store, array, 70_001..70_005).await, &all[70_001..70_005]);
        for index in [0, 1, 4095, 100_000, 199_999] {
            let t = index as f64 + 0.5;
            assert_eq!(store.array_index_after(array, t).await.expect("an index"), index + 1);
            assert_eq!(store.array_index_after(array, t - 0.1).await.expect("an index"), index);
        }
        assert_eq!(read(&store, other, 0..1000).await.len(), 1000);
        finish(&store).await;
    }
    insert(&store, array, &numbers(200_000, 10)).await.expect("stored");
    store.close_file().await;
    drop(store);
    let store = SqliteStorage::open(&file).await.expect("it opens again");
    assert_eq!(store.array_length(array).await.expect("a length"), 200_010);
    assert!(read(&store, array, 150_000..200_000).await == all[150_000..]);
}

#[tokio::test]
async fn blocks_that_would_not_become_smaller_are_tried_once() {
    let (_directory, store, array) = store().await;
    let text = |t: u64| format!("{:016x}{:016x}", t.wrapping_mul(0x9e37_79b9_7f4a_7c15), t.pow(5));
    let texts: Value = (1..=4000_u64).map(|t| json!({"t": t, "d": text(t)})).collect();
    insert(&store, array, &texts).await.expect("stored");
    finish(&store).await;
    assert!(encoded(&store, 3).await > 0);
    assert_eq!((encoded(&store, 1).await, encoded(&store, 2).await), (0, 0));
    assert!(Value::from(read(&store, array, 0..4000).await) == texts);
}

#[tokio::test]
async fn a_block_that_was_replaced_meanwhile_stays() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &numbers(0, 5000)).await.expect("stored");
    let (id, checksum): (i64, i64) = sqlx::query_as("SELECT rowid, checksum FROM block")
        .fetch_one(&store.readers)
        .await
        .expect("a block");
    let mut points = batch(&numbers(0, 5000)).await.into_points();
    let mut row = || block_table::Row::new(array, 0, points.blocks().remove(0));
    let mut writer = store.writer().await.expect("it is open");
    let connection = &mut writer.connection;
    let other = Some(checksum + 1);
    block_table::update_block(connection, id, other, row()).await.expect("nothing is written");
    block_table::update_block(connection, id, None, row()).await.expect("nothing is written");
    drop(writer);
    assert!(Value::from(read(&store, array, 0..5000).await) == numbers(0, 5000));
}
