//! The connection.

mod backup;
mod latest;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use cdb_http::websocket::{ConnectionState, Reconnect};
use cdb_http::{Credentials, ProtocolError, Session, SessionBuilder};
use cdb_types::endpoint::{
    Count, Counted, Endpoint, Json, ListInterpolators, ListTransforms, ListUsers, Ping,
    QueryLatest, Version,
};
use cdb_types::summary::Latest;
use cdb_types::{DevicePath, Name, ObjectPath, ServerInfo, StreamPath, UserPath};
use futures_util::stream;
use tokio::sync::watch;

use crate::connection::{Connection, USER_DEVICE};
use crate::object::{Handle, device};
use crate::{Device, Error, Object, Result, Stream, User};

/// The path that the server reports for a connection without a login.
const ANONYMOUS: &str = "nobody";

/// The settings of a connection; made by [`ConnectorDb::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing is connected until `connect()` is awaited"]
pub struct ConnectorDbBuilder {
    url: String,
    credentials: Credentials,
    device: Option<String>,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    retries: Option<u32>,
    root_certificates: Vec<Vec<u8>>,
    reconnect: Reconnect,
}

impl ConnectorDbBuilder {
    /// Sets the server's URL; the default is `http://localhost:3124`. Without a scheme it is `http`
    /// for `localhost` and addresses of a local network, such as `192.168.1.7:3124`, and `https` for
    /// other hosts.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }

    /// Logs in with the name or e-mail address of a user and the password, as the user's device
    /// `user`.
    ///
    /// Once connected, the API key of that device is used instead, if the server shows it, because
    /// the server checks passwords slowly.
    pub fn password(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Credentials::password(user, password.into());
        self
    }

    /// Logs in with an API key, as the device that it belongs to.
    pub fn apikey(mut self, key: impl Into<crate::ApiKey>) -> Self {
        self.credentials = Credentials::api_key(key);
        self
    }

    /// Sets how long connecting may take; the default is 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets how long a call may take, its answer included; the default is 60 seconds. For reads of
    /// datapoints it is the longest time for which the server may send nothing.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how often a call is repeated if the server cannot be reached or answers 502, 503 or
    /// 504; the default is 3 times.
    ///
    /// A call that only reads is repeated after any of these failures. A call that changes
    /// something is repeated only if no connection was made, so that the server cannot have seen
    /// it.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// Trusts a certificate (PEM) in addition to those that the system trusts, such as that of a
    /// server with a self-signed certificate. Text that is not a certificate makes
    /// [`connect`](Self::connect) fail.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sets the path of the device that is expected to log in: `user/device`.
    ///
    /// [`connect`](Self::connect) returns an error if the login is that of another device.
    /// [`connect_lazy`](Self::connect_lazy) needs the path if an API key is used.
    pub fn device(mut self, path: impl Into<String>) -> Self {
        self.device = Some(path.into());
        self
    }

    /// Sets when the websocket that carries subscriptions is opened again after it was lost.
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

    /// Connects, and asks the server which device this is.
    ///
    /// # Errors
    /// Returns an error if the URL or a root certificate is not valid, the server cannot be
    /// reached, the login fails, or it is that of another device than [`device`](Self::device) says.
    pub async fn connect(self) -> Result<ConnectorDb> {
        let session = self.session()?.build()?;
        // Also needed with a password: the login may be an e-mail address, which is not a path.
        let path = session.call(&Ping).await?;
        if let Some(expected) = &self.device
            && *expected != path
        {
            let expected = expected.parse()?;
            return Err(Error::OtherDevice { expected, actual: path });
        }
        let cdb = ConnectorDb::new(session, path, self.reconnect)?;
        if let Credentials::Password { .. } = self.credentials {
            cdb.use_key().await?;
        }
        Ok(cdb)
    }

