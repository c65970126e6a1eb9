//! Checks that the scripts of the guide return what the guide says.
//!
//! The scripts of tables that begin with `| script | result | …` run over the last block of JSON
//! above the table. The interpolators of tables that begin with `| interpolator | TIME | …` are
//! evaluated for it at these times.

use std::collections::BTreeMap;

use connectordb::pipescript::transforms::{self, Transform};
use connectordb::pipescript::{Budget, Interpolator, Point, Script};
use serde_json::Value;

const PAGE: &str = include_str!("../src/guide/pipescript.md");

/// The cells of a line of a table, or `None` if the line is not part of one. `\|` does not separate
/// cells.
fn cells(line: &str) -> Option<Vec<String>> {
    let line = line.strip_prefix('|')?.strip_suffix('|')?;
    let line = line.replace("\\|", "\u{0}");
    Some(line.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect())
}

/// The text between the backticks of a cell.
fn code(cell: &str) -> &str {
    let code = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
    code.unwrap_or_else(|| panic!("not code: {cell}"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn points(text: &str) -> Vec<Point> {
    let points = json(text);
    let points = points.as_array().expect("an array");
    points.iter().map(|dp| Point::new(dp["t"].as_f64().expect("a time"), &dp["d"])).collect()
}

/// A value as JSON, with all numbers as floats.
fn written(value: &connectordb::pipescript::Value) -> Value {
    floats(value.clone().try_into().expect("JSON"))
}

fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.into_iter().map(floats).collect(),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, floats(value))).collect())
        }
        other => other,
    }
}

/// A number with commas between groups of three digits.
fn thousands(number: u64) -> String {
    match number / 1000 {
        0 => number.to_string(),
        rest => format!("{},{:03}", thousands(rest), number % 1000),
    }
}

fn result(script: &str, data: &[Point]) -> Value {
    let script = Script::parse(script).expect(script);
    let points = script.over(data.iter().cloned());
    points.map(|point| written(&point.expect("a result").d)).collect()
}

fn column(interpolator: &str, data: &[Point], times: &[f64]) -> Vec<Value> {
    let mut column = Interpolator::parse(interpolator).expect(interpolator).start();
    data.iter().for_each(|point| column.push(point.clone()));
    column.end();
    times.iter().map(|t| written(&column.value(*t).expect("a value"))).collect()
}

#[test]
fn every_script_and_limit_of_the_guide_is_correct() {
    let mut data = Vec::new();
    let mut header = None;
    let mut lines = PAGE.lines();
    let (mut scripts, mut columns) = (0, 0);
    let mut limits = BTreeMap::new();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if line == "```json" {
                data = points(&block.join("\n"));
            }
            continue;
        }
        let Some(cells) = cells(line) else {
            header = None;
            continue;
        };
        let Some(header) = &header else {
            header = Some(cells);
            continue;
        };
        if cells.iter().all(|cell| cell == "---") {
            continue;
        }
        match header.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["script", "result", "meaning"] => {
                let script = code(&cells[0]);
                assert_eq!(result(script, &data), floats(json(code(&cells[1]))), "{script}");
                scripts += 1;
            }
            ["interpolator", ref times @ ..] => {
                let interpolator = code(&cells[0]);
                let times: Vec<f64> =
                    times.iter().map(|time| time.parse().expect("a time")).collect();
                let expected: Vec<Value> =
                    cells[1..].iter().map(|cell| floats(json(code(cell)))).collect();
                assert_eq!(column(interpolator, &data, &times), expected, "{interpolator}");
                columns += 1;
            }
            ["limit", "value"] => {
                limits.insert(cells[0].clone(), cells[1].clone());
            }
            ref other => panic!("this test does not know tables with the columns {other:?}"),
        }
    }
    let budget = Budget::default();
    for (limit, value) in [
        ("length of a script", format!("{} bytes", thousands(budget.script_bytes as u64))),
        ("brackets open at a time", budget.nesting.to_string()),
        (
            "regular expressions of a script, compiled",
            format!("{} MiB together", budget.regex_bytes >> 20),
        ),
        (
            "steps of a run",
            format!(
                "{}, and {} for each input value; a step takes about 10 ns",
                thousands(budget.steps),
                budget.steps_per_value
            ),
        ),
        ("memory of a run", format!("{} MiB", budget.memory >> 20)),
    ] {
        assert_eq!(limits.remove(limit), Some(value), "{limit}");
    }
    for (limit, value) in &limits {
        // The limits of transforms are part of their descriptions.
        let names_limit = |transform: &Transform| {
            let texts = transform.arguments.iter().map(|argument| argument.description);
            let mut texts = texts.chain([transform.description]);
            let number = value.trim_end_matches(" bytes");
            limit.contains(&format!("`{}`", transform.name)) && texts.any(|it| it.contains(number))
        };
        assert!(transforms::all().any(names_limit), "{limit}: {value}");
    }
    assert_eq!(limits.len(), 3);
    assert!(scripts >= 20 && columns >= 7, "{scripts} scripts and {columns} columns were run");
}
