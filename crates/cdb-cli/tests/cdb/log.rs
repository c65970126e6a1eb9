//! `cdb log`, which sends later what it cannot send now.

use serde_json::{Value, json};

use crate::home::TempHome;

#[test]
fn log_stores_lines_and_the_output_of_commands() {
    let home = TempHome::logged_in();
    let file = home.file("cache.db");
    let file = file.to_str().expect("text");
    let output = home.with_input("1\nwarm\n{\"a\":2}\n", &["log", "values", "--file", file]);
    assert_eq!((output.code, output.err.as_str()), (0, ""));
    let values = |count: usize| {
        let printed = home.out(&["get", "values", "..", "--json"]);
        let values: Vec<Value> = printed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["d"].clone())
            .collect();
        (values.len() >= count).then_some(values)
    };
    assert_eq!(values(3), Some(vec![json!(1), json!("warm"), json!({"a": 2})]));
    // The server cannot be reached.
    let away = ["--url", "http://127.0.0.1:1", "--apikey", "a key"];
    let log = [&["log", "values", "--file", file], &away[..]].concat();
    let output = home.with_input("4\n", &log);
    assert_eq!(output.code, 0, "{}", output.err);
    assert!(output.err.contains("1 values have not been sent"), "{}", output.err);
    let every = ["log", "values", "--file", file, "--every", "0.01", "--sync", "0.05", "--"];
    let run = [&every[..], &["sh", "-c", "echo 5"]].concat();
    let mut logging = home.command(&run).spawn().expect("it runs");
    let values = std::iter::from_fn(|| Some(values(8))).flatten().next().expect("values");
    assert_eq!(values[3..6], [json!(4), json!(5), json!(5)]);
    logging.kill().expect("it is killed");
    logging.wait().expect("it has ended");
}

#[test]
fn log_creates_a_stream_with_the_given_schema_and_datatype() {
    let home = TempHome::logged_in();
    let file = home.file("cache.db");
    let file = file.to_str().expect("text");
    let number = r#"{"type":"number"}"#;
    let log = ["log", "warmth", "--file", file, "--schema", number, "--datatype", "temperature"];
    let output = home.with_input("21.5\nwarm\n", &log);
    assert!(output.err.contains("schema"), "{}", output.err);
    let info = home.json(&["info", "warmth"]);
    assert_eq!((&info["schema"], &info["datatype"]), (&json!(number), &json!("temperature")));
    assert_eq!(home.json(&["ls"])[0]["length"], 1);
    home.out(&["create", "mood", "--datatype", "rating.stars"]);
    assert_eq!(home.json(&["info", "mood"])["datatype"], "rating.stars");
}

#[test]
fn refused_values_are_listed_and_can_be_sent_again() {
    let home = TempHome::logged_in();
    let file = home.file("cache.db");
    let file = file.to_str().expect("text");
    home.out(&["create", "numbers"]);
    let log = ["log", "numbers", "--file", file];
    assert_eq!(home.with_input("1\n", &log).code, 0);
    assert_eq!(home.out(&["log", "--set-aside", "--file", file]), "No values are set aside.\n");
    // The stream gets a schema while a value waits.
    home.out(&["set", "numbers", r#"schema={"type":"number"}"#]);
    let output = home.with_input("warm\n2\n", &log);
    assert_eq!(output.code, 0, "{}", output.err);
    let listed = home.out(&["log", "--set-aside", "--file", file]);
    assert!(listed.starts_with("numbers  ") && listed.contains("\"warm\""), "{listed}");
    assert!(listed.contains("number"), "{listed}");
    let listed = home.json(&["log", "--set-aside", "numbers", "--file", file]);
    assert_eq!((&listed["stream"], &listed["d"]), (&json!("numbers"), &json!("warm")));
    home.out(&["set", "numbers", "schema={}"]);
    let retry = ["log", "--set-aside=retry", "--file", file];
    assert_eq!(home.out(&retry), "Queued 1 value to be sent by the next `cdb log`.\n");
    assert_eq!(home.with_input("3\n", &log).code, 0);
    assert_eq!(home.json(&["ls"])[0]["length"], 4);
    let discard = ["log", "--set-aside=discard", "--file", file];
    assert_eq!(home.out(&discard), "Deleted 0 values.\n");
    assert_eq!(home.run(&["log", "--file", file]).code, 2);
}
