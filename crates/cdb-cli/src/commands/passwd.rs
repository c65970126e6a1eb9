//! `cdb passwd`

use clap::Args;
use connectordb::Object;

use super::secret;
use crate::Result;
use crate::connect::{Server, object};

/// Change the password of a user.
///
/// The new password is asked for on a terminal, or read from standard input. The keys of devices do
/// not change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb passwd\n  cdb passwd you/")]
pub(crate) struct Passwd {
    /// The user, with a slash at the end [default: the user who is logged in].
    user: Option<String>,
}

impl Passwd {
    pub(crate) async fn run(self, server: &Server) -> Result {
        let cdb = server.connect().await?;
        let user = match self.user {
            None => cdb.user(),
            Some(path) => match object(&cdb, &path)? {
                Object::User(user) => user,
                _ => return Err(format!("{path:?} is not a user: expected USER/").into()),
            },
        };
        Ok(user.set_password(&secret("New password: ")?).await?)
    }
}
