//! Sessions of browsers: how they begin and end, and what only the server's own pages may send.

use std::time::Duration;

use cdb_server::Server;
use reqwest::header::{HOST, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnection;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::socket::Socket;
use crate::support::{Answer, TestServer};

/// Longer than anything takes that is going to happen.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A browser that shows a page of the server. It has the cookie of a session.
struct Browser<'a> {
    server: &'a TestServer,
    cookie: String,
}

fn set_cookie(response: &Response) -> Option<&str> {
    response.headers().get(SET_COOKIE)?.to_str().ok()
}

impl<'a> Browser<'a> {
    /// Logs a user in whose password is its name.
    async fn log_in(server: &'a TestServer, user: &str) -> Self {
        let body = json!({"user": user, "password": user}).to_string();
        let login = server.request(Method::POST, "login").body(body).send().await;
        Self::of(server, &login.expect("an answer"))
    }

    fn of(server: &'a TestServer, login: &Response) -> Self {
        assert_eq!(login.status(), 200);
        let (cookie, _) = set_cookie(login).and_then(|set| set.split_once(';')).expect("a cookie");
        Self { server, cookie: cookie.to_owned() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.request(method, path).header("cookie", &self.cookie)
    }

    async fn this(&self) -> String {
        let request = self.request(Method::GET, "?q=this");
        Answer::of(request.send().await.expect("an answer")).await.text
    }

    /// Opens a websocket from a page of an origin.
    async fn socket(&self, origin: &str) -> Result<Socket, Error> {
        let url = format!("ws://{}/api/v1/websocket", self.server.server.address());
        let mut request = url.into_client_request()?;
        let header = |text: &str| HeaderValue::from_str(text).expect("a header");
        request.headers_mut().insert("cookie", header(&self.cookie));
        request.headers_mut().insert("origin", header(origin));
        Ok(Socket(connect_async(request).await?.0))
    }
}

/// Waits until the server closes a websocket because the login is not valid any more.
async fn closed(mut socket: Socket) {
    assert_eq!(socket.closed().await, 1008);
}

async fn count_sessions(server: &TestServer) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM session");
    count.fetch_one(&mut server.data_file().await).await.expect("a number")
}

#[tokio::test]
async fn a_session_lasts_until_logout() {
    let server = TestServer::start().await;
    let browser = Browser::log_in(&server, "test").await;
    assert_eq!(browser.this().await, "test/user");
    let url = server.server.url();
    let logout = browser.request(Method::POST, "logout").header("origin", url).send().await;
    let logout = logout.expect("an answer");
    assert!(set_cookie(&logout).is_some_and(|set| set.contains("Max-Age=0")));
    assert_eq!(Answer::of(logout).await.text, "ok");
    assert_eq!(browser.this().await, "nobody");
    // The cookie of a session that has ended is removed as well.
    let again = browser.request(Method::GET, "logout").send().await.expect("an answer");
    assert!(set_cookie(&again).is_some_and(|set| set.starts_with("connectordb-session=;")));
}

#[tokio::test]
async fn each_way_to_log_in_sets_a_cookie_of_its_own() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let post = || server.request(Method::POST, "login");
    let by_name = post().body(r#"{"login":"test","password":"test","stay":true}"#);
    let logins = [
        by_name,
        post().basic_auth("test", Some("test")),
        post().bearer_auth(&key),
        server.request(Method::GET, "login").basic_auth("test", Some("test")),
        server.request(Method::GET, "login").header("sec-fetch-site", "none").bearer_auth(&key),
    ];
    let mut tokens = Vec::new();
    for (index, login) in logins.into_iter().enumerate() {
        let login = login.send().await.expect("an answer");
        let set = set_cookie(&login).expect("a cookie").to_owned();
        for attribute in ["Path=/", "HttpOnly", "SameSite=Strict"] {
            assert!(set.contains(attribute), "{set}");
        }
        assert!(!set.contains("Secure"), "{set}");
        assert_eq!(set.contains("Max-Age=7776000"), index == 0, "{set}");
        let browser = Browser::of(&server, &login);
        assert_eq!(browser.this().await, "test/user");
        tokens.push(browser.cookie);
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 5);
}

