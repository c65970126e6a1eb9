//! `cdb passwd`

use clap::Args;
use connectordb::Object;

use super::secret;
use crate::Result;
use crate::connect::{Server, object};

/// Changes a password, which is asked for, or read from standard input. Keys stay as they are.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb passwd\n  cdb passwd you/")]
pub(crate) struct Passwd {
    /// Whose, with a slash at the end; yours unless given.
    user: Option<String>,
}

impl Passwd {
    pub(crate) async fn run(self, server: &Server) -> Result {
        let cdb = server.connect().await?;
        let user = match self.user {
            None => cdb.user(),
            Some(path) => match object(&cdb, &path)? {
                Object::User(user) => user,
                _ => return Err("this is no user: write a slash at the end".into()),
            },
        };
        Ok(user.set_password(&secret("New password: ")?).await?)
    }
}
