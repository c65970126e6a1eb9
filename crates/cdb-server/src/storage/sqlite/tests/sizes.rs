//! Values of all sizes: what is written for them, and how much of them is in memory.

use super::*;

/// Inserts values of a size, some in an insert, and returns how many bytes were written for each byte
/// of them.
///
/// The log then holds all pages that were written. What is inserted cannot be compressed.
async fn written_per_byte(size: usize, per_insert: usize, inserts: usize) -> f64 {
    let (directory, store, array) = store().await;
    {
        let mut writer = store.writer().await.expect("it is open");
        let connection = &mut writer.connection;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut *connection)
            .await
            .expect("one");
        sqlx::query("PRAGMA wal_autocheckpoint = 0").execute(&mut *connection).await.expect("set");
    }
    let mut rng = faults::SeededRng::new(1);
    let mut value = move || -> String {
        (0..size).map(|_| char::from(u8::try_from(rng.within(35..92)).expect("a byte"))).collect()
    };
    let (mut t, mut inserted) = (0, 0);
    for _ in 0..inserts {
        let mut points = Vec::new();
        for _ in 0..per_insert {
            t += 1;
            points.push(json!({"t": t, "d": value()}));
        }
        let body = Value::from(points);
        inserted += body.to_string().len();
        insert(&store, array, &body).await.expect("stored");
    }
    store.settled().await;
    let log = std::fs::metadata(directory.path().join("data.db-wal")).expect("a log");
    assert_eq!(length(&store, array).await.expect("a length"), t);
    log.len() as f64 / inserted as f64
}

#[tokio::test]
async fn a_small_multiple_of_what_is_inserted_is_written_whatever_its_size() {
    for (size, per_insert, inserts) in [
        (10, 600, 60),
        (1000, 10, 200),
        (15_000, 1, 200),
        (50_000, 1, 100),
        (200_000, 1, 63),
        (1_000_000, 1, 20),
        (8 << 20, 1, 3),
    ] {
        let times = written_per_byte(size, per_insert, inserts).await;
        println!("{size} bytes, {per_insert} an insert: {times:.1} bytes written for one");
        assert!(times < 6.0, "{size} bytes: {times}");
    }
}

#[tokio::test]
async fn large_values_after_small_ones_are_written_once() {
    let (_directory, store, array) = store().await;
    let mut t = 0;
    for round in 0..20 {
        insert(&store, array, &json!([{"t": t + 1, "d": round}])).await.expect("stored");
        let large = json!([{"t": t + 2, "d": "x".repeat(100_000)}]);
        insert(&store, array, &large).await.expect("stored");
        t += 2;
    }
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 0);
    let blocks =
        count(&store, "SELECT count(*) FROM block WHERE end_index - first_index = 1").await;
    assert_eq!(blocks, 40);
    let data = read(&store, array, 0..40).await;
    assert!(data.iter().zip(1..).all(|(datapoint, t)| datapoint["t"] == t));
}

#[tokio::test]
async fn a_page_holds_one_large_block_at_most() {
    let (_directory, store, array) = store().await;
    let text = "x".repeat(1_000_000);
    let small: Vec<Value> = (1..4000).map(|t| json!({"t": t, "d": "some text"})).collect();
    insert(&store, array, &small.into()).await.expect("stored");
    for t in 4000..4020 {
        insert(&store, array, &json!([{"t": t, "d": text}])).await.expect("stored");
    }
    let mut reader = reader_of(&store, array, 0..4019).await;
    let mut all = Vec::new();
    while let Some(piece) = reader.next_piece().await.expect("a piece") {
        assert!(piece.len() < 1_600_000, "{} bytes", piece.len());
        all.extend(piece);
    }
    let all: Vec<Value> = serde_json::from_slice(&all).expect("JSON");
    assert_eq!(all.len(), 4019);
}
