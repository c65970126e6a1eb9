//! `cdb demo`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use connectordb::ConnectorDb;
use serde_json::{Value, json};

#[tokio::test]
async fn the_demo_has_a_year_of_data_and_a_lamp_that_answers() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_cdb"))
        .args(["--json", "demo"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let stdout = demo.stdout.take().expect("its output");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let said: Value = serde_json::from_str(&line).expect("JSON");
    let text = |key: &str| said[key].as_str().expect("text").to_owned();
    let builder = ConnectorDb::builder().url(text("url"));
    let cdb = builder.password(text("user"), text("password")).connect().await.expect("logged in");

    let latest = cdb.latest(["mara"]).await.expect("the streams");
    let of = |name: &str| {
        let found = latest.iter().find(|latest| latest.stream.to_string() == name);
        found.unwrap_or_else(|| panic!("{name} is missing"))
    };
    for (name, at_least) in [
        ("mara/user/mood", 700),
        ("mara/user/diary", 80),
        ("mara/garden/temperature", 50_000),
        ("mara/garden/humidity", 50_000),
        ("mara/phone/steps", 10_000),
        ("mara/phone/position", 8_000),
        ("mara/lamp/brightness", 1_000),
    ] {
        assert!(of(name).length >= at_least, "{name}: {}", of(name).length);
    }

    let brightness = cdb.stream("mara/lamp/brightness").expect("a path");
    let mut answers = brightness.subscribe().await.expect("subscribed");
    brightness.insert(55).await.expect("asked");
    let answer = answers.next().await.expect("an answer").expect("a datapoint");
    let answered: Vec<_> = answer.iter().map(|datapoint| datapoint.d.clone()).collect();
    assert_eq!(answered, [json!(55)]);
    let ended = Command::new("kill").arg(demo.id().to_string()).status();
    assert!(ended.expect("kill").success());
    assert!(demo.wait().expect("it has ended").success());
}
