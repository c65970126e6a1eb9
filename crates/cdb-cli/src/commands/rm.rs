//! `cdb rm`

use std::io::{self, IsTerminal};

use clap::Args;
use connectordb::Object;

use super::ask;
use crate::Result;
use crate::connect::Server;

/// Delete a stream, a device or a user, with everything it contains. This cannot be undone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb rm temperature\n  cdb rm me/lamp --yes")]
pub(crate) struct Rm {
    /// The path of the stream, device or user; a user's ends with a slash.
    path: String,

    /// Delete without asking for confirmation.
    #[arg(long, short)]
    yes: bool,
}

impl Rm {
    pub(crate) async fn run(self, server: &Server) -> Result {
        let (_, object) = server.object(&self.path).await?;
        let path = match &object {
            Object::User(user) => user.path().to_string(),
            Object::Device(device) => device.path().to_string(),
            Object::Stream(stream) => {
                format!("{} with {} datapoints", stream.path(), stream.len().await?)
            }
        };
        if !self.yes && !confirmed(&path)? {
            return Err("nothing was deleted".into());
        }
        match object {
            Object::User(user) => user.delete().await?,
            Object::Device(device) => device.delete().await?,
            Object::Stream(stream) => stream.delete().await?,
        }
        Ok(())
    }
}

fn confirmed(what: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err("confirmation needs a terminal: give --yes to delete without it".into());
    }
    let question = format!("Delete {what}? This cannot be undone. [y/N] ");
    let answer = ask(&question).unwrap_or_default();
    Ok(matches!(&*answer, "y" | "Y" | "yes"))
}
