//! `cdb login`

use clap::Args;
use connectordb::{ConnectorDb, ConnectorDbBuilder};
use serde_json::json;

use super::{ask, secret};
use crate::Result;
use crate::connect::Server;
use crate::output::Output;
use crate::profiles::Profile;

/// Logs in, and remembers as whom: in a file that only you can read.
///
/// The password is asked for, or read from standard input; what is remembered is the key of the
/// device, not the password.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb login http://localhost:3124 --user me\n  \
                        cdb login https://streams.example --key --profile work")]
pub(crate) struct Login {
    /// The server's URL.
    #[arg(value_name = "URL")]
    at: String,

    /// The user's name or e-mail address; asked for unless given.
    #[arg(long, value_name = "NAME", conflicts_with = "key")]
    user: Option<String>,

    /// Asks for the key of a device instead of a user's password.
    #[arg(long)]
    key: bool,
}

impl Login {
    pub(crate) async fn run(self, server: &Server, output: Output) -> Result {
        let ca = server.ca()?;
        let builder = ConnectorDb::builder().url(&self.at);
        let builder = ca.clone().into_iter().fold(builder, ConnectorDbBuilder::root_certificate);
        let builder = if self.key {
            builder.apikey(secret("Key: ")?)
        } else {
            let user = match self.user {
                Some(user) => user,
                None => ask("User: ")?,
            };
            builder.password(user, secret("Password: ")?)
        };
        let cdb = builder.connect().await?;
        let apikey = cdb.apikey().await?.filter(|key| !key.expose().is_empty());
        let apikey = apikey.ok_or("the server does not show the key of this device")?;
        let apikey = apikey.expose().to_owned();
        server.save(Profile { url: self.at, apikey, ca })?;
        let path = cdb.path();
        output.say(&json!({"path": path}), &format!("You are {path}."))
    }
}
