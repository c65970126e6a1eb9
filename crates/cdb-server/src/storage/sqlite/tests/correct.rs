//! Corrections, compared with what they are of a list.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use cdb_types::Range;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::finish::finish;
use super::model::{Model, SUMMARIES, Step, any_step, json_of, merge, replace};
use super::*;
use crate::storage::{CorrectError, Extent, Page};

#[test]
fn a_corrected_stream_is_what_a_corrected_list_is() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut runner = TestRunner::new(Config::with_cases(32));
    let steps = prop::collection::vec(any_step(), 1..12);
    let tested = runner.run(&(0_usize..20_000, steps), |(count, steps)| {
        runtime.block_on(async {
            let (directory, mut store, array) = store().await;
            let file = directory.path().join("data.db");
            let mut model = Model::default();
            for next in [Step::Append(count), Step::Finish].into_iter().chain(steps) {
                store = model.step_with(store, &file, array, next).await;
                model.compare(&store, array).await;
            }
            store.close().await;
            drop(store);
            let check = SqliteStorage::check(&file).await.expect("a check");
            assert_eq!(check.problems, []);
            assert_eq!(check.datapoints, model.points.len() as u64);
        });
        Ok(())
    });
    tested.expect("the same");
    assert!(SUMMARIES.load(Relaxed) > 10, "too little data for summaries");
}

#[tokio::test]
async fn what_does_not_fit_changes_nothing() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &json_of(&[(1.0, 1), (2.0, 2), (3.0, 3)])).await.expect("stored");
    let range = Range::Index { start: 1, end: 2 };
    for t in [0.5, 3.5] {
        let refused = replace(&store, array, range, &[(t, 9)]).await;
        let Err(CorrectError::Order { after, before }) = refused else { panic!("{refused:?}") };
        assert_eq!((after, before), (1.0, 3.0));
    }
    let outside = replace(&store, array, Range::Index { start: 4, end: 5 }, &[]).await;
    assert!(matches!(outside, Err(CorrectError::Range(_))), "{outside:?}");
    assert_eq!(
        store.array_extent(array).await.expect("an extent"),
        Extent { end: 3, ..Extent::default() }
    );
    assert_eq!(length(&store, array).await.expect("a length"), 3);
}

/// A store with a datapoint for each second before `end`.
async fn store_until(end: u32) -> (TempDir, SqliteStorage, Array) {
    let (directory, store, array) = store().await;
    let points: Vec<_> = (1..end).map(|i| (f64::from(i), u64::from(i))).collect();
    insert(&store, array, &json_of(&points)).await.expect("stored");
    (directory, store, array)
}

#[tokio::test]
async fn a_read_that_has_begun_does_not_mix_what_was_there_with_what_is() {
    let (_directory, store, array) = store_until(60_001).await;
    let mut reader = reader_of(&store, array, 0..60_000).await;
    reader.next_piece().await.expect("a piece").expect("the first");
    replace(&store, array, Range::Index { start: 10, end: 20 }, &[]).await.expect("replaced");
    assert!(matches!(reader.next_piece().await, Err(ReadError::Replaced)));
}

/// Reads the next times of a range, as text or for a script. `None` after the last ones.
async fn next_times(reader: &mut Reader, as_pages: bool) -> Result<Option<Vec<f64>>, ReadError> {
    let text = if as_pages {
        match reader.next_page().await?.map(|(_, page)| page) {
            None => return Ok(None),
            Some(Page::Columns(mut cells)) => {
                let mut times = Vec::new();
                while let Some((t, _)) = cells.next() {
                    times.push(t);
                }
                return Ok(Some(times));
            }
            Some(Page::Text(text)) => text,
        }
    } else {
        match reader.next_piece().await? {
            None => return Ok(None),
            Some(text) => text,
        }
    };
    // Without what comes before the first datapoint and after the last one.
    let inner = std::str::from_utf8(&text[1..]).expect("UTF-8").trim_end_matches(']');
    let points: Vec<Value> = serde_json::from_str(&format!("[{inner}]")).expect("JSON");
    Ok(Some(points.iter().map(|point| point["t"].as_f64().expect("a time")).collect()))
}

