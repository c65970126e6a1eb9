//! What is asked of the server as a whole, and the creation of users.

use serde_json::{Value, json};

use crate::expected::Expected;
use crate::rights::{Kind, Relation, Rights};
use crate::run::{Request, Run};
use crate::updates::UNKNOWN;
use crate::users::merged;
use crate::view::readable;
use crate::world::{Fields, User};

/// The user that is created.
const NEW: &str = "created";

/// Asks who the caller is, counts and lists.
pub(crate) async fn read(run: &mut Run<'_>) {
    let name = match run.view.caller {
        Some((user, device)) => format!("{}/{}", user.name, device.name),
        None => "nobody".to_owned(),
    };
    let version = Expected::Text("0.3.0".to_owned());
    run.check("server", "version", &Request::get("meta/version"), &version).await;
    run.check("server", "this", &Request::get("?q=this"), &Expected::Text(name)).await;
    let users = &run.world().users;
    let devices = users.iter().flat_map(|user| &user.devices);
    let streams = devices.clone().flat_map(|device| &device.streams);
    // The administrator has two devices and its log.
    let counts = [
        ("users", users.len() + 1),
        ("devices", devices.count() + 2),
        ("streams", streams.count() + 1),
    ];
    for (counted, number) in counts {
        let expected = if run.view.may_count() {
            Expected::Text(number.to_string())
        } else {
            Expected::denied(format!("Don't have permissions necessary to count {counted}"))
        };
        let request = Request::get(format!("?q=count{counted}"));
        run.check("server", &format!("count {counted}"), &request, &expected).await;
    }
    let expected = listed_users(run);
    run.check("server", "list users", &Request::get("crud/?q=ls"), &expected).await;
}

fn listed_users(run: &Run<'_>) -> Expected {
    let others = run.view.rights(Relation::Private);
    if !others.lists(Kind::User) {
        let msg = "You do not have permissions necessary to list users.";
        return Expected::refused(404, "denied", msg);
    }
    let shown = |fields: &Fields, rights: &Rights| -> Option<Value> {
        rights.sees(Kind::User).then(|| readable(Kind::User, fields, rights).into())
    };
    let users = run.world().users.iter();
    let users = users.filter_map(|user| shown(&user.fields, run.view.on_user(user)));
    users.chain(shown(&run.world().administrator, others)).collect::<Vec<_>>().into()
}

impl From<Vec<Value>> for Expected {
    fn from(list: Vec<Value>) -> Self {
        Self::Json(list.into())
    }
}

/// Creates users of each role, public and private, and one that exists.
pub(crate) async fn create_users(run: &mut Run<'_>) {
    let flags = [json!({}), json!({"public": true}), json!({"public": false})];
    for flags in flags {
        for role in [None, Some("user"), Some("admin"), Some("nobody"), Some(UNKNOWN)] {
            let mut body = merged(&json!({"email": "created@example.com"}), &flags);
            body.extend(role.map(|role| ("role".to_owned(), role.into())));
            create_user(run, &body).await;
        }
    }
    let expected = match created_user(run, &Fields::new()) {
        Expected::Json(_) => {
            Expected::refused(403, "exists", "User with this email or username already exists")
        }
        refused => refused,
    };
    for name in ["open", "closed"] {
        let body = json!({"email": "created@example.com", "password": "any"}).to_string();
        let request = Request::new("POST", format!("crud/{name}"), body);
        run.check("server", "create a user that exists", &request, &expected).await;
    }
}

async fn create_user(run: &mut Run<'_>, properties: &Fields) {
    let expected = created_user(run, properties);
    let mut body = properties.clone();
    body.insert("password".to_owned(), "any".into());
    let body = Value::from(body).to_string();
    let url = format!("crud/{NEW}");
    let operation = format!("create a user {body}");
    if run.check("server", &operation, &Request::new("POST", &url, body), &expected).await {
        let state = Expected::Json(new_user(properties).into());
        let answer = run.as_root(&Request::get(&url)).await;
        run.compare("server", &format!("state after: {operation}"), &state, &answer);
        run.world().must("DELETE", &url, &Value::Null).await;
    }
}

fn created_user(run: &Run<'_>, properties: &Fields) -> Expected {
    let user = User { name: NEW.to_owned(), fields: new_user(properties), devices: Vec::new() };
    let rights = run.view.on_user(&user);
    if !rights.creates(Kind::User) {
        let msg = "You do not have permissions necessary to create a user.";
        return Expected::denied(msg);
    }
    let role = user.role();
    if role != run.view.user_role() && !rights.writes(Kind::User, "role") {
        let msg = "Don't have permission to create user with different role than creator";
        return Expected::denied(msg);
    }
    match run.view.tables.user_roles.get(role) {
        None => Expected::invalid(format!("The given role '{role}' does not exist")),
        Some(rules) if !user.is_public() && !rules.may_be_private => {
            Expected::invalid(format!("Users with role '{role}' can't be private."))
        }
        Some(_) => Expected::Json(readable(Kind::User, &user.fields, rights).into()),
    }
}

/// All properties of a user that was created.
fn new_user(properties: &Fields) -> Fields {
    let defaults = json!({
        "name": NEW, "nickname": "", "email": "", "description": "", "icon": "",
        "role": "user", "public": true,
    });
    merged(&defaults, &properties.clone().into())
}
