//! Inserting into a stream and its downlink, correcting them, and clearing the downlink.

use serde_json::{Value, json};

use crate::commands::Commands;
use crate::expected::Expected;
use crate::rights::Kind;
use crate::run::{Request, Run};
use crate::view::{Seen, Unseen, View};

/// The arrays of a stream: its data, or the data of its downlink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Array {
    Data,
    Downlink,
}

const ARRAYS: [Array; 2] = [Array::Data, Array::Downlink];

impl Array {
    fn parameter(self) -> &'static str {
        if self == Self::Downlink { "&downlink=true" } else { "" }
    }
}

/// The array into which an insert goes, or how it is refused.
pub(crate) fn destination(
    view: &View<'_>,
    [user, device, stream]: [&str; 3],
    to_downlink: bool,
) -> Result<Array, Expected> {
    let denied = |array| {
        Expected::denied(match array {
            Array::Data => "Write access to stream data denied.",
            Array::Downlink => "Write access to stream downlink denied.",
        })
    };
    let array = |downlink| if downlink { Array::Downlink } else { Array::Data };
    let Seen { object, rights } = match view.stream(user, device, stream) {
        Ok(seen) => seen,
        Err(Unseen::Hidden) => return Err(denied(array(to_downlink))),
        Err(unseen) => return Err(unseen.when_changing()),
    };
    let owns = view.is(user, device);
    let downlink = to_downlink || (!owns && object.is_downlink());
    if !rights.writes_data(downlink) {
        return Err(denied(array(downlink)));
    }
    if downlink && !object.is_downlink() {
        return Err(Expected::invalid("The stream is not a downlink."));
    }
    Ok(array(downlink))
}

/// Inserts in all ways, then clears the downlink.
pub(crate) async fn check(run: &mut Run<'_>, commands: Option<&mut Commands>, names: [&str; 3]) {
    let path = names.join("/");
    let before = Lengths::read(run, &path).await;
    let mut stored: Vec<(Array, u64)> = Vec::new();
    let ways = [("POST", false), ("PUT", false), ("POST", true), ("PUT", true)];
    for (value, (method, to_downlink)) in (1..).zip(ways) {
        let destination = destination(&run.view, names, to_downlink);
        let parameter = if to_downlink { "?downlink=true" } else { "" };
        let url = format!("crud/{path}/data{parameter}");
        let request = Request::new(method, url, json!([{"d": value}]).to_string());
        let operation = format!("insert with {method} {parameter}");
        run.check(&path, &operation, &request, &expected(&destination)).await;
        stored.extend(destination.map(|array| (array, value)));
    }
    if let Some(commands) = commands {
        let value = 5;
        let destination = destination(&run.view, names, false);
        let insert = json!({"cmd": "insert", "arg": path, "d": [{"d": value}]});
        let answer = commands.send(insert).await;
        run.compare(&path, "insert over the websocket", &expected(&destination), &answer);
        stored.extend(destination.map(|array| (array, value)));
    }
    if let Some(before) = before {
        check_stored(run, names, before, &stored).await;
        correct(run, names).await;
        clear_downlink(run, names).await;
    }
}

/// How a correction is refused, if it is.
pub(crate) fn correction(
    view: &View<'_>,
    [user, device, stream]: [&str; 3],
) -> Result<(), Expected> {
    match view.stream(user, device, stream) {
        Ok(seen) if view.is(user, device) || seen.rights.deletes(Kind::Stream) => Ok(()),
        Ok(_) => Err(Expected::denied(
            "Only the stream's device and those who may delete it can correct its data.",
        )),
        Err(unseen) => Err(unseen.when_changing()),
    }
}

