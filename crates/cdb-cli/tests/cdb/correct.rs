//! Correcting what is stored: `cdb rm` with times, `cdb insert --late`, and `keep`.

use serde_json::{Value, json};

use crate::home::TempHome;

/// A home with a stream of these datapoints.
fn with_stream(lines: &str) -> TempHome {
    let home = TempHome::logged_in();
    home.out(&["create", "t", "--schema", r#"{"type":"number"}"#]);
    let output = home.with_input(lines, &["insert", "t"]);
    assert_eq!(output.code, 0, "{}", output.err);
    home
}

fn lines(points: &[(u32, u32)]) -> String {
    points.iter().map(|(t, d)| format!("{{\"t\":{t},\"d\":{d}}}\n")).collect()
}

fn stored(home: &TempHome) -> String {
    home.out(&["get", "t", "--json"])
}

#[test]
fn datapoints_of_a_time_are_deleted() {
    let home = with_stream(&lines(&[(1000, 1), (2000, 85), (3000, 3), (4000, 4)]));
    let range = ["--from", "1000", "--to", "2000"];
    let refused = home.run(&[&["rm", "t"], &range[..]].concat());
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("give --yes"), "{}", refused.err);
    assert_eq!(home.out(&[&["rm", "t", "--yes"], &range[..]].concat()), "Deleted 1 datapoint.\n");
    assert_eq!(stored(&home), lines(&[(1000, 1), (3000, 3), (4000, 4)]));
    let removed = home.json(&["rm", "t", "--yes", "--from", "3000"]);
    assert_eq!(removed, json!({"removed": 1}));
    assert_eq!(home.out(&["rm", "t", "--from", "9000"]), "There are no such datapoints.\n");
    assert_eq!(home.out(&["rm", "t", "--to", "3000", "--yes"]), "Deleted 2 datapoints.\n");
    assert_eq!(stored(&home), "");
    for (arguments, message) in [
        (&["rm", "me/user", "--to", "3000", "--yes"][..], "times of a stream's datapoints"),
        (&["rm", "t", "--downlink", "--yes"], "--downlink needs --from or --to"),
    ] {
        let refused = home.run(arguments);
        assert_eq!(refused.code, 1);
        assert!(refused.err.contains(message), "{}", refused.err);
    }
}

#[test]
fn late_datapoints_are_sorted_in() {
    let home = with_stream(&lines(&[(1000, 1), (3000, 3)]));
    let late = lines(&[(500, 5), (2000, 2), (3000, 6), (4000, 4)]);
    let refused = home.with_input(&late, &["insert", "t"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("--late"), "{}", refused.err);
    let output = home.with_input(&late, &["insert", "t", "--late", "--json"]);
    assert_eq!(output.out, "{\"inserted\":4}\n", "{}", output.err);
    let expected = [(500, 5), (1000, 1), (2000, 2), (3000, 3), (3000, 6), (4000, 4)];
    assert_eq!(stored(&home), lines(&expected));
    let refused = home.with_input("7\n", &["insert", "t", "--late"]);
    assert!(refused.err.contains("--late needs times"), "{}", refused.err);
}

#[test]
fn for_how_long_datapoints_are_kept_is_set_in_words() {
    let home = with_stream(&lines(&[(1000, 1)]));
    let keep = |home: &TempHome| home.json(&["info", "t"]).get("keep").cloned();
    assert_eq!(keep(&home), None);
    home.out(&["set", "t", "keep=90 days"]);
    assert_eq!(keep(&home), Some(json!(90 * 86_400)));
    assert!(home.out(&["info", "t"]).contains("90d"), "{}", home.out(&["info", "t"]));
    home.out(&["set", "t", "keep=0"]);
    assert_eq!(keep(&home), None::<Value>);
    let refused = home.run(&["set", "t", "keep=soon"]);
    assert!(refused.err.contains("not a span of time"), "{}", refused.err);
}
