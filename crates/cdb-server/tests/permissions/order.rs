//! A caller without permission learns only that, whatever else is wrong with the request: neither
//! its script nor its body is looked at.

use serde_json::json;

use crate::commands::Commands;
use crate::expected::Expected;
use crate::reading;
use crate::rights::{Kind, Relation, Rights};
use crate::run::{Request, Run};
use crate::view::Unseen;
use crate::writing;

/// A script that cannot be compiled.
const BAD_SCRIPT: &str = "zork";

/// A body that is not JSON.
const BAD_BODY: &str = "{";

/// Reads, queries and subscribes with a script that is not valid, and inserts what is not JSON.
pub(crate) async fn check_data(
    run: &mut Run<'_>,
    commands: &mut Commands,
    [user, device, stream]: [&str; 3],
) {
    let path = format!("{user}/{device}/{stream}");
    if let Err(refused) = reading::access(&run.view, [user, device, stream], false) {
        let data = Request::get(format!("crud/{path}/data?i1=0&transform={BAD_SCRIPT}"));
        let bad = json!({"stream": path, "transform": BAD_SCRIPT});
        let merge = Request::new("POST", "query/merge", json!([bad]).to_string());
        let column = json!({"y": {"stream": path, "interpolator": BAD_SCRIPT}});
        let dataset =
            json!({"t1": 1, "t2": 4, "dt": 1, "dataset": column, "posttransform": BAD_SCRIPT});
        let dataset = Request::new("POST", "query/dataset", dataset.to_string());
        let requests = [("read data", data), ("merge", merge), ("dataset", dataset)];
        for (operation, request) in requests {
            let operation = format!("{operation} with a bad script");
            run.check(&path, &operation, &request, &refused).await;
        }
        let subscribe = json!({"cmd": "subscribe", "arg": path, "transform": BAD_SCRIPT});
        let answer = commands.send(subscribe).await;
        run.compare(&path, "subscribe with a bad script", &refused, &answer);
    }
    for to_downlink in [false, true] {
        let destination = writing::destination(&run.view, [user, device, stream], to_downlink);
        if let Err(refused) = destination {
            let parameter = if to_downlink { "?downlink=true" } else { "" };
            let request = Request::new("POST", format!("crud/{path}/data{parameter}"), BAD_BODY);
            run.check(&path, &format!("insert no JSON {parameter}"), &request, &refused).await;
        }
    }
    if let Err(refused) = writing::correction(&run.view, [user, device, stream]) {
        for (method, parameters) in [("PATCH", "i1=0"), ("POST", "q=merge")] {
            let url = format!("crud/{path}/data?{parameters}");
            let request = Request::new(method, url, BAD_BODY);
            let operation = format!("correct with {method} and no JSON");
            run.check(&path, &operation, &request, &refused).await;
        }
    }
    let rights = run.view.stream(user, device, stream).map(|seen| seen.rights);
    check_update(run, Kind::Stream, &path, rights).await;
}

/// Updates a device and creates a stream below it with what is not JSON.
pub(crate) async fn check_device(run: &mut Run<'_>, [user, device]: [&str; 2]) {
    let (path, stream) = (format!("{user}/{device}"), format!("{user}/{device}/created"));
    let rights = run.view.device(user, device).map(|seen| seen.rights);
    check_update(run, Kind::Device, &path, rights).await;
    check_creation(run, Kind::Stream, &stream, rights).await;
}

/// Updates a user and creates a device below it, or a user, with what is not JSON.
pub(crate) async fn check_user(run: &mut Run<'_>, name: &str) {
    let device = format!("{name}/created");
    let rights = run.view.user(name).map(|seen| seen.rights);
    check_update(run, Kind::User, name, rights).await;
    check_creation(run, Kind::Device, &device, rights).await;
    let creates = |relation| run.view.rights(relation).creates(Kind::User);
    if !creates(Relation::Public) && !creates(Relation::Private) {
        let denied = Expected::denied("You do not have permissions necessary to create a user.");
        check_body(run, "POST", "created", &denied).await;
    }
}

/// Updates an object of which the caller may write nothing.
async fn check_update(run: &mut Run<'_>, kind: Kind, path: &str, rights: Result<&Rights, Unseen>) {
    let refused = match rights {
        Ok(rights) if rights.writes_any_field(kind) => return,
        Ok(_) => Expected::denied("Can't access this resource."),
        Err(unseen) => unseen.when_changing(),
    };
    check_body(run, "PUT", path, &refused).await;
}

/// Creates an object where the caller may not create it.
async fn check_creation(
    run: &mut Run<'_>,
    kind: Kind,
    path: &str,
    rights: Result<&Rights, Unseen>,
) {
    let refused = match rights {
        Ok(rights) if rights.creates(kind) => return,
        Ok(_) => Expected::denied("Can't access this resource."),
        Err(unseen) => unseen.when_changing(),
    };
    check_body(run, "POST", path, &refused).await;
}

async fn check_body(run: &mut Run<'_>, method: &'static str, path: &str, refused: &Expected) {
    let request = Request::new(method, format!("crud/{path}"), BAD_BODY);
    run.check(path, &format!("{method} no JSON"), &request, refused).await;
}
