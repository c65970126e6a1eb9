//! The users, devices and streams that the tests are about.

use serde_json::{Map, Value, json};

use crate::support::TestServer;

/// The properties of an object, by their names in JSON.
pub(crate) type Fields = Map<String, Value>;

/// The name of everything that does not exist.
pub(crate) const MISSING: &str = "missing";

/// The users, their roles, and whether they are public.
const USERS: [(&str, &str, bool); 5] = [
    ("ordinary", "user", true),
    ("chief", "admin", true),
    ("inert", "nobody", true),
    ("open", "user", true),
    ("closed", "user", false),
];

/// The devices of each user, their roles, and whether they are public.
const DEVICES: [(&str, &str, bool); 2] = [("shut", "none", false), ("shown", "none", true)];

/// Further devices of `ordinary` and `chief`, one of each role.
const FURTHER_DEVICES: [(&str, &str, bool); 5] = [
    ("none", "none", false),
    ("blank", "", false),
    ("reader", "reader", false),
    ("writer", "writer", false),
    ("trusted", "user", false),
];

/// The streams of each device, and whether they are downlinks.
const STREAMS: [(&str, bool); 2] = [("plain", false), ("asked", true)];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) fields: Fields,
    pub(crate) devices: Vec<Device>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) fields: Fields,
    pub(crate) streams: Vec<Stream>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stream {
    pub(crate) name: String,
    pub(crate) fields: Fields,
}

impl User {
    pub(crate) fn role(&self) -> &str {
        text(&self.fields, "role")
    }

    pub(crate) fn is_public(&self) -> bool {
        self.fields["public"] == true
    }

    pub(crate) fn device(&self, name: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.name == name)
    }
}

impl Device {
    pub(crate) fn role(&self) -> &str {
        text(&self.fields, "role")
    }

    pub(crate) fn key(&self) -> &str {
        text(&self.fields, "apikey")
    }

    pub(crate) fn is_public(&self) -> bool {
        self.fields["public"] == true
    }

    /// Whether it exists as long as its user, and cannot be deleted alone.
    pub(crate) fn is_builtin(&self) -> bool {
        ["user", "meta"].contains(&self.name.as_str())
    }

    pub(crate) fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.name == name)
    }
}

impl Stream {
    pub(crate) fn is_downlink(&self) -> bool {
        self.fields["downlink"] == true
    }
}

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields[name].as_str().expect("a text")
}

/// A server with users, devices and streams.
pub(crate) struct World {
    pub(crate) server: TestServer,
    /// The key of the administrator who creates and restores everything, and reads everything.
    pub(crate) root: String,
    /// The properties of that administrator.
    pub(crate) administrator: Fields,
    /// All other users.
    pub(crate) users: Vec<User>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = TestServer::start().await;
        let root = server.key_of("test").await;
        let administrator = object(server.send(&root, "GET", "crud/test", "").await.json());
        let mut world = Self { server, root, administrator, users: Vec::new() };
        for (name, role, public) in USERS {
            world.create_user(&plan(name, role, public)).await;
        }
        world.users = world.load().await;
        world
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// All objects as the administrator reads them, except the administrator itself.
    pub(crate) async fn load(&self) -> Vec<User> {
        let mut users = Vec::new();
        for (name, fields) in self.list("crud/?q=ls").await {
            if name == "test" {
                continue;
            }
            let mut devices = Vec::new();
            for (device, fields) in self.list(&format!("crud/{name}?q=ls")).await {
                let streams = self.list(&format!("crud/{name}/{device}?q=ls")).await;
                let streams = streams.into_iter().map(|(name, fields)| Stream { name, fields });
                devices.push(Device { name: device, fields, streams: streams.collect() });
            }
            users.push(User { name, fields, devices });
        }
        users
    }

