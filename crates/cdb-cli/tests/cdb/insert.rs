//! `cdb insert`, with the kinds of files that people have.

use std::path::Path;

use serde_json::{Value, json};

use crate::home::{Output, TempHome};

/// The expected result of inserting a file.
enum Expected {
    /// `cdb get --json` prints these lines.
    Stored(&'static str),
    /// The error contains all of these texts, and nothing is stored.
    Refused(&'static [&'static str]),
    /// This number of datapoints is stored.
    Count(usize),
}
use Expected::{Count, Refused, Stored};

const NUMBER: &str = r#"{"type":"number"}"#;
const TEXT: &str = r#"{"type":"string"}"#;
const ANY: &str = "{}";

/// A file of `field/`, the schema of its stream, further arguments, and the expected result.
const FIELD: [(&str, &str, &[&str], Expected); 46] = [
    (
        "array_of_datapoints.json",
        NUMBER,
        &[],
        Stored("{\"t\":1718444200,\"d\":1}\n{\"t\":1718444260,\"d\":2}\n"),
    ),
    (
        "bad_row_1500.csv",
        NUMBER,
        &["--csv", "--time", "time"],
        Refused(&["row 1501 (line 1502)", "\"2024-13-01\" is not a date", "--time-format"]),
    ),
    ("bad_row_1500.csv", NUMBER, &["--csv", "--time", "time", "--skip-bad"], Count(1599)),
    ("before_1970.jsonl", NUMBER, &[], Stored("{\"t\":-1.25,\"d\":1}\n{\"t\":-0.25,\"d\":2}\n")),
    ("big_integer.txt", NUMBER, &[], Count(1)),
    (
        "cut_line.jsonl",
        NUMBER,
        &[],
        Refused(&[
            "line 1, column 21",
            "\"{\\\"t\\\":1718444200,\\\"d\\\":1\"",
            "ends in the middle",
        ]),
    ),
    ("deep127.json", ANY, &[], Refused(&["datapoint 1 (line 1)", "nested more than 125 levels"])),
    ("display_truncated.jsonl", NUMBER, &[], Stored("{\"t\":1766772001.001,\"d\":1}\n")),
    (
        "dst_autumn.csv",
        NUMBER,
        &["--csv", "--time", "time", "--zone", "America/New_York"],
        Stored(
            "{\"t\":1730608200,\"d\":1}\n{\"t\":1730610000,\"d\":2}\n{\"t\":1730611800,\"d\":3}\n\
             {\"t\":1730613600,\"d\":4}\n{\"t\":1730615400,\"d\":5}\n{\"t\":1730617200,\"d\":6}\n",
        ),
    ),
    (
        "more/dst_autumn_newest_first.csv",
        NUMBER,
        &["--csv", "--time", "time", "--zone", "America/New_York"],
        Stored(
            "{\"t\":1730608200,\"d\":1}\n{\"t\":1730610000,\"d\":2}\n{\"t\":1730611800,\"d\":3}\n\
             {\"t\":1730613600,\"d\":4}\n{\"t\":1730615400,\"d\":5}\n",
        ),
    ),
    (
        "dst_spring.csv",
        NUMBER,
        &["--csv", "--time", "time", "--zone", "America/New_York"],
        Refused(&["row 2 (line 3)", "\"2024-03-10 02:30\" does not exist", "America/New_York"]),
    ),
    (
        "elapsed_from_zero.csv",
        NUMBER,
        &["--csv", "--time", "time"],
        Refused(&["row 1 (line 2)", "--start"]),
    ),
    (
        "elapsed_from_zero.csv",
        NUMBER,
        &["--csv", "--time", "time", "--start", "2024-01-01"],
        Stored(
            "{\"t\":1704067200,\"d\":1}\n{\"t\":1704067200.5,\"d\":2}\n{\"t\":1704067201,\"d\":3}\n",
        ),
    ),
    (
        "empty_cell_number.csv",
        NUMBER,
        &["--csv", "--time", "time"],
        Stored("{\"t\":1743674400,\"d\":1}\n"),
    ),
    (
        "epoch_ms.csv",
        NUMBER,
        &["--csv", "--time", "timestamp"],
        Stored("{\"t\":1718444200.123,\"d\":1}\n"),
    ),
    ("exact_bound.jsonl", NUMBER, &[], Stored("{\"t\":1743674400.25,\"d\":1}\n")),
    (
        "get_json_null.jsonl",
        ANY,
        &[],
        Stored(
            "{\"t\":1743674400,\"d\":1}\n{\"t\":1743674401,\"d\":null}\n{\"t\":1743674402,\"d\":3}\n",
        ),
    ),
    ("iso_t.jsonl", NUMBER, &[], Stored("{\"t\":1718444200,\"d\":1}\n")),
    ("lone_surrogate_body.json", TEXT, &[], Stored("{\"t\":1718444200,\"d\":\"caf\\ufffd\"}\n")),
    (
        "ms_text_time.csv",
        NUMBER,
        &["--csv", "--time", "time"],
        Stored("{\"t\":1362115061.002,\"d\":1}\n"),
    ),
    ("nan_line.jsonl", NUMBER, &[], Refused(&["line 1, column 21", "is not valid JSON"])),
    (
        "newest_first.csv",
        NUMBER,
        &["--csv", "--time", "Date"],
        Stored("{\"t\":1743552000,\"d\":2}\n{\"t\":1743638400,\"d\":3}\n"),
    ),
    ("pretty_array.json", NUMBER, &[], Stored("{\"t\":1718444200,\"d\":1}\n")),
    (
        "same_name_twice.csv",
        ANY,
        &["--csv", "--time", "time"],
        Stored("{\"t\":1536764543,\"d\":{\"Distance\":3.68,\"Distance (2)\":3681.0}}\n"),
    ),
    (
        "same_name_twice.csv",
        NUMBER,
        &["--csv", "--time", "time", "--value", "Distance"],
        Refused(&["several columns have the name \"Distance\""]),
    ),
    ("semicolon.csv", NUMBER, &["--csv", "--time", "time"], Stored("{\"t\":1704067200,\"d\":5}\n")),
    ("sum_per_day.jsonl", NUMBER, &[], Count(5)),
    (
        "two_columns_ddmmyyyy.csv",
        NUMBER,
        &["--csv", "--time", "Date", "--time", "Time"],
        Refused(&["row 1 (line 2)", "\"29/10/2025 00:00\" is not a date", "--time-format"]),
    ),
    (
        "two_columns_ddmmyyyy.csv",
        NUMBER,
        &["--csv", "--time", "Date", "--time", "Time", "--time-format", "%d/%m/%Y %H:%M"],
        Stored("{\"t\":1761696000,\"d\":13.28}\n"),
    ),
    ("utc_word.csv", NUMBER, &["--csv", "--time", "time"], Stored("{\"t\":1613684783,\"d\":1}\n")),
    // Further files of each kind.
    (
        "more/am_pm.csv",
        NUMBER,
        &["--csv", "--time", "When", "--time-format", "%m/%d/%Y %I:%M:%S %p"],
        Stored("{\"t\":1717200300,\"d\":72.5}\n{\"t\":1717243500,\"d\":75}\n"),
    ),
    (
        "more/home_assistant.csv",
        NUMBER,
        &["--csv", "--time", "last_changed", "--value", "state"],
        Refused(&["row 2 (line 3)", "column \"state\"", "\"unavailable\" is not a number"]),
    ),
    (
        "more/home_assistant.csv",
        NUMBER,
        &["--csv", "--time", "last_changed", "--value", "state", "--skip-bad"],
        Stored("{\"t\":1717200000.5,\"d\":21.4}\n{\"t\":1717203600,\"d\":21.6}\n"),
    ),
    (
        "more/decimal_comma.csv",
        NUMBER,
        &["--csv", "--time", "Zeit", "--value", "Temperatur", "--zone", "Europe/Berlin"],
        Stored("{\"t\":1717192800,\"d\":21.5}\n{\"t\":1717196400,\"d\":-0.75}\n"),
    ),
    (
        "more/tabs_with_mark.tsv",
        ANY,
        &["--csv", "--time", "t"],
        Stored(
            "{\"t\":1717200000,\"d\":{\"note\":\"42\"}}\n{\"t\":1717200060,\"d\":{\"note\":\"ok\"}}\n",
        ),
    ),
    (
        "more/excel_sep.csv",
        NUMBER,
        &["--csv", "--time", "Zeit"],
        Stored("{\"t\":1717200000,\"d\":21.5}\n{\"t\":1717200060,\"d\":22}\n"),
    ),
    (
        "more/comments.csv",
        NUMBER,
        &["--csv", "--time", "time", "--zone", "UTC"],
        Stored("{\"t\":1717200000,\"d\":21.5}\n"),
    ),
    (
        "more/comments.csv",
        "{\"type\":\"integer\"}",
        &["--csv", "--time", "time", "--zone", "UTC"],
        Refused(&["row 1 (line 5)", "21.5"]),
    ),
    (
        "more/commented_names.csv",
        ANY,
        &["--csv"],
        Refused(&["\"2024-06-01 00:00\"", "remove the #"]),
    ),
    (
        "more/commented_names.csv",
        ANY,
        &["--csv", "--time", "#time", "--zone", "UTC"],
        Stored("{\"t\":1717200000,\"d\":{\"state\":\"on\"}}\n"),
    ),
    (
        "more/pretty_rows.json",
        ANY,
        &[],
        Refused(&[
            "datapoint 1 (line 2), column 3",
            "\"{\\n    \\\"time\\\"",
            "unknown field `time`",
            "{\"t\": time, \"d\": value}",
            "a line of its own",
        ]),
    ),
    (
        "more/pretty_pairs.json",
        ANY,
        &[],
        Refused(&["datapoint 1 (line 2), column 3: \"[1718444200, 1]\" is not a datapoint"]),
    ),
    (
        "more/pretty_broken_second.json",
        NUMBER,
        &[],
        Refused(&["datapoint 2 (line 3), column 5: \"5\" is not a datapoint"]),
    ),
    ("more/track.gpx", ANY, &[], Refused(&["line 1, column 1", "is not valid JSON", "--text"])),
    (
        "more/unordered.csv",
        NUMBER,
        &["--csv", "--time", "time"],
        Refused(&["row 3 (line 4)", "earlier than"]),
    ),
    (
        "more/unordered.csv",
        NUMBER,
        &["--csv", "--time", "time", "--skip-bad"],
        Stored("{\"t\":1704153600,\"d\":1}\n{\"t\":1704240000,\"d\":2}\n"),
    ),
];