#[test]
fn a_read_that_follows_corrections_sees_each_of_them_as_a_whole_or_not_at_all() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut runner = TestRunner::new(Config::with_cases(24));
    let corrections = prop::collection::vec((any::<Index>(), 0_usize..9, 0_usize..9), 0..3);
    let steps = prop::collection::vec(corrections, 1..12);
    let input = (any::<Index>(), any::<Index>(), any::<bool>(), any::<bool>(), steps);
    let tested = runner.run(&input, |(first, end, finished, as_pages, steps)| {
        runtime.block_on(async {
            let (_directory, store, array) = store().await;
            let mut times: Vec<_> = (1_u32..60_001).map(f64::from).collect();
            let points: Vec<_> = times.iter().map(|t| (*t, 1)).collect();
            insert(&store, array, &json_of(&points)).await.expect("stored");
            if finished {
                finish(&store).await;
            }
            let (first, end) = (first.index(times.len()), end.index(times.len()));
            let mut left = first.min(end)..first.max(end);
            let mut reader = reader_of(&store, array, left.start as u64..left.end as u64).await;
            reader.follow_corrections();
            // What was read from the file and not returned yet: corrections come too late for it.
            let mut ahead: VecDeque<f64> = VecDeque::new();
            let mut steps = steps.into_iter();
            loop {
                for (place, removed, inserted) in steps.next().unwrap_or_default() {
                    let start = place.index(times.len());
                    let range = start..(start + removed).min(times.len());
                    let in_midst = |end| range.start < end && end < range.end;
                    if in_midst(left.start) || in_midst(left.end) {
                        continue;
                    }
                    let before = start.checked_sub(1).map_or(0.0, |before| times[before]);
                    let after = times.get(range.end).copied().unwrap_or(before + 1.0);
                    let new: Vec<_> = (1..=inserted)
                        .map(|i| before + (after - before) * i as f64 / (inserted + 1) as f64)
                        .collect();
                    let points: Vec<_> = new.iter().map(|t| (*t, 2)).collect();
                    let (i1, i2) = (range.start as i64, range.end as i64);
                    if range.is_empty() {
                        merge(&store, array, &points).await.expect("merged");
                    } else {
                        let indexes = Range::Index { start: i1, end: i2 };
                        replace(&store, array, indexes, &points).await.expect("replaced");
                    }
                    let grown = new.len() as i64 - range.len() as i64;
                    let is_before = range.end <= left.start;
                    let is_after = range.start >= left.end;
                    times.splice(range, new);
                    if is_before {
                        left.start = left.start.saturating_add_signed(grown as isize);
                    }
                    if !is_after {
                        left.end = left.end.saturating_add_signed(grown as isize);
                    }
                }
                let reads_on = ahead.is_empty();
                let Some(read) = next_times(&mut reader, as_pages).await.expect("datapoints")
                else {
                    break;
                };
                if reads_on {
                    let next = reader.next_index() as usize;
                    ahead.extend(&times[left.start..next]);
                    left.start = next;
                }
                let expected: Vec<_> = ahead.drain(..read.len().min(ahead.len())).collect();
                assert_eq!(read, expected);
            }
            assert!(ahead.is_empty() && left.is_empty());
        });
        Ok(())
    });
    tested.expect("the same");
}

#[tokio::test]
async fn a_read_in_the_midst_of_what_is_replaced_ends() {
    let (_directory, store, array) = store_until(60_001).await;
    let mut reader = reader_of(&store, array, 0..60_000).await;
    reader.follow_corrections();
    reader.next_piece().await.expect("a piece").expect("the first");
    replace(&store, array, Range::Index { start: 10, end: 59_000 }, &[]).await.expect("replaced");
    assert!(matches!(reader.next_piece().await, Err(ReadError::Replaced)));
}

#[tokio::test]
async fn a_read_of_what_is_removed_meanwhile_has_nothing() {
    let (_directory, store, array) = store_until(41).await;
    let [mut text, mut pages] =
        [reader_of(&store, array, 10..20).await, reader_of(&store, array, 10..20).await];
    for reader in [&mut text, &mut pages] {
        reader.follow_corrections();
    }
    replace(&store, array, Range::Index { start: 10, end: 20 }, &[]).await.expect("replaced");
    assert_eq!(text.next_piece().await.expect("a piece").as_deref(), Some(&b"[]"[..]));
    assert!(text.next_piece().await.expect("the end").is_none());
    assert!(pages.next_page().await.expect("the end").is_none());
}

#[tokio::test]
async fn an_insert_at_a_position_follows_however_much_is_corrected() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &json_of(&[(1.0, 1), (2.0, 2), (3.0, 3)])).await.expect("stored");
    replace(&store, array, Range::Index { start: 1, end: 0 }, &[]).await.expect("replaced");
    merge(&store, array, &[(0.5, 4)]).await.expect("merged");
    let (version, objects) = (store.changes.now(), vec![ObjectId::Stream(array.stream)]);
    for (index, fits) in [(2, false), (3, true), (3, false), (4, true)] {
        let permit = AppendPermit::for_test(array, version, objects.clone());
        let batch = batch(&json!([{"t": 5, "d": index}])).await;
        let append = Append { permit, batch, late: IfLate::Refuse, index: Some(index) };
        assert_eq!(store.insert(append).await.is_ok(), fits, "{index}");
    }
    let values: Vec<_> =
        read(&store, array, 0..4).await.into_iter().map(|it| it["d"].clone()).collect();
    assert_eq!(values, [4, 1, 3, 4].map(Value::from));
}

