//! What is done with a user, and below it.

use serde_json::{Value, json};

use crate::expected::{ANY_TEXT, Expected};
use crate::rights::Kind;
use crate::run::{Request, Run};
use crate::updates::{self, Subject, UNKNOWN};
use crate::view::{Seen, Unseen, View, readable};
use crate::world::{Device, Fields, Stream, User};

/// The device that is created.
const NEW: &str = "created";

/// Reads and lists, changes, creates below, and deletes one user.
pub(crate) async fn check(run: &mut Run<'_>, name: &str) {
    read(run, name).await;
    end_session(run, name).await;
    update(run, name).await;
    create_devices(run, name).await;
    delete(run, name).await;
}

/// Reads a user and lists what belongs to it.
pub(crate) async fn read(run: &mut Run<'_>, name: &str) {
    let view = run.view;
    let url = format!("crud/{name}");
    let expected = match view.user(name) {
        Ok(Seen { object, rights }) => {
            Expected::Json(readable(Kind::User, &object.fields, rights).into())
        }
        Err(unseen) => unseen.when_reading(),
    };
    run.check(name, "read", &Request::get(&url), &expected).await;
    let devices = list(&view, name, Kind::Device, |user| {
        let seen = user.devices.iter().filter_map(|device| {
            let rights = view.on_device(user, device);
            let shown = || readable(Kind::Device, &device.fields, rights).into();
            rights.sees(Kind::Device).then(shown)
        });
        seen.collect()
    });
    for query in ["ls", "devices"] {
        let request = Request::get(format!("{url}?q={query}"));
        run.check(name, &format!("list {query}"), &request, &devices).await;
    }
    for filter in ["", "public", "downlink", "visible"] {
        let streams = list(&view, name, Kind::Stream, |user| {
            let all = user
                .devices
                .iter()
                .flat_map(|device| device.streams.iter().map(move |stream| (device, stream)));
            let seen = all.filter(|(device, stream)| {
                let sees = view.on_device(user, device).sees(Kind::Stream);
                sees && passes(filter, device, stream)
            });
            seen.map(|(device, stream)| with_device(stream, device)).collect()
        });
        let parameter = if filter.is_empty() { String::new() } else { format!("&{filter}=true") };
        let request = Request::get(format!("{url}?q=streams{parameter}"));
        run.check(name, &format!("list streams {filter}"), &request, &streams).await;
    }
}

/// Ends a session that does not exist, which is told only those who see the sessions of the user.
async fn end_session(run: &mut Run<'_>, name: &str) {
    let expected = match run.view.user(name) {
        Ok(seen) if seen.rights.writes(Kind::User, "password") => {
            Expected::refused(404, "not_found", "The requested session was not found.")
        }
        Ok(_) => {
            let msg = "Only those who may change the password of a user see its sessions.";
            Expected::denied(msg)
        }
        Err(unseen) => unseen.when_reading(),
    };
    let request = Request::new("DELETE", format!("sessions/0?user={name}"), "");
    run.check(name, "end a session", &request, &expected).await;
}

/// The answer to listing what belongs to a user.
fn list(
    view: &View<'_>,
    name: &str,
    kind: Kind,
    entries: impl Fn(&User) -> Vec<Value>,
) -> Expected {
    match view.user(name) {
        Ok(Seen { object, rights }) if rights.lists(kind) => Expected::Json(entries(object).into()),
        Ok(_) => Unseen::Hidden.when_reading(),
        Err(unseen) => unseen.when_reading(),
    }
}

fn passes(filter: &str, device: &Device, stream: &Stream) -> bool {
    match filter {
        "public" => device.is_public(),
        "downlink" => stream.is_downlink(),
        "visible" => device.fields["visible"] == true,
        _ => true,
    }
}

fn with_device(stream: &Stream, device: &Device) -> Value {
    let mut fields = stream.fields.clone();
    fields.insert("device".to_owned(), device.name.clone().into());
    fields.into()
}

