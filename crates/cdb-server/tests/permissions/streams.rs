//! What is done with a stream, except with its data.

use crate::expected::Expected;
use crate::rights::Kind;
use crate::run::{Request, Run};
use crate::updates::{self, Subject};
use crate::view::Unseen;

/// Reads, changes and deletes one stream.
pub(crate) async fn check(run: &mut Run<'_>, names: [&str; 3]) {
    read(run, names).await;
    update(run, names).await;
    delete(run, names).await;
}

/// Reads a stream. A caller that sees a stream reads all its properties.
pub(crate) async fn read(run: &mut Run<'_>, [user, device, stream]: [&str; 3]) {
    let path = format!("{user}/{device}/{stream}");
    let expected = match run.view.stream(user, device, stream) {
        Ok(seen) => Expected::Json(seen.object.fields.clone().into()),
        Err(unseen) => unseen.when_reading(),
    };
    run.check(&path, "read", &Request::get(format!("crud/{path}")), &expected).await;
}

async fn update(run: &mut Run<'_>, [user, device, stream]: [&str; 3]) {
    let rights = run.view.stream(user, device, stream).map(|seen| seen.rights);
    let owner = run.world().user(user).and_then(|user| user.device(device));
    let existing = owner.and_then(|device| device.stream(stream));
    let subject = Subject {
        kind: Kind::Stream,
        path: format!("{user}/{device}/{stream}"),
        fields: existing.map(|stream| &stream.fields),
        rights,
    };
    updates::check(run, &subject, |_, _| None).await;
}

async fn delete(run: &mut Run<'_>, [user, device, stream]: [&str; 3]) {
    let path = format!("{user}/{device}/{stream}");
    let expected = match run.view.stream(user, device, stream) {
        Ok(seen) if seen.rights.deletes(Kind::Stream) => Expected::ok(),
        Ok(_) => Expected::denied("Can't access this resource."),
        Err(unseen) => unseen.when_changing(),
    };
    let url = format!("crud/{path}");
    let deleted = run.check(&path, "delete", &Request::new("DELETE", &url, ""), &expected).await;
    // The log of a user is created again when the deletion is written to it.
    if deleted && stream != "log" {
        let answer = run.as_root(&Request::get(&url)).await;
        run.compare(&path, "state after delete", &Unseen::Hidden.when_reading(), &answer);
        let owner = run.world().user(user).and_then(|user| user.device(device));
        if let Some(stream) = owner.and_then(|device| device.stream(stream)) {
            run.world().must("POST", &url, &stream.fields.clone().into()).await;
        }
    }
}
