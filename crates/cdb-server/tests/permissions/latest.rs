//! The last datapoints of many streams.

use serde_json::{Value, json};

use crate::expected::Expected;
use crate::reading;
use crate::rights::{Kind, RELATIONS};
use crate::run::{Request, Run};
use crate::view::Unseen;

/// Asks for a stream, for its device, and for its user.
pub(crate) async fn check(run: &mut Run<'_>, [user, device, stream]: [&str; 3]) {
    let view = run.view;
    let lists_device = view.device(user, device).is_ok_and(|seen| seen.rights.lists(Kind::Stream));
    let lists_user = view.user(user).is_ok_and(|seen| seen.rights.lists(Kind::Stream));
    for (path, lists) in [
        (format!("{user}/{device}/{stream}"), true),
        (format!("{user}/{device}"), lists_device),
        (user.to_owned(), lists_user),
    ] {
        let body = json!([path, "no/such/stream"]).to_string();
        let request = Request::new("POST", "query/latest", &body);
        let all: Vec<Value> =
            run.as_root(&request).await.json().as_array().cloned().unwrap_or_default();
        let may_read = |latest: &Value| {
            let path: Vec<_> = latest["stream"].as_str().unwrap_or_default().split('/').collect();
            let [user, device, stream] = path[..] else { return false };
            lists && reading::access(&view, [user, device, stream], false).is_ok()
        };
        let reads_some = |relation| {
            let rights = view.rights(relation);
            rights.reads_data(false) || rights.reads_data(true)
        };
        let expected = match RELATIONS.into_iter().any(reads_some) {
            true => Expected::Json(all.into_iter().filter(may_read).collect()),
            false => Unseen::Hidden.when_changing(),
        };
        run.check(&path, "latest", &request, &expected).await;
    }
}
