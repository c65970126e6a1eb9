//! Datapoints that are kept for a time.

use super::*;

/// Keeps the datapoints of the only stream for some seconds.
async fn set_keep(store: &SqliteStorage, keep: u64) {
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let mut stream = tx.stream(1, "stream").await.expect("read").expect("a stream");
    stream.keep = keep;
    tx.update_stream(&stream).await.expect("updated");
    tx.commit().await.expect("a commit");
}

/// Datapoints, one a second, of which the last one is from now.
fn until_now(count: u32) -> Value {
    let now = Timestamp::now().as_secs_f64();
    (0..count).map(|i| json!({"t": now - f64::from(count - 1 - i), "d": i})).collect()
}

#[tokio::test]
async fn what_is_older_goes_with_later_inserts_and_positions_stay() {
    let (directory, store, array) = store().await;
    insert(&store, array, &until_now(50_000)).await.expect("stored");
    set_keep(&store, 10_000).await;
    assert_eq!(length(&store, array).await.expect("a length"), 50_000);
    // With the commit that adds blocks.
    let later = Timestamp::now().as_secs_f64() + 1.0;
    let more: Value = (0..3000).map(|i| json!({"t": later, "d": i})).collect();
    insert(&store, array, &more).await.expect("stored");
    store.settled().await;
    let extent = store.array_extent(array).await.expect("an extent");
    assert_eq!(extent.end_position(), 53_000);
    // Whole blocks go.
    assert!((13_000..24_000).contains(&extent.length()), "{}", extent.length());
    let first = read(&store, array, 0..1).await[0]["d"].as_u64().expect("a number");
    assert_eq!(first, 53_000 - extent.length());
    let t = later - 5000.0;
    let index = index_after(&store, array, t).await.expect("an index");
    let around = read(&store, array, index - 1..index + 1).await;
    assert!(around[0]["t"].as_f64() <= Some(t) && around[1]["t"].as_f64() > Some(t));
    let deleted: i64 = count(&store, "SELECT count(*) FROM summary WHERE end_index <= 29000").await;
    assert_eq!(deleted, 0);
    store.close().await;
    drop(store);
    let file = directory.path().join("data.db");
    let check = SqliteStorage::check(&file).await.expect("a check");
    assert_eq!((check.problems, check.datapoints), (Vec::new(), extent.length()));
    let store = SqliteStorage::open(&file).await.expect("a store");
    assert_eq!(store.array_extent(array).await.expect("an extent"), extent);
}

#[tokio::test]
async fn the_newest_block_stays_however_old_it_is() {
    let (_directory, store, array) = store().await;
    set_keep(&store, 60).await;
    let old: Value = (1..30_000).map(|t| json!({"t": t, "d": t})).collect();
    insert(&store, array, &old).await.expect("stored");
    store.settled().await;
    let left = length(&store, array).await.expect("a length");
    assert!((1..20_000).contains(&left), "{left}");
    assert_eq!(read(&store, array, left - 1..left).await[0]["t"], 29_999);
    // Its time still counts.
    let late = insert(&store, array, &json!([{"t": 29_998, "d": 0}])).await;
    assert!(matches!(late, Err(CommitError::Order)), "{late:?}");
}

#[tokio::test]
async fn a_read_that_has_begun_ends_with_an_error_when_what_it_reads_is_not_kept() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &until_now(200_000)).await.expect("stored");
    let mut reader = reader_of(&store, array, 0..100_000).await;
    reader.next_piece().await.expect("a piece").expect("the first");
    set_keep(&store, 1000).await;
    for _ in 0..2 {
        let later = Timestamp::now().as_secs_f64() + 1.0;
        let more: Value = (0..3000).map(|i| json!({"t": later, "d": i})).collect();
        insert(&store, array, &more).await.expect("stored");
        store.settled().await;
    }
    let rest = loop {
        match reader.next_piece().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert!(matches!(rest, Err(ReadError::Replaced)), "{rest:?}");
}
