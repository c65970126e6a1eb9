//! Corrections, compared with what they are of a list.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use cdb_types::{Range, resolve_indices};
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::finish::finish;
use super::*;
use crate::storage::{CorrectError, Correction, Extent, Last};

/// One step of a case.
#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    /// Replaces what is between two indexes.
    Replace(Index, Index, usize),
    /// The same by times.
    ReplaceTimes(Index, Index, usize),
    Merge(Vec<(Index, bool)>),
    Finish,
    Flush,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (index, count) = (any::<Index>(), prop_oneof![Just(0_usize), 0_usize..9, 0_usize..9000]);
    let step = prop_oneof![
        3 => count.clone().prop_map(Step::Append),
        3 => (index.clone(), index.clone(), count.clone()).prop_map(|(a, b, n)| Step::Replace(a, b, n)),
        2 => (index.clone(), index.clone(), count).prop_map(|(a, b, n)| Step::ReplaceTimes(a, b, n)),
        2 => prop::collection::vec((index, any::<bool>()), 1..9).prop_map(Step::Merge),
        1 => Just(Step::Finish),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..12)
}

/// A stream as a list.
#[derive(Default)]
struct Model {
    points: Vec<(f64, u64)>,
    /// The next value, so that all are different.
    next: u64,
    /// The next position.
    end: u64,
}

impl Model {
    /// Creates datapoints at times from one on, up to another one.
    fn new_points(&mut self, count: usize, from: f64, to: f64) -> Vec<(f64, u64)> {
        let time = |index: usize| from + (to - from) * index as f64 / count.max(1) as f64;
        (0..count).map(|index| (time(index), self.value())).collect()
    }

