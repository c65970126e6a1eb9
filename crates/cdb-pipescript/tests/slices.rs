//! Numbers that are pushed many at a time give what they give one by one.

use cdb_pipescript::{Interpolator, Numbers, Point, Script, Value};
use proptest::prelude::*;

const SCRIPTS: [&str; 44] = [
    "$",
    "$ > 5",
    "if $ > 5",
    "if $",
    "if not $",
    "if $ > 2 | $ * 2 | sum",
    "mean | if last",
    "sum | if last",
    "count | if last",
    "if $ > 2 | count | if last",
    "sum | $ * 2 | if last",
    "sum",
    "mean",
    "count",
    "i",
    "if last",
    "if last | if last",
    "if last | $ + 1",
    "$ > 2 | sum",
    "-$",
    "-($ > 2)",
    "not $",
    "not ($ > 2) | $ + 1",
    "$ > 2 and $ < 7 or $ == 9",
    "$ > 2 and $ < 7 or not $ > 8",
    "if $ > 2 and $ < 7",
    "$ / ($ - 3) > 0",
    "$ % 3",
    "$ ^ 2 - 1",
    "1 - $",
    "2 < $",
    "t - 5",
    "t",
    "if t > 3 | t",
    "5",
    "true",
    "if true | 7",
    "$ + true",
    "$ == 5",
    "min | if last",
    "dt | sum",
    "while($ > 5, sum)",
    "{'a': $, 'b': $ > 3}",
    "map($ > 5, count)",
];

/// How datapoints are pushed: how many, and whether at once.
fn any_parts() -> impl Strategy<Value = Vec<(usize, bool)>> {
    proptest::collection::vec((0_usize..8, any::<bool>()), 0..8)
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3_i64..12).prop_map(Value::from),
        (-30_i32..120).prop_map(|tenths| Value::from(f64::from(tenths) / 10.0)),
        Just(Value::from(-0.0)),
        Just(Value::from(1_i64 << 60)),
    ]
}

proptest! {
    #[test]
    fn at_once_is_one_by_one(
        script in prop::sample::select(SCRIPTS.to_vec()),
        parts in any_parts(),
        values in proptest::collection::vec(any_value(), 64),
    ) {
        let script = Script::parse(script).expect("a script");
        let (mut single, mut many) = (script.start(), script.start());
        let mut at = 0;
        let mut failed = false;
        for (count, at_once) in parts {
            let values = &values[at..at + count];
            let t: Vec<f64> = (at..at + count).map(|index| index as f64).collect();
            at += count;
            let push = |run: &mut cdb_pipescript::Run| {
                let points = t.iter().zip(values);
                points.map(|(t, d)| run.push(Point::new(*t, d.clone()))).find(Result::is_err)
            };
            let expected = push(&mut single);
            let found = if at_once {
                let d: Vec<f64> =
                    values.iter().map(|value| value.as_number().expect("a number")).collect();
                let value = |place: usize| values[place].clone();
                many.push_numbers(Numbers { t: &t, d: &d, value: &value }).err().map(Err)
            } else {
                push(&mut many)
            };
            prop_assert_eq!(format!("{expected:?}"), format!("{found:?}"));
            if expected.is_some() {
                failed = true;
                break;
            }
        }
        if !failed {
            single.end().expect("an end");
            many.end().expect("an end");
        }
        loop {
            let (expected, found) = (single.pull(), many.pull());
            prop_assert_eq!(format!("{expected:?}"), format!("{found:?}"));
            if expected.is_none() {
                break;
            }
        }
        prop_assert_eq!(single.held(), many.held());
    }
}

proptest! {
    #[test]
    fn columns_get_numbers_at_once_or_one_by_one(
        name in prop::sample::select(vec!["count", "sum", "mean"]),
        values in proptest::collection::vec(-50_i32..50, 0..40),
        cut in any::<prop::sample::Index>(),
        dt in 0.5_f64..5.0,
    ) {
        let interpolator = Interpolator::parse(name).expect("an interpolator");
        let (mut single, mut many) = (interpolator.start(), interpolator.start());
        prop_assert!(many.takes_numbers());
        let points: Vec<(f64, f64)> =
            values.iter().enumerate().map(|(t, d)| (t as f64, f64::from(*d) / 10.0)).collect();
        let cut = cut.index(points.len() + 1);
        // The rest is pushed one by one, after the column has asked for more.
        let mut waiting = vec![&points[cut..], &points[..cut]];
        let mut pushed = points.iter();
        for row in 0..50 {
            let t = f64::from(row) * dt;
            while !single.advance_to(t) {
                match pushed.next() {
                    Some((t, d)) => single.push(Point::new(*t, *d)),
                    None => single.end(),
                }
            }
            while !many.advance_to(t) {
                match waiting.pop() {
                    Some(numbers) if waiting.len() == 1 => {
                        let (t, d) = numbers.iter().copied().unzip();
                        many.push_numbers(t, d);
                    }
                    Some(points) => {
                        points.iter().for_each(|(t, d)| many.push(Point::new(*t, *d)));
                    }
                    None => many.end(),
                }
            }
            prop_assert_eq!(single.value(t), many.value(t));
        }
    }
}
