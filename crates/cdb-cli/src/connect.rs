//! With which server, and as whom.

use clap::Args;
use connectordb::{ConnectorDb, Object};

use crate::Result;
use crate::profiles::{Profile, Profiles};

/// Which server, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server's URL; unless given, that of the profile.
    #[arg(long, global = true, env = "CDB_URL", value_name = "URL")]
    url: Option<String>,

    /// The key of a device; unless given, that of the profile.
    #[arg(long, global = true, env = "CDB_APIKEY", value_name = "KEY", hide_env_values = true)]
    apikey: Option<String>,

    /// What was remembered by `cdb login` under this name.
    #[arg(
        long,
        global = true,
        env = "CDB_PROFILE",
        value_name = "NAME",
        default_value = "default"
    )]
    pub(crate) profile: String,
}

impl Server {
    /// The URL and the key that are asked for.
    pub(crate) fn login(&self) -> Result<(String, String)> {
        let profile = Profiles::read()?.get(&self.profile);
        match (self.url.clone(), self.apikey.clone(), profile) {
            (Some(url), Some(key), _) => Ok((url, key)),
            (url, key, Some(profile)) => {
                Ok((url.unwrap_or(profile.url), key.unwrap_or(profile.apikey)))
            }
            (_, _, None) => Err("you are not logged in: try `cdb login URL`".into()),
        }
    }

    /// The connection that is asked for.
    pub(crate) async fn connect(&self) -> Result<ConnectorDb> {
        let (url, key) = self.login()?;
        Ok(ConnectorDb::builder().url(url).apikey(key).connect().await?)
    }

    /// A connection, and what a path names.
    pub(crate) async fn object(&self, path: &str) -> Result<(ConnectorDb, Object)> {
        let cdb = self.connect().await?;
        let object = object(&cdb, path)?;
        Ok((cdb, object))
    }

    /// A stream by its path, or its name if it is the device's own.
    pub(crate) async fn stream(&self, path: &str) -> Result<connectordb::Stream> {
        Ok(self.connect().await?.stream(path)?)
    }

    /// Remembers as whom one logs in.
    pub(crate) fn remember(&self, profile: Profile) -> Result {
        let mut profiles = Profiles::read()?;
        profiles.set(&self.profile, profile);
        profiles.write()
    }
}

/// What a path names. A name alone is a user if it ends with a slash, else a stream of the device
/// that is logged in.
pub(crate) fn object(cdb: &ConnectorDb, path: &str) -> Result<Object> {
    match path.strip_suffix('/') {
        Some(path) => Ok(cdb.object(path)?),
        None if path.contains('/') => Ok(cdb.object(path)?),
        None => Ok(Object::Stream(cdb.stream(path)?)),
    }
}
