use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Numbers whose sum is not exact in floats: decimals, and such with very different exponents.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-1000_i32..1000).prop_map(|tenths| f64::from(tenths) / 10.0),
        (-1.0e3..1.0e3),
        (-1.0_f64..1.0, -300_i32..290).prop_map(|(x, exponent)| x * 10_f64.powi(exponent)),
        any::<f64>().prop_filter("a number of JSON", |x| x.is_finite()),
    ]
}

fn exact(numbers: &[f64]) -> ExactSum {
    numbers.iter().copied().collect()
}

fn sum(numbers: &[f64]) -> f64 {
    exact(numbers).value()
}

fn any_value() -> impl Strategy<Value = Value> {
    let flat = prop_oneof![
        4 => any_number().prop_map(Value::from),
        2 => any::<bool>().prop_map(Value::from),
        2 => "[a-d]{0,2}".prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!([1])),
    ];
    let object = proptest::collection::btree_map("[a-c]", flat.clone(), 0..3);
    prop_oneof![3 => flat, 2 => object.prop_map(|object| json!(object))]
}

fn summary_of(values: &[Value], first: usize) -> Summary {
    let mut summary = Summary::default();
    for (index, value) in values.iter().enumerate() {
        let index = first + index;
        summary.add(index as u64, index as f64, value);
    }
    summary
}

#[test]
fn the_sum_of_many_is_stored_when_it_has_become_huge() {
    // Each is a little smaller than what is summed by itself.
    let mut numbers = vec![2_f64.powi(959) * 1.9; 100];
    numbers.extend([2_f64.powi(900), 2_f64.powi(850), 1.0]);
    let sum = exact(&numbers);
    let again = ExactSum::from_parts(&sum.parts());
    assert_eq!(again, sum);
    assert_eq!(again.parts(), sum.parts());
    // What is smaller decides how it is rounded, also beside what is summed by itself.
    let (huge, half) = (2_f64.powi(1000), 2_f64.powi(947));
    assert_eq!(exact(&[huge, half]).value(), huge);
    assert_eq!(exact(&[huge, half, 1e270]).value(), huge + 2.0 * half);
}

proptest! {
    #[test]
    fn how_datapoints_are_divided_makes_no_difference(
        values in proptest::collection::vec(any_value(), 1..40),
        cut in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let whole = summary_of(&values, 0);
        let mut cuts = [cut.index(values.len()), other.index(values.len())];
        cuts.sort_unstable();
        let [first, second] = cuts;
        let part = |from: usize, to: usize| summary_of(&values[from..to], from);
        // In any order.
        let mut merged = part(first, second);
        merged.merge(&part(second, values.len()));
        merged.merge(&part(0, first));
        prop_assert_eq!(merged, whole);
    }

    #[test]
    fn the_order_of_numbers_makes_no_difference_for_their_sum(
        (numbers, shuffled) in proptest::collection::vec(any_number(), 0..60)
            .prop_flat_map(|numbers| (Just(numbers.clone()), Just(numbers).prop_shuffle())),
    ) {
        prop_assert_eq!(sum(&numbers).to_bits(), sum(&shuffled).to_bits());
        let (first, second) = numbers.split_at(numbers.len() / 2);
        let mut parts = exact(first);
        parts.merge(&exact(second));
        prop_assert_eq!(parts.value().to_bits(), sum(&numbers).to_bits());
        let again = ExactSum::from_parts(&exact(&numbers).parts());
        prop_assert_eq!(again.value().to_bits(), sum(&numbers).to_bits());
    }

    #[test]
    fn many_numbers_at_once_have_the_same_sum(
        numbers in prop_oneof![
            proptest::collection::vec(any_number(), 0..100),
            proptest::collection::vec((-1000_i32..1000).prop_map(|x| f64::from(x) / 10.0), 0..9000),
            proptest::collection::vec(any::<f64>(), 0..20),
        ],
        before in any_number(),
    ) {
        let mut one_by_one = ExactSum::default();
        let mut at_once = ExactSum::default();
        for sum in [&mut one_by_one, &mut at_once] {
            sum.add(before);
        }
        numbers.iter().for_each(|number| one_by_one.add(*number));
        at_once.extend(&numbers);
        let [one_by_one, at_once] = [one_by_one.value(), at_once.value()];
        prop_assert!(one_by_one.to_bits() == at_once.to_bits() || one_by_one.is_nan());
        prop_assert_eq!(one_by_one.is_nan(), at_once.is_nan());
    }

    #[test]
    fn a_sum_is_that_of_integers(mantissas in proptest::collection::vec(any::<i32>(), 0..200)) {
        // Exact in 64 bits, and so is each number.
        let total: i64 = mantissas.iter().map(|mantissa| i64::from(*mantissa)).sum();
        let numbers: Vec<f64> =
            mantissas.iter().map(|mantissa| f64::from(*mantissa) / 1024.0).collect();
        prop_assert_eq!(sum(&numbers), total as f64 / 1024.0);
    }

    #[test]
    fn a_time_is_in_the_column_whose_bounds_it_lies_between(
        t1 in -1.0e9_f64..1.0e9,
        span in prop_oneof![Just(0.0), 1.0e-3..1.0, 1.0..1.0e9],
        columns in 1_usize..2000,
        at in 0.0_f64..=1.0,
    ) {
        // The shortest range is that of one time.
        let t2 = if span == 0.0 { t1.next_up() } else { t1 + span };
        let plot = PlotBuilder::new(t1, t2, columns).columns();
        let width = (t2 - t1) / columns as f64;
        let bound = |column: usize| t1 + column as f64 * width;
        for t in [t1 + at * span, bound((at * columns as f64) as usize), t2] {
            let column = plot.column_of(t);
            if !(t1 < t && t <= t2) {
                prop_assert_eq!(column, None);
                continue;
            }
            let column = column.expect("a column");
            prop_assert!(column == 0 || bound(column) < t);
            prop_assert!(column == columns - 1 || t <= bound(column + 1));
        }
    }
}