#[tokio::test]
async fn a_damaged_row_of_an_array_is_found() {
    let (_directory, store, array) = store().await;
    insert(&store, array, &json_of(&[(1.0, 1), (2.0, 2), (3.0, 3)])).await.expect("stored");
    replace(&store, array, Range::Index { start: 0, end: 1 }, &[]).await.expect("replaced");
    let mut writer = store.writer().await.expect("it is open");
    let damaged =
        sqlx::query("UPDATE array SET shift = shift + 1").execute(&mut writer.connection).await;
    damaged.expect("damaged");
    writer.set_failed();
    drop(writer);
    let late = insert(&store, array, &json_of(&[(4.0, 4)])).await;
    assert!(matches!(late, Err(CommitError::Group(_) | CommitError::Damaged(_))), "{late:?}");
    store.heads.forget(&[array.stream]);
    assert!(matches!(store.array_extent(array).await, Err(ReadError::Damaged(_))));
}

#[tokio::test]
async fn a_damaged_row_of_an_array_does_not_keep_the_file_from_being_opened() {
    let (directory, store, array) = store().await;
    let other = Array { downlink: true, ..array };
    insert(&store, array, &json_of(&[(1.0, 1), (2.0, 2), (3.0, 3)])).await.expect("stored");
    replace(&store, array, Range::Index { start: 0, end: 1 }, &[]).await.expect("replaced");
    // Both have datapoints in the journal.
    for array in [array, other] {
        insert(&store, array, &json_of(&[(5.0, 5)])).await.expect("stored");
    }
    let mut writer = store.writer().await.expect("it is open");
    let damaged =
        sqlx::query("UPDATE array SET shift = shift + 1").execute(&mut writer.connection).await;
    damaged.expect("damaged");
    writer.set_failed();
    drop(writer);
    insert(&store, other, &json_of(&[(6.0, 6)])).await.expect("stored");
    assert_eq!(length(&store, other).await.expect("a length"), 2);
    let file = directory.path().join("data.db");
    drop(store);
    let store = loop {
        // The tasks of the other one end.
        match SqliteStorage::open(&file).await {
            Err(OpenError::InUse) => tokio::task::yield_now().await,
            opened => break opened.expect("a store"),
        }
    };
    assert_eq!(length(&store, other).await.expect("a length"), 2);
}

#[tokio::test]
async fn datapoints_of_others_stay_in_the_journal() {
    let (_directory, store, array) = store().await;
    let other = Array { downlink: true, ..array };
    for array in [array, other] {
        insert(&store, array, &json_of(&[(1.0, 1), (2.0, 2)])).await.expect("stored");
    }
    merge(&store, array, &[(1.5, 3), (9.0, 4)]).await.expect("merged");
    let in_journal = "SELECT count(*) FROM journal WHERE substream = 1";
    assert_eq!(count(&store, in_journal).await, 1);
    assert_eq!(length(&store, array).await.expect("a length"), 4);
    assert_eq!(length(&store, other).await.expect("a length"), 2);
}

#[tokio::test]
async fn late_datapoints_beside_a_missing_block_are_refused() {
    let (_directory, store, array) = store().await;
    let points: Vec<_> = (1_u32..30_001).map(|i| (f64::from(i), u64::from(i))).collect();
    insert(&store, array, &json_of(&points)).await.expect("stored");
    let mut writer = store.writer().await.expect("it is open");
    let second = "DELETE FROM block WHERE end_index = (
                      SELECT end_index FROM block ORDER BY end_index LIMIT 1 OFFSET 1)";
    sqlx::query(second).execute(&mut writer.connection).await.expect("deleted");
    drop(writer);
    let late = merge(&store, array, &[(0.5, 1), (29_000.5, 2)]).await;
    assert!(matches!(late, Err(CorrectError::Damaged(_))), "{late:?}");
}

#[tokio::test]
async fn a_damaged_block_can_be_removed() {
    let (_directory, store, array) = store().await;
    let points: Vec<_> = (1_u32..30_001).map(|i| (f64::from(i), u64::from(i))).collect();
    insert(&store, array, &json_of(&points)).await.expect("stored");
    let (first, end): (i64, i64) = sqlx::query_as(
        "SELECT first_index, end_index FROM block ORDER BY end_index LIMIT 1 OFFSET 1",
    )
    .fetch_one(&store.readers)
    .await
    .expect("a block");
    let mut writer = store.writer().await.expect("it is open");
    sqlx::query("UPDATE block SET data = zeroblob(length(data)) WHERE end_index = ?")
        .bind(end)
        .execute(&mut writer.connection)
        .await
        .expect("damaged");
    drop(writer);
    // Its neighbours would need a part of it.
    let part = replace(&store, array, Range::Index { start: first + 1, end }, &[]).await;
    assert!(matches!(part, Err(CorrectError::Damaged(_))), "{part:?}");
    let whole = Range::Index { start: first, end };
    replace(&store, array, whole, &[]).await.expect("replaced");
    let left = points.len() as u64 - (end - first).cast_unsigned();
    assert_eq!(read(&store, array, 0..left).await.len() as u64, left);
}
