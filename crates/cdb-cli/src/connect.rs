//! The server to connect to, and the device to log in as.

use std::path::PathBuf;

use clap::Args;
use connectordb::{ConnectorDb, ConnectorDbBuilder, Object};

use crate::Result;
use crate::profiles::{Profile, Profiles};

/// The heading under which help lists the options that every command has.
pub(crate) const EVERYWHERE: &str = "Options of all commands";

/// The server to connect to, and the device to log in as.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server's URL; by default that of the profile.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "CDB_URL", value_name = "URL")]
    url: Option<String>,

    /// The API key of the device to log in as; by default that of the profile.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "CDB_APIKEY", value_name = "KEY", hide_env_values = true)]
    apikey: Option<String>,

    /// A PEM file with a certificate to trust in addition to those that the system trusts.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "CDB_CA", value_name = "FILE")]
    ca: Option<PathBuf>,

    /// The profile to use: the server and key that `cdb login` has saved under this name.
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
    /// The URL, key and certificate to log in with: those of the options, or else of the profile.
    pub(crate) fn login(&self) -> Result<Profile> {
        let saved = Profiles::read()?.get(&self.profile);
        let profile = match (self.url.clone(), self.apikey.clone(), saved) {
            (Some(url), Some(apikey), _) => Profile { url, apikey, ca: None },
            // A saved key is a secret of its server and must not be sent to another one.
            (Some(url), None, Some(profile)) if !is_same_server(&url, &profile.url) => {
                return Err(format!(
                    "profile {:?} has a key for {}, not for {url}: log in with `cdb login {url} \
                     --profile NAME`, or give --apikey",
                    self.profile, profile.url
                )
                .into());
            }
            (url, apikey, Some(profile)) => Profile {
                url: url.unwrap_or(profile.url),
                apikey: apikey.unwrap_or(profile.apikey),
                ca: profile.ca,
            },
            (_, _, None) => {
                return Err(format!(
                    "not logged in: there is no profile {:?}; log in with `cdb login URL`",
                    self.profile
                )
                .into());
            }
        };
        Ok(Profile { ca: self.ca()?.or(profile.ca), ..profile })
    }

    /// Reads the certificate that `--ca` names.
    pub(crate) fn ca(&self) -> Result<Option<String>> {
        let Some(file) = &self.ca else { return Ok(None) };
        let read = std::fs::read_to_string(file);
        Ok(Some(read.map_err(|error| format!("{}: {error}", file.display()))?))
    }

    /// Connects with the options or the profile.
    pub(crate) async fn connect(&self) -> Result<ConnectorDb> {
        self.connect_with(|builder| builder).await
    }

    /// Connects with the options or the profile, and with further settings.
    pub(crate) async fn connect_with(
        &self,
        set: impl FnOnce(ConnectorDbBuilder) -> ConnectorDbBuilder,
    ) -> Result<ConnectorDb> {
        let Profile { url, apikey, ca } = self.login()?;
        let builder = ConnectorDb::builder().url(url).apikey(apikey);
        let builder = ca.into_iter().fold(builder, ConnectorDbBuilder::root_certificate);
        Ok(set(builder).connect().await?)
    }

    /// Connects, and returns the connection with the user, device or stream that a path names.
    pub(crate) async fn object(&self, path: &str) -> Result<(ConnectorDb, Object)> {
        let cdb = self.connect().await?;
        let object = object(&cdb, path)?;
        Ok((cdb, object))
    }

    /// Connects, and returns the stream at a path, or by its name if it belongs to the device.
    pub(crate) async fn stream(&self, path: &str) -> Result<connectordb::Stream> {
        Ok(self.connect().await?.stream(path)?)
    }

    /// Saves a profile under the name that `--profile` gives.
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

/// The user, device or stream that a path names. A single name is a user if it ends with a slash,
/// and otherwise a stream of the device that is logged in.
pub(crate) fn object(cdb: &ConnectorDb, path: &str) -> Result<Object> {
    match path.strip_suffix('/') {
        Some(path) => Ok(cdb.object(path)?),
        None if path.contains('/') => Ok(cdb.object(path)?),
        None => Ok(Object::Stream(cdb.stream(path)?)),
    }
}
