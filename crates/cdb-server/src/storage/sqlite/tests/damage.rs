//! Damaged files: each read is correct or an error, and what is not damaged can be read.

use faults::SeededRng;
use sqlx::Connection;

use super::finish::finish;
use super::*;

/// Runs a statement on the connection that writes.
async fn execute(store: &SqliteStorage, query: &'static str) {
    let mut writer = store.writer().await.expect("it is open");
    sqlx::query(query).execute(&mut writer.connection).await.expect("executed");
}

/// Runs a statement on a file that no server has open.
async fn execute_in(file: &Path, query: &'static str) {
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = options.connect().await.expect("a connection");
    sqlx::query(query).execute(&mut connection).await.expect("executed");
    connection.close().await.expect("closed");
}

async fn try_read(
    store: &SqliteStorage,
    array: Array,
    range: std::ops::Range<u64>,
) -> Result<Vec<Value>, String> {
    let extent = store.array_extent(array).await.map_err(|error| error.to_string())?;
    let mut reader = store.read(array, extent, &range);
    let mut text = Vec::new();
    while let Some(piece) = reader.next_piece().await.map_err(|error| error.to_string())? {
        text.extend(piece);
    }
    Ok(serde_json::from_slice(&text).expect("what is answered is JSON"))
}

/// Some datapoints whose text is that of several blocks, and which need most of the file.
fn data(first: u64, count: u64) -> Vec<Value> {
    let text = "some text that is long enough ".repeat(3);
    let random = |t: u64| t.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12;
    let datapoint = |t| json!({"t": t, "d": {"text": text, "n": random(t)}});
    (first..first + count).map(datapoint).collect()
}

#[tokio::test]
async fn a_damaged_block_is_named_and_everything_else_can_be_read() {
    damage_each(async |_| {}).await;
}

#[tokio::test]
async fn a_damaged_block_of_columns_is_named_and_everything_else_can_be_read() {
    damage_each(finish).await;
}

/// Damages a block in each way, after what `prepare` has done with all of them.
async fn damage_each(prepare: impl AsyncFn(&SqliteStorage)) {
    const COUNT: u64 = 15_000;
    let (directory, store, array) = store().await;
    let all = data(1, COUNT);
    insert(&store, array, &all.clone().into()).await.expect("stored");
    let other = Array { downlink: true, ..array };
    insert(&store, other, &all.clone().into()).await.expect("stored");
    prepare(&store).await;
    let ends: Vec<i64> =
        sqlx::query_scalar("SELECT end_index FROM block WHERE substream = 0 ORDER BY end_index")
            .fetch_all(&store.readers)
            .await
            .expect("blocks");
    assert!(ends.len() > 3, "{ends:?}");
    let (first, end) = (ends[0].unsigned_abs(), ends[1].unsigned_abs());
    for damage in [
        // One bit of the data, the length of the text, the encoding, the place, a truncation.
        "UPDATE block
             SET data = CAST(substr(data, 1, 99) || x'5a' || substr(data, 101) AS BLOB)",
        "UPDATE block SET text_bytes = text_bytes + 1",
        "UPDATE block SET encoding = 0",
        "UPDATE block SET encoding = 7",
        "UPDATE block SET first_index = first_index + 1",
        "UPDATE block SET data = zeroblob(length(data))",
        "UPDATE block SET data = substr(data, 1, length(data) - 1)",
        "UPDATE block SET data = x''",
        "UPDATE block SET checksum = checksum + 1",
        "DELETE FROM block",
    ] {
        flush(&store).await;
        prepare(&store).await;
        let place = format!(" WHERE substream = 0 AND end_index = {end}");
        {
            let mut writer = store.writer().await.expect("it is open");
            let damage = sqlx::query(AssertSqlSafe(format!("{damage}{place}")));
            damage.execute(&mut writer.connection).await.expect("damaged");
            // What is known of the array is read from the file again.
            writer.heads.replace(&ArrayHeads::default());
        }
        let error = try_read(&store, array, 0..COUNT).await.expect_err(damage);
        assert!(error.contains(&format!(" to {} of", end - 1)), "{damage}: {error}");
        assert!(try_read(&store, array, first + 5..first + 6).await.is_err(), "{damage}");
        assert!(index_after(&store, array, first as f64 + 5.5).await.is_err(), "{damage}");
        // What is not in it.
        assert_eq!(length(&store, array).await.expect("a length"), COUNT);
        let before = try_read(&store, array, 0..first).await.expect("read");
        assert_eq!(before, &all[..usize::try_from(first).expect("an index")]);
        let after = try_read(&store, array, end..COUNT).await.expect("read");
        assert_eq!(after, &all[usize::try_from(end).expect("an index")..]);
        assert_eq!(try_read(&store, other, 0..COUNT).await.expect("read"), all);
        let index = index_after(&store, array, COUNT as f64 - 0.5).await.expect("an index");
        assert_eq!(index, COUNT - 1);
        // The block as it was.
        execute(&store, "DELETE FROM block").await;
        for array in [array, other] {
            let mut points = batch(&all.clone().into()).await.into_points();
            let mut length = 0;
            let rows: Vec<_> = points
                .blocks()
                .into_iter()
                .map(|block| {
                    let first_index = length;
                    length += block.count as u64;
                    block_table::Row::new(array, first_index, block)
                })
                .collect();
            let mut writer = store.writer().await.expect("it is open");
            block_table::insert_blocks(&mut writer.connection, rows).await.expect("written");
        }
        assert_eq!(try_read(&store, array, 0..COUNT).await.expect("read"), all);
    }
    drop(directory);
}

