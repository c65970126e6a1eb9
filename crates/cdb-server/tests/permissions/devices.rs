//! What is done with a device, and below it.

use serde_json::{Value, json};

use crate::expected::Expected;
use crate::rights::Kind;
use crate::run::{Request, Run};
use crate::updates::{self, Subject, UNKNOWN};
use crate::users::merged;
use crate::view::{Seen, Unseen, readable};

/// The stream that is created.
const NEW: &str = "created";

/// Reads and lists, changes, creates below, and deletes one device.
pub(crate) async fn check(run: &mut Run<'_>, names: [&str; 2]) {
    read(run, names).await;
    update(run, names).await;
    create_streams(run, names).await;
    delete(run, names).await;
}

/// Reads a device and lists its streams.
pub(crate) async fn read(run: &mut Run<'_>, [user, device]: [&str; 2]) {
    let path = format!("{user}/{device}");
    let (read, list) = match run.view.device(user, device) {
        Ok(Seen { object, rights }) => {
            let streams: Vec<Value> =
                object.streams.iter().map(|stream| stream.fields.clone().into()).collect();
            let lists = rights.lists(Kind::Stream) && rights.sees(Kind::Stream);
            let hidden = Unseen::Hidden.when_reading();
            let read = Expected::Json(readable(Kind::Device, &object.fields, rights).into());
            (read, if lists { Expected::Json(streams.into()) } else { hidden })
        }
        Err(unseen) => (unseen.when_reading(), unseen.when_reading()),
    };
    run.check(&path, "read", &Request::get(format!("crud/{path}")), &read).await;
    for query in ["ls", "streams"] {
        let request = Request::get(format!("crud/{path}?q={query}"));
        run.check(&path, &format!("list {query}"), &request, &list).await;
    }
}

async fn update(run: &mut Run<'_>, [user, device]: [&str; 2]) {
    let rights = run.view.device(user, device).map(|seen| seen.rights);
    let owner = run.world().user(user);
    let existing = owner.and_then(|owner| owner.device(device));
    let subject = Subject {
        kind: Kind::Device,
        path: format!("{user}/{device}"),
        fields: existing.map(|device| &device.fields),
        rights,
    };
    updates::check(run, &subject, |field, value| match field {
        "role" if value == UNKNOWN => Some(format!("Could not find device role '{UNKNOWN}'")),
        "public" if value == true && owner.is_some_and(|owner| !owner.is_public()) => {
            Some("Can't make private user have public device".to_owned())
        }
        "apikey" if device == "meta" => Some("The meta device has no API key".to_owned()),
        _ => None,
    })
    .await;
}

/// Creates streams, and one that exists.
async fn create_streams(run: &mut Run<'_>, [user, device]: [&str; 2]) {
    let path = format!("{user}/{device}");
    let expected = |created: Expected| match run.view.device(user, device) {
        Ok(seen) if seen.rights.creates(Kind::Stream) => created,
        Ok(_) => Expected::denied("Can't access this resource."),
        Err(unseen) => unseen.when_changing(),
    };
    let existing = run.world().user(user).and_then(|user| user.device(device));
    let existing = existing.and_then(|device| device.streams.first());
    let exists = Expected::refused(403, "exists", "Stream with this name already exists");
    let recreated = existing.map(|stream| (&stream.name, expected(exists)));
    let created = [json!({}), json!({"downlink": true})].map(|body| {
        let defaults = json!({
            "name": NEW, "nickname": "", "description": "", "icon": "", "schema": "{}",
            "datatype": "", "ephemeral": false, "downlink": false,
        });
        let fields = Expected::Json(merged(&defaults, &body).into());
        (body, expected(fields.clone()), fields)
    });
    for (body, expected, state) in created {
        let url = format!("crud/{path}/{NEW}");
        let operation = format!("create a stream {body}");
        let request = Request::new("POST", &url, body.to_string());
        if run.check(&path, &operation, &request, &expected).await {
            let answer = run.as_root(&Request::get(&url)).await;
            run.compare(&path, &format!("state after: {operation}"), &state, &answer);
            run.world().must("DELETE", &url, &Value::Null).await;
        }
    }
    if let Some((stream, expected)) = recreated {
        let request = Request::new("POST", format!("crud/{path}/{stream}"), "{}");
        run.check(&path, "create a stream that exists", &request, &expected).await;
    }
}

async fn delete(run: &mut Run<'_>, [user, device]: [&str; 2]) {
    let path = format!("{user}/{device}");
    let expected = match run.view.device(user, device) {
        Ok(Seen { object, rights }) if rights.deletes(Kind::Device) && object.is_builtin() => {
            Expected::denied(format!("{device} device cannot be deleted"))
        }
        Ok(Seen { rights, .. }) if rights.deletes(Kind::Device) => Expected::ok(),
        Ok(_) => Expected::denied("Can't access this resource."),
        Err(unseen) => unseen.when_changing(),
    };
    let url = format!("crud/{path}");
    if run.check(&path, "delete", &Request::new("DELETE", &url, ""), &expected).await {
        let answer = run.as_root(&Request::get(&url)).await;
        run.compare(&path, "state after delete", &Unseen::Hidden.when_reading(), &answer);
        let owner = run.world().user(user);
        if let Some((owner, device)) = owner.and_then(|owner| Some((owner, owner.device(device)?)))
        {
            run.world().create_device(owner, device).await;
        }
    }
}