async fn update(run: &mut Run<'_>, name: &str) {
    let user = run.world().user(name);
    let subject = Subject {
        kind: Kind::User,
        path: name.to_owned(),
        fields: user.map(|user| &user.fields),
        rights: run.view.user(name).map(|seen| seen.rights),
    };
    let roles = &run.view.tables.user_roles;
    updates::check(run, &subject, |field, value| {
        let user = user?;
        let role = if field == "role" { value.as_str()? } else { user.role() };
        let public = if field == "public" { value == true } else { user.is_public() };
        match roles.get(role) {
            None => Some(format!("The given role '{role}' does not exist")),
            Some(role) if !public && !role.may_be_private => {
                Some("User can't be private.".to_owned())
            }
            Some(_) => None,
        }
    })
    .await;
}

/// Creates devices of each role, public ones, and one that exists.
async fn create_devices(run: &mut Run<'_>, name: &str) {
    let roles = ["none", "", "reader", "writer", "user", UNKNOWN];
    let roles = roles.map(|role| json!({"role": role}));
    for body in [json!({}), json!({"public": true})].into_iter().chain(roles) {
        let expected = created_device(run, name, &body);
        let url = format!("crud/{name}/{NEW}");
        let operation = format!("create a device {body}");
        let request = Request::new("POST", &url, body.to_string());
        if run.check(name, &operation, &request, &expected).await {
            let state = Expected::Json(new_device(run, &body).into());
            let answer = run.as_root(&Request::get(&url)).await;
            run.compare(name, &format!("state after: {operation}"), &state, &answer);
            run.world().must("DELETE", &url, &Value::Null).await;
        }
    }
    let expected = match created_device(run, name, &json!({})) {
        Expected::Json(_) => {
            Expected::refused(403, "exists", "Device with this name already exists")
        }
        refused => refused,
    };
    let request = Request::new("POST", format!("crud/{name}/shut"), "{}");
    run.check(name, "create a device that exists", &request, &expected).await;
}

fn created_device(run: &Run<'_>, name: &str, body: &Value) -> Expected {
    let (user, rights) = match run.view.user(name) {
        Ok(Seen { object, rights }) => (object, rights),
        Err(unseen) => return unseen.when_changing(),
    };
    if !rights.creates(Kind::Device) {
        return Expected::denied("Can't access this resource.");
    }
    if body["role"] == UNKNOWN {
        return Expected::invalid(format!("Could not find device role '{UNKNOWN}'"));
    }
    if body["public"] == true && !user.is_public() {
        return Expected::invalid("Can't make private user have public device");
    }
    let fields = new_device(run, body);
    let device = Device { name: NEW.to_owned(), fields, streams: Vec::new() };
    let rights = run.view.on_device(user, &device);
    Expected::Json(readable(Kind::Device, &device.fields, rights).into())
}

/// All properties of a device that the caller has created.
fn new_device(run: &Run<'_>, body: &Value) -> Fields {
    let defaults = json!({
        "name": NEW, "nickname": "", "description": "", "icon": "", "apikey": ANY_TEXT,
        "enabled": true, "public": false, "visible": true, "user_editable": true,
        "role": run.view.tables.user_roles[run.view.user_role()].new_device_role,
    });
    merged(&defaults, body)
}

/// An object with the keys of both, and the values of the second where both have one.
pub(crate) fn merged(defaults: &Value, given: &Value) -> Fields {
    let objects = [defaults, given].into_iter().filter_map(Value::as_object).flatten();
    objects.map(|(key, value)| (key.clone(), value.clone())).collect()
}

async fn delete(run: &mut Run<'_>, name: &str) {
    let expected = match run.view.user(name) {
        Ok(seen) if seen.rights.deletes(Kind::User) => Expected::ok(),
        Ok(_) => Expected::denied("You do not have permissions necessary to delete this user."),
        Err(unseen) => unseen.when_changing(),
    };
    let url = format!("crud/{name}");
    if run.check(name, "delete", &Request::new("DELETE", &url, ""), &expected).await {
        let answer = run.as_root(&Request::get(&url)).await;
        run.compare(name, "state after delete", &Unseen::Hidden.when_reading(), &answer);
        if let Some(user) = run.world().user(name) {
            run.world().create_user(user).await;
        }
    }
}
