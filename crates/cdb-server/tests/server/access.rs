//! Who may do what.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, TestServer};

/// The askers of the tests: their names and keys.
struct Askers {
    server: TestServer,
    keys: Vec<(&'static str, String)>,
}

impl Askers {
    /// A user `mine` with devices of each role, a public one and a downlink each; a stranger; an
    /// administrator; nobody.
    async fn new() -> Self {
        let server = TestServer::start().await;
        let admin = server.key_of("test").await;
        let mine = server.create_user(&admin, "mine").await;
        let stranger = server.create_user(&admin, "stranger").await;
        let mut keys = vec![("nobody", String::new())];
        for (name, body) in [
            ("none", "{}"),
            ("reader", r#"{"role":"reader"}"#),
            ("writer", r#"{"role":"writer"}"#),
            ("trusted", r#"{"role":"user"}"#),
            ("open", r#"{"public":true}"#),
        ] {
            let key = server.create_device(&mine, &format!("mine/{name}"), body).await;
            server.create(&key, &format!("mine/{name}/plain"), "{}").await;
            server.create(&key, &format!("mine/{name}/asked"), r#"{"downlink":true}"#).await;
            keys.push((name, key));
        }
        keys.extend([("mine", mine), ("stranger", stranger), ("admin", admin)]);
        Self { server, keys }
    }

    fn key(&self, asker: &str) -> &str {
        let found = self.keys.iter().find(|(name, _)| *name == asker);
        &found.expect("an asker").1
    }

    async fn status(&self, asker: &str, method: &str, path: &str, body: &str) -> u16 {
        self.server.send(self.key(asker), method, path, body).await.status
    }

    /// What each asker gets for one request.
    async fn expect(&self, method: &str, path: &str, body: &str, expected: &[(&str, u16)]) {
        for (asker, status) in expected {
            let got = self.status(asker, method, path, body).await;
            assert_eq!(got, *status, "{asker}: {method} {path} {body}");
        }
    }
}

#[tokio::test]
async fn reading_goes_as_far_as_both_roles_allow() {
    let askers = Askers::new().await;
    let expected = |own: u16, reader: u16, stranger: u16, admin: u16, none: u16| {
        [
            ("nobody", 404),
            ("none", none),
            ("reader", reader),
            ("writer", reader),
            ("trusted", own),
            ("mine", own),
            ("stranger", stranger),
            ("admin", admin),
        ]
    };
    askers.expect("GET", "crud/mine", "", &expected(200, 200, 200, 200, 404)).await;
    askers.expect("GET", "crud/mine?q=ls", "", &expected(200, 200, 200, 200, 404)).await;
    askers.expect("GET", "crud/mine?q=streams", "", &expected(200, 200, 200, 200, 404)).await;
    askers.expect("GET", "crud/mine/user", "", &expected(200, 200, 404, 200, 404)).await;
    askers.expect("GET", "crud/mine/user?q=ls", "", &expected(200, 200, 404, 200, 404)).await;
    askers.expect("GET", "crud/mine/open", "", &expected(200, 200, 200, 200, 404)).await;
    askers.expect("GET", "crud/mine/open/plain", "", &expected(200, 200, 200, 200, 404)).await;
    askers.expect("GET", "crud/mine/none/plain", "", &expected(200, 200, 404, 200, 200)).await;
    askers.expect("GET", "crud/mine/meta/log", "", &expected(200, 200, 404, 200, 404)).await;
    askers.expect("GET", "crud/?q=ls", "", &expected(404, 404, 404, 200, 404)).await;
}

#[tokio::test]
async fn what_is_shown_depends_on_the_asker() {
    let askers = Askers::new().await;
    let fields = async |asker: &str, path: &str| -> Vec<String> {
        let answer = askers.server.send(askers.key(asker), "GET", path, "").await;
        let Value::Object(object) = answer.json() else { panic!("{asker}: {answer:?}") };
        object.keys().cloned().collect()
    };
    let all = ["description", "email", "icon", "name", "nickname", "public", "role"];
    for asker in ["mine", "reader", "writer", "trusted", "admin"] {
        assert_eq!(fields(asker, "crud/mine").await, all, "{asker}");
    }
    let public = ["description", "icon", "name", "nickname", "public"];
    assert_eq!(fields("stranger", "crud/mine").await, public);
    for (asker, path, shown) in [
        ("mine", "crud/mine/none", &["apikey", "role", "user_editable"][..]),
        ("none", "crud/mine/none", &["apikey", "role", "user_editable"]),
        ("admin", "crud/mine/none", &["apikey", "role", "user_editable"]),
        ("reader", "crud/mine/none", &["role", "user_editable"]),
        ("writer", "crud/mine/none", &["role", "user_editable"]),
        ("stranger", "crud/mine/open", &[]),
    ] {
        let fields = fields(asker, path).await;
        let delicate = ["apikey", "role", "user_editable"];
        let got: Vec<_> = delicate.into_iter().filter(|f| fields.iter().any(|g| g == f)).collect();
        assert_eq!(got, shown, "{asker} {path}");
    }
}

#[tokio::test]
async fn changing_goes_as_far_as_both_roles_allow() {
    let askers = Askers::new().await;
    let nickname = r#"{"nickname":"x"}"#;
    let everyone = |who: [u16; 8]| {
        let names = ["nobody", "none", "reader", "writer", "trusted", "mine", "stranger", "admin"];
        names.into_iter().zip(who).collect::<Vec<_>>()
    };
    let with = everyone;
    askers
        .expect("PUT", "crud/mine", nickname, &with([403, 403, 403, 200, 200, 200, 403, 200]))
        .await;
    let role = r#"{"role":"user"}"#;
    askers.expect("PUT", "crud/mine", role, &with([403, 403, 403, 403, 403, 403, 403, 200])).await;
    let none = "crud/mine/none";
    askers.expect("PUT", none, nickname, &with([403, 200, 403, 200, 200, 200, 403, 200])).await;
    let role = r#"{"role":"none"}"#;
    askers.expect("PUT", none, role, &with([403, 403, 403, 403, 200, 200, 403, 200])).await;
    let editable = r#"{"user_editable":true}"#;
    askers.expect("PUT", none, editable, &with([403, 403, 403, 403, 403, 403, 403, 200])).await;
    let plain = "crud/mine/none/plain";
    askers.expect("PUT", plain, nickname, &with([403, 200, 403, 200, 200, 200, 403, 200])).await;
    let deny = [403, 403, 403, 403, 200, 200, 403, 200];
    for (asker, status) in everyone(deny) {
        let stream = format!("crud/mine/open/of-{asker}");
        assert_eq!(askers.status(asker, "POST", &stream, "{}").await, status, "{asker}");
        assert_eq!(askers.status(asker, "DELETE", &stream, "").await, status, "{asker}");
        let device = format!("crud/mine/of-{asker}");
        assert_eq!(askers.status(asker, "POST", &device, "{}").await, status, "{asker}");
        assert_eq!(askers.status(asker, "DELETE", &device, "").await, status, "{asker}");
    }
    // Its own streams and itself are a device's to delete.
    askers.expect("POST", "crud/mine/none/more", "{}", &[("none", 200)]).await;
    askers.expect("DELETE", "crud/mine/none", "", &[("reader", 403), ("none", 200)]).await;
    askers.expect("GET", "?q=this", "", &[("none", 401)]).await;
    askers
        .expect("DELETE", "crud/mine", "", &[("mine", 403), ("trusted", 403), ("admin", 200)])
        .await;
}

#[tokio::test]
async fn only_the_owner_writes_data_and_only_others_the_downlink() {
    let askers = Askers::new().await;
    let point = r#"[{"d":1}]"#;
    let [plain, asked] = ["crud/mine/none/plain/data", "crud/mine/none/asked/data"];
    let others = ["nobody", "reader", "writer", "trusted", "mine", "stranger", "admin"];
    for asker in others {
        let answer = askers.server.send(askers.key(asker), "PUT", plain, point).await;
        assert_eq!(
            (answer.status, answer.msg().as_str()),
            (403, "Write access to stream data denied.")
        );
    }
    askers.expect("PUT", plain, point, &[("none", 200)]).await;
    let may_ask = [("writer", 200), ("trusted", 200), ("mine", 200), ("admin", 200)];
    askers.expect("PUT", asked, point, &may_ask).await;
    let may_not = [("nobody", 403), ("reader", 403), ("stranger", 403)];
    askers.expect("PUT", asked, point, &may_not).await;
    let key = askers.key("none");
    let stream = "mine/none/asked";
    assert_eq!(askers.server.read(key, stream, "q=length").await, "0");
    assert_eq!(askers.server.read(key, stream, "q=length&downlink=True").await, "4");
    let requests: Value =
        serde_json::from_str(&askers.server.read(key, stream, "i1=0&downlink=true").await)
            .expect("JSON");
    let origins: Vec<&str> =
        requests.as_array().expect("a list").iter().filter_map(|dp| dp["o"].as_str()).collect();
    assert_eq!(origins, ["mine/writer", "mine/trusted", "mine/user", "test/user"]);
    // The owner is not its own asker, unless it is the user's device.
    askers.expect("PUT", &format!("{asked}?downlink=true"), point, &[("none", 403)]).await;
    askers.server.create(askers.key("mine"), "mine/user/light", r#"{"downlink":true}"#).await;
    let own = "crud/mine/user/light/data?downlink=true";
    askers.expect("PUT", own, point, &[("mine", 200)]).await;
    // What is no downlink has none.
    let answer = askers
        .server
        .send(askers.key("mine"), "PUT", &format!("{plain}?downlink=true"), point)
        .await;
    assert_eq!((answer.status, answer.msg().as_str()), (403, "The stream is not a downlink."));
}

#[tokio::test]
async fn data_is_read_where_the_stream_is() {
    let askers = Askers::new().await;
    for query in ["i1=0", "q=length", "i1=0&downlink=true", "t1=0"] {
        let path = format!("crud/mine/none/asked/data?{query}");
        let expected = [
            ("nobody", 403),
            ("stranger", 403),
            ("none", 200),
            ("reader", 200),
            ("mine", 200),
            ("admin", 200),
        ];
        askers.expect("GET", &path, "", &expected).await;
        let path = format!("crud/mine/open/asked/data?{query}");
        askers.expect("GET", &path, "", &[("nobody", 403), ("none", 403), ("stranger", 200)]).await;
    }
}

#[tokio::test]
async fn a_changed_permission_counts_at_once() {
    let askers = Askers::new().await;
    let stream = "crud/mine/open/plain/data?q=length";
    askers.expect("GET", stream, "", &[("stranger", 200)]).await;
    askers.expect("PUT", "crud/mine/open", r#"{"public":false}"#, &[("mine", 200)]).await;
    askers.expect("GET", stream, "", &[("stranger", 403)]).await;
    askers.expect("PUT", "crud/mine/none", r#"{"role":"reader"}"#, &[("mine", 200)]).await;
    askers.expect("GET", stream, "", &[("none", 200)]).await;
    askers.expect("PUT", "crud/mine/none", r#"{"apikey":"another"}"#, &[("mine", 200)]).await;
    askers.expect("GET", stream, "", &[("none", 401)]).await;
    assert_eq!(askers.server.send("another", "GET", stream, "").await.status, 200);
}

#[tokio::test]
async fn a_key_belongs_to_one_device() {
    let askers = Askers::new().await;
    let taken = format!(r#"{{"apikey":"{}"}}"#, askers.key("reader"));
    askers.expect("PUT", "crud/mine/none", &taken, &[("mine", 403)]).await;
    askers.expect("POST", "crud/mine/copy", &taken, &[("mine", 403)]).await;
    askers.expect("GET", "crud/mine/copy", "", &[("mine", 404)]).await;
}

#[tokio::test]
async fn no_foreign_site_gets_an_answer_with_credentials() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    let request = server.request(Method::GET, "?q=this").header("origin", "http://evil.example");
    let response = request.basic_auth("", Some(&key)).send().await.expect("an answer");
    assert!(!response.headers().keys().any(|name| name.as_str().starts_with("access-control")));
    assert_eq!(response.headers()["x-frame-options"], "deny");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(response.headers()["cache-control"], "no-store, must-revalidate");
}

#[tokio::test]
async fn with_and_without_a_slash_at_the_end_is_the_same() {
    let server = TestServer::start().await;
    let key = server.key_of("test").await;
    for path in ["crud/test", "crud/test/user", "meta/version", "crud"] {
        let [without, with]: [Answer; 2] = [
            server.send(&key, "GET", &format!("{path}?q=ls"), "").await,
            server.send(&key, "GET", &format!("{path}/?q=ls"), "").await,
        ];
        assert_eq!(without, with, "{path}");
        assert_eq!(without.status, 200, "{path}");
    }
    server.create(&key, "test/user/slashed/", "{}").await;
    server.insert(&key, "test/user/slashed", r#"[{"d":1}]"#).await;
}
