//! Columns that are made of full blocks.

use std::sync::Arc;

use super::*;
use crate::storage::format::summary::BlockSummary;
use crate::storage::sqlite::finish::{Finisher, Step};
use crate::storage::{Cell, Page};

/// Makes columns of all full blocks.
pub(crate) async fn finish(store: &SqliteStorage) {
    let mut finisher = Finisher::new(store.readers.clone(), Arc::downgrade(&store.writer));
    while finisher.step().await.expect("written") == Step::More {}
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
    let random = |t: u64| (t.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) as f64;
    let datapoint = |t| json!({"t": t as f64 + 0.5, "d": random(t) / 100.0});
    (first..first + count).map(datapoint).collect()
}

async fn pragma(store: &SqliteStorage, name: &str) -> i64 {
    let query = AssertSqlSafe(format!("PRAGMA {name}"));
    sqlx::query_scalar(query).fetch_one(&store.readers).await.expect("a number")
}

/// Reads a range as a script does: the time of each datapoint, and its value as JSON.
async fn read_cells(
    store: &SqliteStorage,
    array: Array,
    range: std::ops::Range<u64>,
) -> Vec<(f64, String)> {
    let mut first = range.start;
    let cells = all_cells(reader_of(store, array, range).await).await;
    for (index, ..) in &cells {
        assert_eq!(*index, first);
        first += 1;
    }
    cells.into_iter().map(|(_, t, value)| (t, value)).collect()
}

/// Reads all datapoints: the index, the time and the value of each.
async fn all_cells(mut reader: Reader) -> Vec<(u64, f64, String)> {
    let mut all = Vec::new();
    while let Some((first, page)) = reader.next_page().await.expect("a page") {
        let mut cells = Vec::new();
        match page {
            Page::Text(text) => {
                let text = [&text[..], b"]"].concat();
                let points: Vec<Value> = serde_json::from_slice(&text).expect("datapoints");
                let cell =
                    |point: Value| (point["t"].as_f64().expect("a time"), point["d"].to_string());
                cells.extend(points.into_iter().map(cell));
            }
            Page::Columns(mut page) => {
                while let Some((t, cell)) = page.next() {
                    let value = match cell {
                        Cell::Missing => "null".to_owned(),
                        Cell::Integer(integer) => integer.to_string(),
                        Cell::Float(float) => json!(float).to_string(),
                        Cell::Text(_, text) | Cell::Json(text) => {
                            String::from_utf8(text.to_vec()).expect("text")
                        }
                    };
                    cells.push((t, value));
                }
            }
        }
        all.extend((first..).zip(cells).map(|(index, (t, value))| (index, t, value)));
    }
    all
}

