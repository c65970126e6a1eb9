//! Subscriptions to the data of streams and of their downlinks.

use std::collections::BTreeSet;

use serde_json::json;

use crate::commands::Commands;
use crate::expected::Expected;
use crate::reading;
use crate::run::Run;
use crate::world::World;

/// Subscribes to all of these streams, then has datapoints inserted into each.
pub(crate) async fn check(run: &mut Run<'_>, streams: &[[&str; 3]]) {
    let mut commands = Commands::open(run.world(), run.key()).await;
    let (mut allowed, mut inserted) = (BTreeSet::new(), BTreeSet::new());
    for names in streams {
        for of_downlink in [false, true] {
            let path = path(*names, of_downlink);
            let subscribe = json!({"cmd": "subscribe", "arg": path});
            let access = reading::access(&run.view, *names, of_downlink);
            let expected = match access {
                Ok(()) => Expected::ok(),
                Err(refused) => refused,
            };
            let answer = commands.send(subscribe).await;
            run.compare(&path, "subscribe", &expected, &answer);
            if expected == Expected::ok() {
                allowed.insert(path);
            }
        }
    }
    for names in streams {
        inserted.extend(insert(run.world(), *names).await);
    }
    let expected = allowed.intersection(&inserted).cloned().collect();
    let received = commands.finish(&expected).await;
    for path in inserted {
        let operation = "is notified of an insert";
        run.compare_effect(&path, operation, &expected.contains(&path), &received.contains(&path));
    }
}

fn path(names: [&str; 3], of_downlink: bool) -> String {
    let path = names.join("/");
    if of_downlink { path + "/downlink" } else { path }
}

/// Inserts into the data and the downlink of a stream. Returns the paths of what was inserted into:
/// nothing can be inserted into a log, or into what does not exist.
async fn insert(world: &World, names: [&str; 3]) -> Vec<String> {
    let [user, device, stream] = names;
    let Some(user) = world.user(user) else { return Vec::new() };
    let Some(device) = user.device(device) else { return Vec::new() };
    let Some(stream) = device.stream(stream) else { return Vec::new() };
    let mut paths = Vec::new();
    let url = format!("crud/{}/data", path(names, false));
    if world.insert_as_owner(user, device, stream).await {
        paths.push(path(names, false));
    }
    if stream.is_downlink() {
        world.must("POST", &url, &json!([{"d": 2}])).await;
        paths.push(path(names, true));
    }
    paths
}
