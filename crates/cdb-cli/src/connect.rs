//! With which server, and as whom.

use std::path::PathBuf;

use clap::Args;
use connectordb::{ConnectorDb, ConnectorDbBuilder, Object};

use crate::Result;
use crate::profiles::{Profile, Profiles};

/// What help calls the options that every command has.
pub(crate) const EVERYWHERE: &str = "Options of all commands";

/// Which server, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server's URL; unless given, that of the profile.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "CDB_URL", value_name = "URL")]
    url: Option<String>,

    /// The key of a device; unless given, that of the profile.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "CDB_APIKEY", value_name = "KEY", hide_env_values = true)]
    apikey: Option<String>,

    /// A file with a certificate in PEM, to be trusted beside those that the system trusts.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "CDB_CA", value_name = "FILE")]
    ca: Option<PathBuf>,

    /// What was remembered by `cdb login` under this name.
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "CDB_PROFILE",
        value_name = "NAME",
        default_value = "default"
    )]
    pub(crate) profile: String,
}

impl Server {
    /// As whom one logs in, and where.
    pub(crate) fn login(&self) -> Result<Profile> {
        let saved = Profiles::read()?.get(&self.profile);
        let profile = match (self.url.clone(), self.apikey.clone(), saved) {
            (Some(url), Some(apikey), _) => Profile { url, apikey, ca: None },
            // The key belongs to the server that it was created on.
            (Some(url), None, Some(profile)) if !is_same_server(&url, &profile.url) => {
                return Err(format!(
                    "the key that is remembered is for {}, not for {url}: log in with `cdb login \
                     {url} --profile NAME`, or give --apikey",
                    profile.url
                )
                .into());
            }
            (url, apikey, Some(profile)) => Profile {
                url: url.unwrap_or(profile.url),
                apikey: apikey.unwrap_or(profile.apikey),
                ca: profile.ca,
            },
            (_, _, None) => return Err("you are not logged in: try `cdb login URL`".into()),
        };
        Ok(Profile { ca: self.ca()?.or(profile.ca), ..profile })
    }

    /// The certificate that is to be trusted.
    pub(crate) fn ca(&self) -> Result<Option<String>> {
        let Some(file) = &self.ca else { return Ok(None) };
        let read = std::fs::read_to_string(file);
        Ok(Some(read.map_err(|error| format!("{}: {error}", file.display()))?))
    }

    /// The connection that is asked for.
    pub(crate) async fn connect(&self) -> Result<ConnectorDb> {
        let Profile { url, apikey, ca } = self.login()?;
        let builder = ConnectorDb::builder().url(url).apikey(apikey);
        let builder = ca.into_iter().fold(builder, ConnectorDbBuilder::root_certificate);
        Ok(builder.connect().await?)
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
    pub(crate) fn save(&self, profile: Profile) -> Result {
        let mut profiles = Profiles::read()?;
        profiles.set(&self.profile, profile);
        profiles.write()
    }
}

/// Whether two URLs name the same server: scheme, host and port.
fn is_same_server(one: &str, other: &str) -> bool {
    match (connectordb::http::origin(one), connectordb::http::origin(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
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