fn insert(home: &TempHome, stream: &str, file: &str, arguments: &[&str]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdb/field").join(file);
    let input = std::fs::read_to_string(&path).expect("a file");
    home.with_input(&input, &[&["insert", stream], arguments].concat())
}

#[test]
fn files_are_stored_correctly_or_refused_with_a_reason() {
    let home = TempHome::logged_in();
    for (number, (file, schema, arguments, expected)) in FIELD.iter().enumerate() {
        let stream = format!("s{number}");
        let what = format!("{file} {arguments:?}");
        home.out(&["create", &stream, "--schema", schema]);
        let output = insert(&home, &stream, file, arguments);
        let stored = home.out(&["get", &stream, "..", "--json"]);
        match expected {
            Stored(lines) => {
                assert_eq!(output.code, 0, "{what}: {}", output.err);
                let values = |lines: &str| -> Vec<Value> {
                    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
                };
                assert_eq!(values(&stored), values(lines), "{what}");
            }
            Refused(texts) => {
                assert_eq!(output.code, 1, "{what} is stored: {stored}");
                for text in *texts {
                    assert!(output.err.contains(text), "{what}: {text} is not in {}", output.err);
                }
                assert_eq!(stored, "", "{what}: {}", output.err);
            }
            Count(count) => {
                assert_eq!(output.code, 0, "{what}: {}", output.err);
                assert_eq!(stored.lines().count(), *count, "{what}");
            }
        }
    }
}

