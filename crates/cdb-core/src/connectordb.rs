//! The connection.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use cdb_http::websocket::{ConnectionState, Reconnect};
use cdb_http::{Credentials, ProtocolError, Session, SessionBuilder};
use cdb_types::endpoint::{
    Count, Counted, Endpoint, Json, ListInterpolators, ListTransforms, ListUsers, Ping, Version,
};
use cdb_types::{DevicePath, Name, ObjectPath, ServerInfo, StreamPath, UserPath};
use tokio::sync::watch;

use crate::connection::Connection;
use crate::object::{Handle, device};
use crate::{Device, Error, Object, Result, Stream, User};

/// What the server calls one who is not logged in.
const NOBODY: &str = "nobody";

/// What a connection is made with; see [`ConnectorDb::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing is connected until `connect()` is awaited"]
pub struct ConnectorDbBuilder {
    url: String,
    credentials: Credentials,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    retries: Option<u32>,
    root_certificates: Vec<Vec<u8>>,
    reconnect: Reconnect,
}

impl ConnectorDbBuilder {
    /// The server's URL; `http://localhost:3124` unless given. Without a scheme it is `https`.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }

    /// Logs in as a user, who acts as its device `user`.
    ///
    /// Once connected, the device's API key is used instead, if it may be seen: the server takes
    /// its time over passwords.
    pub fn password(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Credentials::password(user, password.into());
        self
    }

    /// Logs in as the device with this key.
    pub fn apikey(mut self, key: impl Into<crate::ApiKey>) -> Self {
        self.credentials = Credentials::api_key(key);
        self
    }

    /// How long connecting may take; 10 seconds unless given.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long a call may take; 60 seconds unless given. For reads of data it is how long the
    /// server may be silent.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often a call is repeated, where that is safe, while the server cannot be reached;
    /// 3 times unless given.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// Trusts a certificate, in PEM, beside those that the system trusts: for a server that has
    /// signed its own. What is none is an error when connecting.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// When a lost websocket, over which subscriptions come, is opened again.
    pub fn reconnect(mut self, reconnect: Reconnect) -> Self {
        self.reconnect = reconnect;
        self
    }

    fn session(&self) -> Result<SessionBuilder> {
        let mut session = Session::builder(&self.url).credentials(self.credentials.clone());
        if let Some(timeout) = self.connect_timeout {
            session = session.connect_timeout(timeout);
        }
        if let Some(timeout) = self.timeout {
            session = session.timeout(timeout);
        }
        if let Some(retries) = self.retries {
            session = session.retries(retries);
        }
        for pem in &self.root_certificates {
            session = session.root_certificate(pem)?;
        }
        Ok(session)
    }

    /// Connects: finds out as whom.
    ///
    /// # Errors
    /// When the URL is none, the server cannot be reached, or the login fails.
    pub async fn connect(self) -> Result<ConnectorDb> {
        let session = self.session()?.build()?;
        // Asked also with a password: an e-mail address logs in, but is not a path.
        let path = session.call(&Ping).await?;
        let own = if path == NOBODY { "nobody/user" } else { path.as_str() };
        let connection = Connection::new(session, own.parse::<DevicePath>()?, self.reconnect);
        let cdb = ConnectorDb {
            device: device(&connection, connection.device().clone()),
            path: path.into(),
        };
        if let Credentials::Password { .. } = self.credentials {
            cdb.use_key().await?;
        }
        Ok(cdb)
    }
}

/// A connection to a server, logged in as a device, to which it dereferences: its methods are those
/// of a [`Device`] and some more.
///
/// Clones share the connection. The end of the last one ends it.
#[derive(Clone)]
pub struct ConnectorDb {
    device: Device,
    path: Arc<str>,
}

impl ConnectorDb {
    /// Prepares a connection.
    pub fn builder() -> ConnectorDbBuilder {
        ConnectorDbBuilder {
            url: "http://localhost:3124".to_owned(),
            credentials: Credentials::Nobody,
            connect_timeout: None,
            timeout: None,
            retries: None,
            root_certificates: Vec::new(),
            reconnect: Reconnect::new(),
        }
    }

    /// As whom the connection was made: `user/device`, or `nobody`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Asks the server who we are: `user/device`, or `nobody`.
    ///
    /// # Errors
    /// When the server cannot be reached, or the login is not valid any more.
    pub async fn ping(&self) -> Result<String> {
        Ok(self.session().call(&Ping).await?)
    }

