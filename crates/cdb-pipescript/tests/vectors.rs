//! Compares the results of many scripts with those that were recorded from the original.

use std::collections::BTreeMap;

use cdb_pipescript::{Columns, Grid, Interpolator, Merge, Point, RunError, Script};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("vectors/transforms.jsonl");

/// Reads a datapoint of the vectors.
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

/// Returns whether values are the same. Numbers are compared to fifteen digits.
fn is_alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a float"), b.as_f64().expect("a float"));
            (a - b).abs() <= 1e-14 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_alike(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_alike(a, b)))
        }
        (a, b) => a == b,
    }
}

/// The cases that deliberately differ from the original. Each of them is a syntax error here. The
/// original runs the part before a character that it does not know, so that `if $ = 5` lets every
/// datapoint through.
const SYNTAX_ERRORS: [(&str, &str); 3] =
    [("num-0584", "$ # 5"), ("num-0585", "5."), ("num-0597", "$ = 5")];

/// A case in which the original rounds towards 0, so that the week before the first Monday of 1970
/// has the number of the week after it. This crate rounds down. The case begins with three
/// datapoints of that week.
const FIRST_WEEK: &str = "times-0929";

/// Returns the difference between a case and the result of its script, if there is one.
fn difference(case: &Value) -> Option<String> {
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
    let mut expected = case["output"].as_array().cloned().unwrap_or_default();
    if case["id"] == FIRST_WEEK {
        for datapoint in &mut expected[..3] {
            assert_eq!(datapoint["d"].take(), json!(0));
            datapoint["d"] = json!(-1);
        }
    }
    let expected = given(&expected.iter().map(point).collect::<Vec<_>>());
    let found = given(&points);
    let failed = failed.map(|error| error.to_string());
    if failed.as_deref() != error {
        return Some(format!("{failed:?}, returned {found}"));
    }
    (!is_alike(&found, &expected)).then(|| format!("gave {found}\n   not {expected}"))
}

#[test]
fn every_script_has_the_results_of_the_original() {
    let (mut count, mut faults, mut deviations) = (0, Vec::new(), 0);
    for line in VECTORS.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        count += 1;
        if let Some((_, script)) = SYNTAX_ERRORS.iter().find(|(id, _)| case["id"] == *id) {
            assert_eq!(case["script"], *script);
            let error = Script::parse(script).expect_err(script);
            assert_eq!(error.message(), "syntax error", "{script}");
            deviations += 1;
            continue;
        }
        if let Some(difference) = difference(&case) {
            faults.push(format!("{} {}: {difference}", case["id"], case["script"]));
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= 700, "only {count} cases");
    assert_eq!(deviations, SYNTAX_ERRORS.len());
}

const DATASETS: &str = include_str!("vectors/datasets.jsonl");

fn stream(case: &Value, name: &Value) -> Vec<Point> {
    let points = case["streams"][name.as_str().expect("a name")].as_array().expect("a stream");
    points.iter().map(point).collect()
}

/// Returns the rows of a dataset, and the error that ended it early, if any.
fn rows(case: &Value) -> Result<(Vec<Point>, Option<String>), String> {
    let query = &case["query"];
    let mut columns = Columns::new();
    let mut names = BTreeMap::new();
    for (name, column) in query["columns"].as_object().expect("columns") {
        if name == "x" && !query["x"].is_null() {
            return Err("Dataset already contains field of name 'x'".to_owned());
        }
        let interpolator = column["interpolator"].as_str().expect("an interpolator");
        let interpolator = Interpolator::parse(interpolator).map_err(|error| error.to_string())?;
        columns.add(name, &interpolator);
        names.insert(name.clone(), stream(case, &column["stream"]));
    }
    for (column, points) in columns.iter_mut().zip(names.into_values()) {
        points.into_iter().for_each(|point| column.push(point));
        column.end();
    }
    let times: Vec<(f64, Option<cdb_pipescript::Value>)> = if query["x"].is_null() {
        let number = |name: &str| query[name].as_f64().expect("a number");
        let grid = Grid::new(number("t1"), number("t2"), number("dt"));
        grid.map_err(|error| error.to_string())?.map(|t| (t, None)).collect()
    } else {
        stream(case, &query["x"]).into_iter().map(|point| (point.t, Some(point.d))).collect()
    };
    let mut rows = Vec::new();
    for (t, x) in times {
        match columns.row(t, x) {
            Ok(row) => rows.push(row),
            Err(error) => return Ok((rows, Some(error.to_string()))),
        }
    }
    Ok((rows, None))
}

/// Returns the difference between a dataset and its recorded rows, if there is one.
fn dataset_difference(case: &Value) -> Option<String> {
    let expected = case["output"].as_array().cloned().unwrap_or_default();
    let expected = given(&expected.iter().map(point).collect::<Vec<_>>());
    let error = case["error"].as_str();
    match rows(case) {
        Err(refused) => match error {
            // For times that are not a grid, the message of the protocol differs from that of the
            // original's library.
            Some("Invalid time range given") => None,
            Some(error) if refused.starts_with(error) => None,
            _ => Some(refused),
        },
        Ok((rows, failed)) => {
            let found = given(&rows);
            let same = failed.as_deref() == error && is_alike(&found, &expected);
            (!same).then(|| format!("{failed:?}, gave {found}\n   not {expected}"))
        }
    }
}

/// Returns the difference between a merge and its recorded output, if there is one.
fn merge_difference(case: &Value) -> Option<String> {
    let names = case["streams"].as_object().expect("streams").keys();
    let merged = Merge::new(names.map(|name| stream(case, &name.as_str().into())));
    let found = given(&merged.collect::<Vec<_>>());
    let expected = case["output"].as_array().expect("an output");
    let expected = given(&expected.iter().map(point).collect::<Vec<_>>());
    (!is_alike(&found, &expected)).then(|| format!("gave {found}\n   not {expected}"))
}

#[test]
fn every_dataset_has_the_rows_of_the_original() {
    let (mut count, mut faults) = (0, Vec::new());
    for line in DATASETS.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        count += 1;
        let difference = if case["kind"] == "merge" {
            merge_difference(&case)
        } else {
            dataset_difference(&case)
        };
        if let Some(difference) = difference {
            faults.push(format!("{} {}: {difference}", case["id"], case["query"]));
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= 290, "only {count} cases");
}
