//! Tests of the documented examples and of error messages.

use cdb_pipescript::{Point, Script, transforms};
use serde_json::{Value, json};

fn points(text: &str) -> Vec<Point> {
    let points: Vec<Value> = serde_json::from_str(text).expect("an array");
    points.iter().map(|dp| Point::new(dp["t"].as_f64().expect("a time"), &dp["d"])).collect()
}

#[test]
fn every_example_has_its_documented_result() {
    let mut checked = 0;
    for transform in transforms::all() {
        let [script, given, expected] = transform.example;
        if script.is_empty() {
            continue;
        }
        assert!(script.contains(transform.name), "{script}");
        let script = Script::parse(script).expect(script);
        let found: Vec<Point> =
            script.over(points(given)).collect::<Result<_, _>>().expect(transform.name);
        assert_eq!(found, points(expected), "{}", transform.name);
        checked += 1;
    }
    assert!(checked >= 45, "only {checked} examples");
}

#[test]
fn names_are_unique_and_everything_is_described() {
    let mut names: Vec<_> = transforms::all().map(|transform| transform.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    for transform in transforms::all() {
        assert!(transform.description.len() > 5, "{}", transform.name);
        for argument in transform.arguments {
            assert!(!argument.description.is_empty(), "{}", transform.name);
        }
    }
}

#[test]
fn errors_point_at_the_place() {
    for (script, line, column, snippet) in [
        ("if $ > 5 | cuont", 1, 12, "if $ > 5 | cuont\n           ^^^^^"),
        ("$ >", 1, 4, "$ >\n   ^"),
        ("$ |\n  zork", 2, 3, "  zork\n  ^^^^"),
        ("sum + bucket($)", 1, 14, "sum + bucket($)\n             ^"),
        ("'ä' + sum(1)", 1, 7, "'ä' + sum(1)\n      ^^^"),
    ] {
        let error = Script::parse(script).expect_err(script);
        assert_eq!(error.line_and_column(), (line, column), "{script}");
        assert_eq!(error.snippet(), snippet, "{script}");
    }
}

#[test]
fn a_similar_name_is_suggested_for_a_misspelt_one() {
    for (name, guess) in
        [("cuont", "count"), ("lenght", "length"), ("weekdays", "weekday"), ("maen", "mean")]
    {
        let error = Script::parse(name).expect_err(name).to_string();
        assert!(error.contains(&format!("did you mean {guess}?")), "{error}");
    }
    for name in ["zork", "x", "quicksilver"] {
        let error = Script::parse(name).expect_err(name).to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }
}

#[test]
fn text_after_the_end_of_a_script_is_an_error() {
    for (script, column, suggestion) in [
        ("if $ = 5", 6, Some("==")),
        ("$ === 5", 3, Some("==")),
        ("$ > 5 && $ < 9", 7, Some("and")),
        ("$ > 5 & $ < 9", 7, Some("and")),
        ("$ < 5 || $ > 9", 7, Some("or")),
        ("!first", 1, Some("not")),
        ("if !($ > 5)", 4, Some("not")),
        ("$ !== 5", 3, Some("!=")),
        ("$ <> 5", 3, Some("!=")),
        ("$ ** 2", 3, Some("^")),
        ("5.", 2, None),
        ("$ > 5 ;", 7, None),
        ("$ # a comment", 3, None),
        ("map($, count) \u{e4}", 15, None),
        ("$[1} \0", 4, None),
        ("{a: 1}", 2, None),
    ] {
        let error = Script::parse(script).expect_err(script);
        assert_eq!((error.message(), error.line_and_column()), ("syntax error", (1, column)));
        let text = error.to_string();
        match suggestion {
            Some(name) => assert!(text.ends_with(&format!("; did you mean {name}?)")), "{text}"),
            None => assert!(!text.contains("did you mean"), "{text}"),
        }
    }
    // The first of several faults is reported.
    let error = Script::parse("zork ; &").expect_err("two faults");
    assert_eq!(error.message(), "Transform zork not found");
}

#[test]
fn scripts_and_values_that_are_too_large_are_errors() {
    let deep = format!("{}1{}", "(".repeat(1000), ")".repeat(1000));
    let long = format!("1{}", " + $".repeat(10_000));
    let longer = " ".repeat(100_000);
    for script in [deep, long, longer, "not ".repeat(1000) + "1", "-".repeat(1000) + "1"] {
        let error = Script::parse(&script).expect_err("too much");
        assert!(error.message().contains("nested too deeply") || error.message().contains("bytes"));
    }
    let doubling = vec![r#"{"a":$,"b":$}"#; 40].join("|");
    let script = Script::parse(&doubling).expect("a script");
    let error = script.over([Point::new(1.0, 1.0)]).find_map(Result::err).expect("an error");
    assert!(error.to_string().contains("too large"), "{error}");
    let doubling = vec!["$+$"; 40].join("|");
    let script = Script::parse(&doubling).expect("a script");
    let error = script.over([Point::new(1.0, "ab")]).find_map(Result::err).expect("an error");
    assert!(error.to_string().contains("too large"), "{error}");
}

#[test]
fn a_number_that_json_cannot_represent_is_an_error() {
    let script = Script::parse("1 / $").expect("a script");
    let point = script.over([Point::new(1.0, 0.0)]).next().expect("one").expect("a point");
    let error = cdb_types::Datapoint::try_from(point.clone()).expect_err("an infinity");
    assert_eq!(error.to_string(), "The result is +Inf, which JSON cannot represent");
    assert!(serde_json::to_string(&point.d).is_err());
}

#[test]
fn large_integers_keep_their_digits() {
    let script = Script::parse("if $ > 5").expect("a script");
    for number in [json!(9_007_199_254_740_993_i64), json!(u64::MAX)] {
        let point = script.over([Point::new(1.0, &number)]).next().expect("one").expect("a point");
        assert_eq!(Value::try_from(point.d).expect("JSON"), number);
    }
}

#[test]
fn runs_do_not_share_their_state() {
    let script = Script::parse("map($, count)").expect("a script");
    for _ in 0..2 {
        let found: Vec<Point> = script
            .over([Point::new(1.0, "x"), Point::new(2.0, "x")])
            .collect::<Result<_, _>>()
            .expect("it runs");
        assert_eq!(found, points(r#"[{"t":2,"d":{"x":2}}]"#));
    }
}

#[test]
fn the_properties_of_scripts_are_known() {
    let script = |text| Script::parse(text).expect("a script");
    assert!(script("$ > 5").is_stateless() && script("$ > 5").is_one_to_one());
    assert!(!script("sum").is_stateless() && script("sum").is_one_to_one());
    for alone in ["if $ > 5", "hour | if $ % 2 == 0 | $ + 1", "{\"a\": t}", "if ($ | $ < t)"] {
        assert!(script(alone).is_stateless(), "{alone}");
    }
    for together in ["if count > 5", "{\"a\": sum}", "$ + dt", "map($, count)", "next", "rand"] {
        assert!(!script(together).is_stateless(), "{together}");
    }
    assert!(script("mean | if last").peeks() && !script("mean | if last").is_one_to_one());
    assert!(!script("if $ > 5").peeks());
}

#[test]
fn a_script_runs_over_a_stream_as_over_an_iterator() {
    use futures_util::{FutureExt, StreamExt, stream};

    let script = Script::parse("mean | if last").expect("a script");
    let given = || [3.0, 10.0, 5.0].map(|d| Point::new(d, d));
    let iterated: Vec<_> = script.over(given()).collect();
    let streamed: Vec<_> =
        script.over_stream(stream::iter(given())).collect().now_or_never().expect("nothing waits");
    assert_eq!(iterated, [Ok(Point::new(5.0, 6.0))]);
    assert_eq!(streamed, iterated);
    let failing = Script::parse("$ * 2").expect("a script");
    let given = [Point::new(1.0, 1.0), Point::new(2.0, "x"), Point::new(3.0, 1.0)];
    let found: Vec<_> = failing.over(given).collect();
    assert!(matches!(found.as_slice(), [Ok(_), Err(_)]), "{found:?}");
}
