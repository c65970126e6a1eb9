//! Data files: their durability, checks, backups, and moving them to another server.

use std::io::{BufRead, BufReader, Write};
use std::process::Command;

use serde_json::{Value, json};

use crate::home::TempHome;

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
