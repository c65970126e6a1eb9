//! A first session, values and tables, and the help.

use serde_json::{Value, json};

use crate::home::TempHome;

#[test]
fn a_first_session() {
    let home = TempHome::logged_in();
    let number = r#"{"type":"number"}"#;
    let created = home.out(&["create", "temperature", "--schema", number]);
    assert_eq!(created, "Created me/user/temperature.\n");
    home.out(&["insert", "temperature", "21.5"]);
    home.out(&["insert", "temperature", "-3"]);
    let refused = home.run(&["insert", "temperature", "warm"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.starts_with("cdb: 403: "), "{}", refused.err);
    let printed = home.out(&["get", "temperature"]);
    let values: Vec<_> = printed.lines().filter_map(|line| line.split("  ").nth(1)).collect();
    assert_eq!(values, ["21.5", "-3"]);
    assert_eq!(
        home.out(&["get", "temperature", "-1", "--csv"])
            .lines()
            .nth(1)
            .map(|line| { line.split(',').skip(1).collect::<Vec<_>>() }),
        Some(vec!["-3", ""])
    );
    let listed = home.json(&["ls"]);
    let row = &listed[0];
    assert_eq!((&row["path"], &row["type"]), (&json!("me/user/temperature"), &json!("number")));
    assert_eq!((&row["length"], &row["last"]["d"]), (&json!(2), &json!(-3)));
    assert!(home.out(&["ls", "me/user"]).starts_with("me/user/temperature  number  2  -3\n"));
    home.out(&["set", "temperature", "nickname=Temperature"]);
    assert_eq!(home.json(&["info", "temperature"])["nickname"], "Temperature");
    assert_eq!(home.json(&["info"])["you"], "me/user");
    let refused = home.run(&["rm", "temperature"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("give --yes"), "{}", refused.err);
    home.out(&["rm", "temperature", "--yes"]);
    assert_eq!(home.out(&["ls"]), "");
    assert!(home.out(&["ls", "--all"]).contains("me/meta/log"));
}

#[test]
fn values_are_read_from_standard_input() {
    let home = TempHome::logged_in();
    home.out(&["create", "mood"]);
    let lines = "{\"t\":1000,\"d\":1}\n{\"t\":2000,\"d\":2}\n\n{\"t\":3000,\"d\":{\"a\":\"b\"}}\n";
    let output = home.with_input(lines, &["insert", "mood", "--json"]);
    assert_eq!((output.out.as_str(), output.code), ("{\"inserted\":3}\n", 0), "{}", output.err);
    let output = home.with_input("4\nfive\n", &["insert", "mood"]);
    assert_eq!(
        (output.code, output.err.as_str()),
        (
            1,
            "cdb: line 2, column 2: \"five\" is not valid JSON; --csv reads tables, --text stores lines as strings. \
             Nothing was stored\n"
        )
    );
    let output = home.with_input("4\n\"five\"\n", &["insert", "mood"]);
    assert_eq!(output.code, 0, "{}", output.err);
    let printed = home.out(&["get", "mood", "..", "--json"]);
    let values: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["d"].clone())
        .collect();
    assert_eq!(values, [json!(1), json!(2), json!({"a": "b"}), json!(4), json!("five")]);
    let early = home.out(&["get", "mood", "--from", "1000", "--to", "1970-01-01T01:00:00Z"]);
    assert_eq!(early.lines().count(), 2);
    assert_eq!(early.lines().next(), Some("1970-01-01 00:33:20.000  2"));
    let counted = home.out(&["get", "mood", "..3", "--transform", "count | if last"]);
    assert!(counted.trim_end().ends_with("  3"), "{counted}");
    let bad = home.run(&["get", "mood", "--transform", "if $ >"]);
    assert!(bad.code == 1 && bad.err.contains("line 1, column 7"), "{}", bad.err);
}

#[test]
fn tables_are_inserted_and_printed() {
    let home = TempHome::logged_in();
    home.out(&["create", "steps"]);
    home.out(&["create", "weather"]);
    let table = "date,steps,place\n2026-01-01,5000,\"a, b\"\n2026-01-02T12:00:00Z,7000,c\n";
    let insert = ["insert", "steps", "--csv", "--time", "date", "--value", "steps"];
    let output = home.with_input(table, &insert);
    assert_eq!(output.code, 0, "{}", output.err);
    let printed = home.out(&["get", "steps", "--csv"]);
    assert_eq!(printed, "t,d,o\n1767225600,5000,\n1767355200,7000,\n");
    let output = home.with_input(table, &["insert", "weather", "--csv", "--time", "date"]);
    assert_eq!(output.code, 0, "{}", output.err);
    let printed = home.json(&["get", "weather", "0"]);
    assert_eq!(printed["d"], json!({"steps": 5000, "place": "a, b"}));
    let output = home.with_input(table, &["insert", "weather", "--csv", "--time", "day"]);
    assert_eq!(output.err, "cdb: there is no column \"day\"; the columns are date, steps, place\n");
    let file = home.file("steps.parquet");
    home.out(&["get", "steps", "--parquet", file.to_str().expect("text")]);
    assert!(std::fs::read(file).expect("a file").starts_with(b"PAR1"));
}

#[test]
fn completions_and_manual_cover_the_commands() {
    let home = TempHome::start();
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.out(&["completions", shell]).contains("dataset"), "{shell}");
    }
    let manual = home.out(&["man"]);
    assert!(manual.contains(".TH") && manual.contains("yesterday"));
    for command in ["serve", "login", "ls", "get", "insert", "log", "export"] {
        let help = home.out(&[command, "--help"]);
        assert!(command == "serve" || help.contains("Examples:"), "{command}");
    }
}