    /// Returns a connection without sending anything, so that a program can start before its server
    /// does. The first call connects. Until the server can be reached, calls return
    /// [temporary](Error::is_temporary) errors.
    ///
    /// The server is not asked which device logs in:
    ///
    /// - With an API key, set the path of its device with [`device`](Self::device).
    /// - With a password, the device is `user` of the user with the given name, unless
    ///   [`device`](Self::device) sets it. Upper and lower case must be as on the server. With an
    ///   e-mail address in place of the name, `device` is needed. Each call sends the password, which
    ///   the server checks more slowly than a key.
    ///
    /// If the key belongs to another device, the server treats all calls as calls of that device.
    ///
    /// ```no_run
    /// # async fn example() -> cdb_core::Result<()> {
    /// use cdb_core::ConnectorDb;
    /// let cdb = ConnectorDb::builder()
    ///     .url("http://localhost:3124")
    ///     .apikey("the key of the device")
    ///     .device("me/thermometer")
    ///     .connect_lazy()?;
    /// match cdb.stream("temperature")?.insert(21.5).await {
    ///     Err(error) if error.is_temporary() => println!("The server is not there yet: {error}"),
    ///     result => result?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the URL, a root certificate or the path of the device is not valid, or
    /// [`Error::UnknownDevice`] if the device is not known.
    pub fn connect_lazy(self) -> Result<ConnectorDb> {
        let path = match (&self.device, &self.credentials) {
            (Some(device), _) => device.parse::<DevicePath>()?.to_string(),
            (None, Credentials::Nobody) => ANONYMOUS.to_owned(),
            (None, Credentials::Password { user, .. }) => match Name::new(user) {
                Ok(name) => format!("{name}/{USER_DEVICE}"),
                Err(_) => return Err(Error::UnknownDevice),
            },
            (None, _) => return Err(Error::UnknownDevice),
        };
        ConnectorDb::new(self.session()?.build()?, path, self.reconnect)
    }
}

/// A connection to a server, logged in as a device.
///
/// It dereferences to that [`Device`], so the methods of a device can be called on it.
///
/// Clones share the connection, as do the handles made from it. The connection closes when the last
/// of them is dropped.
#[derive(Clone)]
pub struct ConnectorDb {
    device: Device,
    path: Arc<str>,
}

impl ConnectorDb {
    /// Returns a builder with the default settings and without a login.
    pub fn builder() -> ConnectorDbBuilder {
        ConnectorDbBuilder {
            url: "http://localhost:3124".to_owned(),
            credentials: Credentials::Nobody,
            device: None,
            connect_timeout: None,
            timeout: None,
            retries: None,
            root_certificates: Vec::new(),
            reconnect: Reconnect::new(),
        }
    }

    /// `path` is that of the device that is logged in, or `nobody`.
    fn new(session: Session, path: String, reconnect: Reconnect) -> Result<Self> {
        let own = if path == ANONYMOUS { "nobody/user" } else { path.as_str() };
        let connection = Connection::new(session, own.parse::<DevicePath>()?, reconnect);
        let device = device(&connection, connection.device().clone());
        Ok(Self { device, path: path.into() })
    }

    /// Returns the path of the device that is logged in (`user/device`), or `nobody` without a
    /// login. It is the path that the server reported when connecting, or the path that was given to
    /// the builder before [`connect_lazy`](ConnectorDbBuilder::connect_lazy).
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Asks the server which device is logged in: `user/device`, or `nobody` without a login.
    ///
    /// # Errors
    /// Returns an error if the server cannot be reached, or the login is not valid any more.
    pub async fn ping(&self) -> Result<String> {
        Ok(self.session().call(&Ping).await?)
    }

    /// Returns the server's version, and the transforms and interpolators that it has.
    ///
    /// # Errors
    /// Returns an error if the server cannot be reached.
    pub async fn info(&self) -> Result<ServerInfo> {
        let version = self.session().call(&Version).await?;
        let Json(transforms) = self.session().call(&ListTransforms).await?;
        let Json(interpolators) = self.session().call(&ListInterpolators).await?;
        Ok(ServerInfo::new(version, transforms, interpolators))
    }

    /// Lists the users that this device may see.
    ///
    /// # Errors
    /// Returns an error if this device may not list users. Usually only administrators may.
    pub async fn users(&self) -> Result<Vec<User>> {
        let users = self.session().call(&ListUsers).await?.0;
        let handle = |info: cdb_types::UserInfo| {
            let path = UserPath::from(listed_name(info.name.as_deref())?);
            Ok(User(Handle::with_info(self.connection().clone(), path, info)))
        };
        users.into_iter().map(handle).collect()
    }

    /// Returns the number of users on the server.
    ///
    /// # Errors
    /// Returns an error if this device may not count them. Usually only administrators may.
    pub async fn count_users(&self) -> Result<u64> {
        Ok(self.session().call(&Count(Counted::Users)).await?)
    }

    /// Returns the number of devices on the server, including the devices `user` and `meta` of each
    /// user.
    ///
    /// # Errors
    /// Returns the same errors as [`count_users`](Self::count_users).
    pub async fn count_devices(&self) -> Result<u64> {
        Ok(self.session().call(&Count(Counted::Devices)).await?)
    }

