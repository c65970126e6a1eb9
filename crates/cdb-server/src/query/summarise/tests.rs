use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use cdb_pipescript::{Aggregate, Script};
use cdb_types::summary::{Sample, Statistics};
use proptest::test_runner::{Config, TestRunner};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::super::aggregate::Aggregated;
use super::super::read_point;
use super::*;
use crate::service::authorize::operator;
use crate::storage::Array;
use crate::storage::sqlite::SqliteStorage;
use crate::storage::sqlite::tests::finish::finish;
use crate::storage::sqlite::tests::{insert, store};

/// Values of a stream, in the order of their indexes.
fn any_values() -> impl Strategy<Value = Vec<Value>> {
    let number = prop_oneof![
        (-1000_i32..1000).prop_map(|tenths| json!(f64::from(tenths) / 10.0)),
        any::<i64>().prop_map(|integer| json!(integer)),
        Just(json!(-0.0)),
        any::<f64>().prop_filter("a number", |x| x.is_finite()).prop_map(|x| json!(x)),
    ];
    let flat = prop_oneof![
        4 => number.clone(),
        1 => any::<bool>().prop_map(Value::from),
        1 => "[a-c]{0,2}".prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!([1, 2])),
    ];
    let object = proptest::collection::btree_map("[ab]", flat.clone(), 0..3);
    let value = prop_oneof![2 => flat, 1 => object.prop_map(|object| json!(object))];
    let values = prop_oneof![
        proptest::collection::vec(value, 1..40),
        proptest::collection::vec(number, 1..40),
    ];
    // What repeats is what fills blocks.
    (values, 1_usize..400, any::<u64>()).prop_map(|(values, times, seed)| {
        let mut random = seed | 1;
        let next = |_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            values[(random >> 33) as usize % values.len()].clone()
        };
        (0..values.len() * times).map(next).collect()
    })
}

struct Model {
    points: Vec<(f64, Value)>,
}

impl Model {
    fn statistics(&self, range: &Range<usize>) -> Statistics {
        let mut summary = Summary::default();
        for index in range.clone() {
            let (t, value) = &self.points[index];
            summary.add(index as u64, *t, value);
        }
        let datapoint = |index: usize| {
            let (t, value) = self.points[index].clone();
            Datapoint::new(t, value).expect("a time")
        };
        let first = (!range.is_empty()).then(|| datapoint(range.start));
        Statistics::new(summary, first, range.clone().next_back().map(datapoint))
    }

    /// The last result of a script.
    fn run(&self, script: &str, range: &Range<usize>) -> Option<Point> {
        let points = self.points[range.clone()].iter().map(|(t, value)| {
            let text = json!({"t": t, "d": value}).to_string();
            read_point(text.as_bytes()).expect("a datapoint").0
        });
        let script = Script::parse(script).expect("a script");
        script.over(points).last().map(|point| point.expect("a result"))
    }

    /// Whether there are other values than numbers and booleans.
    fn has_others(&self, range: &Range<usize>) -> bool {
        self.points[range.clone()].iter().any(|(_, value)| plotted_number(value, None).is_none())
    }

    fn plot(&self, mut plot: PlotBuilder, range: &Range<usize>, key: Option<&str>) -> Plot {
        for index in range.clone() {
            let (t, value) = &self.points[index];
            if let Some(value) = plotted_number(value, key) {
                plot.add(Sample { index: index as u64, t: *t, value });
            }
        }
        plot.finish(range.len() as u64)
    }
}

async fn compare(
    store: &SqliteStorage,
    array: Array,
    model: &Model,
    cuts: &[Index],
    columns: usize,
) {
    let count = model.points.len();
    let mut bounds = [cuts[0].index(count + 1), cuts[1].index(count + 1)];
    bounds.sort_unstable();
    for range in [0..count, bounds[0]..bounds[1]] {
        let permit = operator::read(array);
        let stored = Stored {
            storage: Arc::new(store.clone()),
            extent: store.extent(&permit).await.expect("an extent"),
            permit,
            range: range.start as u64..range.end as u64,
        };
        for (text, aggregate) in [
            ("count | if last", Aggregate::Count),
            ("sum | if last", Aggregate::Sum),
            ("mean | if last", Aggregate::Mean),
            ("min | if last", Aggregate::Min),
            ("max | if last", Aggregate::Max),
        ] {
            let known = stored.clone().aggregate(aggregate).await.expect("it is read");
            if let Aggregated::Known(point) = known {
                assert_eq!(point, model.run(text, &range), "{text}");
            } else {
                assert!(model.has_others(&range), "{text}");
            }
        }
        let statistics = stored.clone().statistics().await.expect("statistics");
        assert_eq!(statistics, model.statistics(&range));
        for key in [None, Some("a")] {
            let query = PlotQuery::new(columns);
            let new = || stored.columns(&query);
            let plot = stored.clone().plot(new().await.expect("columns"), key).await;
            assert_eq!(
                plot.expect("a plot"),
                model.plot(new().await.expect("columns"), &range, key)
            );
        }
    }
}

#[test]
fn what_is_computed_from_summaries_is_what_datapoints_give() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut runner = TestRunner::new(Config::with_cases(24));
    let cuts = proptest::collection::vec(any::<Index>(), 2);
    let cases = (any_values(), cuts, 1_usize..60);
    let summaries = AtomicUsize::new(0);
    let tested = runner.run(&cases, |(values, cuts, columns)| {
        runtime.block_on(async {
            let (_directory, store, array) = store().await;
            // Some times are equal.
            let time = |index: usize| 1e9 + (index / 3) as f64 * 0.25;
            let points: Vec<_> =
                values.into_iter().enumerate().map(|(i, d)| (time(i), d)).collect();
            let model = Model { points };
            for batch in model.points.chunks(7000) {
                let batch: Value = batch.iter().map(|(t, d)| json!({"t": t, "d": d})).collect();
                insert(&store, array, &batch).await.expect("stored");
            }
            compare(&store, array, &model, &cuts, columns).await;
            finish(&store).await;
            compare(&store, array, &model, &cuts, columns).await;
            let all = 0..model.points.len() as u64;
            let extent = store.extent(&operator::read(array)).await.expect("an extent");
            let found = store.summaries(&operator::read(array), &extent, all).await;
            let found = found.expect("summaries");
            summaries.fetch_add(found.len(), Relaxed);
        });
        Ok(())
    });
    tested.expect("the same");
    assert!(summaries.into_inner() > 10, "too little data for summaries");
}