#[test]
fn every_file_is_tested() {
    let field = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdb/field");
    for (directory, prefix) in [(field.clone(), ""), (field.join("more"), "more/")] {
        for file in std::fs::read_dir(directory).expect("files") {
            let file = file.expect("a file");
            if file.file_type().expect("a type").is_file() {
                let name = format!("{prefix}{}", file.file_name().to_string_lossy());
                assert!(FIELD.iter().any(|(file, ..)| *file == name), "{name} is not tested");
            }
        }
    }
}

#[test]
fn the_output_of_get_can_be_inserted_again() {
    let home = TempHome::logged_in();
    home.out(&["create", "first"]);
    let lines = "{\"t\":1743674400.125,\"d\":12345678901234567890123}\n{\"t\":1743674401}\n\
                 {\"t\":1743674402,\"d\":\"a, \\\"b\\\"\"}\n{\"t\":1743674403,\"d\":{\"a\":[0.1,null]}}\n\
                 {\"t\":1743674404,\"d\":0.1000000000000000055511151231257827}\n";
    assert_eq!(home.with_input(lines, &["insert", "first"]).code, 0);
    for (format, stream) in [("--json", "as_json"), ("--csv", "as_csv")] {
        let printed = home.out(&["get", "first", "..", format]);
        home.out(&["create", stream]);
        let arguments: &[&str] = if format == "--csv" { &["--csv"] } else { &[] };
        let output = home.with_input(&printed, &[&["insert", stream], arguments].concat());
        assert_eq!(output.code, 0, "{}", output.err);
        assert_eq!(
            home.out(&["get", stream, "..", "--json"]),
            home.out(&["get", "first", "..", "--json"])
        );
        assert_eq!(home.out(&["get", stream, "..", format]), printed);
    }
    assert!(home.out(&["get", "first", "0"]).ends_with("  12345678901234567890123\n"));
}

