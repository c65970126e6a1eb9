//! `cdb set`

use std::time::Duration;

use clap::Args;
use connectordb::types::Update;
use connectordb::{DeviceUpdate, Object, StreamUpdate, UserUpdate};
use serde_json::{Map, Value};

use crate::connect::Server;
use crate::output::Output;
use crate::{Result, times};

/// Change properties of a user, a device or a stream.
///
/// `cdb info` shows the names of the properties. The values `true` and `false` are booleans; any
/// other value is a string, apart from that of `keep`: for how long a stream keeps its datapoints, such as
/// `90 days`, or `0` for ever. Those that are older are deleted with later inserts.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cdb set temperature nickname=Temperature icon=material:sun\n  \
                        cdb set me/lamp public=true\n  cdb set temperature 'schema={\"type\":\"number\"}'\n  \
                        cdb set temperature keep='90 days'"
)]
pub(crate) struct Set {
    /// The path of the user, device or stream; a user's ends with a slash.
    path: String,

    /// The properties to change, with their new values.
    #[arg(required = true, value_name = "PROPERTY=VALUE")]
    changes: Vec<String>,
}

impl Set {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let mut changes = Map::new();
        for change in &self.changes {
            let (property, value) = change
                .split_once('=')
                .ok_or_else(|| format!("{change:?} has no \"=\": expected PROPERTY=VALUE"))?;
            let value = match value {
                text if property == "keep" => Value::from(seconds(text)?),
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => Value::from(text),
            };
            changes.insert(property.to_owned(), value);
        }
        let (_, object) = server.object(&self.path).await?;
        let done = format!("Changed {}.", self.path);
        match object {
            Object::User(user) => {
                output.say(&user.set(UserUpdate::from_object(changes)?).await?, &done)
            }
            Object::Device(device) => {
                output.say(&device.set(DeviceUpdate::from_object(changes)?).await?, &done)
            }
            Object::Stream(stream) => {
                if let Some(Value::String(schema)) = changes.get("schema") {
                    connectordb::Schema::parse(schema)?.validator()?;
                }
                output.say(&stream.set(StreamUpdate::from_object(changes)?).await?, &done)
            }
        }
    }
}

/// Parses for how long datapoints are kept, in whole seconds.
fn seconds(text: &str) -> Result<u64> {
    if text == "forever" {
        return Ok(0);
    }
    let seconds = times::parse_span(text)?.ceil();
    Ok(Duration::try_from_secs_f64(seconds).map_or(u64::MAX, |span| span.as_secs()))
}
