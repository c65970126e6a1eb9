//! A stream as a list, and what can be done with both.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use cdb_types::Range;
use proptest::sample::Index;

use super::finish::finish;
use super::*;
use crate::storage::{CorrectError, Correction, Last};

/// A step, whatever the stream has.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Append(usize),
    /// Replaces what is between two indexes.
    Replace(Index, Index, usize),
    /// The same by times.
    ReplaceTimes(Index, Index, usize),
    Merge(Vec<(Index, bool)>),
    /// Deletes all but the last ones.
    Shorten,
    Finish,
    Flush,
    Backup,
    Reopen,
}

/// A step with a certain list.
#[derive(Debug)]
enum Action {
    Append(Points),
    /// The range, and the same in indexes.
    Replace(Range, std::ops::Range<usize>, Points),
    Merge(Points),
    Finish,
    Flush,
    Backup,
    Reopen,
}

type Points = Vec<(f64, u64)>;

/// How many datapoints are left of a stream that is shortened.
const LAST: usize = 100;

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let (index, count) = (any::<Index>(), prop_oneof![Just(0_usize), 0_usize..9, 0_usize..9000]);
    prop_oneof![
        3 => count.clone().prop_map(Step::Append),
        3 => (index.clone(), index.clone(), count.clone()).prop_map(|(a, b, n)| Step::Replace(a, b, n)),
        2 => (index.clone(), index.clone(), count).prop_map(|(a, b, n)| Step::ReplaceTimes(a, b, n)),
        2 => prop::collection::vec((index, any::<bool>()), 1..9).prop_map(Step::Merge),
        1 => Just(Step::Shorten),
        1 => Just(Step::Finish),
        1 => Just(Step::Flush),
        1 => Just(Step::Backup),
        1 => Just(Step::Reopen),
    ]
}

/// The list.
#[derive(Debug, Default, Clone)]
pub(super) struct Model {
    pub(super) points: Points,
    /// The next value, so that all are different.
    next: u64,
    /// The next position.
    end: u64,
}

impl Model {
    /// The list that a stream is.
    pub(super) async fn of(store: &SqliteStorage, array: Array) -> Self {
        let points = stored_points(store, array).await;
        let next = points.iter().map(|(_, value)| *value).max().unwrap_or_default();
        let end = store.array_extent(array).await.expect("an extent").end_position();
        Self { points, next, end }
    }

    /// Creates datapoints at times from one on, up to another one.
    fn new_points(&mut self, count: usize, from: f64, to: f64) -> Points {
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

    fn count_until(&self, t: f64) -> usize {
        self.points.partition_point(|point| point.0 <= t)
    }

    /// Makes a step certain.
    fn choose(&mut self, step: Step) -> Action {
        let length = self.points.len();
        match step {
            Step::Append(count) => {
                let from = self.time_before(length);
                Action::Append(self.new_points(count, from, from + 50.0))
            }
            Step::Replace(a, b, count) => {
                let (a, b) = (a.index(length + 1), b.index(length + 1));
                let (a, b) = (a.min(b), a.max(b));
                // An end of 0 is that of the stream.
                let end = if b == 0 { -(length as i64) } else { b as i64 };
                let points = self.new_points(count, self.time_before(a), self.time_at(b));
                Action::Replace(Range::Index { start: a as i64, end }, a..b, points)
            }
            Step::ReplaceTimes(a, b, count) => {
                let (a, b) = (a.index(length + 1), b.index(length + 1));
                let (after, until) = (self.time_at(a.min(b)), self.time_at(a.max(b)));
                let (a, b) = (self.count_until(after), self.count_until(until));
                let points = self.new_points(count, self.time_before(a).max(after), until);
                let range = Range::Time { after: Some(after), until: Some(until), limit: None };
                Action::Replace(range, a..b, points)
            }
            Step::Merge(places) => {
                let late = places.into_iter().map(|(index, exact)| {
                    let index = index.index(length + 1);
                    let (from, to) = (self.time_before(index), self.time_at(index));
                    (if exact { to } else { (from + to) / 2.0 }, self.value())
                });
                let mut late: Points = late.collect();
                late.sort_by(|a, b| a.0.total_cmp(&b.0));
                Action::Merge(late)
            }
            Step::Shorten => {
                let deleted = length.saturating_sub(LAST);
                let end = if deleted == 0 { -(length as i64) } else { deleted as i64 };
                Action::Replace(Range::Index { start: 0, end }, 0..deleted, Points::new())
            }
            Step::Finish => Action::Finish,
            Step::Flush => Action::Flush,
            Step::Backup => Action::Backup,
            Step::Reopen => Action::Reopen,
        }
    }

    /// Does something with the list.
    fn apply(&mut self, action: &Action) {
        match action {
            Action::Append(points) => {
                self.end += points.len() as u64;
                self.points.extend(points);
            }
            Action::Replace(_, range, points) => {
                self.points.splice(range.clone(), points.iter().copied());
            }
            Action::Merge(late) => {
                let last = self.points.last().map_or(f64::NEG_INFINITY, |last| last.0);
                self.end += late.iter().filter(|(t, _)| *t >= last).count() as u64;
                self.points.extend(late);
                self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
            }
            Action::Finish | Action::Flush | Action::Backup | Action::Reopen => {}
        }
    }

    /// Returns whether the stream is the same. The next value of a list that was read is that after the
    /// greatest one it has.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.points, self.end) == (&other.points, other.end)
    }

