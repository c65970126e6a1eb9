//! Neither parsing nor running a script takes longer than its budget allows. `memory.rs` tests the
//! limit of memory.

mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cdb_pipescript::{Budget, Interpolator, Point, Script, Value};
use serde_json::json;
use support::{nested, numbers, run, slow_to_parse};

/// Serializes the tests that measure time.
static TIMING_LOCK: Mutex<()> = Mutex::new(());

fn lock_timing() -> MutexGuard<'static, ()> {
    TIMING_LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

const STEPS: &str =
    "The script takes more steps than its limit of 5000000, and 200 for each input value";

#[test]
fn released_memory_is_not_counted() {
    let budget = Budget::default().memory(100_000);
    for script in [
        "while(not $ / 10 == i / 10, map($, count))",
        "iwhile($ % 100 != 0, map($, count))",
        "iwhile($ % 100 != 0, imap($, {'a': count, 'b': $}))",
        "{'a': $, 'b': t} | reduce(sum)",
        "{'a': $, 'b': t} | apply($ * 2) | top(1) | filter($ < 0)",
        "append | length | next(100) | if last",
        "next:next | changed",
    ] {
        let script = Script::parse_with(script, &budget).expect(script);
        let text = script.text();
        let points = numbers(if text.contains("append") { 10_000 } else { 50_000 });
        run(&script, points).1.unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn steps_are_limited_and_grow_with_the_input() {
    // Each result is a larger object. Without a limit, 15,000 words took 8.9 s.
    let few = Budget::default().steps(5_000_000);
    let script = Script::parse_with("imap($, count) | if last", &few).expect("a script");
    let words = (0..15_000).map(|i| Point::new(f64::from(i), format!("word {i}")));
    let (stopped, ended) = run(&script, words);
    assert_eq!(ended.expect_err("too many").to_string(), STEPS);
    assert!(stopped.steps() < 10_000_000, "{}", stopped.steps());
    // A script that takes few steps for each datapoint is never stopped.
    let budget = Budget::default().steps(0);
    let script = Script::parse_with("if $ > 5 | map(dayhour('UTC'), mean)", &budget);
    let (ended, result) = run(&script.expect("a script"), numbers(100_000));
    assert_eq!(result, Ok(()));
    assert!((100_000..2_000_000).contains(&ended.steps()), "{}", ended.steps());
    // Large values add more steps than small ones.
    let array: Vec<i32> = (0..10_000).collect();
    let object: serde_json::Map<_, _> =
        array.iter().map(|key| (key.to_string(), json!(key))).collect();
    let object = Point::new(1.0, serde_json::Value::Object(object));
    let script = Script::parse_with("reduce(max)", &budget).expect("a script");
    assert_eq!(run(&script, [object.clone()]).1, Ok(()));
    let fewer = budget.steps_per_value(0).steps(1000);
    let script = Script::parse_with("reduce(max)", &fewer).expect("a script");
    let error = run(&script, [object]).1.expect_err("too many").to_string();
    let expected = "The script takes more steps than its limit of 1000, and 0 for each input value";
    assert_eq!(error, expected);
}

#[test]
fn a_short_run_stops_at_its_own_limit() {
    let script = Script::parse("imap($, count) | if last").expect("a script");
    let words = |count| (0..count).map(|i| Point::new(f64::from(i), format!("word {i}")));
    let run = |count| {
        let mut run = script.start_within(10_000);
        let ended = words(count).try_for_each(|word| run.push(word)).and_then(|()| run.end());
        (run, ended)
    };
    let (mut short, ended) = run(10);
    assert!(ended.is_ok() && !short.is_out_of_steps());
    assert_eq!(short.pull(), script.over(words(10)).next().expect("a result").ok());
    let (long, ended) = run(1000);
    assert!(ended.is_err() && long.is_out_of_steps() && long.steps() < 20_000);
    // Other errors are distinguished from it.
    let mut failed = Script::parse("$ + 1").expect("a script").start_within(10_000);
    assert!(failed.push(Point::new(1.0, "x")).is_err() && !failed.is_out_of_steps());
}

#[test]
fn one_datapoint_takes_no_longer_than_the_steps_that_are_left() {
    let _lock = lock_timing();
    let object: serde_json::Map<_, _> =
        (0..100_000).map(|key| (format!("{key}"), json!(key))).collect();
    let object: Value = serde_json::Value::Object(object).into();
    let text: Value = "a b ".repeat(250_000).into();
    let scripts = [
        nested("apply(", "$ + 1", 1),
        ["apply($ + 1)"; 90].join("|"),
        ["set('a', count)"; 90].join("|"),
        ["top(99999)"; 90].join("|"),
        vec!["$ == 'x'"; 90].join(" or "),
        vec!["wc > 1"; 90].join(" and "),
        vec!["sentiment > 1"; 90].join(" or "),
        ["regex('([a-z ]{1,50}c){1,3}')"; 8].join(" or "),
        ["$ + $"; 90].join("|"),
        format!("[{}]", vec!["{'a': $, 'b': $, 'c': $}"; 90].join("|")),
    ];
    // The default budget would take too long in a debug build.
    let budget =
        Budget::default().steps(if cfg!(debug_assertions) { 2_000_000 } else { 50_000_000 });
    for script in scripts {
        for value in [&object, &text] {
            let script = Script::parse_with(&script, &budget).expect("a script");
            let started = Instant::now();
            // The run may succeed or fail.
            let (run, _) = run(&script, [Point::new(1.0, value.clone())]);
            let elapsed = started.elapsed();
            assert!(
                elapsed < Duration::from_secs(5),
                "{}: {elapsed:?}, {} steps",
                script.text(),
                run.steps()
            );
        }
    }
}

#[test]
fn the_budget_of_an_interpolator_is_for_all_rows_together() {
    let budget = Budget::default().steps(1000).steps_per_value(1);
    let interpolator = Interpolator::parse_with("map($, count)", &budget).expect("a script");
    let mut column = interpolator.start();
    numbers(2000).for_each(|point| column.push(point));
    column.end();
    let row = |t: f64| column.value(t);
    let failed = (0..200).map(|row| f64::from(row) * 10.0).map(row).find_map(Result::err);
    assert!(failed.expect("too many steps").to_string().contains("more steps"));
    assert!(column.steps() > 1000);
}

#[test]
fn each_limit_is_named_with_its_value() {
    let budget = Budget::default().nesting(5).script_bytes(60).regex_bytes(40_000);
    for (script, message) in [
        (
            "((((((1))))))",
            "The script is nested too deeply: at most 5 brackets and prefixes may be open",
        ),
        (
            "$+1+1+1+1+1+1+1+1+1+1+1",
            "The script is nested too deeply: at most 10 operators and stages may depend on one another",
        ),
        (&" ".repeat(61), "The script is too long: at most 60 bytes"),
        (
            "regex('a') or regex('b') or regex('c')",
            "The regular expressions of a script may take at most 40000 bytes",
        ),
        (r"regex('\\w{200}')", "The regular expressions of a script may take at most 40000 bytes"),
    ] {
        let error = Script::parse_with(script, &budget).expect_err(script);
        assert_eq!(error.message(), message);
    }
    // The nesting is limited by the stack, whatever the budget allows.
    let script = nested("(", "1", 101);
    assert!(Script::parse_with(&script, &Budget::default().nesting(1_000_000)).is_err());
}

#[test]
fn parsing_any_64_kib_takes_at_most_50_ms() {
    let _lock = lock_timing();
    // Initialize what all scripts share, so that it is not measured.
    drop(Script::parse("sentiment > hour('Europe/Berlin') | 'a' | sentiment"));
    let scale = if cfg!(debug_assertions) { 20 } else { 1 };
    let most = scale * Duration::from_millis(50);
    for script in slow_to_parse() {
        let parse = || {
            let started = Instant::now();
            let parsed = Script::parse(&script);
            if let Err(error) = &parsed {
                drop((error.to_string(), error.snippet()));
            }
            drop(parsed);
            started.elapsed()
        };
        let attempts = if cfg!(debug_assertions) { 1 } else { 3 };
        // Take the fastest of several attempts, because other programs use the processor as well.
        let elapsed = (0..attempts).map(|_| parse()).min().expect("one");
        let start: String = script.chars().take(60).collect();
        assert!(elapsed <= most, "{elapsed:?}: {start}");
    }
}

#[test]
fn errors_show_only_the_beginning_of_a_value() {
    let array: Vec<i32> = (0..100_000).collect();
    let point = || Point::new(1.0, json!({"a": array}));
    for script in ["$ * 2 | sum", "$('b')", "$('a'):new", "$('a'):bucket"] {
        let script = Script::parse(script).expect(script);
        let error = run(&script, [point()]).1.expect_err("no number").to_string();
        assert!(error.len() < 300, "{error}");
    }
}