#[tokio::test]
async fn damaged_small_blocks_do_not_stop_the_journal_from_being_emptied() {
    let (_directory, store, array) = store().await;
    for t in 1..=10 {
        insert(&store, array, &data(t, 1).into()).await.expect("stored");
        flush(&store).await;
    }
    execute(&store, "UPDATE block SET data = x'00' WHERE first_index = 5").await;
    for t in 11..=300 {
        insert(&store, array, &data(t, 1).into()).await.expect("stored");
        if t % 2 == 0 {
            flush(&store).await;
        }
    }
    flush(&store).await;
    assert_eq!(count(&store, "SELECT count(*) FROM journal").await, 0);
    let all = data(1, 300);
    assert_eq!(try_read(&store, array, 0..5).await.expect("read"), &all[..5]);
    assert_eq!(try_read(&store, array, 6..300).await.expect("read"), &all[6..]);
    assert!(try_read(&store, array, 5..6).await.expect_err("damaged").contains("5 to 5 of"));
}

/// Leaves what a power failure would, with five rows in the journal.
async fn killed() -> (TempDir, Array, Vec<Value>) {
    let (directory, store, array) = store().await;
    let all = data(1, 6);
    insert(&store, array, &all[..1].to_vec().into()).await.expect("stored");
    flush(&store).await;
    for datapoint in &all[1..] {
        insert(&store, array, &vec![datapoint.clone()].into()).await.expect("stored");
    }
    let left = tempfile::tempdir().expect("a directory");
    for name in ["data.db", "data.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).expect("a copy");
    }
    (left, array, all)
}

#[tokio::test]
async fn a_damaged_row_of_the_journal_costs_its_own_datapoints_only() {
    for damage in [
        "UPDATE journal SET data = replace(data, 'some', 'same') WHERE first_index = 3",
        "UPDATE journal SET data = x'' WHERE first_index = 3",
        "UPDATE journal SET end_index = 9 WHERE first_index = 3",
        "UPDATE journal SET checksum = 9 WHERE first_index = 3",
        "UPDATE journal SET stream_id = 1, substream = 1 WHERE first_index = 3",
        "DELETE FROM journal WHERE first_index = 3",
    ] {
        let (left, array, all) = killed().await;
        let file = left.path().join("data.db");
        execute_in(&file, damage).await;
        let store = SqliteStorage::open(&file).await.expect("a store");
        assert_eq!(length(&store, array).await.expect("a length"), 6, "{damage}");
        let error = try_read(&store, array, 0..6).await.expect_err(damage);
        assert!(error.contains("3 to 3 of"), "{damage}: {error}");
        assert_eq!(try_read(&store, array, 0..3).await.expect("read"), &all[..3], "{damage}");
        assert_eq!(try_read(&store, array, 4..6).await.expect("read"), &all[4..], "{damage}");
        insert(&store, array, &data(7, 1).into()).await.expect("stored");
        store.close().await;
        drop(store);
        let store = SqliteStorage::open(&file).await.expect("a store");
        assert_eq!(try_read(&store, array, 4..7).await.expect("read"), data(5, 3), "{damage}");
    }
}

/// A closed file with blocks of two arrays: small ones, large ones, and columns.
async fn closed() -> (Vec<u8>, [Array; 2], Vec<Value>) {
    let (directory, store, array) = store().await;
    let arrays = [array, Array { downlink: true, ..array }];
    let all = data(1, 6000);
    for array in arrays {
        for part in all[..300].chunks(7) {
            insert(&store, array, &part.to_vec().into()).await.expect("stored");
        }
        flush(&store).await;
        for part in all[300..].chunks(400) {
            insert(&store, array, &part.to_vec().into()).await.expect("stored");
        }
    }
    finish(&store).await;
    // Free pages can be damaged without consequences.
    execute(&store, "VACUUM").await;
    store.close().await;
    drop(store);
    let file = std::fs::read(directory.path().join("data.db")).expect("a file");
    (file, arrays, all)
}

