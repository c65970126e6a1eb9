//! `cdb create`

use clap::Args;
use connectordb::{DeviceCreate, Object, Schema, StreamCreate, UserCreate};
use serde_json::json;

use super::secret;
use crate::Result;
use crate::connect::Server;
use crate::output::Output;

/// Create a stream, a device or a user.
///
/// STREAM or USER/DEVICE/STREAM creates a stream, USER/DEVICE a device, and USER/ a user. The key
/// of a new device is printed: the device logs in with it. The password of a new user is asked for
/// on a terminal, or read from standard input.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb create temperature --schema '{\"type\":\"number\"}'\n  \
                        cdb create me/lamp\n  cdb create me/lamp/light --downlink\n  \
                        cdb create you/ --email you@example.com")]
pub(crate) struct Create {
    /// The path of the new stream, device or user; a user's ends with a slash.
    path: String,

    /// The JSON Schema that the stream's values must match; by default any JSON matches.
    #[arg(long, value_name = "JSON")]
    schema: Option<String>,

    /// The datatype of the stream, such as `rating.stars`, which tells programs how to display its
    /// values.
    #[arg(long, value_name = "NAME")]
    datatype: Option<String>,

    /// Create the stream with a downlink: other devices can request values of its owner.
    #[arg(long)]
    downlink: bool,

    /// Create the stream as ephemeral: datapoints are sent to subscribers and not stored.
    #[arg(long)]
    ephemeral: bool,

    /// The e-mail address of the user; required for a user.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,

    /// The role of the device (none, reader, writer or user) or of the user.
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,

    /// The name to display.
    #[arg(long, value_name = "TEXT")]
    nickname: Option<String>,

    /// The description.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// Parses the schema that `--schema` gives.
pub(super) fn schema(text: &str) -> Result<Schema> {
    let schema = Schema::parse(text);
    Ok(schema.map_err(|error| format!("--schema is not valid JSON: {error}"))?)
}

impl Create {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let (_, object) = server.object(&self.path).await?;
        match object {
            Object::Stream(stream) => {
                let mut create = StreamCreate::new();
                create.schema = self.schema.as_deref().map(schema).transpose()?;
                create.datatype = self.datatype;
                create.downlink = self.downlink.then_some(true);
                create.ephemeral = self.ephemeral.then_some(true);
                (create.nickname, create.description) = (self.nickname, self.description);
                let info = stream.create(create).await?;
                output.say(&info, &format!("Created {}.", stream.path()))
            }
            Object::Device(device) => {
                let mut create = DeviceCreate::new();
                create.role = self.role;
                (create.nickname, create.description) = (self.nickname, self.description);
                let info = device.create(create).await?;
                let key = info.apikey.as_ref().map(|key| key.expose().to_owned());
                let key = match key {
                    Some(key) => format!("Its key is {key}"),
                    None => "The server does not show you its key.".to_owned(),
                };
                output.say(&info, &format!("Created {}. {key}", device.path()))
            }
            Object::User(user) => {
                let email = self.email.ok_or("a user needs an e-mail address: give --email")?;
                let mut create = UserCreate::new(email, secret("Password of the new user: ")?);
                create.role = self.role;
                (create.nickname, create.description) = (self.nickname, self.description);
                user.create(create).await?;
                let path = user.path();
                output.say(&json!({"path": path}), &format!("Created {path}."))
            }
        }
    }
}
