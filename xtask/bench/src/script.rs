//! PipeScript, compared with the same computation in hand-written Rust.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use connectordb::pipescript::{Point, Script, Value};

use crate::{LONG, Result, report};

/// The number of runs, of which the shortest is reported.
const RUNS: usize = 5;

type ByHand = fn(&[Point]);

pub(crate) fn run() -> Result {
    let numbers: Vec<Point> = (0..LONG).map(|i| Point::new(i as f64, (i % 11) as f64)).collect();
    let object = |i: usize| -> Result<Point> {
        let data: serde_json::Value = serde_json::json!({"a": format!("key {}", i % 7), "b": i});
        Ok(Point::new(i as f64, data))
    };
    let objects = (0..LONG).map(object).collect::<Result<Vec<_>>>()?;
    let cases: [(&str, &[Point], ByHand); 5] = [
        ("$>5", &numbers, |points| {
            for point in points {
                let above = number(&point.d) > 5.0;
                black_box(Point { t: point.t, d: Value::Bool(above) });
            }
        }),
        ("if $>5", &numbers, |points| {
            for point in points.iter().filter(|point| number(&point.d) > 5.0) {
                black_box(point.clone());
            }
        }),
        ("mean | if last", &numbers, |points| {
            let (mut sum, mut count) = (0.0, 0.0);
            for point in points {
                sum += number(&point.d);
                count += 1.0;
                black_box(sum / count);
            }
        }),
        (r#"map($["a"],count)"#, &objects, |points| {
            let mut counts = BTreeMap::<Arc<str>, f64>::new();
            for point in points {
                let Value::Object(object) = &point.d else { continue };
                let Some(Value::String(key)) = object.entries().get("a") else { continue };
                match counts.get_mut(key) {
                    Some(count) => *count += 1.0,
                    None => drop(counts.insert(Arc::clone(key), 1.0)),
                }
            }
            black_box(counts);
        }),
        ("if $>2 | $*2 | sum", &numbers, |points| {
            let mut sum = 0.0;
            for point in points.iter().filter(|point| number(&point.d) > 2.0) {
                sum += number(&point.d) * 2.0;
                black_box(Point::new(point.t, sum));
            }
        }),
    ];
    for (text, points, by_hand) in cases {
        let script = Script::parse(text)?;
        let ours = nanoseconds(|| {
            let mut run = script.start();
            for point in points {
                if run.feed(point.clone(), |point| drop(black_box(point))).is_err() {
                    return;
                }
            }
            black_box(run.end().is_ok());
        });
        let hand = nanoseconds(|| by_hand(points));
        report(&format!("{text}, the script / the same by hand"), ours / hand, "x", "<= 3");
        println!("    {ours:.1} ns a datapoint, by hand {hand:.1}");
    }
    Ok(())
}

fn number(value: &Value) -> f64 {
    value.as_number().unwrap_or_default()
}

/// The shortest time of several runs, in nanoseconds per datapoint.
fn nanoseconds(run: impl Fn()) -> f64 {
    let time = |_| {
        let started = Instant::now();
        run();
        started.elapsed().as_nanos() as f64 / LONG as f64
    };
    (0..RUNS).map(time).fold(f64::INFINITY, f64::min)
}
