//! The commands that read streams.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::home::TempHome;

#[test]
fn a_dataset_has_a_row_for_each_day_of_a_time_zone() {
    let home = TempHome::logged_in();
    home.out(&["create", "steps"]);
    let points = r#"[{"t":1793574000,"d":1},{"t":1793577600,"d":2},{"t":1793660400,"d":4}]"#;
    home.with_input(points, &["insert", "steps"]);
    // From the midnight that begins 2 November 2026 in Berlin.
    let dataset = ["dataset", "--from", "1793574000", "--to", "1793750000", "steps:sum"];
    let rows = home.json(&[&dataset[..], &["--every", "day", "--zone", "Europe/Berlin"]].concat());
    let rows = rows.as_array().expect("rows").iter();
    let rows: Vec<_> = rows.map(|row| (row["t"].as_f64(), row["d"]["steps"].as_f64())).collect();
    assert_eq!(rows, [(Some(1_793_660_400.0), Some(6.0)), (Some(1_793_746_800.0), Some(0.0))]);
    let refused = home.run(&[&dataset[..], &["--every", "fortnight"]].concat());
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("`day`, `week` or `month`"), "{}", refused.err);
    let refused = home.run(&[&dataset[..], &["--every", "day", "--zone", "Mars"]].concat());
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("Europe/Berlin"), "{}", refused.err);
}

#[test]
fn tail_prints_datapoints_when_they_are_inserted() {
    let home = TempHome::logged_in();
    home.out(&["create", "mood"]);
    home.out(&["insert", "mood", "1"]);
    let mut tail = home.command(&["tail", "mood", "-n", "1", "--json"]).spawn().expect("it runs");
    let mut lines = BufReader::new(tail.stdout.take().expect("its output")).lines();
    let mut next = || -> Value {
        let line = lines.next().expect("not the end").expect("text");
        serde_json::from_str::<Value>(&line).expect("JSON")["d"].clone()
    };
    assert_eq!(next(), 1);
    home.out(&["insert", "mood", "2"]);
    assert_eq!(next(), 2);
    tail.kill().expect("it is killed");
    tail.wait().expect("it has ended");
}

#[test]
fn merge_and_dataset_combine_streams() {
    let home = TempHome::logged_in();
    for (name, points) in [
        ("mood", "{\"t\":1,\"d\":7}\n{\"t\":4,\"d\":3}\n"),
        ("warmth", "{\"t\":2,\"d\":73}\n{\"t\":5,\"d\":84}\n"),
    ] {
        home.out(&["create", name]);
        assert_eq!(home.with_input(points, &["insert", name]).code, 0);
    }
    let merged = home.out(&["merge", "mood", "warmth"]);
    let values: Vec<_> = merged.lines().filter_map(|line| line.split("  ").nth(1)).collect();
    assert_eq!(values, ["7", "73", "3", "84"]);
    let table = home.json(&["dataset", "--x", "mood", "warmth", "all=warmth:count"]);
    let expected = json!([
        {"t": 1, "d": {"x": 7, "warmth": 73, "all": 0}},
        {"t": 4, "d": {"x": 3, "warmth": 84, "all": 1}},
    ]);
    assert_eq!(table, expected);
    let steps = ["dataset", "--from", "0", "--to", "4", "--every", "2", "mood:before"];
    let printed = home.out(&steps);
    assert_eq!(printed.lines().count(), 3, "{printed}");
    let file = home.file("table.csv");
    home.out(&[&steps[..], &["--csv", file.to_str().expect("text")]].concat());
    assert!(std::fs::read_to_string(file).expect("a file").contains("mood"));
    assert_eq!(home.run(&["dataset", "mood"]).code, 2);
}