#[tokio::test]
async fn full_blocks_become_columns_and_the_file_smaller() {
    const COUNT: u64 = 500_000;
    let (directory, store, array) = store().await;
    let mut all = Vec::new();
    for batch in 0..COUNT / 50_000 {
        let batch = numbers(batch * 50_000, 50_000);
        insert(&store, array, &batch).await.expect("stored");
        all.extend(batch.as_array().expect("datapoints").clone());
    }
    let other = Array { downlink: true, ..array };
    insert(&store, other, &numbers(0, 1000)).await.expect("stored");
    let before = pragma(&store, "page_count").await;
    finish(&store).await;
    assert_eq!((encoded(&store, 0).await, encoded(&store, 3).await), (0, 0));
    // Those that may still be merged.
    assert!(encoded(&store, 1).await <= 2);
    assert!(encoded(&store, 2).await > 10);
    assert_eq!(pragma(&store, "auto_vacuum").await, 2);
    assert!(pragma(&store, "freelist_count").await <= 32);
    let after = pragma(&store, "page_count").await;
    assert!(after < before * 3 / 4, "{after} of {before} pages");
    assert!(read(&store, array, 0..COUNT).await == all);
    assert_eq!(read(&store, array, 70_001..70_005).await, &all[70_001..70_005]);
    for index in [0, 1, 4095, 100_000, COUNT - 1] {
        let t = index as f64 + 0.5;
        assert_eq!(index_after(&store, array, t).await.expect("an index"), index + 1);
        assert_eq!(index_after(&store, array, t - 0.1).await.expect("an index"), index);
    }
    insert(&store, array, &numbers(COUNT, 10)).await.expect("stored");
    all.extend(numbers(COUNT, 10).as_array().expect("datapoints").clone());
    // From the middle of a block to what is in the journal.
    let cells = read_cells(&store, array, 123_456..COUNT + 10).await;
    let expected = all[123_456..].iter();
    let expected = expected.map(|it| (it["t"].as_f64().expect("a time"), it["d"].to_string()));
    assert!(cells == expected.collect::<Vec<_>>());
    assert_eq!(read_cells(&store, array, 7..9).await.len(), 2);
    let ranges = [5..6, 6..9, 1_000..3_000, 3_100..3_101, 200_000..200_000, 200_007..260_000];
    let last = [260_500..260_501, COUNT - 7..COUNT + 3, COUNT + 5..COUNT + 10];
    let ranges: Vec<_> = ranges.into_iter().chain(last).collect();
    let indexes: Vec<_> = ranges.iter().cloned().flatten().collect();
    let expected = indexes.iter().map(|index| {
        let datapoint = &all[*index as usize];
        (*index, datapoint["t"].as_f64().expect("a time"), datapoint["d"].to_string())
    });
    let expected: Vec<_> = expected.collect();
    let extent = store.array_extent(array).await.expect("an extent");
    let several = || store.read_ranges(array, extent, ranges.clone());
    for reader in [several(), several().in_small_pieces()] {
        assert!(all_cells(reader).await == expected);
    }
    store.close_file().await;
    drop(store);
    let store = SqliteStorage::open(&directory.path().join("data.db")).await.expect("it opens");
    assert_eq!(length(&store, array).await.expect("a length"), COUNT + 10);
    assert!(read(&store, array, 150_000..COUNT).await == all[150_000..COUNT as usize]);
}

#[tokio::test]
async fn blocks_of_the_first_format_become_columns() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &numbers(0, 30_000)).await.expect("stored");
    {
        let mut writer = store.writer().await.expect("it is open");
        sqlx::query("UPDATE block SET text_bytes = NULL, checksum = NULL")
            .execute(&mut writer.connection)
            .await
            .expect("as it was");
        writer.heads.replace(&ArrayHeads::default());
    }
    let all = read(&store, array, 0..30_000).await;
    finish(&store).await;
    assert_eq!((encoded(&store, 1).await, encoded(&store, 3).await), (0, 0));
    assert!(encoded(&store, 2).await > 1);
    assert!(read(&store, array, 0..30_000).await == all);
    assert!(Value::from(all) == numbers(0, 30_000));
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
    let others = json!((0..5000).map(|t| json!({"t": t as f64 + 0.5})).collect::<Value>());
    let mut points = batch(&others).await.into_points();
    let mut row = || block_table::Row::new(array, 0, points.blocks().remove(0));
    assert_eq!(row().block.count, 5000);
    let summary = BlockSummary::of(row().block.stored(), 0).expect("a summary");
    let mut writer = store.writer().await.expect("it is open");
    let connection = &mut writer.connection;
    for (checksum, range) in
        [(Some(checksum + 1), 0..5000), (None, 0..5000), (Some(checksum), 1..5001)]
    {
        let replaced = [block_table::Replaced { id, checksum, range }];
        let written = block_table::replace_blocks(connection, &replaced, row(), &summary).await;
        written.expect("nothing is written");
    }
    drop(writer);
    assert!(Value::from(read(&store, array, 0..5000).await) == numbers(0, 5000));
    assert!(summaries_of(&store, array, 0..5000).await.expect("none").is_empty());
}

