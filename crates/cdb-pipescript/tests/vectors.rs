//! What the original gives for many scripts.

use cdb_pipescript::{Point, RunError, Script};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("vectors/transforms.jsonl");

/// How a datapoint is written in the vectors.
fn point(datapoint: &Value) -> Point {
    Point::new(datapoint["t"].as_f64().unwrap_or(0.0), &datapoint["d"])
}

fn given(points: &[Point]) -> Value {
    let datapoint = |point: &Point| {
        let d: Value = point.d.clone().try_into().expect("JSON");
        json!({"t": point.t, "d": d})
    };
    points.iter().map(datapoint).collect()
}

/// Whether values are the same, numbers to fifteen digits.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a float"), b.as_f64().expect("a float"));
            (a - b).abs() <= 1e-14 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (a, b) => a == b,
    }
}

/// What is wrong with a case, if anything is.
fn fault(case: &Value) -> Option<String> {
    let script = case["script"].as_str().unwrap_or("");
    let (error, phase) = (case["error"].as_str(), case["phase"].as_str());
    let script = match Script::parse(script) {
        Ok(script) => script,
        Err(refused) => {
            let refused = refused.to_string();
            return match (phase, error) {
                (Some("parse"), Some(error)) if refused.starts_with(error) => None,
                _ => Some(refused),
            };
        }
    };
    if phase == Some("parse") {
        return Some("it was parsed".to_owned());
    }
    let mut points = Vec::new();
    let mut failed = None::<RunError>;
    let input = case["input"].as_array().cloned().unwrap_or_default();
    for result in script.over(input.iter().map(point)) {
        match result {
            Ok(point) => points.push(point),
            Err(error) => failed = Some(error),
        }
    }
    let expected = case["output"].as_array().cloned().unwrap_or_default();
    let expected = given(&expected.iter().map(point).collect::<Vec<_>>());
    let found = given(&points);
    let failed = failed.map(|error| error.to_string());
    if failed.as_deref() != error {
        return Some(format!("{failed:?}, gave {found}"));
    }
    (!alike(&found, &expected)).then(|| format!("gave {found}\n   not {expected}"))
}

#[test]
fn every_script_gives_what_the_original_gives() {
    let (mut count, mut faults) = (0, Vec::new());
    for line in VECTORS.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        count += 1;
        if let Some(fault) = fault(&case) {
            faults.push(format!("{} {}: {fault}", case["id"], case["script"]));
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= 700, "only {count} cases");
}
