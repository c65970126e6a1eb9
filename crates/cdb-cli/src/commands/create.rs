//! `cdb create`

use clap::Args;
use connectordb::{DeviceCreate, Object, Schema, StreamCreate, UserCreate};
use serde_json::json;

use super::secret;
use crate::Result;
use crate::connect::Server;
use crate::output::Output;

/// Makes a stream, a device or a user: as many parts as the path has.
///
/// A new device's key is printed: give it to the device. A new user's password is asked for, or read
/// from standard input.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb create temperature --schema '{\"type\":\"number\"}'\n  \
                        cdb create me/lamp\n  cdb create me/lamp/light --downlink\n  \
                        cdb create you/ --email you@example.com")]
pub(crate) struct Create {
    /// Where it will be; a user with a slash at the end.
    path: String,

    /// The JSON Schema that a stream's values must fit; unless given, anything does.
    #[arg(long, value_name = "JSON")]
    schema: Option<String>,

    /// What the stream's values are, for programs that show them, such as `rating.stars`.
    #[arg(long, value_name = "NAME")]
    datatype: Option<String>,

    /// Others may ask the stream's owner for values.
    #[arg(long)]
    downlink: bool,

    /// The stream's datapoints are only handed to subscribers, and not kept.
    #[arg(long)]
    ephemeral: bool,

    /// The e-mail address of a user.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,

    /// The role of a device (none, reader, writer, user) or of a user.
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,

    /// The name for people.
    #[arg(long, value_name = "TEXT")]
    nickname: Option<String>,

    /// The description.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// The schema of the command line.
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
                output.say(&info, &format!("{} is there.", stream.path()))
            }
            Object::Device(device) => {
                let mut create = DeviceCreate::new();
                create.role = self.role;
                (create.nickname, create.description) = (self.nickname, self.description);
                let info = device.create(create).await?;
                let key = info.apikey.as_ref().map(|key| key.expose().to_owned());
                let key = key.unwrap_or_else(|| "not shown to you".to_owned());
                output.say(&info, &format!("{} is there. Its key is {key}", device.path()))
            }
            Object::User(user) => {
                let email = self.email.ok_or("a user needs an address: --email")?;
                let mut create = UserCreate::new(email, secret("Password of the new user: ")?);
                create.role = self.role;
                (create.nickname, create.description) = (self.nickname, self.description);
                user.create(create).await?;
                let path = user.path();
                output.say(&json!({"path": path}), &format!("{path} is there."))
            }
        }
    }
}