proptest! {
    #[test]
    fn numbers_at_once_are_numbers_one_by_one(
        numbers in proptest::collection::vec(any_number(), 0..80),
        columns in 1_usize..30,
        t1 in -1.0..30.0_f64,
        span in 0.1..60.0_f64,
        equal in 1_usize..4,
    ) {
        let t: Vec<f64> = (0..numbers.len()).map(|index| (index / equal) as f64).collect();
        let mut summary = Summary::default();
        let mut plots = [PlotBuilder::new(t1, t1 + span, columns), PlotBuilder::new(t1, t1 + span, columns)];
        for (index, value) in numbers.iter().enumerate() {
            summary.add_number(7 + index as u64, t[index], *value);
            plots[0].add(Sample { index: 7 + index as u64, t: t[index], value: *value });
        }
        let mut at_once = Summary::default();
        let half = numbers.len() / 2;
        at_once.add_numbers(7, &t[..half], &numbers[..half]);
        at_once.add_numbers(7 + half as u64, &t[half..], &numbers[half..]);
        prop_assert_eq!(at_once, summary);
        plots[1].add_numbers(7, &t[..half], &numbers[..half]);
        plots[1].add_numbers(7 + half as u64, &t[half..], &numbers[half..]);
        let [one_by_one, at_once] = plots.map(|plot| plot.finish(5));
        prop_assert_eq!(at_once, one_by_one);
    }
}

#[test]
fn a_sum_is_rounded_once() {
    assert_eq!(sum(&[0.1; 10]), 1.0);
    assert_eq!(sum(&[1e16, 1.0, 1e-16]), 10_000_000_000_000_002.0);
    assert_eq!(sum(&[1e308, 1e308]), f64::INFINITY);
    assert_eq!(exact(&[1.5e308, 1.5e308, 1.5e308]).mean(3), 1.5e308);
    assert_eq!(sum(&[1.7e308, 1.7e308, -1.7e308, 1.0]), 1.7e308);
    assert_eq!(sum(&[1.7e308, 1.0, -1.7e308]), 1.0);
    assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    assert_eq!(sum(&[]).to_bits(), 0);
    assert_eq!(sum(&[-0.0]).to_bits(), 0);
}

#[test]
fn more_than_the_limits_is_only_counted() {
    let strings = |count: usize| -> Vec<_> { (0..count).map(|i| json!(format!("s{i}"))).collect() };
    let distinct = |values: &[Value]| summary_of(values, 0).value.strings.distinct.is_some();
    assert!(distinct(&strings(MAX_DISTINCT)));
    assert!(!distinct(&strings(MAX_DISTINCT + 1)));
    assert!(!distinct(&[json!("x".repeat(MAX_DISTINCT_BYTES + 1))]));
    let objects =
        |count: usize| -> Vec<_> { (0..count).map(|i| json!({ format!("k{i}"): 1 })).collect() };
    let keys = |count| summary_of(&objects(count), 0).keys.map(|keys| keys.len());
    assert_eq!(keys(MAX_SUMMARY_KEYS), Some(MAX_SUMMARY_KEYS));
    assert_eq!(keys(MAX_SUMMARY_KEYS + 1), None);
}

#[test]
fn statistics_are_what_the_protocol_has() {
    let values = [json!(3), json!(true), json!("a"), json!("b"), json!("b"), json!({"k": null})];
    let statistics = Statistics::new(summary_of(&values, 0), None, None);
    let expected = json!({
        "count": 6, "first": null, "last": null,
        "keys": {
            "": {
                "number": {"count": 1, "min": 3.0, "max": 3.0, "mean": 3.0},
                "boolean": {"count": 1, "true": 1},
                "string": {"count": 3, "distinct": [["b", 2], ["a", 1]]},
                "object": {"count": 1},
            },
            "k": {"null": {"count": 1}},
        },
    });
    assert_eq!(serde_json::to_value(&statistics).expect("JSON"), expected);
}

#[test]
fn an_empty_key_does_not_hide_the_values() {
    let values = [json!(3), json!({"": "x", "k": 1})];
    let statistics = Statistics::new(summary_of(&values, 0), None, None);
    assert_eq!(statistics.keys.keys().collect::<Vec<_>>(), ["", "k"]);
    assert_eq!(statistics.keys[""].number.map(|number| number.max), Some(3.0));
}

#[test]
fn a_line_does_not_repeat_a_point() {
    let mut plot = PlotBuilder::new(0.0, 10.0, 1);
    for (index, value) in [5.0, 9.0, 1.0, 5.0].into_iter().enumerate() {
        plot.add(Sample { index: index as u64, t: 1.0 + index as f64, value });
    }
    let plot = plot.finish(4);
    assert_eq!(plot.line().collect::<Vec<_>>(), [(1.0, 5.0), (2.0, 9.0), (3.0, 1.0), (4.0, 5.0)]);
    assert_eq!(plot.to_numbers().len(), 5 + 1 + 1 + 4 + 4 + 1);
}
