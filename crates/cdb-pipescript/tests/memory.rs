//! No script takes more memory than its budget allows. This is the only test in its process,
//! because it measures the memory of the process.

#[path = "budget/support.rs"]
mod support;

use cdb_pipescript::{Budget, Point, Script, Value};
use serde_json::json;
use support::{nested, numbers, run, slow_to_parse};

const MEMORY: &str = "The script needs more memory than its limit of 16777216 bytes";
/// Fails if the peak memory of the process is `mebibytes` or more. Only checked on Linux.
fn assert_peak(script: &str, mebibytes: u64) {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    let script: String = script.chars().take(60).collect();
    assert!(kibibytes < 1024 * mebibytes, "{script}: {kibibytes} KiB");
}

#[test]
fn memory_is_limited_for_all_transforms() {
    for script in slow_to_parse() {
        drop(Script::parse(&script));
        assert_peak(&script, 40);
    }
    let long = "x".repeat(20_000);
    let text = |i: i32| Point::new(f64::from(i), format!("{i} {long}"));
    let object: Value = json!({"a": [1, 2, 3], "b": {"c": "text", "d": null}}).into();
    let objects = |i: i32| Point::new(f64::from(i), object.clone());
    let wide = |i: i32| {
        let entries: serde_json::Map<_, _> =
            (0..1000).map(|key| (format!("{i} {key}"), json!(key))).collect();
        Point::new(f64::from(i), serde_json::Value::Object(entries))
    };
    type Points<'a> = Box<dyn Iterator<Item = Point> + 'a>;
    let cases: Vec<(String, Points<'_>)> = vec![
        // A script of 145 bytes that took 3 GB before there were budgets.
        (nested("map(t,", "count", 20), Box::new(numbers(50_000))),
        (nested("imap('a',", "map(t, count)", 3), Box::new(numbers(50_000))),
        (
            "map(t, {'a': $, 'b': count, 'c': i, 'd': t, 'e': dt})".to_owned(),
            Box::new((0..50_000).map(objects)),
        ),
        ("map(t, $)".to_owned(), Box::new((0..50_000).map(text))),
        ("map(t, changed)".to_owned(), Box::new((0..50_000).map(text))),
        ("map(t, remember(first))".to_owned(), Box::new((0..50_000).map(text))),
        ("map(t, max(t))".to_owned(), Box::new((0..50_000).map(wide))),
        ("map(t, append)".to_owned(), Box::new((0..50_000).map(text))),
        ("map($, count)".to_owned(), Box::new((0..50_000).map(text))),
        ("if new".to_owned(), Box::new((0..50_000).map(text))),
        (["next(100)"; 40].join(":"), Box::new((0..50_000).map(text))),
        (["if next(100) == 5 or true"; 40].join("|"), Box::new((0..50_000).map(text))),
        ("while(true, map(t, $))".to_owned(), Box::new((0..50_000).map(text))),
    ];
    // The difference to the limit that is asserted below is for the program itself.
    let budget = Budget::default().memory(16 << 20);
    for (script, points) in cases {
        let parsed = Script::parse_with(&script, &budget).expect("a script");
        let (_, ended) = run(&parsed, points);
        assert_eq!(ended.expect_err(&script).to_string(), MEMORY, "{script}");
        // The run's estimate of its memory is not exact.
        assert_peak(&script, 72);
    }
}
