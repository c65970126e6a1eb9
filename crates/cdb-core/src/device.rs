//! Devices.

use cdb_http::{Credentials, ProtocolError};
use cdb_types::endpoint::ListStreams;
use cdb_types::{ApiKey, DeviceCreate, DeviceInfo, DeviceKind, DeviceUpdate};

use crate::connectordb::listed_name;
use crate::object::{Handle, getters, object_methods, setters};
use crate::stream::check_schema;
use crate::{Result, Stream, User};

/// A device: whatever logs in with a key of its own, and owns streams.
#[derive(Debug, Clone)]
pub struct Device(pub(crate) Handle<DeviceKind>);

object_methods!(Device, DeviceKind, "device");

impl Device {
    /// Makes the device, with all the streams that are named: all of it or nothing.
    ///
    /// # Errors
    /// When a schema is none (then nothing is sent), or the server refuses.
    pub async fn create(&self, create: DeviceCreate) -> Result<DeviceInfo> {
        create.streams.values().try_for_each(check_schema)?;
        self.0.create(&create).await
    }

    /// Its streams, oldest first.
    ///
    /// # Errors
    /// When there is no such device, or its streams may not be listed.
    pub async fn streams(&self) -> Result<Vec<Stream>> {
        let streams = self.0.session().call(&ListStreams(self.path())).await?.0;
        let handle = |info: cdb_types::StreamInfo| {
            let path = self.path().stream(listed_name(Some(&info.name))?);
            Ok(Stream(Handle::with_info(self.0.connection.clone(), path, info)))
        };
        streams.into_iter().map(handle).collect()
    }

    /// One of its streams. Nothing is sent.
    ///
    /// # Errors
    /// When the text is not a name.
    pub fn stream(&self, name: &str) -> Result<Stream> {
        let path = format!("{}/{name}", self.path()).parse()?;
        Ok(Stream(Handle::new(self.0.connection.clone(), path)))
    }

    /// The user that owns it. Nothing is sent.
    #[must_use]
    pub fn user(&self) -> User {
        User(Handle::new(self.0.connection.clone(), self.path().user().clone()))
    }

    getters! {
        /// The name for people; `None` if it may not be read.
        nickname: Option<String>;
        /// The description; `None` if it may not be read.
        description: Option<String>;
        /// The icon; `None` if it may not be read.
        icon: Option<String>;
        /// The key with which it logs in; `None` if it may not be read.
        apikey: Option<ApiKey>;
        /// Whether it is in use. It tells others only: a disabled device can still log in.
        /// `None` if it may not be read.
        enabled: Option<bool>;
        /// Whether other users may see it and its streams; `None` if that may not be read.
        public: Option<bool>;
        /// The device role: `none` (also empty), `reader`, `writer` or `user`; `None` if it may
        /// not be read.
        role: Option<String>;
        /// Whether it is shown in lists for people; `None` if that may not be read.
        visible: Option<bool>;
    }

    setters! {
        DeviceUpdate;
        /// Changes whether it is in use.
        set_enabled: enabled(bool);
        /// Changes whether other users may see it and its streams.
        set_public: public(bool);
        /// Changes the device role: `none`, `reader`, `writer` or `user`.
        set_role: role(String);
        /// Changes whether it is shown in lists for people.
        set_visible: visible(bool);
    }

    /// Has the server make a new API key, and gives it. The old one is void at once.
    ///
    /// The connection goes on with the new key if this is the device it is logged in as, its
    /// subscriptions included.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn reset_apikey(&self) -> Result<ApiKey> {
        let update = DeviceUpdate::new().apikey("");
        let key = |info: &DeviceInfo| info.apikey.clone().filter(|key| !key.expose().is_empty());
        let info = if self.path() == self.0.connection.device() {
            let new = |info: &DeviceInfo| key(info).map(Credentials::ApiKey);
            self.0.set_login(&update, new).await?
        } else {
            self.set(update).await?
        };
        let key =
            key(&info).ok_or(ProtocolError::Missing("apikey")).map_err(cdb_http::Error::from)?;
        Ok(key)
    }
}
