//! `cdb info`

use clap::Args;
use connectordb::Object;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Result;
use crate::connect::{Server, object};
use crate::output::{Output, print_json, table};

/// Show the properties of a user, a device or a stream, or of the server if no path is given.
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
                json!({
                    "version": info.version,
                    "you": cdb.path(),
                    "transforms": info.transforms.keys().collect::<Vec<_>>(),
                    "interpolators": info.interpolators.keys().collect::<Vec<_>>(),
                })
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
                Object::Stream(stream) => value(&stream.refresh().await?)?,
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

fn value(info: &impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(info)?)
}