#[test]
fn times_are_printed_and_queried_exactly() {
    let home = TempHome::logged_in();
    home.out(&["create", "s"]);
    insert(&home, "s", "before_1970.jsonl", &[]);
    insert(&home, "s", "exact_bound.jsonl", &[]);
    insert(&home, "s", "display_truncated.jsonl", &[]);
    let printed = home.out(&["get", "s", ".."]);
    assert_eq!(
        printed,
        "1969-12-31 23:59:58.750  1\n1969-12-31 23:59:59.750  2\n\
         2025-04-03 10:00:00.250  1\n2025-12-26 18:00:01.001  1\n"
    );
    let until = home.out(&["get", "s", "--from", "2025-01-01", "--to", "2025-04-03T10:00:00.25Z"]);
    assert_eq!(until, "2025-04-03 10:00:00.250  1\n");
}

#[test]
fn a_dry_run_prints_what_would_be_stored_and_stores_nothing() {
    let home = TempHome::logged_in();
    home.out(&["create", "s", "--schema", NUMBER]);
    let output = insert(&home, "s", "epoch_ms.csv", &["--csv", "--time", "timestamp", "--dry-run"]);
    assert_eq!(
        output.out,
        "1 datapoints would be stored, from 2024-06-15 09:36:40.123 to 2024-06-15 09:36:40.123.\n"
    );
    assert!(output.err.contains("Unix times in milliseconds"), "{}", output.err);
    assert_eq!(home.out(&["get", "s", "..", "--json"]), "");
}

#[test]
fn comments_that_are_left_out_are_reported() {
    let home = TempHome::logged_in();
    home.out(&["create", "s"]);
    let output = insert(&home, "s", "more/comments.csv", &["--csv", "--time", "time"]);
    assert!(output.err.contains("2 lines before the column names"), "{}", output.err);
}

#[test]
fn all_rows_that_are_left_out_are_listed() {
    let home = TempHome::logged_in();
    home.out(&["create", "s", "--schema", NUMBER]);
    let row = |t: u64| match t {
        500 => "{\"t\":99,\"d\":1}\n".to_owned(),
        t if t % 2 == 0 => format!("{{\"t\":{t},\"d\":\"x\"}}\n"),
        t => format!("{{\"t\":{t},\"d\":1}}\n"),
    };
    let lines: String = (1..=1000).map(row).collect();
    let output = home.with_input(&lines, &["insert", "s", "--skip-bad"]);
    assert_eq!(output.code, 0, "{}", output.err);
    let listed = |line: u64| output.err.contains(&format!("left out: line {line}, "));
    assert!((1..=1000).all(|line| listed(line) == (line % 2 == 0)), "{}", output.err);
    assert!(output.err.contains("line 500, the time 1970-01-01 00:01:39.000 is out of order"));
    assert!(output.err.contains("500 of 1000 datapoints are left out"), "{}", output.err);
    assert_eq!(home.out(&["get", "s", "..", "--json"]).lines().count(), 500);
}

#[test]
fn the_output_of_get_may_have_times_of_another_format() {
    let home = TempHome::logged_in();
    let day = ["--time-format", "%Y%m%d", "--zone", "UTC"];
    let start = ["--start", "2024-06-01", "--zone", "UTC"];
    let cases: [(&str, bool, &[&str], f64); 4] = [
        ("t,d\n20240601,1\n", true, &day, 1_717_200_000.0),
        ("{\"t\":20240601,\"d\":1}\n", false, &day, 1_717_200_000.0),
        ("t,d\n0.5,1\n", true, &start, 1_717_200_000.5),
        ("t,d\n1717200000500,1\n", true, &["--time-unit", "ms"], 1_717_200_000.5),
    ];
    for (number, (input, is_table, options, t)) in cases.into_iter().enumerate() {
        let stream = format!("s{number}");
        home.out(&["create", &stream]);
        let table: &[&str] = if is_table { &["--csv"] } else { &[] };
        let output = home.with_input(input, &[&["insert", &stream], table, options].concat());
        assert_eq!(output.code, 0, "{input}: {}", output.err);
        assert_eq!(home.json(&["get", &stream, "0"])["t"], t, "{input}");
    }
    let output = home.with_input("t,d\n1717200000,1\n", &["insert", "s0", "--csv", day[0], day[1]]);
    assert!(
        output.code == 1 && output.err.contains("does not match --time-format"),
        "{}",
        output.err
    );
}

