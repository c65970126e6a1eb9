//! Backups of a running server.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cdb_server::{DataFile, Server};
use futures_util::StreamExt;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::support::{Answer, TestServer};

/// The values of a stream.
fn values(text: &str) -> Vec<u64> {
    let points: Vec<Value> = serde_json::from_str(text).expect("datapoints");
    points.iter().map(|point| point["d"].as_u64().expect("a value")).collect()
}

/// The copy of a server's data file.
async fn backup(server: &TestServer, key: &str) -> Vec<u8> {
    let request = server.request(Method::GET, "backup").basic_auth("", Some(key));
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let length = response.content_length();
    let copy = response.bytes().await.expect("a copy").to_vec();
    assert_eq!(length, Some(copy.len() as u64));
    copy
}

/// Starts a server on a copy, and reads all of a stream.
async fn read_copy(copy: &Path, key: &str, stream: &str) -> Vec<u64> {
    let server = Server::builder().data(copy).listen("127.0.0.1:0").start().await;
    let server = server.expect("it starts on the copy");
    let url = format!("{}/api/v1/crud/{stream}/data?i1=0", server.url());
    let request = Client::new().get(url).basic_auth("", Some(key));
    let answer = Answer::of(request.send().await.expect("an answer")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    server.shutdown().await;
    values(&answer.text)
}

#[tokio::test]
async fn a_backup_has_all_that_was_answered_before_it_began() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let stream = "test/user/stream";
    server.create(&key, stream, "{}").await;
    let large: Vec<_> = (1..5001).map(|t| format!(r#"{{"t":{t},"d":{t}}}"#)).collect();
    server.insert(&key, stream, &format!("[{}]", large.join(","))).await;
    let (answered, copies) = (AtomicU64::new(5000), AtomicU64::new(0));
    let directory = tempfile::tempdir().expect("a directory");
    let insert = async {
        let mut t = 5001;
        while copies.load(Ordering::Relaxed) < 5 {
            server.insert(&key, stream, &format!(r#"[{{"t":{t},"d":{t}}}]"#)).await;
            answered.store(t, Ordering::Relaxed);
            t += 1;
        }
    };
    let copy = async {
        for i in 0..5 {
            // So that there is something new.
            let before = answered.load(Ordering::Relaxed);
            while answered.load(Ordering::Relaxed) < before + 20 {
                tokio::task::yield_now().await;
            }
            let known = answered.load(Ordering::Relaxed);
            let file = directory.path().join(format!("{i}.db"));
            std::fs::write(&file, backup(&server, &key).await).expect("written");
            let during = answered.load(Ordering::Relaxed);
            copies.fetch_add(1, Ordering::Relaxed);
            let problems = DataFile::at(&file).check().await.expect("checked").problems;
            assert_eq!(problems, []);
            let read = read_copy(&file, &key, stream).await;
            assert!(read.len() as u64 >= known, "{} instead of {known}", read.len());
            assert!(read.len() as u64 <= during + 1);
            assert_eq!(read, (1..=read.len() as u64).collect::<Vec<_>>());
        }
    };
    tokio::join!(insert, copy);
    let left = std::fs::read_dir(server.directory.path()).expect("a directory");
    let left: Vec<_> = left.map(|file| file.expect("a file").file_name()).collect();
    assert!(!left.iter().any(|name| name == "data.db-backup"), "{left:?}");
}

#[tokio::test]
async fn only_administrators_make_backups() {
    let server = TestServer::start().await;
    let admin = server.key_of("test").await;
    let user = server.create_user(&admin, "other").await;
    let device = server.create_device(&admin, "test/device", r#"{"role":"reader"}"#).await;
    for key in [user.as_str(), device.as_str(), ""] {
        let refused = server.send(key, "GET", "backup", "").await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert_eq!(refused.json()["kind"], "denied");
    }
    backup(&server, &admin).await;
}

#[tokio::test]
async fn one_backup_is_sent_at_a_time_and_deleted_when_its_client_goes_away() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let stream = "test/user/stream";
    server.create(&key, stream, "{}").await;
    // More than the sockets hold, also when it is compressed.
    let letter = |i: u64| char::from(b'a' + (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as u8);
    let text: String = (0..2_000_000).map(|i: u64| letter(i * i)).collect();
    for t in 1..11 {
        server.insert(&key, stream, &format!(r#"[{{"t":{t},"d":"{t}{text}"}}]"#)).await;
    }
    let copy = server.directory.path().join("data.db-backup");
    let request = server.request(Method::GET, "backup").basic_auth("", Some(&key));
    let mut first = request.send().await.expect("an answer").bytes_stream();
    first.next().await.expect("a piece").expect("a piece");
    assert!(copy.exists());
    let second = server.send(&key, "GET", "backup", "").await;
    assert_eq!(second.status, 503, "{second:?}");
    server.insert(&key, stream, r#"[{"t":30,"d":"more"}]"#).await;
    drop(first);
    // The server sees it when it writes the next piece.
    let third = loop {
        let answer = server.request(Method::GET, "backup").basic_auth("", Some(&key)).send().await;
        let answer = answer.expect("an answer");
        if answer.status() != 503 {
            break answer;
        }
    };
    assert_eq!(third.status(), 200);
    third.bytes().await.expect("a copy");
    assert!(!copy.exists());
}

#[tokio::test]
async fn a_copy_that_a_killed_server_has_left_is_deleted() {
    let mut server = TestServer::start().await;
    server.server.shutdown().await;
    let copy = server.directory.path().join("data.db-backup");
    std::fs::write(&copy, "a part of it").expect("written");
    server.server = crate::support::start_in(&server.directory).await;
    assert!(!copy.exists());
}