    /// What the server is, and what its scripts can do.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn info(&self) -> Result<ServerInfo> {
        let version = self.session().call(&Version).await?;
        let Json(transforms) = self.session().call(&ListTransforms).await?;
        let Json(interpolators) = self.session().call(&ListInterpolators).await?;
        Ok(ServerInfo::new(version, transforms, interpolators))
    }

    /// All users that may be seen.
    ///
    /// # Errors
    /// When users may not be listed: only administrators may, usually.
    pub async fn users(&self) -> Result<Vec<User>> {
        let users = self.session().call(&ListUsers).await?.0;
        let handle = |info: cdb_types::UserInfo| {
            let path = UserPath::from(listed_name(info.name.as_deref())?);
            Ok(User(Handle::with_info(self.connection().clone(), path, info)))
        };
        users.into_iter().map(handle).collect()
    }

    /// How many users there are on the server.
    ///
    /// # Errors
    /// When one may not count: only administrators may, usually.
    pub async fn count_users(&self) -> Result<u64> {
        Ok(self.session().call(&Count(Counted::Users)).await?)
    }

    /// How many devices there are on the server, each user's `user` and `meta` included.
    ///
    /// # Errors
    /// As [`count_users`](Self::count_users).
    pub async fn count_devices(&self) -> Result<u64> {
        Ok(self.session().call(&Count(Counted::Devices)).await?)
    }

    /// How many streams there are on the server, each user's log included.
    ///
    /// # Errors
    /// As [`count_users`](Self::count_users).
    pub async fn count_streams(&self) -> Result<u64> {
        Ok(self.session().call(&Count(Counted::Streams)).await?)
    }

    /// Any object by its path, `user`, `user/device` or `user/device/stream`. Nothing is sent.
    ///
    /// # Errors
    /// When the text is not a path.
    pub fn object(&self, path: &str) -> Result<Object> {
        let connection = self.connection().clone();
        Ok(match path.parse()? {
            ObjectPath::User(path) => Object::User(User(Handle::new(connection, path))),
            ObjectPath::Device(path) => Object::Device(Device(Handle::new(connection, path))),
            ObjectPath::Stream(path) => Object::Stream(Stream(Handle::new(connection, path))),
        })
    }

    /// The user of this name. Nothing is sent.
    ///
    /// # Errors
    /// When the text is not a name.
    pub fn user_at(&self, path: &str) -> Result<User> {
        let path: UserPath = path.parse()?;
        Ok(User(Handle::new(self.connection().clone(), path)))
    }

    /// The device at `user/device`. Nothing is sent.
    ///
    /// # Errors
    /// When the text is not the path of a device.
    pub fn device_at(&self, path: &str) -> Result<Device> {
        Ok(device(self.connection(), path.parse()?))
    }

    /// A stream: by its name if it is this device's own, by its path (`user/device/stream`) if it
    /// is any other. Nothing is sent.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn stream(&self, path: &str) -> Result<Stream> {
        if !path.contains('/') {
            return self.device.stream(path);
        }
        let path: StreamPath = path.parse()?;
        Ok(Stream(Handle::new(self.connection().clone(), path)))
    }

    /// How the websocket is doing over which subscriptions come, now and whenever that changes.
    #[must_use]
    pub fn connection_state(&self) -> watch::Receiver<ConnectionState> {
        self.connection().websocket().state()
    }

    /// Makes any call of the protocol: for those that have no method of their own.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub async fn call<E: Endpoint>(&self, call: &E) -> Result<E::Answer> {
        Ok(self.session().call(call).await?)
    }

    /// Ends this handle's part of the connection. What other handles still do goes on.
    pub async fn close(self) {
        drop(self);
    }

    /// Goes on with the API key of the device, if the server shows it.
    async fn use_key(&self) -> Result<()> {
        match self.device.data().await?.apikey {
            Some(key) if !key.expose().is_empty() => {
                self.session().set_credentials(Credentials::ApiKey(key));
            }
            _ => {}
        }
        Ok(())
    }

    fn connection(&self) -> &Connection {
        &self.device.0.connection
    }

    fn session(&self) -> &Session {
        self.connection().session()
    }
}

/// The name of a listed object: one that the asker may not read has no path.
pub(crate) fn listed_name(name: Option<&str>) -> Result<Name> {
    let name = name.ok_or(ProtocolError::Missing("name")).map_err(cdb_http::Error::from)?;
    let name = Name::new(name).map_err(ProtocolError::from);
    name.map_err(|error| Error::Http(error.into()))
}

impl Deref for ConnectorDb {
    type Target = Device;

    fn deref(&self) -> &Device {
        &self.device
    }
}

impl fmt::Debug for ConnectorDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorDb")
            .field("url", &self.session().url())
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