#[test]
fn ambiguous_input_is_refused() {
    let home = TempHome::logged_in();
    home.out(&["create", "n", "--schema", NUMBER]);
    home.out(&["create", "any"]);
    let table = ["--csv", "--time", "time", "--zone", "UTC"];
    let cases: [(&str, &str, &[&str], &str); 12] = [
        ("n", "time;v\n2024-01-01;950,5\n2024-01-02;1.234\n", &table, "other decimal mark"),
        ("n", "time,v\n45292.5,1\n", &table, "--time-format"),
        ("n", "21.5\n22\n", &["--csv"], "add a line with the names of the columns"),
        ("n", "time,a,b\n2024-01-01,1,2\n", &table, "--value"),
        ("any", "time,v\n2024-01-01,\"abc\n2024-01-02,def\n", &table, "not closed"),
        ("any", "{\"t\":1,\"d\":2}\n{\"t\":2,\"d\":3,\"unit\":\"C\"}\n", &[], "is not a datapoint"),
        ("any", "{\"t\":1,\"t\":2,\"d\":3}\n", &[], "is not a datapoint"),
        ("any", "{\"t\":1,\"d\":2}\n5\n", &[], "has no time"),
        ("any", "t,d\n1,NaN\n", &["--csv"], "is not valid JSON"),
        ("any", "time,v\n2024-01-01,1\n", &[], "--csv reads tables"),
        ("n", "hello", &["hello", "--dry-run"], "does not match"),
        ("any", "{\"t\":-1718444200123,\"d\":1}\n", &[], "--time-unit ms"),
    ];
    for (stream, input, arguments, expected) in cases {
        let output = home.with_input(input, &[&["insert", stream], arguments].concat());
        assert!(output.code == 1 && output.err.contains(expected), "{input}: {}", output.err);
        assert_eq!(home.out(&["get", stream, "..", "--json"]), "", "{input}");
    }
    let file = home.file("cache.db");
    let file = file.to_str().expect("text");
    let output = home.with_input("", &["log", "n", "--file", file, "--every", "0", "--", "true"]);
    assert!(output.code == 1 && output.err.contains("--every"), "{}", output.err);
}

#[test]
fn values_are_stored_as_the_notices_say() {
    let home = TempHome::logged_in();
    for name in ["a", "b", "c", "d"] {
        home.out(&["create", name]);
    }
    home.out(&["insert", "a", "12345678901234567890123"]);
    home.out(&["insert", "a", "\"caf\\ud83d\""]);
    let printed = home.out(&["get", "a", "..", "--csv"]);
    let values: Vec<_> =
        printed.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(values, ["12345678901234567890123", "\"\"\"caf\\ufffd\"\"\""]);
    let text = "time,v,\n2024-01-01,21.5,\n2024-01-02,unavailable,\n,,\n";
    let output =
        home.with_input(text, &["insert", "b", "--csv", "--time", "time", "--zone", "UTC"]);
    assert!(output.err.contains("stored as strings because row 2 has"), "{}", output.err);
    assert_eq!(home.json(&["get", "b", "1"])["d"], json!({"v": "unavailable"}));
    let table = "minutes,v\n0.5,1\n1,2\n";
    let start = ["--csv", "--time", "minutes", "--start", "2024-07-01", "--zone", "Europe/Berlin"];
    let output = home.with_input(table, &[&["insert", "c"], &start[..]].concat());
    assert_eq!(output.code, 0, "{}", output.err);
    assert_eq!(home.json(&["get", "c", "0"])["t"], 1_719_784_800.5);
    let codes = "code\n00123\n00456\n";
    assert_eq!(home.with_input(codes, &["insert", "d", "--csv", "--value", "code"]).code, 0);
    assert_eq!(home.json(&["get", "d", "0"])["d"], "00123");
}

