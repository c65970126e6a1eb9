//! Merges and datasets over streams.

use serde_json::{Value, json};

use crate::expected::Expected;
use crate::reading;
use crate::run::{Request, Run};

/// Queries over a stream and its downlink. A caller that may read them gets the same answers as the
/// administrator.
pub(crate) async fn check(run: &mut Run<'_>, names: [&str; 3]) {
    let path = names.join("/");
    for of_downlink in [false, true] {
        let access = reading::access(&run.view, names, of_downlink);
        let stream = if of_downlink { format!("{path}/downlink") } else { path.clone() };
        for (operation, query, body) in queries(&stream) {
            check_query(run, &path, operation, &Request::new("POST", query, body), &access).await;
        }
        let Some((user, device)) = run.view.caller else { continue };
        let own = [user.name.as_str(), device.name.as_str(), "plain"];
        let both = reading::access(&run.view, own, false).and(access);
        let body = json!([{"stream": own.join("/")}, {"stream": stream}]).to_string();
        let operation = "merge with a stream of the caller";
        check_query(run, &path, operation, &Request::new("POST", "query/merge", body), &both).await;
    }
}

async fn check_query(
    run: &mut Run<'_>,
    path: &str,
    operation: &str,
    request: &Request,
    access: &Result<(), Expected>,
) {
    let expected = match access {
        Ok(()) => run.same_as_root(request).await,
        Err(refused) => refused.clone(),
    };
    run.check(path, &format!("{operation} {}", request.body), request, &expected).await;
}

/// The stream in each place of a query.
fn queries(stream: &str) -> [(&'static str, &'static str, String); 5] {
    let column = json!({"y": {"stream": stream, "interpolator": "closest"}});
    let merged = json!({"y": {"merge": [{"stream": stream}], "interpolator": "closest"}});
    let times = |columns: &Value| json!({"t1": 1, "t2": 4, "dt": 1, "dataset": columns});
    let merge = ("merge", "query/merge", json!([{"stream": stream}]));
    let dataset = |operation, body| (operation, "query/dataset", body);
    let bodies = [
        merge,
        dataset("dataset by time", times(&column)),
        dataset("dataset of a merge", times(&merged)),
        dataset("dataset along the stream", json!({"stream": stream, "dataset": column})),
        dataset("dataset along a merge", json!({"merge": [{"stream": stream}], "dataset": column})),
    ];
    bodies.map(|(operation, query, body)| (operation, query, body.to_string()))
}
