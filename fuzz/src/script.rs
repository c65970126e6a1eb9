//! Scripts: parsed, and run over datapoints.

use cdb_pipescript::{Budget, Interpolator, ParseError, Point, Run, RunError, Script, Value};
use cdb_types::Datapoint;
use serde_json::value::RawValue;

/// The steps of a run.
const STEPS: u64 = 50_000;

/// The maximum number of datapoints.
const MAX_POINTS: usize = 64;

/// The datapoints if the input has none: values of every kind.
const POINTS: &str = r#"[{"t":1,"d":{"a":1,"b":"x","latitude":1,"longitude":2}},{"t":2,"d":[1,[2]]},
    {"t":3,"d":{}},{"t":4,"d":[]},{"t":5,"d":null},{"t":6,"d":true},{"t":7,"d":false},{"t":8,"d":0},
    {"t":9,"d":-1},{"t":1464250199.934,"d":2.5},{"t":1464250200,"d":1e300},
    {"t":1464250200,"d":9007199254740993},{"t":1464336600,"d":12345678901234567890123},
    {"t":1464336601,"d":""},{"t":1464336602,"d":"good text"},{"t":1464336603,"d":"5"},
    {"t":1464336604,"d":"http://a.b/c"}]"#;

fn budget() -> Budget {
    Budget::default().steps(STEPS).steps_per_value(0).memory(1 << 20).regex_bytes(1 << 17)
}

/// Checks the script in a text. If the last line is a JSON array of datapoints, the script runs over
/// these.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let given = text.rsplit_once('\n').and_then(|(text, last)| Some((text, points(last)?)));
    let (text, points) =
        given.unwrap_or_else(|| (text, points(POINTS).expect("datapoints of every kind")));
    match Script::parse_with(text, &budget()) {
        Ok(script) => check_script(text, &script, &points),
        Err(error) => check_error(text, &error),
    }
    if let Ok(interpolator) = Interpolator::parse_with(text, &budget()) {
        check_interpolator(&interpolator, &points);
    }
}

/// Reads datapoints, and sorts them by time.
fn points(text: &str) -> Option<Vec<Point>> {
    let datapoints: Vec<Datapoint<&RawValue>> = serde_json::from_str(text).ok()?;
    let point = |datapoint: Datapoint<&RawValue>| {
        let value = Value::from_json(datapoint.d.get().as_bytes()).ok()?;
        Some(Point::new(datapoint.t.as_secs_f64(), value))
    };
    let mut points: Vec<Point> =
        datapoints.into_iter().take(MAX_POINTS).map(point).collect::<Option<_>>()?;
    points.sort_by(|a, b| a.t.total_cmp(&b.t));
    Some(points)
}

/// Checks that an error names a place in the script, and can be displayed.
fn check_error(text: &str, error: &ParseError) {
    assert!(text.get(error.place()).is_some(), "{:?} is not in the script", error.place());
    assert!(!error.message().is_empty() && error.to_string().contains(text));
    assert!(error.snippet().ends_with('^'));
}

fn check_script(text: &str, script: &Script, points: &[Point]) {
    assert_eq!(script.text(), text);
    let (results, steps, ended) = drive(script.start(), points);
    for point in &results {
        if let Ok(datapoint) = Datapoint::try_from(point.clone()) {
            let written = serde_json::to_string(&datapoint).expect("a result can be written");
            let again: Datapoint =
                serde_json::from_str(&written).expect("a result that was written");
            assert_eq!(again, datapoint);
        }
    }
    let over: Vec<_> = script.over(points.iter().cloned()).collect();
    let expected = results.iter().cloned().map(Ok).chain(ended.clone().err().map(Err));
    assert_eq!(debug(&over), debug(&expected.collect::<Vec<_>>()));
    if ended.is_err() {
        return;
    }
    assert_eq!(drive(script.start_within(steps), points).2, Ok(()), "it takes {steps} steps");
    if let Some(fewer) = steps.checked_sub(1) {
        assert!(drive(script.start_within(fewer), points).2.is_err(), "it takes {steps} steps");
    }
    if script.is_one_to_one() {
        assert_eq!(results.len(), points.len(), "the script is one-to-one");
    }
    if script.is_stateless() {
        let alone: Result<Vec<Vec<Point>>, RunError> = points
            .iter()
            .map(|point| script.over([point.clone()]).collect::<Result<_, _>>())
            .collect();
        let alone = alone.expect("a part of the datapoints needs no more than all of them");
        assert_eq!(debug(&alone.concat()), debug(&results), "the script is stateless");
    }
}

/// Runs a script. Returns the results, the number of steps, and the error that ended the run early.
fn drive(mut run: Run, points: &[Point]) -> (Vec<Point>, u64, Result<(), RunError>) {
    let mut results = Vec::new();
    let pushed = points.iter().try_for_each(|point| {
        let pushed = run.feed(point.clone(), |result| results.push(result));
        assert!(pushed.is_err() || run.steps() <= STEPS, "the budget is exceeded");
        pushed
    });
    let ended = pushed.and_then(|()| run.end());
    assert!(ended.is_err() || run.steps() <= STEPS, "the budget is exceeded");
    results.extend(std::iter::from_fn(|| run.pull()));
    (results, run.steps(), ended)
}

fn check_interpolator(interpolator: &Interpolator, points: &[Point]) {
    let mut column = interpolator.start();
    points.iter().for_each(|point| column.push(point.clone()));
    column.end();
    let times = points.iter().flat_map(|point| [point.t - 0.5, point.t, point.t]);
    for t in [0.0].into_iter().chain(times).chain([f64::MAX]) {
        assert!(column.advance_to(t), "the datapoints have ended");
        if column.value(t).is_err() {
            return;
        }
        assert!(column.steps() <= STEPS, "the budget is exceeded");
    }
}

/// Returns a text to compare values by: unlike `==`, it takes NaN for equal to itself.
fn debug(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}