#[tokio::test]
async fn a_failed_login_sets_no_cookie() {
    let server = TestServer::start().await;
    for (body, status) in [
        (r#"{"user":"test","password":"wrong"}"#, 401),
        (r#"{"user":"","password":""}"#, 401),
        (r#"{"password":"test"}"#, 400),
        ("test", 400),
        ("", 401),
    ] {
        let login = server.request(Method::POST, "login").body(body).send().await;
        let login = login.expect("an answer");
        assert_eq!((login.status().as_u16(), set_cookie(&login)), (status, None), "{body}");
    }
    let long = format!(r#"{{"user":"test","password":"test","x":"{}"}}"#, "x".repeat(20_000));
    let login = server.request(Method::POST, "login").body(long).send().await.expect("an answer");
    assert_eq!((login.status().as_u16(), set_cookie(&login)), (400, None));
}

#[tokio::test]
async fn a_link_or_another_site_logs_nobody_in() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let get = |path: &str| server.request(Method::GET, path);
    let body = r#"{"user":"test","password":"test"}"#;
    let post = || server.request(Method::POST, "login").body(body);
    for login in [
        get(&format!("login?apikey={key}")),
        get(&format!("login?apikey={key}")).header("sec-fetch-site", "none"),
        get("login").basic_auth("test", Some("test")).header("sec-fetch-site", "cross-site"),
        get("login").basic_auth("test", Some("test")).header("origin", "http://other.example"),
        post().header("sec-fetch-site", "same-site"),
        post().header("origin", "null"),
    ] {
        let login = login.send().await.expect("an answer");
        assert_eq!((login.status().as_u16(), set_cookie(&login)), (403, None));
    }
    // A key in a URL logs in all the same.
    let this = get(&format!("?q=this&apikey={key}")).send().await.expect("an answer");
    assert_eq!(Answer::of(this).await.text, "test/user");
}

#[tokio::test]
async fn only_the_servers_own_pages_use_a_cookie_to_change_something() {
    let server = TestServer::start().await;
    let browser = Browser::log_in(&server, "test").await;
    let own = server.server.url();
    let own_port = server.server.address().port();
    let change = async |name: &str, value: &str| {
        let request = browser.request(Method::POST, "crud/test/user/s").body("{}");
        let created = request.header(name, value).send().await.expect("an answer");
        let request = browser.request(Method::DELETE, "crud/test/user/s");
        let deleted = request.header(name, value).send().await.expect("an answer");
        [created.status().as_u16(), deleted.status().as_u16()]
    };
    assert_eq!(change("origin", &own).await, [200, 200]);
    assert_eq!(change("sec-fetch-site", "same-origin").await, [200, 200]);
    let other_port = format!("http://127.0.0.1:{}", own_port ^ 1);
    for origin in ["http://other.example", &other_port, "null"] {
        assert_eq!(change("origin", origin).await, [403, 403], "{origin}");
        assert!(browser.socket(origin).await.is_err(), "{origin}");
    }
    assert_eq!(change("sec-fetch-site", "same-site").await, [403, 403]);
    assert_eq!(change("accept", "*/*").await, [403, 403]);
    // The host that the browser believes to talk to counts.
    let request = browser.request(Method::POST, "crud/test/user/s").body("{}");
    let request = request.header("origin", "http://home.example").header(HOST, "home.example");
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    let logout = browser.request(Method::GET, "logout").header("sec-fetch-site", "cross-site");
    assert_eq!(logout.send().await.expect("an answer").status(), 403);
    assert_eq!(browser.this().await, "test/user");
    assert!(browser.socket(&own).await.is_ok());
}

#[tokio::test]
async fn a_session_and_its_sockets_end_with_what_it_logged_in_as() {
    let server = TestServer::start().await;
    let admin = server.key_of("test").await;
    let own = server.server.url();
    for (path, change) in [
        ("crud/it", r#"{"password":"new"}"#),
        ("crud/it", r#"{"role":"admin"}"#),
        ("crud/it/user", r#"{"apikey":""}"#),
        ("crud/it/user", r#"{"role":"reader"}"#),
    ] {
        server.create_user(&admin, "it").await;
        let browser = Browser::log_in(&server, "it").await;
        let other = Browser::log_in(&server, "test").await;
        let socket = browser.socket(&own).await.expect("a websocket");
        let unrelated = r#"{"nickname":"It"}"#;
        assert_eq!(server.send(&admin, "PUT", path, unrelated).await.status, 200);
        assert_eq!(browser.this().await, "it/user");
        assert_eq!(server.send(&admin, "PUT", path, change).await.status, 200);
        assert_eq!(browser.this().await, "nobody", "{change}");
        closed(socket).await;
        assert_eq!(other.this().await, "test/user");
        assert_eq!(server.send(&admin, "DELETE", "crud/it", "").await.status, 200);
    }
    // A deleted device.
    server.create_user(&admin, "it").await;
    let key = server.create_device(&admin, "it/phone", "{}").await;
    let login = server.request(Method::GET, "login").bearer_auth(&key).send().await;
    let browser = Browser::of(&server, &login.expect("an answer"));
    assert_eq!(browser.this().await, "it/phone");
    let socket = browser.socket(&own).await.expect("a websocket");
    assert_eq!(server.send(&admin, "DELETE", "crud/it/phone", "").await.status, 200);
    assert_eq!(browser.this().await, "nobody");
    closed(socket).await;
}

#[tokio::test]
async fn logout_ends_the_sockets_of_its_session_only() {
    let server = TestServer::start().await;
    let own = server.server.url();
    let [first, second] =
        [Browser::log_in(&server, "test").await, Browser::log_in(&server, "test").await];
    let socket = first.socket(&own).await.expect("a websocket");
    let mut other = second.socket(&own).await.expect("a websocket");
    let logout = first.request(Method::POST, "logout").header("origin", &own).send().await;
    assert_eq!(logout.expect("an answer").status(), 200);
    closed(socket).await;
    other.done(r#"{"cmd":"unsubscribe_all"}"#).await;
    assert_eq!(second.this().await, "test/user");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_user_and_by_administrators() {
    let server = TestServer::start().await;
    let own = server.server.url();
    let admin = server.key_of("test").await;
    server.create_user(&admin, "it").await;
    let key = server.create_device(&admin, "it/phone", r#"{"role":"reader"}"#).await;
    let [browser, lost] =
        [Browser::log_in(&server, "it").await, Browser::log_in(&server, "it").await];
    let socket = lost.socket(&own).await.expect("a websocket");
    let answer = browser.request(Method::GET, "sessions").send().await.expect("an answer");
    let listed = Answer::of(answer).await.json();
    let current: Vec<_> = listed.as_array().expect("a list").iter().collect();
    assert_eq!(current.iter().map(|it| &it["current"]).collect::<Vec<_>>(), [false, true]);
    for session in &current {
        assert_eq!(session["device"], "it/user");
        assert_eq!(session["created"], session["last_used"]);
        assert!(session["expires"].as_i64() > session["created"].as_i64());
    }
    let id = &current[0]["id"];
    // Neither a device that may not change the password, nor another site, nor another user.
    let path = format!("sessions/{id}");
    assert_eq!(server.send(&key, "DELETE", &path, "").await.status, 403);
    assert_eq!(server.send(&key, "GET", "sessions", "").await.status, 403);
    let elsewhere = browser.request(Method::DELETE, &path).header("origin", "http://x.example");
    assert_eq!(elsewhere.send().await.expect("an answer").status(), 403);
    let other = server.create_user(&admin, "other").await;
    assert_eq!(server.send(&other, "DELETE", &path, "").await.status, 404);
    assert_eq!(server.send(&other, "GET", "sessions?user=it", "").await.status, 403);
    assert_eq!(server.send("", "GET", "sessions", "").await.status, 403);
    assert_eq!(server.send(&admin, "GET", "sessions?user=zork", "").await.status, 404);
    let end = browser.request(Method::DELETE, &path).header("origin", &own);
    assert_eq!(end.send().await.expect("an answer").status(), 200);
    closed(socket).await;
    assert_eq!(lost.this().await, "nobody");
    assert_eq!(browser.this().await, "it/user");
    // An administrator ends the other one.
    let listed = server.send(&admin, "GET", "sessions?user=it", "").await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let path = format!("sessions/{}?user=it", listed[0]["id"]);
    assert_eq!(server.send(&admin, "DELETE", &path, "").await.status, 200);
    assert_eq!(browser.this().await, "nobody");
    assert_eq!(server.send(&admin, "DELETE", &path, "").await.status, 404);
}

#[tokio::test]
async fn sessions_survive_a_restart_and_end_with_age() {
    let mut server = TestServer::start().await;
    let cookie = Browser::log_in(&server, "test").await.cookie;
    server.server.shutdown().await;
    server.server = crate::support::start_in(&server.directory).await;
    let browser = Browser { server: &server, cookie };
    assert_eq!(browser.this().await, "test/user");
    // The use is written when the stored one is a minute old.
    let mut file = server.data_file().await;
    let age = async |file: &mut SqliteConnection, sql: &'static str| {
        sqlx::query(sql).execute(file).await.expect("a change");
    };
    age(&mut file, "UPDATE session SET last_used = last_used - 3600").await;
    assert_eq!(browser.this().await, "test/user");
    let written = async {
        let idle = "SELECT max(unixepoch() - last_used) FROM session";
        while sqlx::query_scalar::<_, i64>(idle).fetch_one(&mut file).await.expect("an age") > 60 {
            tokio::task::yield_now().await;
        }
    };
    timeout(TIMEOUT, written).await.expect("the use is written");
    age(&mut file, "UPDATE session SET last_used = last_used - 86401").await;
    assert_eq!(browser.this().await, "nobody");
    age(&mut file, "UPDATE session SET last_used = unixepoch()").await;
    assert_eq!(browser.this().await, "test/user");
    age(&mut file, "UPDATE session SET expires = unixepoch()").await;
    assert_eq!(browser.this().await, "nobody");
    // The next login deletes what has expired.
    Browser::log_in(&server, "test").await;
    assert_eq!(count_sessions(&server).await, 1);
}

#[tokio::test]
async fn many_logins_of_a_device_end_only_its_own_oldest() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let other = server.create_device(&key, "test/other", "{}").await;
    let log_in = async |key: &str| {
        let login = server.request(Method::POST, "login").bearer_auth(key).send().await;
        Browser::of(&server, &login.expect("an answer"))
    };
    let mine = log_in(&key).await;
    let first = log_in(&other).await;
    let socket = first.socket(&server.server.url()).await.expect("a websocket");
    let second = log_in(&other).await;
    for _ in 0..99 {
        log_in(&other).await;
    }
    assert_eq!(first.this().await, "nobody");
    closed(socket).await;
    assert_eq!(second.this().await, "test/other");
    assert_eq!(mine.this().await, "test/user");
    assert_eq!(count_sessions(&server).await, 101);
}

#[tokio::test]
async fn the_file_holds_no_token() {
    let server = TestServer::start().await;
    let browser = Browser::log_in(&server, "test").await;
    let (_, token) = browser.cookie.split_once('=').expect("a cookie");
    let token = token.to_owned();
    let digest: Vec<u8> = sqlx::query_scalar("SELECT token_digest FROM session")
        .fetch_one(&mut server.data_file().await)
        .await
        .expect("a session");
    assert_eq!(digest.len(), 32);
    let directory = server.directory;
    server.server.shutdown().await;
    let file = std::fs::read(directory.path().join("data.db")).expect("the file");
    assert!(file.windows(32).any(|window| window == digest));
    assert!(!file.windows(token.len()).any(|window| window == token.as_bytes()));
}

#[tokio::test]
async fn get_session_says_who_and_what_is_allowed() {
    let server = TestServer::start().await;
    let admin = server.key_of("test").await;
    let key = server.create_user(&admin, "it").await;
    let reader = server.create_device(&key, "it/reader", r#"{"role":"reader"}"#).await;
    let session = async |key: &str| server.send(key, "GET", "session", "").await.json();
    let nobody = session("").await;
    assert_eq!((&nobody["device"], &nobody["user_role"]), (&Value::Null, &json!("nobody")));
    assert_eq!(nobody["rights"], json!({"count": false, "own": [], "public": [], "others": []}));
    assert_eq!(nobody["version"], "0.3.0");
    assert_eq!(nobody["limits"]["body_bytes"], 10 * 1024 * 1024);
    assert_eq!(nobody["limits"]["frame_bytes"], 1024 * 1024);
    assert_eq!(nobody["durability"], "full");
    let user = session(&key).await;
    assert_eq!((&user["device"], &user["user"]), (&json!("it/user"), &json!("it")));
    assert_eq!((&user["user_role"], &user["device_role"]), (&json!("user"), &json!("user")));
    let allows = |session: &Value, of: &str, right: &str| {
        session["rights"][of].as_array().expect("a list").iter().any(|name| name == right)
    };
    assert!(allows(&user, "own", "create_device") && allows(&user, "own", "write_password"));
    assert!(!allows(&user, "own", "delete_user") && !allows(&user, "others", "list_users"));
    let reader = session(&reader).await;
    assert!(allows(&reader, "own", "read_data") && !allows(&reader, "own", "create_device"));
    let admin = session(&admin).await;
    assert!(allows(&admin, "others", "create_user") && allows(&admin, "others", "write_role"));
    assert_eq!(admin["rights"]["count"], true);
}

#[tokio::test]
async fn cookies_are_secure_behind_a_proxy_that_terminates_tls() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::builder()
        .data(directory.path().join("data.db"))
        .listen("127.0.0.1:0")
        .admin("test", "test")
        .behind_tls_proxy(true)
        .start()
        .await
        .expect("the server starts");
    let server = TestServer::of(server, directory);
    let login = server.request(Method::GET, "login").basic_auth("test", Some("test")).send().await;
    let login = login.expect("an answer");
    assert!(set_cookie(&login).is_some_and(|set| set.contains("; Secure")));
}

/// What to do about a stolen device: a new key, not `enabled`.
#[tokio::test]
async fn a_new_key_locks_a_device_out_at_once_and_its_status_does_not() {
    let server = TestServer::start().await;
    let admin = server.key_of("test").await;
    let stolen = server.create_device(&admin, "test/phone", "{}").await;
    let mut socket = Socket::open(&server.server, &stolen, false).await;
    let off = server.send(&admin, "PUT", "crud/test/phone", r#"{"enabled":false}"#).await;
    assert_eq!(off.status, 200);
    socket.done(r#"{"cmd":"unsubscribe_all"}"#).await;
    assert_eq!(server.send(&stolen, "GET", "?q=this", "").await.text, "test/phone");
    let reset = server.send(&admin, "PUT", "crud/test/phone", r#"{"apikey":""}"#).await;
    assert_eq!(reset.status, 200);
    closed(socket).await;
    assert_eq!(server.send(&stolen, "GET", "?q=this", "").await.status, 401);
    let new = reset.json()["apikey"].as_str().expect("a key").to_owned();
    assert_eq!(server.send(&new, "GET", "?q=this", "").await.text, "test/phone");
}

#[tokio::test]
async fn credentials_that_cannot_be_read_are_not_nobodys() {
    let server = TestServer::start().await;
    let admin = server.key_of("test").await;
    let this = || server.request(Method::GET, "?q=this");
    for header in ["Basic !!!!", "Basic", "Digest x", "Basic bWU=", "test:test"] {
        let answer = this().header("authorization", header).send().await.expect("an answer");
        let answer = Answer::of(answer).await;
        assert_eq!(answer.status, 401, "{header}: {answer:?}");
        assert!(answer.msg().starts_with("The Authorization header cannot be used"), "{answer:?}");
    }
    let bearer = Answer::of(this().bearer_auth(&admin).send().await.expect("an answer")).await;
    assert_eq!(bearer.text, "test/user");
    let body = r#"{"password":"pässword"}"#;
    assert_eq!(server.send(&admin, "PUT", "crud/test", body).await.status, 200);
    // "test:pässword" in Latin-1.
    let latin1 = this().header("authorization", "Basic dGVzdDpw5HNzd29yZA==").send().await;
    assert_eq!(Answer::of(latin1.expect("an answer")).await.text, "test/user");
}