    /// Does a step with the list.
    pub(super) fn step(&mut self, step: Step) {
        let action = self.choose(step);
        self.apply(&action);
    }

    /// Does a step with a store, and then with the list.
    pub(super) async fn step_with(
        &mut self,
        mut store: SqliteStorage,
        file: &Path,
        array: Array,
        step: Step,
    ) -> SqliteStorage {
        let action = self.choose(step);
        match &action {
            Action::Append(points) if points.is_empty() => {}
            Action::Append(points) => {
                insert(&store, array, &json_of(points)).await.expect("stored");
            }
            Action::Replace(range, indexes, points) => {
                let done = replace(&store, array, *range, points).await.expect("replaced");
                let (removed, inserted) = (indexes.len() as u64, points.len() as u64);
                let length = self.points.len() as u64 - removed + inserted;
                assert_eq!(done, Correction { removed, inserted, length });
            }
            Action::Merge(late) => {
                let done = merge(&store, array, late).await.expect("merged");
                assert_eq!(done.inserted, late.len() as u64);
            }
            Action::Finish => finish(&store).await,
            Action::Flush => flush(&store).await,
            Action::Backup => drop(store.copy().await.expect("a copy")),
            Action::Reopen => {
                store.close().await;
                drop(store);
                store = SqliteStorage::open(file).await.expect("a store");
            }
        }
        self.apply(&action);
        store
    }

    /// Compares all that can be read.
    pub(super) async fn compare(&self, store: &SqliteStorage, array: Array) {
        let extent = store.array_extent(array).await.expect("an extent");
        let length = self.points.len() as u64;
        assert_eq!((extent.length(), extent.end_position()), (length, self.end));
        let stored = stored_points(store, array).await;
        let different = stored.iter().zip(&self.points).position(|(a, b)| a != b);
        assert_eq!((stored.len(), different), (self.points.len(), None));
        for index in [0, length / 3, length.saturating_sub(1)] {
            let (t, _) = self.points.get(index as usize).copied().unwrap_or((5.0, 0));
            let expected = self.count_until(t) as u64;
            assert_eq!(index_after(store, array, t).await.expect("an index"), expected);
        }
        let latest = store.read_latest(&[array]).await.expect("the last one").remove(0);
        assert_eq!(latest.extent.length(), length);
        if let Some((_, last)) = self.points.last() {
            let Last::Text(text) = latest.last else { panic!("{latest:?}") };
            let read: Value = serde_json::from_slice(&text).expect("JSON");
            assert_eq!(read["d"], *last);
        }
        let summaries = store.read_summaries(array, &extent, 0..length).await.expect("summaries");
        SUMMARIES.fetch_add(summaries.len(), Relaxed);
        for summarised in summaries {
            let std::ops::Range { start, end } = summarised.range;
            let points = &self.points[start as usize..end as usize];
            let numbers = summarised.summary.value.drawn().expect("numbers");
            let sum: u64 = points.iter().map(|(_, d)| d).sum();
            assert_eq!(numbers.sum.value(), sum as f64);
            assert_eq!(numbers.first.index, start);
        }
    }
}

/// How many summaries were compared.
pub(super) static SUMMARIES: AtomicUsize = AtomicUsize::new(0);

/// Reads all times and values.
pub(super) async fn stored_points(store: &SqliteStorage, array: Array) -> Points {
    let length = length(store, array).await.expect("a length");
    let points = read(store, array, 0..length).await;
    let pair =
        |point: &Value| (point["t"].as_f64().unwrap_or(f64::NAN), point["d"].as_u64().unwrap_or(0));
    points.iter().map(pair).collect()
}

pub(super) fn json_of(points: &[(f64, u64)]) -> Value {
    points.iter().map(|(t, d)| json!({"t": t, "d": d})).collect()
}

pub(super) async fn replace(
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

pub(super) async fn merge(
    store: &SqliteStorage,
    array: Array,
    points: &[(f64, u64)],
) -> Result<Correction, CorrectError> {
    let mut tx = store.begin(operator::change()).await.expect("a change");
    let done = tx.merge(array, &batch(&json_of(points)).await).await?;
    tx.commit().await.expect("a commit");
    Ok(done)
}
