//! `cdb login`

use clap::Args;
use connectordb::{ConnectorDb, ConnectorDbBuilder};
use serde_json::json;

use super::{ask, secret};
use crate::Result;
use crate::connect::Server;
use crate::output::Output;
use crate::profiles::Profile;

/// Log in to a server, and save the login for the other commands.
///
/// The password is asked for on a terminal, or read from standard input. It is not saved: the URL
/// and the device's key are, in a file that only you can read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb login http://localhost:3124 --user me\n  \
                        cdb login https://streams.example --key --profile work")]
pub(crate) struct Login {
    /// The server's URL.
    #[arg(value_name = "URL")]
    at: String,

    /// The user's name or e-mail address; asked for if not given.
    #[arg(long, value_name = "NAME", conflicts_with = "key")]
    user: Option<String>,

    /// Log in with the key of a device, which is read in place of the password.
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
        let apikey = apikey.ok_or(
            "the server does not show the key of this device, which is needed to save the login",
        )?;
        let apikey = apikey.expose().to_owned();
        server.save(Profile { url: self.at, apikey, ca })?;
        let path = cdb.path();
        output.say(&json!({"path": path}), &format!("Logged in as {path}."))
    }
}
