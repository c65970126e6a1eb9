//! The commands except `cdb insert`, run against a server.

use std::io::{BufRead, BufReader, Write};
use std::process::Command;

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
fn a_server_may_answer_inserts_before_they_are_on_disk() {
    let directory = tempfile::tempdir().expect("a directory");
    let home = TempHome::with(directory, &["--durability", "250ms"]);
    home.with_input("secret\n", &["login", &home.url, "--user", "me"]);
    assert_eq!(home.json(&["info"])["durability"], "250ms");
    home.out(&["create", "temperature"]);
    home.out(&["insert", "temperature", "21.5"]);
    assert!(home.out(&["get", "temperature"]).contains("21.5"));
    let output = home.run(&["serve", "--data", "other.db", "--durability", "soon"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("`full` or a time such as 1s"), "{}", output.err);
    let output = home.with_input(
        "secret\n",
        &["serve", "--data", "other.db", "--admin", "me", "--durability", "61s"],
    );
    assert_eq!(output.code, 1);
    assert!(output.err.contains("between 100 milliseconds and 60 seconds"), "{}", output.err);
}

#[test]
fn a_data_file_is_checked_while_its_server_does_not_run() {
    let mut home = TempHome::logged_in();
    let points: Vec<_> = (1..5000).map(|t| json!({"t": t, "d": t % 100})).collect();
    home.out(&["create", "temperature"]);
    home.with_input(&json!(points).to_string(), &["insert", "temperature"]);
    let refused = home.run(&["check", "data.db"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("in use by another server"), "{}", refused.err);
    home.server.kill().expect("it is killed");
    home.server.wait().expect("it has ended");
    let checked = home.out(&["check", "data.db"]);
    assert!(checked.starts_with("data.db is not damaged: 2 streams with "), "{checked}");
    assert_eq!(home.json(&["check", "data.db"])["problems"], json!([]));
    let missing = home.run(&["check", "other.db"]);
    assert_eq!(missing.code, 1);
    assert!(!home.file("other.db").exists());

    // The same bytes are in the file once, within a block.
    let mut bytes = std::fs::read(home.file("data.db")).expect("a file");
    let text = br#"{"t":1,"#;
    let place = bytes.windows(text.len()).position(|window| window == text).expect("a block");
    bytes[place + 2] = b'T';
    std::fs::write(home.file("data.db"), bytes).expect("written");
    let damaged = home.run(&["check", "data.db"]);
    assert_eq!(damaged.code, 1);
    assert!(damaged.out.starts_with("me/user/temperature, indexes 0 to "), "{}", damaged.out);
    assert!(damaged.err.contains("data.db is damaged: 1 problem; "), "{}", damaged.err);
    let problems: Value =
        serde_json::from_str(&home.run(&["check", "data.db", "--json"]).out).expect("JSON");
    assert_eq!(problems["problems"][0]["kind"], "unreadable");
    assert_eq!(problems["problems"][0]["stream"], "me/user/temperature");
}

#[test]
fn a_backup_is_a_data_file_of_a_server() {
    let home = TempHome::logged_in();
    home.out(&["create", "temperature"]);
    home.out(&["insert", "temperature", "21.5"]);
    let written = home.out(&["backup", "copy.db"]);
    assert!(written.starts_with("Wrote copy.db: "), "{written}");
    assert!(!home.file("copy.db.part").exists());
    let refused = home.run(&["backup", "copy.db"]);
    assert_eq!(
        (refused.code, refused.err.as_str()),
        (1, "cdb: copy.db exists; give --force to replace it\n")
    );
    home.out(&["insert", "temperature", "22"]);
    assert!(home.json(&["backup", "copy.db", "--force"])["bytes"].as_u64() > Some(10_000));
    let checked = home.out(&["check", "copy.db"]);
    assert!(checked.starts_with("copy.db is not damaged: "), "{checked}");

    let directory = tempfile::tempdir().expect("a directory");
    std::fs::copy(home.file("copy.db"), directory.path().join("data.db")).expect("copied");
    let copy = TempHome::with(directory, &[]);
    copy.with_input("secret\n", &["login", &copy.url, "--user", "me"]);
    let printed = copy.out(&["get", "temperature"]);
    assert!(printed.contains("21.5") && printed.contains("22"), "{printed}");
}

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
fn without_a_profile_the_error_says_how_to_log_in() {
    let home = TempHome::start();
    let output = home.run(&["ls"]);
    assert_eq!(
        (output.code, output.err.as_str()),
        (1, "cdb: not logged in: there is no profile \"default\"; log in with `cdb login URL`\n")
    );
    let output = home.with_input("wrong\n", &["login", &home.url, "--user", "me"]);
    assert_eq!((output.code, output.out.as_str()), (1, ""));
    assert!(output.err.starts_with("cdb: 401"), "{}", output.err);
    assert!(!home.file("config").exists());
    assert_eq!(home.run(&["get"]).code, 2);
    assert_eq!(home.run(&["get", "x", "1", "--from", "now"]).code, 2);
    assert!(home.run(&["get", "x", "--from", "soon"]).err.contains("is not a time"));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_saved_login() {
    use std::os::unix::fs::PermissionsExt;
    let home = TempHome::logged_in();
    let file = home.file("config").join("profiles.json");
    let mode = file.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(file).expect("text");
    assert!(!text.contains("secret") && text.contains(&home.url));
    // The environment takes precedence over the profile.
    let output = home.command(&["ls"]).env("CDB_APIKEY", "wrong").output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_without_root_certificates_reaches_a_server_without_tls() {
    let home = TempHome::logged_in();
    std::fs::write(home.file("none.pem"), "").expect("written");
    let list = || {
        let mut command = home.command(&["ls"]);
        command.env("SSL_CERT_FILE", home.file("none.pem")).env("SSL_CERT_DIR", home.file("none"));
        command
    };
    assert!(list().output().expect("it runs").status.success());
    let encrypted = list().env("CDB_URL", "https://127.0.0.1:1").env("CDB_APIKEY", "x").output();
    let message = String::from_utf8(encrypted.expect("it runs").stderr).expect("text");
    assert!(message.contains("CA certificates"), "{message}");
}

#[test]
fn ca_trusts_a_self_signed_certificate_and_is_saved() {
    let directory = tempfile::tempdir().expect("a directory");
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let [certificate, key] = ["cert.pem", "key.pem"]
        .map(|name| directory.path().join(name).to_str().expect("text").to_owned());
    std::fs::write(&certificate, own.cert.pem()).expect("written");
    std::fs::write(&key, own.signing_key.serialize_pem()).expect("written");
    let home = TempHome::with(directory, &["--tls-cert", &certificate, "--tls-key", &key]);
    assert!(home.url.starts_with("https://"), "{}", home.url);
    let login = ["login", &home.url, "--user", "me"];
    assert_eq!(home.with_input("secret\n", &login).code, 1);
    let trusting = [&login[..], &["--ca", &certificate]].concat();
    assert_eq!(home.with_input("secret\n", &trusting).code, 0);
    // The certificate is part of the saved profile.
    home.out(&["create", "mood"]);
    let cache = home.file("cache.db");
    let log = ["log", "mood", "--file", cache.to_str().expect("text")];
    let output = home.with_input("8\n", &log);
    assert_eq!((output.code, output.err.as_str()), (0, ""));
    assert_eq!(home.json(&["ls"])[0]["last"]["d"], 8);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_cdb_prompts() {
    let home = TempHome::start();
    let on_terminal = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdb"));
        command.args(arguments).env("CDB_CONFIG", home.file("config")).env("TERM", "xterm");
        rexpect::session::spawn_command(command, Some(20_000)).expect("a terminal")
    };
    let mut login = on_terminal(&["login", &home.url]);
    login.exp_string("User: ").expect("a question");
    login.send_line("me").expect("answered");
    login.exp_string("Password: ").expect("a question");
    login.send_line("secret").expect("answered");
    let output = login.exp_eof().expect("the end");
    assert!(output.contains("Logged in as me/user.") && !output.contains("secret"), "{output}");

    home.out(&["create", "mood"]);
    home.out(&["insert", "mood", "8"]);
    let question = "Delete me/user/mood with 1 datapoints? This cannot be undone. [y/N] ";
    for (answer, is_there) in [("n", true), ("y", false)] {
        let mut rm = on_terminal(&["rm", "mood"]);
        rm.exp_string(question).expect("a question");
        rm.send_line(answer).expect("answered");
        rm.exp_eof().expect("the end");
        assert_eq!(home.out(&["ls"]).contains("mood"), is_there);
    }

    // Colour is printed to a terminal only.
    home.out(&["create", "mood"]);
    assert!(home.out(&["ls"]).starts_with("me/user/mood"));
    let mut ls = on_terminal(&["ls"]);
    assert!(ls.exp_eof().expect("the end").contains("\x1b[1mme/user/mood\x1b[0m"));

    let archive = home.file("archive");
    let mut export = on_terminal(&["export", archive.to_str().expect("text")]);
    let printed = export.exp_eof().expect("the end");
    // The progress bar, followed by the totals.
    assert!(
        printed.contains(" of 5 objects") && printed.contains(": 5 objects with "),
        "{printed}"
    );
}

#[cfg(unix)]
#[test]
fn a_new_data_file_asks_for_its_administrator() {
    let home = TempHome::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cdb"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(home.file("new.db"));
    let mut serve = rexpect::session::spawn_command(command, Some(20_000)).expect("a terminal");
    serve.exp_string("Name: ").expect("a question");
    serve.send_line("you").expect("answered");
    serve.exp_string("Password: ").expect("a question");
    serve.send_line("another").expect("answered");
    let (_, url) = serve.exp_regex("http://127.0.0.1:[0-9]+").expect("it serves");
    let login = ["login", &url, "--user", "you"];
    assert_eq!(home.with_input("another\n", &login).code, 0);
    // A program gives the password on standard input and reads the URL from the JSON.
    let mut other = home.command(&["serve", "--json", "--listen", "127.0.0.1:0", "--data"]);
    let mut other =
        other.arg(home.file("other.db")).args(["--admin", "me"]).spawn().expect("it runs");
    other.stdin.take().expect("its input").write_all(b"secret\n").expect("written");
    let mut output = String::new();
    BufReader::new(other.stdout.take().expect("its output"))
        .read_line(&mut output)
        .expect("a line");
    let output: Value = serde_json::from_str(&output).expect("JSON");
    assert!(output["url"].as_str().is_some_and(|url| url.starts_with("http://")), "{output}");
    other.kill().expect("it is killed");
    other.wait().expect("it has ended");
    // Ctrl-C.
    serve.send_control('c').expect("sent");
    serve.exp_eof().expect("the end");
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

#[test]
fn a_saved_key_is_sent_to_its_own_server_only() {
    let (home, other) = (TempHome::logged_in(), TempHome::start());
    let output = home.run(&["ls", "--url", &other.url]);
    assert_eq!(output.code, 1);
    let expected = format!("profile \"default\" has a key for {}", home.url);
    assert!(output.err.contains(&expected), "{}", output.err);
    // Another URL of the same server.
    home.out(&["ls", "--url", &format!("{}/api/v1/", home.url)]);
    // A key on the command line is sent to the given server.
    let output = home.run(&["ls", "--url", &other.url, "--apikey", "wrong"]);
    assert!(output.err.starts_with("cdb: 401"), "{}", output.err);
}

#[test]
fn users_imported_without_passwords_cannot_log_in() {
    let from = TempHome::logged_in();
    let archive = from.file("archive");
    let archive = archive.to_str().expect("text");
    from.out(&["export", archive, "me"]);
    // A new server, whose administrator has the same e-mail address.
    let fresh = || {
        let directory = tempfile::tempdir().expect("a directory");
        let to = TempHome::with_admin("you", directory, &[]);
        assert_eq!(to.with_input("secret\n", &["login", &to.url, "--user", "you"]).code, 0);
        to
    };
    let to = fresh();
    let output = to.out(&["import", archive]);
    assert!(output.contains("set them with `cdb passwd`"), "{output}");
    let login = |to: &TempHome, password: &str| {
        let arguments = ["login", &to.url, "--user", "me", "--profile", "me"];
        to.with_input(&format!("{password}\n"), &arguments).code
    };
    assert_eq!((login(&to, "me"), login(&to, "secret")), (1, 1));
    assert_eq!(to.with_input("new\n", &["passwd", "me/"]).code, 0);
    assert_eq!(login(&to, "new"), 0);
    let to = fresh();
    to.out(&["import", archive, "--passwords-are-names"]);
    assert_eq!(login(&to, "me"), 0);
}

#[test]
fn users_move_from_one_server_to_another() {
    let (from, to) = (TempHome::logged_in(), TempHome::logged_in());
    let made = from.with_input("open sesame\n", &["create", "you/", "--email", "you@example.com"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let device = from.out(&["create", "you/phone"]);
    assert!(device.contains("Its key is "), "{device}");
    from.out(&["create", "you/phone/steps"]);
    let key = from.json(&["info", "you/phone"])["apikey"].as_str().expect("a key").to_owned();
    assert!(from.out(&["info", "you/phone"]).contains("(hidden)"));
    let inserted = from.command(&["insert", "steps", "7"]).env("CDB_APIKEY", &key).output();
    assert!(inserted.expect("it runs").status.success());

    let archive = from.file("archive");
    let archive = archive.to_str().expect("text");
    let output = from.out(&["export", archive, "you"]);
    assert_eq!(output, "Exported you: 6 objects with 4 datapoints.\n");
    assert_eq!(to.json(&["import", archive])["datapoints"], 1);
    assert!(to.out(&["ls", "you/phone"]).starts_with("you/phone/steps  any  1  7\n"));
    let again = to.run(&["import", archive]);
    assert!(again.code == 1 && again.err.contains("exists already"), "{}", again.err);
    to.out(&["import", archive, "--resume"]);
    let changed = to.with_input("another\n", &["passwd", "you/"]);
    assert_eq!(changed.code, 0, "{}", changed.err);
    let login = ["login", &to.url, "--user", "you", "--profile", "you"];
    assert_eq!(to.with_input("another\n", &login).code, 0);
    assert_eq!(to.json(&["info", "--profile", "you"])["you"], "you/user");
}

#[test]
fn a_data_file_moves_with_its_passwords() {
    let mut home = TempHome::logged_in();
    home.out(&["create", "mood"]);
    home.out(&["insert", "mood", "8"]);
    let [data, archive] = ["data.db", "archive"].map(|name| home.file(name));
    let [data, archive] = [&data, &archive].map(|path| path.to_str().expect("text"));
    let output = home.run(&["export", "--data", data, archive]);
    assert_eq!(output.code, 1);
    assert!(output.err.ends_with("data.db is in use by another server\n"), "{}", output.err);

    home.server.kill().expect("it is killed");
    home.server.wait().expect("it has ended");
    let output = home.out(&["export", "--data", data, archive]);
    assert_eq!(output, format!("Exported {data}: 5 objects with 2 datapoints.\n"));
    let new = tempfile::tempdir().expect("a directory");
    let moved = new.path().join("data.db");
    let output = home.run(&["import", "--data", moved.to_str().expect("text"), archive]);
    assert_eq!(output.out, format!("Imported {archive}: 5 objects with 2 datapoints.\n"));
    assert_eq!((output.code, output.err.as_str()), (0, ""));

    let other = TempHome::with(new, &[]);
    let login = ["login", &other.url, "--user", "me"];
    assert_eq!(other.with_input("secret\n", &login).code, 0);
    assert_eq!(other.out(&["ls"]), "me/user/mood  any  1  8\n");
}
