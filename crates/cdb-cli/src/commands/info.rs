//! `cdb info`

use std::future::IntoFuture;

use clap::Args;
use connectordb::types::endpoint::{Json, ReadSession};
use connectordb::types::session::Durability;
use connectordb::types::summary::{
    BooleanStatistics, KeyStatistics, NumberStatistics, StringStatistics,
};
use connectordb::{ConnectorDb, Object, Statistics};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Result;
use crate::connect::{Server, object};
use crate::output::{Output, print_json, shortened, table, time};
use crate::times::span;

/// How many of the most frequent strings are shown.
const MAX_STRINGS: usize = 5;

/// A longer value is cut, in characters.
const MAX_VALUE_CHARS: usize = 40;

/// Show the properties of a user, a device or a stream, or of the server if no path is given. Of a stream,
/// also show what it holds.
///
/// `enabled` of a device is a status that the device itself reports, not a lock. To lock a device out,
/// give it a new key: `cdb set me/phone apikey=`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb info\n  cdb info temperature\n  cdb info me/")]
pub(crate) struct Info {
    /// The path of a user (with a slash at the end), a device or a stream.
    path: Option<String>,
}

impl Info {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let cdb = server.connect().await?;
        let info = match self.path {
            None => {
                let info = cdb.info().await?;
                let mut shown = json!({
                    "version": info.version,
                    "you": cdb.path(),
                    "transforms": info.transforms.keys().collect::<Vec<_>>(),
                    "interpolators": info.interpolators.keys().collect::<Vec<_>>(),
                });
                if let Some(durability) = durability(&cdb).await? {
                    shown["durability"] = value(&durability)?;
                }
                shown
            }
            Some(path) => match object(&cdb, &path)? {
                Object::User(user) => value(&user.refresh().await?)?,
                Object::Device(device) => {
                    let mut info = value(&device.refresh().await?)?;
                    // Hidden on the screen; `--json` prints it.
                    if !output.json
                        && let Some(key) = info.get_mut("apikey")
                    {
                        *key = json!("(hidden)");
                    }
                    if !output.json
                        && let Some(enabled) = info.get_mut("enabled")
                    {
                        *enabled = json!(format!("{enabled} (a status, not a lock)"));
                    }
                    info
                }
                Object::Stream(stream) => {
                    let (info, statistics) =
                        tokio::join!(stream.refresh(), stream.statistics().into_future());
                    let mut info = value(&info?)?;
                    if !output.json
                        && let Some(keep) = info.get_mut("keep")
                    {
                        *keep = json!(span(keep.as_f64().unwrap_or_default()));
                    }
                    match (statistics, output.json) {
                        (Ok(statistics), true) => info["statistics"] = value(&statistics)?,
                        (Ok(statistics), false) => describe(&statistics, &mut info),
                        // The data may not be read, or is damaged; the properties are known.
                        (Err(error), true) => {
                            info["statistics"] = json!({"error": error.to_string()})
                        }
                        (Err(error), false) => info["datapoints"] = json!(error.to_string()),
                    }
                    info
                }
            },
        };
        if output.json {
            return print_json(&info);
        }
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        };
        let rows = info.as_object().into_iter().flatten();
        table(&rows.map(|(key, value)| vec![key.clone(), text(value)]).collect::<Vec<_>>())
    }
}

/// When the server answers inserts; `None` if it does not say, like the original server.
async fn durability(cdb: &ConnectorDb) -> Result<Option<Durability>> {
    match cdb.call(&ReadSession).await {
        Ok(Json(session)) => Ok(session.durability),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Adds what a stream holds to its properties, as text.
fn describe(statistics: &Statistics, info: &mut Value) {
    info["datapoints"] = json!(statistics.count);
    for (name, end) in [("first", &statistics.first), ("last", &statistics.last)] {
        if let Some(end) = end {
            let value = shortened(&end.d, MAX_VALUE_CHARS);
            info[name] = json!(format!("{value}, {}", time(end.t.as_secs_f64())));
        }
    }
    for (key, values) in &statistics.keys {
        let row = if key.is_empty() { "values".to_owned() } else { format!("values of {key}") };
        info[row] = json!(kinds(values).join("; "));
    }
}

/// What kinds of values there are.
fn kinds(values: &KeyStatistics) -> Vec<String> {
    let mut kinds = Vec::new();
    if let Some(NumberStatistics { count, min, max, mean, .. }) = values.number {
        kinds.push(format!("{count} numbers from {min} to {max}, mean {mean}"));
    }
    if let Some(BooleanStatistics { count, is_true, .. }) = values.boolean {
        kinds.push(format!("{count} booleans, {is_true} true"));
    }
    if let Some(StringStatistics { count, distinct, .. }) = &values.string {
        let most = distinct.iter().flatten().take(MAX_STRINGS);
        let most: Vec<_> = most
            .map(|(text, times)| format!("{} {times}×", shortened(&json!(text), MAX_VALUE_CHARS)))
            .collect();
        let different = distinct.as_ref().map_or("many".to_owned(), |it| it.len().to_string());
        kinds.push(format!("{count} strings, {different} different: {}", most.join(", ")));
    }
    for (count, word) in
        [(values.null, "nulls"), (values.array, "arrays"), (values.object, "objects")]
    {
        kinds.extend(count.map(|it| format!("{} {word}", it.count)));
    }
    kinds
}

fn value(info: &impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(info)?)
}
