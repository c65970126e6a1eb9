//! The server's process is killed, again and again.

use std::time::Duration;

use faults::{SeededRng, ServerProcess};
use reqwest::Method;
use serde_json::Value;

use crate::api::{Api, DEVICE};
use crate::contents::Contents;
use crate::load::{self, Load, Mix};
use crate::{SERVER, rounds};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_each_of_200_kills() {
    let mut rng = SeededRng::from_environment();
    let mut directory = tempfile::tempdir().expect("a directory");
    directory.disable_cleanup(true);
    println!("if this fails, the files are left in {}", directory.path().display());
    let data = directory.path().join("data.db");
    let mut server = ServerProcess::start(SERVER, &data);
    let mut api = Api::log_in(server.address).await;
    let mut writers = load::writers(&mut rng);
    writers[0].create_shared(&Load::new(&api, None, Mix::Changes)).await;
    let (mut acknowledged, mut messages) = (0, 0);
    let rounds = rounds(200);
    for round in 0..rounds {
        let mix = if round % 100 < 50 { Mix::Changes } else { Mix::Inserts };
        let load = Load::new(&api, None, mix);
        let kill_after = Duration::from_micros(rng.within(20_000..200_000));
        let kill = async {
            // The moment of the kill is random, not an event.
            tokio::time::sleep(kill_after).await;
            load.kill();
            drop(server);
        };
        let (received, ()) = tokio::join!(load.run(&mut writers, usize::MAX, &mut rng), kill);
        server = ServerProcess::start(SERVER, &data);
        api = api.at(server.address);
        println!("after kill {round}");
        let contents = Contents::read(&api).await;
        let known = contents.settle(writers.iter().map(|writer| &writer.history), 0);
        contents.check_received(&received, 0, &known);
        for (writer, known) in writers.iter_mut().zip(known) {
            acknowledged += writer.history.acknowledgements().count();
            writer.history.restart(known);
        }
        messages += received.len();
    }
    println!("{acknowledged} requests were acknowledged, and subscribers got {messages} messages");
    assert!(acknowledged > rounds && messages > rounds, "the load was too small to show anything");
    directory.disable_cleanup(false);
}

/// Sends a request that must be answered with 200.
async fn send(api: &Api, method: Method, path: &str, body: &str) {
    let answer = api.send(method, path, body.to_owned()).await.expect("an answer");
    assert_eq!(answer.0, 200, "{path}: {answer:?}");
}

/// Reads the values of a stream.
async fn values(api: &Api, path: &str) -> Vec<Value> {
    let points: Vec<Value> = serde_json::from_str(&api.get(path).await).expect("datapoints");
    points.iter().map(|point| point["d"].clone()).collect()
}

#[tokio::test]
async fn deleted_datapoints_of_the_journal_do_not_come_back_after_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data.db");
    let server = ServerProcess::start(SERVER, &data);
    let api = Api::log_in(server.address).await;
    let kept = format!("{DEVICE}/kept");
    let downlink = r#"{"downlink":true}"#;
    send(&api, Method::POST, &kept, downlink).await;
    let user = r#"{"email":"other@example.com","password":"other"}"#;
    // The owner of each stream, and what is deleted with the stream.
    let deleted = [
        (format!("{DEVICE}/gone"), format!("{DEVICE}/gone")),
        ("test/gone/stream".to_owned(), "test/gone".to_owned()),
        ("other/user/stream".to_owned(), "other".to_owned()),
    ];
    let create_owners = async |api: &Api| {
        send(api, Method::POST, "test/gone", "{}").await;
        send(api, Method::POST, "other", user).await;
    };
    create_owners(&api).await;
    for (stream, _) in &deleted {
        send(&api, Method::POST, stream, downlink).await;
    }
    for value in 0..3 {
        let body = format!(r#"[{{"d":{value}}}]"#);
        for stream in [&kept].into_iter().chain(deleted.iter().map(|(stream, _)| stream)) {
            // An administrator may write to the downlinks of all devices, and to its own data.
            send(&api, Method::PUT, &format!("{stream}/data?downlink=true"), &body).await;
        }
        send(&api, Method::PUT, &format!("{kept}/data"), &body).await;
    }
    for (_, object) in &deleted {
        send(&api, Method::DELETE, object, "").await;
    }
    send(&api, Method::DELETE, &format!("{kept}?downlink=true"), "").await;
    drop(server);

    let server = ServerProcess::start(SERVER, &data);
    let api = api.at(server.address);
    for (_, object) in &deleted {
        let answer = api.send(Method::GET, object, String::new()).await.expect("an answer");
        assert_ne!(answer.0, 200, "{object}: {answer:?}");
    }
    create_owners(&api).await;
    for (stream, _) in &deleted {
        send(&api, Method::POST, stream, downlink).await;
        let points = values(&api, &format!("{stream}/data?i1=0&downlink=true")).await;
        assert_eq!(points, [Value::Null; 0], "{stream}");
    }
    assert_eq!(values(&api, &format!("{kept}/data?i1=0&downlink=true")).await, [Value::Null; 0]);
    // Until the journal becomes blocks.
    let padding = format!(r#"[{{"d":"{}"}}]"#, "x".repeat(10_000));
    for _ in 0..120 {
        send(&api, Method::PUT, &format!("{kept}/data"), &padding).await;
    }
    assert_eq!(values(&api, &format!("{kept}/data?i1=0&i2=3")).await, [0, 1, 2].map(Value::from));
    assert_eq!(api.get(&format!("{kept}/data?q=length")).await, "123");
}