/// How reads of damaged files have ended.
#[derive(Debug, Default)]
struct Reads {
    correct: u32,
    failed: u32,
}

impl Reads {
    /// Reads a damaged file in many ways, if it can be opened.
    async fn of(&mut self, damaged: &[u8], arrays: [Array; 2], all: &[Value], damage: &str) {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("data.db");
        std::fs::write(&file, damaged).expect("written");
        let Ok(store) = SqliteStorage::open(&file).await else { return };
        for array in arrays {
            for range in [0..6000, 0..10, 2900..3100, 5999..6000] {
                let place = |index| usize::try_from(index).expect("an index");
                let expected = &all[place(range.start)..place(range.end)];
                self.count(try_read(&store, array, range).await.ok().as_deref(), expected, damage);
            }
            for t in [0.5, 100.5, 299.5, 300.5, 3000.5, 6000.5] {
                let index = index_after(&store, array, t).await.ok();
                self.count(index.map(|index| index as f64), t - 0.5, damage);
            }
            self.count(length(&store, array).await.ok(), 6000, damage);
        }
        store.close().await;
    }

    fn count<T: PartialEq + std::fmt::Debug>(
        &mut self,
        read: Option<T>,
        expected: T,
        damage: &str,
    ) {
        match read {
            Some(read) => {
                assert_eq!(read, expected, "{damage}");
                self.correct += 1;
            }
            None => self.failed += 1,
        }
    }
}

/// Fails if a read of one file never ends.
async fn in_time(reads: impl Future<Output = ()>, damage: &str) {
    let limit = std::time::Duration::from_secs(60);
    tokio::time::timeout(limit, reads)
        .await
        .unwrap_or_else(|_| panic!("{damage}: it does not end"));
}

#[tokio::test]
async fn a_file_whose_definitions_are_not_text_is_refused() {
    let (original, arrays, all) = closed().await;
    let definition = b"encoding    INTEGER";
    let mut places = original.windows(definition.len());
    let place = places.position(|text| text == definition).expect("a definition");
    let mut damaged = original;
    damaged[place + definition.len() - 1] ^= 0x80;
    let mut reads = Reads::default();
    in_time(reads.of(&damaged, arrays, &all, "a definition"), "a definition").await;
    assert_eq!((reads.correct, reads.failed), (0, 0));
}

#[tokio::test]
async fn each_read_of_a_file_with_a_flipped_bit_is_correct_or_an_error() {
    let mut rng = SeededRng::from_environment();
    let (original, arrays, all) = closed().await;
    let mut reads = Reads::default();
    // Most bytes that are 0 are in no use.
    let used: Vec<_> = (0..original.len()).filter(|place| original[*place] != 0).collect();
    for _ in 0..100 {
        let bit = usize::try_from(rng.within(0..used.len() as u64 * 8)).expect("an index");
        let (place, bit) = (used[bit / 8], bit % 8);
        let mut damaged = original.clone();
        damaged[place] ^= 1 << bit;
        let damage = format!("bit {bit} of byte {place}");
        in_time(reads.of(&damaged, arrays, &all, &damage), &damage).await;
    }
    println!("{reads:?}");
    assert!(reads.correct > 0 && reads.failed > 0);
}

/// Entries of an index are not in their order, or are there twice.
#[tokio::test]
async fn each_read_of_a_file_with_wrong_entries_in_an_index_is_correct_or_an_error() {
    /// The type of a page that is a leaf of an index.
    const INDEX_LEAF: u8 = 10;
    let (original, arrays, all) = closed().await;
    let page_bytes = usize::from(u16::from_be_bytes([original[16], original[17]]));
    let mut reads = Reads::default();
    // The first page begins with the header of the file, and holds no index.
    for page in (page_bytes..original.len()).step_by(page_bytes) {
        if original[page] != INDEX_LEAF {
            continue;
        }
        let entries = usize::from(u16::from_be_bytes([original[page + 3], original[page + 4]]));
        let place = |entry: usize| page + 8 + 2 * entry..page + 10 + 2 * entry;
        let pairs = (0..entries).flat_map(|from| (0..entries).map(move |to| (from, to)));
        for (from, to) in pairs.filter(|(from, to)| (1..=3).contains(&from.abs_diff(*to))) {
            let mut damaged = original.clone();
            damaged.copy_within(place(from), place(to).start);
            let damage = format!("entry {from} in place of {to} of page {}", page / page_bytes);
            in_time(reads.of(&damaged, arrays, &all, &damage), &damage).await;
        }
    }
    println!("{reads:?}");
    assert!(reads.correct > 0 && reads.failed > 0);
}