#[test]
fn lines_need_no_quotes_if_the_schema_is_a_string() {
    let home = TempHome::logged_in();
    home.out(&["create", "diary", "--schema", TEXT]);
    let output = home.with_input("a good day\n42\n\"quoted\"\n{\"t\":", &["insert", "diary"]);
    assert!(output.code == 1 && output.err.contains("line 4"), "{}", output.err);
    let output = home.with_input("a good day\n42\n\"quoted\"\n", &["insert", "diary"]);
    assert_eq!(output.code, 0, "{}", output.err);
    home.out(&["insert", "diary", "7"]);
    let printed = home.out(&["get", "diary", "..", "--json"]);
    let values: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["d"].clone())
        .collect();
    assert_eq!(values, [json!("a good day"), json!("42"), json!("quoted"), json!("7")]);
    home.out(&["create", "any"]);
    assert_eq!(home.with_input("{\"a\":\n", &["insert", "any", "--text"]).code, 0);
    assert_eq!(home.json(&["get", "any", "0"])["d"], json!("{\"a\":"));
}

#[test]
fn datapoints_that_cannot_follow_the_stream_are_refused_before_any_is_stored() {
    let home = TempHome::logged_in();
    home.out(&["create", "s", "--schema", NUMBER]);
    assert_eq!(home.with_input("{\"t\":2000,\"d\":1}\n", &["insert", "s"]).code, 0);
    let output = home.with_input("{\"t\":1000,\"d\":1}\n{\"t\":3000,\"d\":1}\n", &["insert", "s"]);
    assert!(output.code == 1 && output.err.contains("already has a datapoint"), "{}", output.err);
    let output =
        home.with_input("{\"t\":3000,\"d\":1}\n{\"t\":4000,\"d\":\"x\"}\n", &["insert", "s"]);
    assert!(
        output.code == 1 && output.err.contains("line 2, the value does not match"),
        "{}",
        output.err
    );
    let milliseconds = "{\"t\":1718444200123,\"d\":1}\n";
    let output = home.with_input(milliseconds, &["insert", "s"]);
    assert!(output.code == 1 && output.err.contains("--time-unit ms"), "{}", output.err);
    assert_eq!(home.out(&["get", "s", "..", "--json"]).lines().count(), 1);
    let output = home.with_input(milliseconds, &["insert", "s", "--time-unit", "ms"]);
    assert_eq!(output.code, 0, "{}", output.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_where_the_stream_ends_after_a_lost_connection() {
    use connectordb::{ConnectorDb, StreamCreate};
    use faults::{Outcome, Proxy};

    const COUNT: i64 = 12_000;
    let home = TempHome::logged_in();
    let address = home.url.trim_start_matches("http://").parse().expect("an address");
    let proxy = Proxy::start(address).await.expect("a proxy");
    let login = ConnectorDb::builder().url(&home.url).password("me", "secret");
    let cdb = login.connect().await.expect("a connection");
    let key = cdb
        .user()
        .device("user")
        .expect("a name")
        .apikey()
        .await
        .expect("an answer")
        .expect("a key");
    for (name, outcome) in [("stored", Outcome::Stored), ("lost", Outcome::NotDelivered)] {
        let stream = cdb.stream(name).expect("a name");
        stream.create(StreamCreate::new()).await.expect("a stream");
        let mut inserts = stream.subscribe().await.expect("a subscription");
        let mut refused = proxy.refused();
        refused.mark_unchanged();
        proxy.inserts(outcome);
        let mut command = home.command(&["insert", name]);
        command.env("CDB_URL", proxy.url()).env("CDB_APIKEY", key.expose());
        let lines: String = (1..=COUNT).map(|t| format!("{{\"t\":{t},\"d\":{t}}}\n")).collect();
        let inserting = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().expect("it runs");
            let mut stdin = child.stdin.take().expect("its input");
            std::io::Write::write_all(&mut stdin, lines.as_bytes()).expect("written");
            drop(stdin);
            Output::new(child.wait_with_output().expect("it ends"))
        });
        // The first request is stored, or lost; in both cases the client gets no answer.
        refused.changed().await.expect("a request");
        if outcome == Outcome::Stored {
            inserts.next().await.expect("an insert").expect("datapoints");
        }
        proxy.inserts(Outcome::Answered);
        let output = inserting.await.expect("no panic");
        assert_eq!(output.code, 0, "{}", output.err);
        let stored = stream.typed::<i64>().range(..).await.expect("datapoints");
        assert!(stored.into_iter().map(|point| point.d).eq(1..=COUNT), "{name}");
    }
}