/// Replaces, sorts in, and deletes, so that nothing is different in the end.
async fn correct(run: &mut Run<'_>, names: [&str; 3]) {
    let ([user, device, stream], path) = (names, names.join("/"));
    let allowed = correction(&run.view, names);
    // Corrections of a log are noted in the log.
    if stream == "log" && allowed.is_ok() {
        return;
    }
    let Some(before) = Lengths::read(run, &path).await else { return };
    for (array, length) in ARRAYS.into_iter().zip([before.data, before.downlink]) {
        let is_downlink =
            run.view.stream(user, device, stream).is_ok_and(|seen| seen.object.is_downlink());
        let refused = match &allowed {
            Err(refused) => Some(refused.clone()),
            Ok(()) if array == Array::Downlink && !is_downlink => {
                Some(Expected::invalid("The stream is not a downlink."))
            }
            Ok(()) => None,
        };
        let data = format!("crud/{path}/data");
        let end = format!("i1={length}{}", array.parameter());
        let last = format!("i1=-2{}", array.parameter());
        let merge = format!("q=merge{}", array.parameter());
        let point = r#"[{"d":7}]"#;
        for (method, parameters, body, answer) in [
            ("PATCH", end, point, json!({"removed": 0, "inserted": 1, "length": length + 1})),
            ("POST", merge, point, json!({"inserted": 1, "length": length + 2})),
            ("DELETE", last, "", json!({"removed": 2, "length": length})),
        ] {
            let request = Request::new(method, format!("{data}?{parameters}"), body);
            let operation = format!("correct with {method} {parameters}");
            let expected = refused.clone().unwrap_or(Expected::Json(answer));
            run.check(&path, &operation, &request, &expected).await;
        }
    }
    let after = Lengths::read(run, &path).await;
    run.compare_effect(&path, "lengths after corrections", &Some(before), &after);
}

fn expected(destination: &Result<Array, Expected>) -> Expected {
    destination.clone().map_or_else(|refused| refused, |_| Expected::ok())
}

/// Whether each accepted datapoint is where it belongs, with the right origin, and nothing else.
async fn check_stored(
    run: &mut Run<'_>,
    names: [&str; 3],
    before: Lengths,
    stored: &[(Array, u64)],
) {
    let [user, device, _] = names;
    let path = names.join("/");
    let origin = run.view.caller.filter(|_| !run.view.is(user, device));
    let origin = origin.map(|(user, device)| format!("{}/{}", user.name, device.name));
    for (array, length) in ARRAYS.into_iter().zip([before.data, before.downlink]) {
        let url = format!("crud/{path}/data?i1={length}{}", array.parameter());
        let found = run.as_root(&Request::get(url)).await.json();
        let found = found.as_array().into_iter().flatten();
        let found: Vec<_> = found.map(|point| (point["d"].clone(), point["o"].clone())).collect();
        let expected = stored.iter().filter(|(destination, _)| *destination == array);
        let expected =
            expected.map(|(_, value)| (Value::from(*value), Value::from(origin.clone())));
        let expected: Vec<_> = expected.collect();
        let operation = format!("datapoints in {array:?} after all inserts");
        run.compare_effect(&path, &operation, &expected, &found);
    }
}

/// Deletes the data of the downlink alone, and restores a part of it.
async fn clear_downlink(run: &mut Run<'_>, names: [&str; 3]) {
    let ([user, device, stream], path) = (names, names.join("/"));
    let (expected, is_downlink) = match run.view.stream(user, device, stream) {
        Ok(seen) if seen.rights.deletes(Kind::Stream) => {
            (Expected::ok(), seen.object.is_downlink())
        }
        Ok(_) => (Expected::denied("Can't access this resource."), false),
        Err(unseen) => (unseen.when_changing(), false),
    };
    let before = Lengths::read(run, &path).await;
    let request = Request::new("DELETE", format!("crud/{path}?downlink=true"), "");
    let cleared = run.check(&path, "clear the downlink", &request, &expected).await;
    let expected = before.map(|before| match cleared {
        true => Lengths { downlink: 0, ..before },
        false => before,
    });
    let after = Lengths::read(run, &path).await;
    // Clearing the downlink of a log is noted in the log.
    if stream != "log" {
        run.compare_effect(&path, "lengths after clear the downlink", &expected, &after);
    }
    if cleared && is_downlink {
        let url = format!("crud/{path}/data?downlink=true");
        run.world().must("POST", &url, &json!([{"d": 0}])).await;
    }
}

/// How many datapoints each array has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lengths {
    data: u64,
    downlink: u64,
}

impl Lengths {
    /// `None` if the stream does not exist.
    async fn read(run: &Run<'_>, path: &str) -> Option<Self> {
        let mut lengths = [0; 2];
        for (array, length) in ARRAYS.into_iter().zip(&mut lengths) {
            let url = format!("crud/{path}/data?q=length{}", array.parameter());
            *length = run.as_root(&Request::get(url)).await.text.parse().ok()?;
        }
        let [data, downlink] = lengths;
        Some(Self { data, downlink })
    }
}
