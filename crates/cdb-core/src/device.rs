//! Devices.

use cdb_http::Credentials;
use cdb_types::endpoint::ListStreams;
use cdb_types::{ApiKey, DeviceCreate, DeviceInfo, DeviceKind, DevicePath, DeviceUpdate};

use crate::connectordb::listed_name;
use crate::object::{Handle, getters, object_methods, setters};
use crate::stream::check_schema;
use crate::{Error, Result, Stream, User};

/// A device, which logs in with an API key of its own and owns streams.
#[derive(Debug, Clone)]
pub struct Device(pub(crate) Handle<DeviceKind>);

object_methods!(Device, "device", DevicePath, DeviceInfo, DeviceUpdate);

impl Device {
    /// Creates the device with all streams in `create`. Either everything is created or nothing.
    ///
    /// # Errors
    /// Returns an error if a schema is not valid (with the feature `schema`, nothing is sent then),
    /// the server refuses the call, or it cannot be reached.
    pub async fn create(&self, create: DeviceCreate) -> Result<DeviceInfo> {
        create.streams.values().try_for_each(check_schema)?;
        self.0.create(&create).await
    }

    /// Creates the device and the streams in `create`, as far as they do not exist, and returns the
    /// API key of the device.
    ///
    /// Programs that do this at the same time all succeed. The properties of a device that exists
    /// are not changed, and its key stays as it is.
    ///
    /// ```no_run
    /// # async fn example(cdb: cdb_core::ConnectorDb) -> cdb_core::Result<()> {
    /// use cdb_core::{ConnectorDb, DeviceCreate};
    /// let key = cdb.user().device("thermometer")?.ensure(DeviceCreate::new()).await?;
    /// let thermometer = ConnectorDb::builder().apikey(key).connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`create`](Self::create) and of [`Stream::ensure`], and
    /// [`Error::HiddenKey`] if the key may not be read.
    ///
    /// # Cancel safety
    /// If the future is dropped, the device may exist with only some of the streams. Calling the
    /// method again creates the others.
    pub async fn ensure(&self, create: DeviceCreate) -> Result<ApiKey> {
        create.streams.values().try_for_each(check_schema)?;
        let info = self.0.ensure(&create).await?;
        for (name, stream) in create.streams {
            self.stream(&name)?.ensure(stream).await?;
        }
        visible_key(&info).ok_or_else(|| Error::HiddenKey(self.path().clone()))
    }

    /// Lists the streams of the device, oldest first.
    ///
    /// # Errors
    /// Returns an error if the device does not exist, or its streams may not be listed.
    pub async fn streams(&self) -> Result<Vec<Stream>> {
        let streams = self.0.session().call(&ListStreams(self.path())).await?.0;
        let handle = |info: cdb_types::StreamInfo| {
            let path = self.path().stream(listed_name(Some(&info.name))?);
            Ok(Stream(Handle::with_info(self.0.connection.clone(), path, info)))
        };
        streams.into_iter().map(handle).collect()
    }

    /// Returns a handle to the stream of this name. Nothing is sent.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid name.
    pub fn stream(&self, name: &str) -> Result<Stream> {
        let path = format!("{}/{name}", self.path()).parse()?;
        Ok(Stream(Handle::new(self.0.connection.clone(), path)))
    }

    /// Returns a handle to the user that owns the device. Nothing is sent.
    #[must_use]
    pub fn user(&self) -> User {
        User(Handle::new(self.0.connection.clone(), self.path().user().clone()))
    }

    getters! {
        /// Returns the nickname, which is shown to people instead of the name; `None` if it may
        /// not be read.
        nickname: Option<String>;
        /// Returns the description; `None` if it may not be read.
        description: Option<String>;
        /// Returns the icon; `None` if it may not be read.
        icon: Option<String>;
        /// Returns the API key that the device logs in with; `None` if it may not be read.
        apikey: Option<ApiKey>;
        /// Returns whether the device is running; `None` if that may not be read. This is a status
        /// that the device itself reports, not a lock: a disabled device can still log in. To lock
        /// it out, use [`reset_apikey`](Self::reset_apikey).
        enabled: Option<bool>;
        /// Returns whether other users may see the device and its streams; `None` if that may not
        /// be read.
        public: Option<bool>;
        /// Returns the device role: `none` (or an empty text), `reader`, `writer` or `user`; `None`
        /// if it may not be read.
        role: Option<String>;
        /// Returns whether the device is shown in lists for people; `None` if that may not be read.
        visible: Option<bool>;
    }

    setters! {
        DeviceUpdate;
        /// Changes whether the device is running. This is a status, not a lock: a disabled device
        /// can still log in.
        set_enabled: enabled(bool);
        /// Changes whether other users may see the device and its streams.
        set_public: public(bool);
        /// Changes the device role: `none`, `reader`, `writer` or `user`.
        set_role: role(String);
        /// Changes whether the device is shown in lists for people.
        set_visible: visible(bool);
    }

    /// Replaces the API key by a new one that the server generates, and returns it. The old key is
    /// not valid any more.
    ///
    /// The server ends the websockets and the sessions of the old key at once, so this locks out a
    /// device that was stolen.
    ///
    /// If this connection is logged in as the device, it uses the new key from now on, also for its
    /// subscriptions.
    ///
    /// # Errors
    /// Returns the same errors as [`set`](Self::set).
    ///
    /// # Cancel safety
    /// If the future is dropped, the server may have replaced the key while the connection still
    /// uses the old one.
    pub async fn reset_apikey(&self) -> Result<ApiKey> {
        let update = DeviceUpdate::new().apikey("");
        let info = if self.path() == self.0.connection.device() {
            let new = |info: &DeviceInfo| visible_key(info).map(Credentials::ApiKey);
            self.0.set_login(&update, new).await?
        } else {
            self.set(update).await?
        };
        visible_key(&info).ok_or_else(|| Error::HiddenKey(self.path().clone()))
    }
}

/// The key in a device's properties. The server leaves it empty for those who may not read it.
fn visible_key(info: &DeviceInfo) -> Option<ApiKey> {
    info.apikey.clone().filter(|key| !key.expose().is_empty())
}