    /// The names and fields of a list, sorted.
    async fn list(&self, path: &str) -> Vec<(String, Fields)> {
        let answer = self.server.send(&self.root, "GET", path, "").await;
        let Value::Array(list) = answer.json() else { panic!("{path}: {answer:?}") };
        let entries = list.into_iter().map(|entry| match entry {
            Value::Object(fields) => (text(&fields, "name").to_owned(), fields),
            other => panic!("{path}: {other}"),
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    }

    /// Creates a user with all its devices and streams, as they are described.
    pub(crate) async fn create_user(&self, user: &User) {
        let mut body = user.fields.clone();
        // Otherwise it could not have public devices.
        body.insert("public".to_owned(), true.into());
        body.insert("password".to_owned(), user.name.clone().into());
        let others = user.devices.iter().filter(|device| !device.is_builtin());
        let devices = others.map(|device| (device.name.clone(), device_tree(device)));
        body.insert("devices".to_owned(), Value::Object(devices.collect()));
        if let Some(device) = user.device("user") {
            body.insert("streams".to_owned(), stream_trees(device));
        }
        let path = format!("crud/{}", user.name);
        self.must("POST", &path, &body.into()).await;
        if let Some(device) = user.device("user") {
            let key = json!({"apikey": device.fields["apikey"]});
            self.must("PUT", &format!("{path}/user"), &key).await;
        }
        if !user.is_public() {
            self.must("PUT", &path, &json!({"public": false})).await;
        }
    }

    /// Creates a device with its streams, as they are described.
    pub(crate) async fn create_device(&self, user: &User, device: &Device) {
        let path = format!("crud/{}/{}", user.name, device.name);
        self.while_public(user, "POST", &path, &device_tree(device)).await;
    }

    /// Makes a device public again, or private.
    pub(crate) async fn restore_public(&self, user: &User, device: &Device) {
        let path = format!("crud/{}/{}", user.name, device.name);
        let body = json!({"public": device.fields["public"]});
        self.while_public(user, "PUT", &path, &body).await;
    }

    /// Makes a request while a user is public: devices of private users cannot become public.
    async fn while_public(&self, user: &User, method: &str, path: &str, body: &Value) {
        let owner = format!("crud/{}", user.name);
        self.must("PUT", &owner, &json!({"public": true})).await;
        self.must(method, path, body).await;
        self.must("PUT", &owner, &json!({"public": user.fields["public"]})).await;
    }

    /// Inserts into all streams and downlinks.
    pub(crate) async fn fill(&self) {
        for user in &self.users {
            for device in &user.devices {
                for stream in &device.streams {
                    self.insert_as_owner(user, device, stream).await;
                    if stream.is_downlink() {
                        let path = format!("crud/{}/{}/{}", user.name, device.name, stream.name);
                        self.must("POST", &format!("{path}/data"), &json!([{"t": 2, "d": 2}]))
                            .await;
                    }
                }
            }
        }
    }

    /// Inserts a datapoint as the device that owns a stream. Returns whether it can: the device may
    /// belong to a user who may do nothing, and nobody logs in as `meta`.
    pub(crate) async fn insert_as_owner(
        &self,
        user: &User,
        device: &Device,
        stream: &Stream,
    ) -> bool {
        if user.role() == "nobody" || device.name == "meta" {
            return false;
        }
        let path = format!("crud/{}/{}/{}/data", user.name, device.name, stream.name);
        let answer = self.server.send(device.key(), "PUT", &path, r#"[{"t":1,"d":1}]"#).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        true
    }

    /// Makes a request of the administrator that has to succeed.
    pub(crate) async fn must(&self, method: &str, path: &str, body: &Value) {
        let answer = self.server.send(&self.root, method, path, &body.to_string()).await;
        assert_eq!(answer.status, 200, "{method} {path} {body}: {answer:?}");
    }
}

/// A user before it is created, with the properties that matter.
fn plan(name: &str, role: &str, public: bool) -> User {
    let has_further = ["ordinary", "chief"].contains(&name);
    let further = FURTHER_DEVICES.iter().filter(|_| has_further);
    let devices = DEVICES.iter().chain(further).chain([&("user", "user", false)]);
    let devices = devices.map(|(device, role, public)| Device {
        name: (*device).to_owned(),
        fields: object(
            json!({"apikey": format!("{name}-{device}"), "role": role, "public": public}),
        ),
        streams: STREAMS.iter().map(|(name, downlink)| plan_stream(name, *downlink)).collect(),
    });
    let email = format!("{name}@example.com");
    User {
        name: name.to_owned(),
        fields: object(json!({"email": email, "role": role, "public": public})),
        devices: devices.collect(),
    }
}

fn plan_stream(name: &str, downlink: bool) -> Stream {
    Stream { name: name.to_owned(), fields: object(json!({"downlink": downlink})) }
}

fn object(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is not an object"),
    }
}

fn device_tree(device: &Device) -> Value {
    let mut body = device.fields.clone();
    body.insert("streams".to_owned(), stream_trees(device));
    body.into()
}

fn stream_trees(device: &Device) -> Value {
    let streams = device.streams.iter();
    let streams = streams.map(|stream| (stream.name.clone(), stream.fields.clone().into()));
    Value::Object(streams.collect())
}
