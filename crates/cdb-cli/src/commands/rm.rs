//! `cdb rm`

use std::io::{self, IsTerminal};

use clap::Args;
use connectordb::Object;

use super::ask;
use crate::Result;
use crate::connect::Server;

/// Deletes a stream, a device or a user, with all below it. There is no way back.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb rm temperature\n  cdb rm me/lamp --yes")]
pub(crate) struct Rm {
    /// What is deleted; a user with a slash at the end.
    path: String,

    /// Does not ask.
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
        return Err("nobody can be asked: say --yes".into());
    }
    let answer = ask(&format!("Delete {what}? There is no way back. [y/N] ")).unwrap_or_default();
    Ok(matches!(&*answer, "y" | "Y" | "yes"))
}
