//! Running any script over any datapoints returns results or an error.

#![no_main]

use cdb_pipescript::{Interpolator, Point, Script, Value};
use libfuzzer_sys::fuzz_target;

/// Values of every kind.
const VALUES: &str = r#"[{"a":1,"b":"x","latitude":1,"longitude":2},[1,[2]],{},[],null,true,false,0,
    -1,2.5,1e300,9007199254740993,"","text","5","http://a.b/c"]"#;

fuzz_target!(|input: (&str, Vec<(u8, u8)>)| {
    let (text, picks) = input;
    let values: Vec<Value> = serde_json::from_str(VALUES).expect("values");
    let mut t = 0.0;
    let points: Vec<Point> = picks
        .iter()
        .take(200)
        .map(|(value, step)| {
            t += f64::from(*step);
            Point { t, d: values[usize::from(*value) % values.len()].clone() }
        })
        .collect();
    if let Ok(script) = Script::parse(text) {
        let given = script.over(points.iter().cloned()).take(1000).filter(Result::is_ok).count();
        assert!(!script.is_one_to_one() || given <= points.len());
    }
    if let Ok(interpolator) = Interpolator::parse(text) {
        let mut column = interpolator.start();
        points.into_iter().for_each(|point| column.push(point));
        column.end();
        for t in [0.0, 10.0, 1000.0] {
            if column.value(t).is_err() {
                break;
            }
        }
    }
});