#[tokio::test]
async fn a_summary_is_used_only_with_its_block() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &numbers(0, 80_000)).await.expect("stored");
    finish(&store).await;
    let summaries = async |range| summaries_of(&store, array, range).await.expect("summaries");
    let all = summaries(0..80_000).await;
    assert!(all.len() > 2);
    assert_eq!(all[1].summary.count, all[1].range.end - all[1].range.start);
    assert_eq!((all[0].first_t, all[0].last_t), (0.5, all[0].range.end as f64 - 0.5));
    // Only blocks within the range.
    let within = summaries(1..all[2].range.end - 1).await;
    assert_eq!(within.len(), 1);
    assert_eq!(within[0].range, all[1].range);
    // A bit of one summary.
    let flip = "UPDATE summary SET summary = CAST(substr(summary, 1, 20) || x'55' || \
                substr(summary, 22) AS BLOB) WHERE end_index = ?";
    let writer = &mut store.writer().await.expect("it is open");
    let flipped = sqlx::query(flip).bind(all[1].range.end.cast_signed());
    flipped.execute(&mut writer.connection).await.expect("flipped");
    assert_eq!(summaries(0..80_000).await.len(), all.len() - 1);
    // The summary of another block.
    let swap = "UPDATE summary SET (summary, seal) = (SELECT summary, seal FROM summary \
                WHERE end_index = ?2) WHERE end_index = ?1";
    let [first, third] = [0, 2].map(|block: usize| all[block].range.end.cast_signed());
    let swapped = sqlx::query(swap).bind(first).bind(third);
    swapped.execute(&mut writer.connection).await.expect("swapped");
    assert_eq!(summaries(0..80_000).await.len(), all.len() - 2);
}

#[tokio::test]
async fn summaries_go_with_their_datapoints() {
    let (_directory, store, array) = store().await;
    let other = Array { downlink: true, ..array };
    for array in [array, other] {
        insert(&store, array, &numbers(0, 60_000)).await.expect("stored");
    }
    finish(&store).await;
    let count = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM summary")
            .fetch_one(&store.readers)
            .await
            .expect("a count")
    };
    let all = count().await;
    assert!(all > 5);
    let mut tx = store.begin(operator::change()).await.expect("a change");
    tx.clear(other).await.expect("cleared");
    tx.commit().await.expect("a commit");
    assert_eq!(count().await, all / 2);
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let stream = tx.stream(1, "stream").await.expect("it is read").expect("a stream");
    tx.delete_stream(&stream).await.expect("deleted");
    tx.commit().await.expect("a commit");
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn a_summary_that_is_long_beside_its_block_is_not_written() {
    let (_directory, store, array) = store().await;
    let name = |t: u64| format!("{:036}", t % 190);
    let names: Value = (1..=20_000_u64).map(|t| json!({"t": t, "d": name(t)})).collect();
    insert(&store, array, &names).await.expect("stored");
    finish(&store).await;
    assert!(encoded(&store, 2).await > 1);
    assert!(summaries_of(&store, array, 0..20_000).await.expect("none").is_empty());
}

#[tokio::test]
async fn blocks_that_are_finished_one_by_one_become_as_large_as_many_at_once() {
    let (_directory, store, array) = store().await;
    let mut all = 0;
    for _ in 0..8 {
        insert(&store, array, &numbers(all, 5000)).await.expect("stored");
        all += 5000;
        finish(&store).await;
    }
    let (one_by_one, bytes): (i64, i64) =
        sqlx::query_as("SELECT count(*), max(text_bytes) FROM block WHERE encoding = 2")
            .fetch_one(&store.readers)
            .await
            .expect("numbers");
    assert!(one_by_one <= 4 && bytes > 300_000, "{one_by_one} blocks of {bytes} bytes at most");
    assert!(Value::from(read(&store, array, 0..all).await) == numbers(0, all));
    let summaries = summaries_of(&store, array, 0..all).await.expect("summaries");
    assert_eq!(summaries.len() as i64, one_by_one);
    // No summary is left of what was taken up.
    let rows: i64 = count(&store, "SELECT count(*) FROM summary").await;
    assert_eq!(rows, one_by_one);
}