    fn value(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn time_before(&self, index: usize) -> f64 {
        index.checked_sub(1).map_or(1.0, |before| self.points[before].0)
    }

    fn time_at(&self, index: usize) -> f64 {
        self.points.get(index).map_or_else(|| self.time_before(self.points.len()) + 10.0, |it| it.0)
    }
}

fn json_of(points: &[(f64, u64)]) -> Value {
    points.iter().map(|(t, d)| json!({"t": t, "d": d})).collect()
}

async fn replace(
    store: &SqliteStorage,
    array: Array,
    range: Range,
    points: &[(f64, u64)],
) -> Result<Correction, CorrectError> {
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let done = tx.replace(array, range, &batch(&json_of(points)).await).await?;
    tx.commit().await.expect("a commit");
    Ok(done)
}

async fn merge(
    store: &SqliteStorage,
    array: Array,
    points: &[(f64, u64)],
) -> Result<Correction, CorrectError> {
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let done = tx.merge(array, &batch(&json_of(points)).await).await?;
    tx.commit().await.expect("a commit");
    Ok(done)
}

/// Does a step with the store and with the list.
async fn step(
    mut store: SqliteStorage,
    file: &Path,
    array: Array,
    model: &mut Model,
    step: Step,
) -> SqliteStorage {
    let length = model.points.len();
    match step {
        Step::Append(0) => {}
        Step::Append(count) => {
            let from = model.time_before(length);
            let points = model.new_points(count, from, from + 50.0);
            insert(&store, array, &json_of(&points)).await.expect("stored");
            model.end += points.len() as u64;
            model.points.extend(points);
        }
        Step::Replace(a, b, count) => {
            let (a, b) = (a.index(length + 1), b.index(length + 1));
            let (a, b) = (a.min(b), a.max(b));
            let points = model.new_points(count, model.time_before(a), model.time_at(b));
            // An end of 0 is that of the stream.
            let end = if b == 0 { -(length as i64) } else { b as i64 };
            let range = Range::Index { start: a as i64, end };
            let done = replace(&store, array, range, &points).await.expect("replaced");
            model.points.splice(a..b, points);
            let length = model.points.len() as u64;
            assert_eq!(
                done,
                Correction { removed: (b - a) as u64, inserted: count as u64, length }
            );
        }
        Step::ReplaceTimes(a, b, count) => {
            let (a, b) = (a.index(length + 1), b.index(length + 1));
            let (after, until) = (model.time_at(a.min(b)), model.time_at(a.max(b)));
            let place = |t: f64| model.points.partition_point(|point| point.0 <= t);
            let (a, b) = (place(after), place(until));
            let points = model.new_points(count, model.time_before(a).max(after), until);
            let range = Range::Time { after: Some(after), until: Some(until), limit: None };
            replace(&store, array, range, &points).await.expect("replaced");
            model.points.splice(a..b, points);
        }
        Step::Merge(places) => {
            let mut late: Vec<_> = places
                .into_iter()
                .map(|(index, exact)| {
                    let index = index.index(length + 1);
                    let (from, to) = (model.time_before(index), model.time_at(index));
                    (if exact { to } else { (from + to) / 2.0 }, model.value())
                })
                .collect();
            late.sort_by(|a, b| a.0.total_cmp(&b.0));
            let last = model.time_before(length);
            let done = merge(&store, array, &late).await.expect("merged");
            assert_eq!(done.inserted, late.len() as u64);
            let is_last = |t: f64| model.points.is_empty() || t >= last;
            model.end += late.iter().filter(|(t, _)| is_last(*t)).count() as u64;
            model.points.extend(late);
            model.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        Step::Finish => finish(&store).await,
        Step::Flush => flush(&store).await,
        Step::Reopen => {
            store.close().await;
            drop(store);
            store = SqliteStorage::open(file).await.expect("a store");
        }
    }
    store
}

/// Compares all that can be read.
async fn compare(store: &SqliteStorage, array: Array, model: &Model) {
    let extent = store.array_extent(array).await.expect("an extent");
    let length = model.points.len() as u64;
    assert_eq!((extent.length(), extent.end_position()), (length, model.end));
    let stored: Vec<_> = read(store, array, 0..length)
        .await
        .iter()
        .map(|it| (it["t"].as_f64().unwrap_or(f64::NAN), it["d"].as_u64().unwrap_or_default()))
        .collect();
    let different = stored.iter().zip(&model.points).position(|(a, b)| a != b);
    assert_eq!((stored.len(), different), (model.points.len(), None));
    for index in [0, length / 3, length.saturating_sub(1)] {
        let (t, _) = model.points.get(index as usize).copied().unwrap_or((5.0, 0));
        let expected = model.points.partition_point(|point| point.0 <= t) as u64;
        assert_eq!(index_after(store, array, t).await.expect("an index"), expected);
    }
    let latest = store.read_latest(&[array]).await.expect("the last one").remove(0);
    assert_eq!(latest.extent.length(), length);
    if let Some((_, last)) = model.points.last() {
        let Last::Text(text) = latest.last else { panic!("{latest:?}") };
        let read: Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(read["d"], *last);
    }
    let mut summed = 0;
    for summarised in store.read_summaries(array, &extent, 0..length).await.expect("summaries") {
        let std::ops::Range { start, end } = summarised.range;
        let points = &model.points[start as usize..end as usize];
        let numbers = summarised.summary.value.drawn().expect("numbers");
        let sum: u64 = points.iter().map(|(_, d)| d).sum();
        assert_eq!(numbers.sum.value(), sum as f64);
        assert_eq!(numbers.first.index, start);
        summed += 1;
    }
    SUMMARIES.fetch_add(summed, Relaxed);
}

/// How many summaries were compared.
static SUMMARIES: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_corrected_stream_is_what_a_corrected_list_is() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut runner = TestRunner::new(Config::with_cases(32));
    let tested = runner.run(&(0_usize..20_000, steps()), |(count, steps)| {
        runtime.block_on(async {
            let (directory, mut store, array) = store().await;
            let file = directory.path().join("data.db");
            let mut model = Model::default();
            for next in [Step::Append(count), Step::Finish].into_iter().chain(steps) {
                store = step(store, &file, array, &mut model, next).await;
                compare(&store, array, &model).await;
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
    assert_eq!(resolve_indices(4, 5, 3).ok(), None);
    assert_eq!(
        store.array_extent(array).await.expect("an extent"),
        Extent { end: 3, ..Extent::default() }
    );
    assert_eq!(length(&store, array).await.expect("a length"), 3);
}

#[tokio::test]
async fn a_read_that_has_begun_does_not_mix_what_was_there_with_what_is() {
    let (_directory, store, array) = store().await;
    let points: Vec<_> = (1_u32..60_001).map(|i| (f64::from(i), u64::from(i))).collect();
    insert(&store, array, &json_of(&points)).await.expect("stored");
    let mut reader = reader_of(&store, array, 0..60_000).await;
    reader.next_piece().await.expect("a piece").expect("the first");
    replace(&store, array, Range::Index { start: 10, end: 20 }, &[]).await.expect("replaced");
    assert!(matches!(reader.next_piece().await, Err(ReadError::Replaced)));
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