    /// Returns the number of streams on the server, including the log of each user.
    ///
    /// # Errors
    /// Returns the same errors as [`count_users`](Self::count_users).
    pub async fn count_streams(&self) -> Result<u64> {
        Ok(self.session().call(&Count(Counted::Streams)).await?)
    }

    /// Returns a handle to the object at a path: `user`, `user/device` or `user/device/stream`.
    /// Nothing is sent.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid path.
    pub fn object(&self, path: &str) -> Result<Object> {
        let connection = self.connection().clone();
        Ok(match path.parse()? {
            ObjectPath::User(path) => Object::User(User(Handle::new(connection, path))),
            ObjectPath::Device(path) => Object::Device(Device(Handle::new(connection, path))),
            ObjectPath::Stream(path) => Object::Stream(Stream(Handle::new(connection, path))),
        })
    }

    /// Returns a handle to the user of this name. Nothing is sent.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid name.
    pub fn user_at(&self, path: &str) -> Result<User> {
        let path: UserPath = path.parse()?;
        Ok(User(Handle::new(self.connection().clone(), path)))
    }

    /// Returns a handle to the device at `user/device`. Nothing is sent.
    ///
    /// # Errors
    /// Returns an error if the text is not the path of a device.
    pub fn device_at(&self, path: &str) -> Result<Device> {
        Ok(device(self.connection(), path.parse()?))
    }

    /// Returns a handle to a stream. A text without a `/` is the name of a stream of this device;
    /// any other text is a path (`user/device/stream`). Nothing is sent.
    ///
    /// # Errors
    /// Returns an error if the text is neither a valid name nor the path of a stream.
    pub fn stream(&self, path: &str) -> Result<Stream> {
        if !path.contains('/') {
            return self.device.stream(path);
        }
        let path: StreamPath = path.parse()?;
        Ok(Stream(Handle::new(self.connection().clone(), path)))
    }

    /// Returns the number of datapoints and the last datapoint of streams, or of all streams of devices
    /// and users, in the order of their paths. Streams that do not exist or may not be read are left out.
    ///
    /// It is one call, however many streams there are. The original server is asked about each stream.
    ///
    /// ```no_run
    /// # async fn example(cdb: cdb_core::ConnectorDb) -> cdb_core::Result<()> {
    /// let now = cdb_core::Timestamp::now();
    /// for latest in cdb.latest(["me", "friend/phone/steps"]).await? {
    ///     let is_silent = latest.age(now).is_none_or(|age| age > 3600.0);
    ///     println!("{} {}", latest.stream, if is_silent { "is silent" } else { "" });
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if a text is not the path of a user, a device or a stream, or the server cannot
    /// be reached.
    pub async fn latest(
        &self,
        paths: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Vec<Latest>> {
        let parsed = paths.into_iter().map(|path| path.as_ref().parse());
        let paths: Vec<ObjectPath> = parsed.collect::<Result<_, _>>()?;
        match self.session().call(&QueryLatest(&paths)).await {
            Ok(Json(latest)) => Ok(latest),
            Err(error) if error.status() == Some(404) => latest::of_each(self, paths).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Returns a channel with the state of the websocket that carries subscriptions. It is updated
    /// whenever the state changes.
    ///
    /// A state [displays](std::fmt::Display) as a phrase for people.
    /// [`connection_states`](Self::connection_states) returns the states as a stream.
    #[must_use]
    pub fn connection_state(&self) -> watch::Receiver<ConnectionState> {
        self.connection().websocket().state()
    }

    /// Returns the states of the websocket as a [`futures::Stream`](futures_core::Stream): the
    /// current one, and each later one. States that change faster than they are read are left out.
    pub fn connection_states(
        &self,
    ) -> impl futures_core::Stream<Item = ConnectionState> + Send + Unpin + use<> {
        let mut state = self.connection_state();
        state.mark_changed();
        Box::pin(stream::unfold(state, async |mut state| {
            state.changed().await.ok()?;
            let now = state.borrow_and_update().clone();
            Some((now, state))
        }))
    }

    /// Makes any call of the protocol. It is meant for calls that have no method of their own.
    ///
    /// # Errors
    /// Returns an error if the server refuses the call or cannot be reached.
    pub async fn call<E: Endpoint>(&self, call: &E) -> Result<E::Answer> {
        Ok(self.session().call(call).await?)
    }

    /// Drops this handle. The connection closes when the last handle is dropped.
    pub async fn close(self) {
        drop(self);
    }

    /// Logs in with the API key of the device from now on, if the server shows it.
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

/// Returns the name of a listed object. The server leaves the name out if this device may not read
/// it, which is an error because the object's path is then unknown.
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
