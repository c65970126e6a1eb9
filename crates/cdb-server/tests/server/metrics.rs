//! What a server says of itself to those who watch it.

use std::collections::HashMap;

use cdb_server::Server;
use serde_json::Value;
use tempfile::TempDir;

use crate::socket::Socket;
use crate::support::TestServer;

/// A server that answers with metrics, and where it does.
async fn start() -> (TestServer, String) {
    let directory = TempDir::new().expect("a directory");
    let builder = Server::builder().data(directory.path().join("data.db"));
    let builder = builder.listen("127.0.0.1:0").metrics("127.0.0.1:0").admin("test", "test");
    let server = builder.start().await.expect("it starts");
    let address = server.metrics_address().expect("an address");
    (TestServer::of(server, directory), format!("http://{address}"))
}

/// The values by name and labels.
async fn metrics(url: &str) -> HashMap<String, f64> {
    let response = reqwest::get(format!("{url}/metrics")).await.expect("an answer");
    assert_eq!(response.status(), 200);
    let format = response.headers()["content-type"].to_str().expect("a text").to_owned();
    assert!(format.starts_with("text/plain; version=0.0.4"), "{format}");
    let text = response.text().await.expect("a text");
    let values = text.lines().filter(|line| !line.starts_with('#'));
    let value = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        let name = name.strip_prefix("connectordb_").expect("the prefix");
        (name.to_owned(), value.parse().expect("a number"))
    };
    values.map(value).collect()
}

#[tokio::test]
async fn what_happens_is_counted() {
    let (server, url) = start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", "{}").await;
    let before = metrics(&url).await;
    server.insert(&key, "test/user/s", r#"[{"t":1,"d":1},{"t":2,"d":2},{"t":3,"d":3}]"#).await;
    server.insert(&key, "test/user/s", r#"[{"t":4,"d":4}]"#).await;
    server.read(&key, "test/user/s", "i1=1&i2=3").await;
    server.read(&key, "test/user/s", "i1=0&transform=sum").await;
    assert_eq!(server.send("wrong", "GET", "?q=this", "").await.status, 401);
    assert_eq!(server.send(&key, "GET", "crud/test/user/zork", "").await.status, 404);
    for method in ["ZORK1", "ZORK2"] {
        assert_eq!(server.send(&key, method, "?q=this", "").await.status, 405);
    }
    let mut socket = Socket::open(&server.server, &key, false).await;
    socket.done(r#"{"cmd":"subscribe","arg":"test/user/s"}"#).await;
    let now = metrics(&url).await;
    let grown = |name: &str| {
        let value = |of: &HashMap<String, f64>| of.get(name).copied().unwrap_or_default();
        value(&now) - value(&before)
    };
    assert_eq!(grown("commit_datapoints_sum"), 4.0);
    assert_eq!(grown("commit_datapoints_count"), 2.0);
    assert_eq!(grown("commit_duration_seconds_count"), 2.0);
    assert_eq!(grown("datapoints_read_total"), 2.0 + 4.0);
    assert_eq!(grown("failed_logins_total"), 1.0);
    let requests = |method, route, status| {
        let labels = format!(r#"{{method="{method}",route="{route}",status="{status}"}}"#);
        grown(&format!("request_duration_seconds_count{labels}"))
    };
    let data = "/api/v1/crud/{user}/{device}/{stream}/data";
    assert_eq!(requests("POST", data, 200), 2.0, "{now:?}");
    assert_eq!(requests("GET", data, 200), 2.0);
    assert_eq!(requests("GET", "/api/v1/crud/{user}/{device}/{stream}", 404), 1.0);
    assert_eq!(requests("GET", "/api/v1/websocket", 101), 1.0);
    // Methods that do not exist are not told apart: there is no end of them.
    assert!(!now.keys().any(|name| name.contains("ZORK")));
    assert_eq!(requests("other", "/api/v1", 405), 2.0);
    assert_eq!((grown("websockets"), grown("subscribers")), (1.0, 1.0));
    assert_eq!((now["subscribers_behind"], now["subscriber_lag_datapoints"]), (0.0, 0.0));
    assert!(grown(r#"cache_requests_total{cache="keys",result="hit"}"#) > 0.0);
    let stored = std::fs::metadata(server.directory.path().join("data.db")).expect("a file").len();
    assert!(now["stored_bytes"] >= stored as f64);
    drop(socket);
    server.server.shutdown().await;
}

#[tokio::test]
async fn whoever_watches_needs_no_login_and_learns_nothing_else() {
    let (server, url) = start().await;
    let own = server.server.url();
    for base in [&own, &url] {
        for path in ["healthz", "readyz"] {
            let answer = reqwest::get(format!("{base}/{path}")).await.expect("an answer");
            assert_eq!(
                (answer.status().as_u16(), &*answer.text().await.expect("a text")),
                (200, "ok")
            );
        }
    }
    // What is counted is for those who can connect to its address.
    let answer = reqwest::get(format!("{own}/metrics")).await.expect("an answer");
    assert_eq!(answer.status(), 404);
    let answer = reqwest::get(format!("{url}/api/v1/?q=this")).await.expect("an answer");
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_server_whose_file_was_taken_over_is_alive_and_not_ready() {
    let (server, url) = start().await;
    let key = server.key_of("test").await;
    assert_eq!(metrics(&url).await["ready"], 1.0);
    let take_over = sqlx::query("UPDATE owner SET epoch = epoch + 1");
    take_over.execute(&mut server.data_file().await).await.expect("another owner");
    let status = async |path: &str| {
        let answer = reqwest::get(format!("{url}/{path}")).await.expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!((status("healthz").await, status("readyz").await), (200, 503));
    // What was counted is answered all the same.
    assert_eq!(metrics(&url).await["ready"], 0.0);
    assert_eq!(server.send(&key, "POST", "crud/test/user/s", "{}").await.status, 503);
}

#[tokio::test]
async fn the_dashboard_shows_what_is_counted() {
    let dashboard = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/grafana.json");
    let text = std::fs::read_to_string(dashboard).expect("a dashboard");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let (server, url) = start().await;
    let key = server.key_of("test").await;
    server.create(&key, "test/user/s", "{}").await;
    let known = metrics(&url).await;
    let mut count = 0;
    for panel in dashboard["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().expect("a query");
            for name in query.split("connectordb_").skip(1) {
                let name: String =
                    name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let is_known = |other: &String| other.split('{').next() == Some(&name);
                assert!(known.keys().any(is_known), "{name} in {query}");
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count} names");
}