#[test]
fn ls_says_which_streams_are_silent() {
    let home = TempHome::logged_in();
    for name in ["quiet", "busy", "empty"] {
        home.out(&["create", name]);
    }
    home.with_input("{\"t\":1000,\"d\":1}\n", &["insert", "quiet"]);
    home.out(&["insert", "busy", "2"]);
    let all = home.json(&["ls", "--sort", "age"]);
    let paths: Vec<_> = (0..3).map(|row| all[row]["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, ["me/user/empty", "me/user/quiet", "me/user/busy"]);
    assert!(all[1]["age"].as_f64().expect("an age") > 1e9);
    assert_eq!(all[0]["age"], Value::Null);
    let silent = home.run(&["ls", "--silent", "1h"]);
    assert_eq!((silent.code, silent.err.as_str()), (1, "cdb: 2 of 3 streams are silent\n"));
    assert!(silent.out.starts_with("me/user/quiet  any  1  "), "{}", silent.out);
    assert!(silent.out.contains("me/user/empty  any  0  never"), "{}", silent.out);
    assert_eq!(home.run(&["ls", "me/user/busy", "--silent", "1h"]).code, 0);
    assert_eq!(home.run(&["ls", "--silent", "soon"]).code, 2);
    // Its datapoints are not stored.
    home.out(&["create", "passing"]);
    home.out(&["set", "passing", "ephemeral=true"]);
    assert_eq!(home.run(&["ls", "me/user/passing", "--silent", "1h"]).code, 0);
}

#[test]
fn info_says_what_a_stream_holds() {
    let home = TempHome::logged_in();
    home.out(&["create", "mixed"]);
    let values = r#"{"t":1,"d":3}
{"t":2,"d":"on"}
{"t":3,"d":"on"}
{"t":4,"d":{"k":true}}
"#;
    home.with_input(values, &["insert", "mixed"]);
    let statistics = &home.json(&["info", "mixed"])["statistics"];
    assert_eq!((&statistics["count"], &statistics["last"]["t"]), (&json!(4), &json!(4)));
    let text = home.out(&["info", "mixed"]);
    for row in [
        "datapoints   4",
        "values       1 numbers from 3 to 3, mean 3; 2 strings, 1 different: \"on\" 2×; 1 objects",
        "values of k  1 booleans, 1 true",
    ] {
        assert!(text.contains(row), "{text}");
    }
}

#[test]
fn plot_draws_numbers() {
    let home = TempHome::logged_in();
    home.out(&["create", "wave"]);
    let points: String =
        (1..101).map(|t| format!("{{\"t\":{t},\"d\":{}}}\n", (f64::from(t) / 9.0).sin())).collect();
    assert_eq!(home.with_input(&points, &["insert", "wave"]).code, 0);
    let printed = home.out(&["plot", "wave"]);
    let rows: Vec<_> = printed.lines().collect();
    assert_eq!(rows.len(), 10, "{printed}");
    assert!(rows[0].ends_with(" wave") && rows[9].contains("1970-01-01 00:01:40"), "{printed}");
    assert!(rows[1..9].iter().all(|row| row.contains('┤') && row.chars().any(|c| c > '\u{2800}')));
    let file = home.file("wave.svg");
    home.out(&["plot", "wave", "--svg", file.to_str().expect("text"), "--transform", "$ * 2"]);
    assert!(std::fs::read_to_string(file).expect("a file").contains("<svg"));
    let file = home.file("wave.png");
    home.out(&["plot", "wave", "--png", file.to_str().expect("text")]);
    let picture = std::fs::read(file).expect("a file");
    assert!(picture.starts_with(b"\x89PNG\r\n") && picture.ends_with(b"IEND\xaeB`\x82"));
    // A white picture would be smaller.
    assert!(picture.len() > 5_000, "{} bytes", picture.len());
    let points = home.json(&["plot", "wave", "--t1", "98"]);
    assert_eq!(points[0]["stream"], "wave");
    assert_eq!(points[0]["points"][1], json!([100.0, (100.0_f64 / 9.0).sin()]));
    let points =
        home.json(&["plot", "wave", "--t1", "0", "--transform", "{'k': $ * 2}", "--key", "k"]);
    assert_eq!(points[0]["points"][99], json!([100.0, (100.0_f64 / 9.0).sin() * 2.0]));
    home.out(&["create", "words"]);
    home.out(&["insert", "words", "none"]);
    let output = home.run(&["plot", "words"]);
    assert_eq!((output.code, output.err.as_str()), (1, "cdb: words has no numbers to plot\n"));
}
